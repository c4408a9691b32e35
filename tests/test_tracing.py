"""A step is replayed only where a replay was seen to do what the step does; a replay is arithmetic."""

import copy
import functools
import sys
import weakref
from collections import Counter

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from helpers import tracing
from helpers.mnist import load_mnist
from helpers.tracing import record, replayed, why_plain

aten = torch.ops.aten
LOSS = nn.MSELoss()


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    torch.manual_seed(0)
    tracing._say.cache_clear()


def baseline():
    return nn.Sequential(nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 10), nn.Sigmoid())


def sgd(parameters, **settings):
    return torch.optim.SGD(parameters, lr=0.01, **settings)


def make_step(network, optimizer, loss_function=LOSS):
    def step(images, targets):
        optimizer.zero_grad()
        loss = loss_function(network(images), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def make_batches(count, size=3, dtype=torch.float32):
    def rand(n):
        return torch.rand(size, n, dtype=dtype)

    return [(rand(784), rand(10)) for _ in range(count)]


def make_replayed(network, optimizer, loss_function=LOSS):
    step = make_step(network, optimizer, loss_function)
    return replayed(step, network, loss_function, optimizer)


def compare_with_plain_steps(network, make_optimizer=sgd, loss_function=LOSS):
    """Take six steps plainly and through `replayed`; returns what that made of the step.

    In double precision, where rounding hides no difference.
    """
    batches, outcomes = make_batches(6, dtype=torch.float64), []
    for each, make in [(copy.deepcopy(network.double()), make_step), (network, make_replayed)]:
        optimizer = make_optimizer(each.parameters())
        take_step = make(each, optimizer, loss_function)
        torch.manual_seed(1)
        losses = [take_step(*batch) for batch in batches]
        states = each.state_dict(), optimizer.state_dict(), torch.get_rng_state()
        outcomes.append((losses, *states))
    torch.testing.assert_close(*reversed(outcomes), atol=1e-7, rtol=1e-7)
    return take_step


NETWORKS = {
    "baseline": baseline,
    "one layer": lambda: nn.Linear(784, 10),
    "batch norm, dropout": lambda: nn.Sequential(
        nn.Linear(784, 10), nn.BatchNorm1d(10), nn.LeakyReLU(), nn.Dropout()
    ),
    "bound without end": lambda: nn.Sequential(nn.Linear(784, 10), nn.Hardtanh(0.0, torch.inf)),
    "convolution": lambda: nn.Sequential(
        *[nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 2, 5, stride=4), nn.BatchNorm2d(2), nn.ReLU()],
        *[nn.MaxPool2d(2), nn.Dropout(), nn.Flatten(), nn.Linear(18, 10), nn.LayerNorm(10)],
        nn.PReLU(),
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


LOSSES = [nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss(), nn.HuberLoss(), nn.functional.mse_loss]
STEPS = [(network, optimizer, LOSS) for network in NETWORKS for optimizer in OPTIMIZERS]


STEPS += [("baseline", "SGD", loss) for loss in LOSSES]
STEPS += [("convolution", "AdamW", nn.CrossEntropyLoss())]


@pytest.mark.parametrize(("network", "optimizer", "loss"), STEPS)
def test_a_replay_does_what_the_step_does(network, optimizer, loss, capsys):
    take_step = compare_with_plain_steps(NETWORKS[network](), OPTIMIZERS[optimizer], loss)
    assert take_step.replays and capsys.readouterr().out == ""


def test_the_step_of_two_networks_is_replayed():
    """As in a GAN, where each learns from the other."""
    pair, batches, outcomes = [nn.Linear(784, 10), nn.Linear(10, 784)], make_batches(6), []
    for one, other in (copy.deepcopy(pair), pair):
        first, second = [torch.optim.Adam(network.parameters()) for network in (one, other)]
        both = nn.Sequential(one, other)
        step_of_first = make_step(both, first)
        step_of_second = make_step(both, second, lambda images, targets: -LOSS(images, targets))

        def step(images, targets, steps=(step_of_first, step_of_second)):
            return [take_step(images, images) for take_step in steps]

        take_step = replayed(step, one, other, first, second) if outcomes else step
        losses = [take_step(*batch) for batch in batches]
        outcomes.append((losses, both.state_dict()))
    torch.testing.assert_close(*outcomes)
    assert take_step.replays


def test_one_call_is_plain_one_records_one_compares_and_the_others_replay():
    network, sizes = baseline(), []
    take_step = make_replayed(network, sgd(network.parameters()))
    step = take_step.step
    take_step.step = lambda *batch: sizes.append(len(batch[0])) or step(*batch)
    for size in [2, 2, 3, 2, 2, 3, 2, 3]:
        take_step(*make_batches(1, size)[0])
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
    take_step = make_replayed(network, OPTIMIZERS[name](network.parameters()))
    for batch in make_batches(3, size):
        take_step(*batch)
    (replay,) = take_step.replays.values()
    assert operations(replay) == REPLAYED[name]


def test_what_only_autograd_needs_is_dropped_and_a_sum_that_is_seen_twice_stays():
    def step(images):
        total = aten.alias(images.detach()).sum(dim=0, keepdim=True)
        return total * images + total.view(784)

    replay, images = record(step, torch.rand(3, 784)), torch.rand(3, 784)
    kept = {torch.sum, torch.Tensor.view, torch.add, aten.mul.Tensor}
    assert operations(replay).keys() == kept
    torch.testing.assert_close(replay(images), step(images))


@pytest.mark.parametrize(("reads", "kept"), [("nothing", 1), ("it", 2), ("what was added to", 2)])
def test_what_is_added_to_a_gradient_that_nothing_reads_any_more_is_dropped(reads, kept):
    """As in a GAN: the generator's `backward` adds to the discriminator's gradients, too."""

    def step(images, weight):
        gradient = images.t() @ images + (2 * images).t() @ images
        weight.add_(gradient)
        longer = gradient.add_(images.t() @ images)
        return {"nothing": images, "it": longer, "what was added to": gradient}[reads].sum()

    batch = torch.rand(3, 784), torch.zeros(784, 784)
    replay = record(step, *batch)
    one, other = batch, copy.deepcopy(batch)
    torch.testing.assert_close((replay(*one), one), (step(*other), other))
    assert operations(replay)[torch.Tensor.addmm_] == kept and operations(replay)[torch.mm] == 1


def test_a_product_that_is_read_again_is_not_overwritten():
    def step(images):
        product = images.t() @ images
        return (product + images.t() @ (2 * images)) * product

    replay, images = record(step, torch.rand(3, 784)), torch.rand(3, 784)
    torch.testing.assert_close(replay(images), step(images))


def test_a_replay_keeps_no_value_after_its_last_use():
    """Else large images between layers fill the memory anew in each step, which takes longer."""
    replay = record(lambda images: images.sin().cos().sin().cos(), torch.rand(3))
    made, kept = [], []

    def watched(operation):
        def watch(*arguments):
            kept.append(sum(value() is not None for value in made))
            made.append(weakref.ref(result := operation(*arguments)))
            return result

        return watch

    for name in [name for name in replay.__globals__ if name[:3] == "do_"]:
        replay.__globals__[name] = watched(replay.__globals__[name])
    replay(torch.rand(3))
    assert kept == [0, 1, 1, 1]  # what each operation takes, and no more


class OwnSequential(nn.Sequential):
    pass


class OwnLoss(nn.MSELoss):
    pass


def nothing(*_):
    pass


NETWORK = baseline()
OPTIMIZER = sgd(NETWORK.parameters())
HOOKS = [
    *[NETWORK[0].register_forward_hook, NETWORK[0].register_forward_pre_hook],
    *[NETWORK[0].register_full_backward_hook, NETWORK[0].register_full_backward_pre_hook],
    *[NETWORK[0].weight.register_hook, NETWORK[0].weight.register_post_accumulate_grad_hook],
    *[OPTIMIZER.register_step_pre_hook, OPTIMIZER.register_step_post_hook],
    *[LOSS.register_forward_hook, nn.modules.module.register_module_forward_hook],
    register_optimizer_step_post_hook,
]


@pytest.mark.parametrize("register", HOOKS)
def test_a_step_with_a_hook_is_not_recorded(register):
    assert why_plain(NETWORK, LOSS, OPTIMIZER) is None
    handle = register(nothing)
    try:
        assert "hook" in why_plain(NETWORK, LOSS, OPTIMIZER)
    finally:
        handle.remove()


def replace(owner, name):
    """Give `owner` a method of one's own, which functools.wraps lets look like PyTorch's."""
    method = getattr(owner, name)
    setattr(owner, name, functools.wraps(method)(lambda *args: method(*args)))
    return owner


OWN = {
    "OwnSequential": nn.Sequential(OwnSequential(baseline())),
    "OwnLoss": OwnLoss(),
    "OwnSGD": type("OwnSGD", (torch.optim.SGD,), {})(baseline().parameters()),
    "nothing": nothing,
    "partial": functools.partial(nn.functional.mse_loss, reduction="sum"),
    "Linear": replace(nn.Linear(2, 2), "forward"),
    "SGD": replace(sgd(baseline().parameters()), "step"),
}


@pytest.mark.parametrize("name", OWN)
def test_code_of_your_own_is_not_recorded(name):
    assert why_plain(OWN[name]) == f"{name} is not PyTorch's own"


def test_why_a_step_is_not_recorded_is_said_once(capsys):
    for _ in range(2):
        assert replayed(nothing, OwnSequential(), OwnLoss()) is nothing
        assert replayed(nothing, nn.Sequential(), OwnLoss()) is nothing
    assert capsys.readouterr().out.splitlines() == [
        "Training takes longer, as its step is not recorded (see helpers/tracing.py): "
        f"{name} is not PyTorch's own."
        for name in ("OwnSequential", "OwnLoss")
    ]


def test_on_another_device_the_step_is_taken_as_it_is_without_a_word(capsys):
    assert replayed(nothing, nn.Linear(2, 2, device="meta")) is nothing
    assert capsys.readouterr().out == ""


def compare_and_hear(reason, capsys, *arguments):
    """What cannot be replayed gives the weights of plain steps, none of them lost or doubled."""
    assert not compare_with_plain_steps(*arguments).replays
    (line,) = capsys.readouterr().out.splitlines()
    assert reason in line and len(line) < 200


def test_what_cannot_be_recorded_is_trained_plainly(capsys, monkeypatch):
    """Since it needs its numbers meanwhile, or since PyTorch has no tracer there."""
    counting = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10, momentum=None), nn.Dropout())
    compare_and_hear("RuntimeError: ", capsys, counting, torch.optim.Adam)
    tracing._say.cache_clear()
    compare_and_hear("RuntimeError: ", capsys, baseline(), torch.optim.NAdam)
    monkeypatch.setitem(sys.modules, "torch.fx.experimental.proxy_tensor", None)
    compare_and_hear("ModuleNotFoundError: ", capsys, baseline())


