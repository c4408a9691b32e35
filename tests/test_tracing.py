"""A step is recorded only where that is safe; a replay is the same arithmetic, and nothing else."""

import contextlib
import copy
import importlib.util
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from helpers import tracing
from helpers.tracing import TracedStep, can_trace, fastest, record

aten = torch.ops.aten


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


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


def batch(size=1, dtype=torch.float32):
    return torch.rand(size, 784, dtype=dtype), torch.rand(size, 10, dtype=dtype)


def with_schedule(parameters):
    optimizer = sgd(parameters)
    torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    return optimizer


OPTIMIZERS = {"SGD": sgd, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}


@pytest.mark.parametrize("make_optimizer", [*OPTIMIZERS.values(), with_schedule])
def test_pytorchs_own_layers_losses_and_optimizers_are_recorded(make_optimizer):
    network = nn.Sequential(baseline(), nn.BatchNorm1d(10), nn.Dropout())
    network[0][0].requires_grad_(False)
    assert can_trace(network, nn.BCELoss(), make_optimizer(network.parameters()))


class OwnSequential(nn.Sequential):
    pass


class OwnLoss(nn.MSELoss):
    pass


class OwnSGD(torch.optim.SGD):
    pass


def nothing(*_):
    pass


def replaced(thing, name):
    setattr(thing, name, getattr(thing, name))


def in_last_group(optimizer, **settings):
    optimizer.add_param_group({"params": nn.Linear(2, 2).parameters(), **settings})


def missing(layer):
    del layer._backward_pre_hooks


# Each is one reason not to record.
REASONS = {
    "forward hook": lambda layer, loss, optimizer: layer.register_forward_hook(nothing),
    "forward pre-hook": lambda layer, loss, optimizer: layer.register_forward_pre_hook(nothing),
    "backward hook": lambda layer, loss, optimizer: layer.register_full_backward_hook(nothing),
    "backward pre-hook": lambda layer, loss, optimizer: layer.register_full_backward_pre_hook(
        nothing
    ),
    "hook of the loss": lambda layer, loss, optimizer: loss.register_forward_hook(nothing),
    "hook of a parameter": lambda layer, loss, optimizer: layer.bias.register_hook(nothing),
    "hook after accumulation": lambda layer, loss, optimizer: (
        layer.bias.register_post_accumulate_grad_hook(nothing)
    ),
    "forward replaced": lambda layer, loss, optimizer: replaced(layer, "forward"),
    "another device": lambda layer, loss, optimizer: layer.to("meta"),
    "a private name is missing": lambda layer, loss, optimizer: missing(layer),
    "optimizer pre-hook": lambda layer, loss, optimizer: optimizer.register_step_pre_hook(nothing),
    "optimizer post-hook": lambda layer, loss, optimizer: optimizer.register_step_post_hook(
        nothing
    ),
    "optimizer step replaced": lambda layer, loss, optimizer: replaced(optimizer, "step"),
    "rate as a tensor": lambda layer, loss, optimizer: in_last_group(
        optimizer, lr=torch.tensor(0.1)
    ),
    "differentiable": lambda layer, loss, optimizer: in_last_group(optimizer, differentiable=True),
    "capturable": lambda layer, loss, optimizer: in_last_group(optimizer, capturable=True),
}


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("make_optimizer", [sgd, torch.optim.Adam])
def test_what_is_added_keeps_a_step_from_being_recorded(reason, make_optimizer):
    network, loss_function = nn.Sequential(baseline(), nn.Linear(10, 10)), nn.MSELoss()
    optimizer = make_optimizer(network.parameters())
    assert can_trace(network, loss_function, optimizer)
    REASONS[reason](network[1], loss_function, optimizer)
    assert not can_trace(network, loss_function, optimizer)


def test_what_may_change_at_each_call_is_not_recorded():
    network, loss = baseline(), nn.MSELoss()
    optimizer = sgd(network.parameters())
    assert can_trace(network, loss, optimizer)
    assert not can_trace(OwnSequential(network), loss, optimizer)
    assert not can_trace(nn.Sequential(OwnSequential(network)), loss, optimizer)
    assert not can_trace(network[0], loss, optimizer)
    assert not can_trace(network, OwnLoss(), optimizer)
    assert not can_trace(network, nn.functional.mse_loss, optimizer)
    assert not can_trace(network, loss, OwnSGD(network.parameters()))
    assert not can_trace(network, loss, torch.optim.RMSprop(network.parameters()))
    counting = nn.Sequential(network, nn.BatchNorm1d(10, momentum=None))
    assert not can_trace(counting, loss, optimizer)


GLOBAL_HOOKS = [
    nn.modules.module.register_module_forward_hook,
    register_optimizer_step_pre_hook,
    register_optimizer_step_post_hook,
]


@pytest.mark.parametrize("register", GLOBAL_HOOKS)
def test_global_hooks_keep_a_step_from_being_recorded(register):
    network = baseline()
    handle = register(nothing)
    try:
        assert not can_trace(network, nn.MSELoss(), sgd(network.parameters()))
    finally:
        handle.remove()


