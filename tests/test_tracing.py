"""A step is replayed only where a replay was seen to do what the step does; a replay is arithmetic."""

import copy
import functools
import sys
from collections import Counter

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from helpers import tracing
from helpers.tracing import record, replayed, why_plain

aten = torch.ops.aten


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    torch.manual_seed(0)
    tracing._say.cache_clear()


def baseline():
    return nn.Sequential(nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 10), nn.Sigmoid())


def sgd(parameters, **settings):
    return torch.optim.SGD(parameters, lr=0.01, **settings)


def make_step(network, optimizer, loss_function=None):
    loss_function = loss_function or nn.MSELoss()

    def step(images, targets):
        optimizer.zero_grad()
        loss = loss_function(network(images), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def make_batches(count=6, size=3, dtype=torch.float64):
    """In double precision rounding hides no difference."""
    return [
        (torch.rand(size, 784, dtype=dtype), torch.rand(size, 10, dtype=dtype))
        for _ in range(count)
    ]


def results(take_step, batches, network, optimizer):
    """Take the steps; return all that they give and change."""
    torch.manual_seed(1)
    losses = [take_step(*batch) for batch in batches]
    return losses, network.state_dict(), optimizer.state_dict(), torch.get_rng_state()


def compare_with_plain_steps(
    network, make_optimizer=sgd, loss_function=None, wrap=lambda step: step
):
    """Take the same steps plainly and through `replayed`; returns what that made of the step."""
    loss_function = loss_function or nn.MSELoss()
    reference, batches = copy.deepcopy(network.double()), make_batches()
    plain_optimizer = make_optimizer(reference.parameters())
    plain_step = wrap(make_step(reference, plain_optimizer, loss_function))
    optimizer = make_optimizer(network.parameters())
    step = wrap(make_step(network, optimizer, loss_function))
    take_step = replayed(step, network, loss_function, optimizer)
    torch.testing.assert_close(
        results(take_step, batches, network, optimizer),
        results(plain_step, batches, reference, plain_optimizer),
        atol=1e-7,
        rtol=1e-7,
    )
    return take_step


NETWORKS = {
    "baseline": baseline,
    "one layer": lambda: nn.Linear(784, 10),
    "batch norm, dropout": lambda: nn.Sequential(
        nn.Linear(784, 10), nn.BatchNorm1d(10), nn.LeakyReLU(), nn.Dropout()
    ),
    "bound without end": lambda: nn.Sequential(nn.Linear(784, 10), nn.Hardtanh(0.0, torch.inf)),
    "convolution": lambda: nn.Sequential(
        *[nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 2, 5, stride=4), nn.Flatten()],
        *[nn.Linear(72, 10), nn.LayerNorm(10), nn.PReLU()],
    ),
}


def with_schedule(parameters):
    optimizer = sgd(parameters)
    torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    return optimizer