def test_a_number_that_changes_from_step_to_step_is_found(capsys):
    """As a learning rate does that a schedule lowers after each step."""
    pair = [network := baseline(), copy.deepcopy(network)]
    optimizers = [sgd(each.parameters()) for each in pair]
    plain_step, take_step = make_step(pair[0], optimizers[0]), make_replayed(pair[1], optimizers[1])
    for batch in make_batches(6):
        assert take_step(*batch) == plain_step(*batch)
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] /= 2
    assert "a replay differs from the step" in capsys.readouterr().out


def and_before(something):
    """Return what makes of a replay one that does something else, too."""
    return lambda replay, network: lambda *batch: (something(network), replay(*batch))[1]


# Each is a way in which a replay could be wrong.
WRONG = {
    "the loss": lambda replay, network: lambda *batch: replay(*batch) * 1.01,
    "a nan": lambda replay, network: lambda *batch: replay(*batch) * torch.nan,
    "a weight": and_before(lambda network: network[2].bias.data.mul_(1.01)),
    "a count": and_before(lambda network: network[3].num_batches_tracked.add_(1)),
    "random numbers": and_before(lambda network: torch.rand(3)),
    "an error": and_before(lambda network: 1 / 0),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_replay_that_is_wrong_is_found_and_undone(what, capsys, monkeypatch):
    layers = nn.Linear(784, 9), nn.Dropout(), nn.Linear(9, 10), nn.BatchNorm1d(10)
    network = nn.Sequential(*layers)
    monkeypatch.setattr(tracing, "record", lambda *args: WRONG[what](record(*args), network))
    reason = "ZeroDivisionError: " if what == "an error" else "a replay differs from the step"
    compare_and_hear(reason, capsys, network, torch.optim.Adam)


def test_where_autograd_looks_for_anomalies_the_step_is_taken_plainly():
    with torch.autograd.set_detect_anomaly(True):
        assert why_plain(nn.MSELoss()) == "autograd looks for anomalies"
        compare_with_plain_steps(baseline())


def test_casting_to_a_smaller_type_gives_the_weights_of_plain_steps():
    with torch.autocast("cpu"):
        compare_with_plain_steps(baseline(), torch.optim.Adam)


def test_a_result_that_is_not_finite_decides_nothing(capsys):
    network = baseline()
    take_step = make_replayed(network, sgd(network.parameters()))
    for (images, targets), factor in zip(make_batches(4), [1, 1, torch.inf, 1], strict=True):
        take_step(images, targets * factor)
    assert not take_step.replays and capsys.readouterr().out == ""


def test_rounding_is_no_difference_and_what_stays_zero_agrees():
    weight, zeros = torch.rand(100), torch.zeros(3)
    rounded = torch.nextafter(weight, torch.tensor(2.0))
    assert tracing._agree([weight, zeros], [rounded, zeros], [weight, zeros], 1)
    assert not tracing._agree([weight], [weight * 1.00001], [weight], 1)


def test_the_rounding_of_a_large_batch_is_no_difference():
    """At this rate sigmoids saturate, so that a step is small beside rounding, with two threads above all."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    network = baseline()
    take_step = make_replayed(network, torch.optim.SGD(network.parameters(), lr=10))
    train_set = load_mnist("train")
    for _ in range(4):
        take_step(*train_set.batch(torch.arange(1000)))
    torch.set_num_threads(threads)
    assert take_step.replays