def load_tracing():
    """Load the module anew, beside the one that is imported."""
    spec = importlib.util.spec_from_file_location("tracing_anew", tracing.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MISSING = {
    "torch._foreach_add_": lambda patch: patch.delattr(torch, "_foreach_add_"),
    "torch._fused_adam_": lambda patch: patch.delattr(torch, "_fused_adam_"),
    "_has_any_global_hook": lambda patch: patch.delattr(
        torch.nn.modules.module, "_has_any_global_hook"
    ),
    "optimizer hooks": lambda patch: patch.delattr(
        sys.modules["torch.optim.optimizer"], "_global_optimizer_pre_hooks"
    ),
    "make_fx": lambda patch: patch.setitem(sys.modules, "torch.fx.experimental.proxy_tensor", None),
    "aten": lambda patch: patch.setattr(torch.ops, "aten", SimpleNamespace()),
}


@pytest.mark.parametrize("name", MISSING)
def test_without_a_private_name_of_pytorch_the_step_is_taken_plainly(name):
    with pytest.MonkeyPatch.context() as patch:
        MISSING[name](patch)
        tracing_anew = load_tracing()
    network = baseline()
    optimizer = sgd(network.parameters())
    step = make_step(network, optimizer)
    with tracing_anew.fastest(step, network, nn.MSELoss(), optimizer) as take_step:
        assert take_step is step


def test_with_all_private_names_the_step_is_recorded():
    network = baseline()
    optimizer = sgd(network.parameters())
    anew = load_tracing()
    with anew.fastest(nothing, network, nn.MSELoss(), optimizer) as take_step:
        assert type(take_step) is anew.TracedStep and take_step.step is nothing


@pytest.mark.parametrize(("name", "fused"), [("SGD", False), ("Adam", True), ("AdamW", True)])
def test_a_recorded_optimizer_has_its_form_of_fewest_operations_and_its_own_afterwards(name, fused):
    network = baseline()
    groups = [
        {"params": network[0].parameters(), "foreach": True, "fused": False},
        {"params": network[2].parameters()},
    ]
    optimizer = OPTIMIZERS[name](groups)
    before = [(group["foreach"], group["fused"]) for group in optimizer.param_groups]
    with contextlib.suppress(InterruptedError):
        with fastest(nothing, network, nn.MSELoss(), optimizer):
            inside = [(group["foreach"], group["fused"]) for group in optimizer.param_groups]
            raise InterruptedError
    assert inside == [(False, fused)] * 2
    assert [(group["foreach"], group["fused"]) for group in optimizer.param_groups] == before
    assert before == [(True, False), (None, None)]


def test_an_optimizer_that_is_not_recorded_keeps_its_form():
    network = baseline()
    optimizer = torch.optim.RMSprop(network.parameters(), foreach=True)
    with fastest(nothing, network, nn.MSELoss(), optimizer) as take_step:
        assert take_step is nothing and optimizer.param_groups[0]["foreach"] is True


def test_the_first_call_is_plain_the_second_records_and_later_ones_replay():
    network = baseline()
    reference, calls = copy.deepcopy(network), []
    step = make_step(network, sgd(network.parameters()))
    plain_step = make_step(reference, sgd(reference.parameters()))
    traced = TracedStep(lambda images, targets: calls.append(len(images)) or step(images, targets))
    for size in [2, 2, 2, 2, 3, 3, 2, 3]:
        images, targets = batch(size)
        torch.testing.assert_close(traced(images, targets), plain_step(images, targets))
    assert calls == [2, 2, 3]
    for weight, expected in zip(network.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(weight, expected, atol=1e-5, rtol=1e-4)


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


def recorded(network, optimizer, loss_function=None, **kind):
    """Record the second step, as `TracedStep` does."""
    step = make_step(network, optimizer, loss_function)
    step(*batch(**kind))
    return record(step, *batch(**kind))


def operations(replay):
    """The operations that a replay calls, in their order."""
    return [replay.__globals__[name] for name in replay.__code__.co_names if name[:3] == "do_"]


@pytest.mark.parametrize("name", REPLAYED)
@pytest.mark.parametrize("size", [1, 4])
def test_a_replay_contains_the_arithmetic_and_nothing_else(name, size):
    network = baseline()
    optimizer = OPTIMIZERS[name](network.parameters())
    with fastest(nothing, network, nn.MSELoss(), optimizer):
        _, replay = recorded(network, optimizer, size=size)
    assert Counter(operations(replay)) == REPLAYED[name]


def test_a_view_keeps_its_quick_name_and_a_sum_that_is_seen_twice_stays():
    network = nn.Sequential(nn.Unflatten(1, (28, 28)), nn.Flatten(), nn.Linear(784, 10))
    optimizer = sgd(network.parameters())
    with fastest(nothing, network, nn.MSELoss(), optimizer):
        _, replay = recorded(network, optimizer, size=3)
    assert Counter(operations(replay))[torch.Tensor.view] == 2


NETWORKS = {
    "baseline": lambda: [baseline()],
    "bound without end": lambda: [nn.Linear(784, 10), nn.Hardtanh(0.0, torch.inf)],
    "batch norm": lambda: [nn.Linear(784, 10), nn.BatchNorm1d(10)],
    "convolution": lambda: [
        *[nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 2, 5, stride=4), nn.Flatten()],
        *[nn.Linear(72, 10), nn.LayerNorm(10), nn.PReLU()],
    ],
}


@pytest.mark.parametrize("make_optimizer", OPTIMIZERS.values())
@pytest.mark.parametrize("name", NETWORKS)
def test_a_replay_does_what_the_step_does(name, make_optimizer):
    """In double precision, where rounding hides no difference."""
    network = nn.Sequential(*NETWORKS[name]()).double()
    reference = copy.deepcopy(network)
    batches = [batch(3, torch.float64) for _ in range(5)]
    plain_step = make_step(reference, make_optimizer(reference.parameters()))
    expected = [plain_step(*batch) for batch in batches]

    optimizer = make_optimizer(network.parameters())
    step = make_step(network, optimizer)
    with fastest(step, network, nn.MSELoss(), optimizer) as take_step:
        losses = [take_step(*batch) for batch in batches]
    torch.testing.assert_close(losses, expected, atol=1e-9, rtol=1e-9)
    for weight, wanted in zip(network.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(weight, wanted, atol=1e-7, rtol=1e-7)