OPTIMIZERS = {
    "SGD": sgd,
    "momentum": lambda parameters: sgd(parameters, momentum=0.9, nesterov=True, foreach=True),
    "schedule": with_schedule,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_replay_does_what_the_step_does(network, optimizer, capsys):
    take_step = compare_with_plain_steps(NETWORKS[network](), OPTIMIZERS[optimizer])
    assert take_step.replays and capsys.readouterr().out == ""


LOSSES = [nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss(), nn.HuberLoss(), nn.functional.mse_loss]


@pytest.mark.parametrize("loss_function", LOSSES)
def test_losses_of_pytorch_are_replayed(loss_function):
    assert compare_with_plain_steps(baseline(), loss_function=loss_function).replays


def test_the_step_of_two_networks_is_replayed():
    """As in a GAN: each of the two learns from the other."""
    pairs, outcomes = [[nn.Linear(784, 10), nn.Linear(10, 784)] for _ in range(2)], []
    for pair, kind in zip(pairs, ("plain", "replayed"), strict=True):
        torch.manual_seed(0)
        for network in pair:
            network.double().reset_parameters()
        optimizers = [torch.optim.Adam(network.parameters()) for network in pair]

        def step(images, targets, pair=pair, optimizers=optimizers):
            losses = []
            for optimizer, sign in zip(optimizers, (1, -1), strict=True):
                optimizer.zero_grad()
                loss = sign * (pair[1](pair[0](images)) - images).square().mean()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return losses

        take_step = step if kind == "plain" else replayed(step, *pair, *optimizers)
        torch.manual_seed(1)
        losses = [take_step(*batch) for batch in make_batches()]
        outcomes.append((losses, [network.state_dict() for network in pair]))
    torch.testing.assert_close(*outcomes)
    assert take_step.replays


def test_a_call_is_plain_the_next_records_the_next_compares_and_later_ones_replay():
    network, sizes = baseline(), []
    optimizer = sgd(network.parameters())
    step = make_step(network, optimizer)

    def counted(images, targets):
        sizes.append(len(images))
        return step(images, targets)

    take_step = replayed(counted, network, nn.MSELoss(), optimizer)
    for size in [2, 2, 3, 2, 2, 3, 2, 3]:
        take_step(*make_batches(1, size, torch.float32)[0])
    assert sizes == [2, 2, 2, 3, 3, 2, 3]


# What one step of the baseline is once it is recorded: nothing but arithmetic, each operation
# under its quickest name.
GRADIENTS = {
    **{torch.addmm: 2, torch.sigmoid: 2, aten.mse_loss.default: 1},
    **{torch.ones_like: 1, aten.mse_loss_backward.default: 1, aten.sigmoid_backward.default: 2},
    **{torch.mm: 1, torch.t: 2, torch.sum: 2},
}
REPLAYED = {
    "SGD": GRADIENTS | {torch.Tensor.addmm_: 2, torch.Tensor.add_: 2},
    "Adam": GRADIENTS | {torch.mm: 3, torch._foreach_add_: 1, torch._fused_adam_: 1},
}


def operations(replay):
    """The operations that a replay calls, and how often."""
    return Counter(value for name, value in replay.__globals__.items() if name[:3] == "do_")


@pytest.mark.parametrize("name", REPLAYED)
@pytest.mark.parametrize("size", [1, 4])
def test_a_replay_contains_the_arithmetic_and_nothing_else(name, size):
    network = baseline()
    optimizer = OPTIMIZERS[name](network.parameters())
    take_step = replayed(make_step(network, optimizer), network, nn.MSELoss(), optimizer)
    for batch in make_batches(3, size, torch.float32):
        take_step(*batch)
    (replay,) = take_step.replays.values()
    assert operations(replay) == REPLAYED[name]


def test_what_only_autograd_needs_is_dropped_and_a_sum_that_is_seen_twice_stays():
    def step(images):
        total = aten.alias(images.detach()).sum(dim=0, keepdim=True)
        return total * images + total.view(784)

    replay, (images, _) = record(step, make_batches()[0][0]), make_batches()[1]
    assert operations(replay).keys() == {
        *[torch.sum, torch.Tensor.view],
        *[aten.mul.Tensor, aten.add.Tensor],
    }
    torch.testing.assert_close(replay(images), step(images))


class OwnSequential(nn.Sequential):
    pass


class OwnLoss(nn.MSELoss):
    pass


class OwnSGD(torch.optim.SGD):
    pass


def nothing(*_):
    pass


def wrapped(owner, name):
    """Replace a method, by a function that functools.wraps lets look like PyTorch's."""
    method = getattr(owner, name)
    setattr(owner, name, functools.wraps(method)(lambda *args: method(*args)))


# Each may do something else at some call of the step, which no comparison of two calls can see.
ADDED = {
    "Linear is not": lambda layer, loss, optimizer: wrapped(layer, "forward"),
    "MSELoss is not": lambda layer, loss, optimizer: wrapped(loss, "forward"),
    "SGD is not": lambda layer, loss, optimizer: wrapped(optimizer, "step"),
    "hook of a layer": lambda layer, *_: layer.register_forward_hook(nothing),
    "hook before a layer": lambda layer, *_: layer.register_forward_pre_hook(nothing),
    "hook of a gradient": lambda layer, *_: layer.register_full_backward_hook(nothing),
    "hook before a gradient": lambda layer, *_: layer.register_full_backward_pre_hook(nothing),
    "hook of a weight": lambda layer, *_: layer.weight.register_hook([].append),
    "hook after a weight": lambda layer, *_: layer.weight.register_post_accumulate_grad_hook(
        nothing
    ),
    "hook of a loss": lambda layer, loss, *_: loss.register_forward_hook(nothing),
    "hook before an update": lambda *parts: parts[2].register_step_pre_hook(nothing),
    "hook after an update": lambda *parts: parts[2].register_step_post_hook(nothing),
    "hook of all layers": lambda *_: nn.modules.module.register_module_forward_hook(nothing),
    "hook of all updates": lambda *_: register_optimizer_step_post_hook(nothing),
}


@pytest.mark.parametrize("addition", ADDED)
def test_what_is_added_keeps_a_step_from_being_recorded(addition):
    network, loss_function = baseline(), nn.MSELoss()
    optimizer = sgd(network.parameters())
    assert why_plain(network, loss_function, optimizer) is None
    handle = ADDED[addition](network[0], loss_function, optimizer)
    try:
        assert addition.split()[0] in why_plain(network, loss_function, optimizer)
    finally:
        if handle is not None:
            handle.remove()


@pytest.mark.parametrize(
    "own",
    [
        OwnSequential(baseline()),
        nn.Sequential(OwnSequential(baseline())),
        OwnLoss(),
        OwnSGD(nn.Linear(2, 2).parameters()),
        nothing,
        functools.partial(nn.functional.mse_loss, reduction="sum"),
    ],
    ids=repr,
)
def test_code_of_your_own_is_not_recorded(own):
    assert why_plain(own).endswith("is not PyTorch's own")


def test_why_a_step_is_not_recorded_is_said_once(capsys):
    network, said = OwnSequential(baseline()), []
    for loss_function in (nn.MSELoss(), nn.MSELoss(), OwnLoss()):
        assert replayed(nothing, network, loss_function) is nothing
        assert replayed(nothing, loss_function) is not None
        said.append(capsys.readouterr().out)
    assert said[0] == (
        "Training takes longer, as its step is not recorded (see helpers/tracing.py): "
        "OwnSequential is not PyTorch's own.\n"
    )
    assert said[1] == "" and "OwnLoss" in said[2]


def test_on_another_device_the_step_is_taken_as_it_is_without_a_word(capsys):
    assert replayed(nothing, nn.Linear(2, 2, device="meta")) is nothing
    assert capsys.readouterr().out == ""


def compare_although_it_fails(capsys, reason, *arguments, **settings):
    """The weights are those of plain steps, none lost or doubled, and one line says why."""
    take_step = compare_with_plain_steps(*arguments, **settings)
    assert not take_step.replays
    (line,) = capsys.readouterr().out.splitlines()
    assert reason in line and len(line) < 200


COUNTING_NORM = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10, momentum=None), nn.Dropout())


@pytest.mark.parametrize(
    ("network", "make_optimizer"),
    [
        (COUNTING_NORM, torch.optim.Adam),
        (nn.Sequential(baseline(), nn.Dropout()), torch.optim.NAdam),
    ],
    ids=["BatchNorm that counts", "NAdam"],
)
def test_what_needs_its_numbers_while_it_is_recorded_is_trained_plainly(
    network, make_optimizer, capsys
):
    compare_although_it_fails(capsys, "RuntimeError: It appears", network, make_optimizer)


def test_a_number_that_changes_from_step_to_step_is_found(capsys):
    """As a learning rate does that a schedule lowers after each step."""
    pair = [network := baseline(), copy.deepcopy(network)]
    optimizers = [sgd(network.parameters()) for network in pair]
    plain_step, step = map(make_step, pair, optimizers)
    take_step = replayed(step, network, nn.MSELoss(), optimizers[1])
    for images, targets in make_batches(6, 1, torch.float32):
        assert take_step(images, targets) == plain_step(images, targets)
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] /= 2
    assert "a replay differs from the step" in capsys.readouterr().out


# Each is a way in which a recording could be wrong.
WRONG = {
    "the loss": lambda replay, network: lambda *batch: replay(*batch) * 1.01,
    "a weight": lambda replay, network: (
        lambda *batch: (
            network[2].bias.data.mul_(1.01),
            replay(*batch),
        )[1]
    ),
    "nothing learnt": lambda replay, network: (
        lambda images, targets: nn.functional.mse_loss(network(images), targets)
    ),
    "a nan": lambda replay, network: lambda *batch: replay(*batch) * torch.nan,
    "random numbers": lambda replay, network: lambda *batch: (torch.rand(3), replay(*batch))[1],
}


@pytest.mark.parametrize("what", WRONG)
def test_a_replay_that_is_wrong_is_found_and_undone(what, capsys, monkeypatch):
    network = nn.Sequential(nn.Linear(784, 9), nn.Dropout(), nn.Linear(9, 10))
    monkeypatch.setattr(tracing, "record", lambda *args: WRONG[what](record(*args), network))
    reason = "a replay differs from the step"
    compare_although_it_fails(capsys, reason, network, torch.optim.Adam)


def test_a_replay_that_fails_is_undone(capsys, monkeypatch):
    def record_badly(*arguments):
        replay = record(*arguments)
        return lambda *batch: replay(*batch) and replay(*batch, None)

    monkeypatch.setattr(tracing, "record", record_badly)
    compare_although_it_fails(capsys, "TypeError: replay()", baseline(), torch.optim.Adam)


def test_where_pytorch_has_no_tracer_the_step_is_taken_plainly(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.fx.experimental.proxy_tensor", None)
    compare_although_it_fails(capsys, "ModuleNotFoundError: ", baseline())


def test_where_anomalies_are_looked_for_the_step_is_taken_plainly(capsys):
    with torch.autograd.set_detect_anomaly(True):
        step = compare_with_plain_steps(baseline(), wrap=lambda step: step)
    assert step.__name__ == "step" and "autograd looks for anomalies" in capsys.readouterr().out


def test_casting_to_a_smaller_type_is_no_reason_to_train_wrongly():
    with torch.autocast("cpu"):
        compare_with_plain_steps(baseline(), torch.optim.Adam)


def test_a_step_without_a_finite_result_decides_nothing(capsys):
    network = baseline()
    optimizer = sgd(network.parameters())
    take_step = replayed(make_step(network, optimizer), network, nn.MSELoss(), optimizer)
    for (images, targets), factor in zip(
        make_batches(5, 1, torch.float32), [1, 1, torch.inf, 1, 1], strict=True
    ):
        take_step(images, targets * factor)
    assert not take_step.replays and capsys.readouterr().out == ""


def test_recording_leaves_the_optimizers_groups_as_they_were():
    network = baseline()
    groups = [
        {"params": network[0].parameters(), "foreach": True, "fused": False},
        {"params": network[2].parameters(), "lr": 0.1},
    ]
    optimizer = torch.optim.Adam(groups)
    own, before = optimizer.param_groups, [dict(group) for group in optimizer.param_groups]
    take_step = replayed(make_step(network, optimizer), network, nn.MSELoss(), optimizer)
    for batch in make_batches(4, 1, torch.float32):
        take_step(*batch)
    assert take_step.replays and optimizer.param_groups is own and own == before
