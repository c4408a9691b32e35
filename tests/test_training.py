"""train does what the plain loop does and ends on an interrupt; accuracy counts."""

import copy
import inspect
import math
import re
import signal
import statistics
import sys
import threading
from unittest import mock

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Subset

from helpers import MnistDataset, accuracy, load_mnist, train
from helpers import training as training_module
from helpers.tracing import why_plain
from helpers.training import TrainingInterrupted


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01)


def sigmoid_network():
    return nn.Sequential(nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 10), nn.Sigmoid())


def leaky_network(*normalization):
    first, last = nn.LeakyReLU(0.02), nn.LeakyReLU(0.02)
    return nn.Sequential(nn.Linear(784, 200), first, *normalization, nn.Linear(200, 10), last)


def combined_network():
    hidden = [nn.Linear(784, 200), nn.LeakyReLU(0.02), nn.LayerNorm(200)]
    return nn.Sequential(*hidden, nn.Linear(200, 10), nn.Sigmoid())


def layer_norm_network():
    return leaky_network(nn.LayerNorm(200))


def smooth_network():
    """Without a kink, at which the last bit of a sum would decide the size of Adam's next step."""
    return nn.Sequential(nn.Linear(784, 30), nn.Tanh(), nn.Linear(30, 10), nn.Sigmoid())


COURSE_NETWORKS = {
    "baseline": (sigmoid_network, nn.MSELoss(), sgd),
    "loss": (sigmoid_network, nn.BCELoss(), sgd),
    "activation": (leaky_network, nn.MSELoss(), sgd),
    "optimizer": (sigmoid_network, nn.MSELoss(), torch.optim.Adam),
    "normalization": (layer_norm_network, nn.MSELoss(), sgd),
    "combined": (combined_network, nn.BCELoss(), torch.optim.Adam),
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def dataset():
    return Subset(load_mnist("train"), range(203))


def plain_loop(network, dataset, loss_function, optimizer, epochs, batch_size=1, shuffle=False):
    """The loop as a learner writes it: an independent reference for `train`."""
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(dataset)) if shuffle else torch.arange(len(dataset))
        for batch in order.split(batch_size):
            items = [dataset[i] for i in batch.tolist()]
            images = torch.stack([image for _, image, _ in items])
            targets = torch.stack([target for _, _, target in items])
            loss = loss_function(network(images), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def run(network, dataset, **changes):
    settings = {
        "loss_function": nn.MSELoss(),
        "optimizer": sgd(network.parameters()),
        "epochs": 1,
        "progress": False,
    }
    return train(network, dataset, **(settings | changes))


def assert_same_weights(network, other, atol=1e-5):
    weights, expected = network.state_dict(), other.state_dict()
    for name in expected:
        torch.testing.assert_close(weights[name], expected[name], atol=atol, rtol=10 * atol)


def compare_with_plain_loop(network, dataset, loss_function, make_optimizer, **settings):
    reference = copy.deepcopy(network)
    torch.manual_seed(1)
    losses = plain_loop(
        reference, dataset, loss_function, make_optimizer(reference.parameters()), **settings
    )
    optimizer = make_optimizer(network.parameters())
    torch.manual_seed(1)
    history = train(
        network,
        dataset,
        loss_function=loss_function,
        optimizer=optimizer,
        progress=False,
        **settings,
    )
    assert_same_weights(network, reference)
    assert history.steps == list(range(10, len(losses) + 1, 10))
    assert history.losses == pytest.approx(losses[9::10], rel=1e-3, abs=1e-5)
    return optimizer


@pytest.mark.parametrize("name", COURSE_NETWORKS)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 8, "shuffle": True}])
def test_train_gives_the_weights_of_the_plain_loop(dataset, name, settings):
    make_network, loss_function, make_optimizer = COURSE_NETWORKS[name]
    network = make_network()
    assert why_plain(network, loss_function, make_optimizer(network.parameters())) is None
    compare_with_plain_loop(network, dataset, loss_function, make_optimizer, epochs=2, **settings)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("name", COURSE_NETWORKS)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 8, "shuffle": True}])
def test_train_on_a_gpu_gives_the_weights_of_the_cpu(dataset, name, settings):
    make_network, loss_function, make_optimizer = COURSE_NETWORKS[name]
    network = make_network()
    networks = {where: copy.deepcopy(network).to(where) for where in ("cpu", "cuda")}
    for network in networks.values():
        optimizer = make_optimizer(network.parameters())
        torch.manual_seed(1)
        run(network, dataset, loss_function=loss_function, optimizer=optimizer, **settings)
    assert_same_weights(networks["cuda"].cpu(), networks["cpu"], atol=1e-4)
    assert accuracy(networks["cuda"].to("cuda"), dataset) == accuracy(networks["cpu"], dataset)


OPTIMIZERS = {
    "momentum": lambda parameters: torch.optim.SGD(
        parameters, lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-3
    ),
    "AdamW": torch.optim.AdamW,
    "AMSGrad": lambda parameters: torch.optim.Adam(parameters, amsgrad=True, weight_decay=1e-3),
    "foreach": lambda parameters: torch.optim.SGD(parameters, lr=0.01, foreach=True),
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
    "learning rate as a tensor": lambda parameters: torch.optim.Adam(
        parameters, lr=torch.tensor(1e-3)
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_other_optimizers_give_the_weights_of_the_plain_loop(dataset, name):
    compare_with_plain_loop(smooth_network(), dataset, nn.MSELoss(), OPTIMIZERS[name], epochs=1)


LOSSES = [
    nn.CrossEntropyLoss(),
    nn.BCEWithLogitsLoss(),
    nn.L1Loss(),
    nn.SmoothL1Loss(),
    nn.HuberLoss(reduction="sum"),
]


@pytest.mark.parametrize("loss_function", LOSSES, ids=str)
def test_other_losses_give_the_weights_of_the_plain_loop(dataset, loss_function):
    network = nn.Sequential(nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10))
    assert why_plain(network, loss_function, sgd(network.parameters())) is None
    compare_with_plain_loop(network, dataset, loss_function, sgd, epochs=1, batch_size=3)


LAYERS = {
    "dropout": lambda: [nn.Linear(784, 30), nn.ReLU(), nn.Dropout(0.5), nn.Linear(30, 10)],
    "batch norm": lambda: [nn.Linear(784, 30), nn.BatchNorm1d(30), nn.Tanh(), nn.Linear(30, 10)],
    "convolution": lambda: [
        *[nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 4, 5, stride=2), nn.GELU()],
        *[nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 10)],
    ],
    "nested": lambda: [nn.Sequential(nn.Linear(784, 9), nn.Softplus()), nn.Linear(9, 10)],
    "in place": lambda: [nn.Linear(784, 30), nn.ReLU(inplace=True), nn.Linear(30, 10)],
    "infinity": lambda: [nn.Linear(784, 30), nn.Hardtanh(0.0, math.inf), nn.Linear(30, 10)],
}


@pytest.mark.parametrize("name", LAYERS)
def test_other_layers_give_the_weights_of_the_plain_loop(dataset, name):
    network = nn.Sequential(*LAYERS[name]())
    assert why_plain(network, nn.MSELoss(), sgd(network.parameters())) is None
    compare_with_plain_loop(
        network, dataset, nn.MSELoss(), sgd, epochs=1, batch_size=7, shuffle=True
    )


def test_batch_norm_that_averages_over_all_its_calls_is_called_at_each_step(dataset):
    layers = [nn.Linear(784, 30), nn.BatchNorm1d(30, momentum=None), nn.Linear(30, 10)]
    network = nn.Sequential(*layers)
    compare_with_plain_loop(network, dataset, nn.MSELoss(), sgd, epochs=1, batch_size=7)


def test_a_network_of_double_precision_gives_the_weights_of_the_plain_loop(dataset):
    doubled = [(label, image.double(), target.double()) for label, image, target in dataset]
    compare_with_plain_loop(smooth_network().double(), doubled, nn.MSELoss(), sgd, epochs=1)


def test_parameter_groups_keep_their_own_learning_rates(dataset):
    def two_groups(parameters):
        first_weight, *others = parameters
        return torch.optim.SGD(
            [{"params": [first_weight], "lr": 0.1}, {"params": others}], lr=0.001
        )

    compare_with_plain_loop(leaky_network(), dataset, nn.MSELoss(), two_groups, epochs=1)


def test_a_frozen_layer_stays_as_it_is(dataset):
    network = smooth_network()
    network[0].requires_grad_(False)
    before = copy.deepcopy(network[0])
    compare_with_plain_loop(network, dataset, nn.MSELoss(), torch.optim.Adam, epochs=1)
    assert_same_weights(network[0], before, atol=0)


def test_an_optimizer_of_one_layer_trains_that_layer_alone(dataset):
    network = leaky_network()
    before = copy.deepcopy(network[0])
    train(
        network,
        dataset,
        loss_function=nn.MSELoss(),
        optimizer=sgd(network[2].parameters()),
        epochs=1,
        progress=False,
    )
    assert_same_weights(network[0], before, atol=0)


class Network(nn.Module):
    """A class of one's own that changes its mind with every call: it must not be recorded."""

    def __init__(self):
        super().__init__()
        self.layers = leaky_network()
        self.calls = 0

    def forward(self, images):
        self.calls += self.training
        return self.layers(images) * (1 + self.calls % 2)


def test_a_network_class_of_your_own_is_called_at_each_step(dataset):
    network = Network()
    assert why_plain(network, nn.MSELoss(), sgd(network.parameters())) is not None
    compare_with_plain_loop(network, dataset, nn.MSELoss(), sgd, epochs=1)
    assert network.calls == len(dataset)


def double_forward(layer, count):
    forward = layer.forward
    layer.forward = lambda images: count() or forward(images)


# Each adds to a layer something that is to happen at every step.
ADDITIONS = {
    "forward pre-hook": lambda layer, count: layer.register_forward_pre_hook(lambda *_: count()),
    "backward pre-hook": lambda layer, count: layer.register_full_backward_pre_hook(
        lambda *_: count()
    ),
    "forward hook": lambda layer, count: layer.register_forward_hook(lambda *_: count()),
    "backward hook": lambda layer, count: layer.register_full_backward_hook(lambda *_: count()),
    "hook of a parameter": lambda layer, count: layer.weight.register_hook(lambda _: count()),
    "hook after accumulation": lambda layer, count: layer.weight.register_post_accumulate_grad_hook(
        lambda _: count()
    ),
    "forward replaced": double_forward,
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_is_added_to_a_layer_happens_at_each_step(dataset, name):
    network, seen = leaky_network(), []
    ADDITIONS[name](network[2], lambda: seen.append(1))
    run(network, dataset)
    assert len(seen) >= len(dataset)


@pytest.mark.parametrize("register", ["register_step_pre_hook", "register_step_post_hook"])
def test_hooks_of_an_optimizer_are_called_at_each_step(dataset, register):
    network, seen = leaky_network(), []
    optimizer = sgd(network.parameters())
    getattr(optimizer, register)(lambda *_: seen.append(1))
    run(network, dataset, optimizer=optimizer)
    assert len(seen) == len(dataset)


def test_global_hooks_are_called_at_each_step(dataset):
    seen = []
    handle = nn.modules.module.register_module_forward_hook(lambda *_: seen.append(1))
    try:
        run(nn.Sequential(nn.Linear(784, 10)), dataset)
    finally:
        handle.remove()
    assert len(seen) >= len(dataset)


def test_a_loss_function_of_your_own_gives_the_weights_of_the_plain_loop(dataset):
    def loss_function(outputs, targets):
        return nn.functional.cross_entropy(outputs, targets.argmax(dim=1))

    compare_with_plain_loop(leaky_network(), dataset, loss_function, sgd, epochs=1, batch_size=4)


def test_training_goes_on_where_it_stopped(dataset):
    """Two calls of one epoch are one call of two: the optimizer keeps its state."""
    network = smooth_network()
    reference = copy.deepcopy(network)
    plain_loop(reference, dataset, nn.MSELoss(), torch.optim.Adam(reference.parameters()), epochs=2)
    optimizer = torch.optim.Adam(network.parameters())
    for _ in range(2):
        train(
            network,
            dataset,
            loss_function=nn.MSELoss(),
            optimizer=optimizer,
            epochs=1,
            progress=False,
        )
    assert_same_weights(network, reference)
    assert (
        optimizer.param_groups[0]["fused"] is None and optimizer.param_groups[0]["foreach"] is None
    )


def test_a_dataset_of_your_own_is_asked_for_each_item(dataset):
    class Inverted(torch.utils.data.Dataset):
        def __len__(self):
            return len(dataset)

        def __getitem__(self, index):
            label, image, target = dataset[index]
            return label, 1 - image, target

    compare_with_plain_loop(leaky_network(), Inverted(), nn.MSELoss(), sgd, epochs=1, batch_size=4)


def test_a_dataset_that_draws_random_numbers_draws_the_same_ones(dataset):
    class Noisy(torch.utils.data.Dataset):
        def __init__(self):
            self.noise = np.random.default_rng(0)

        def __len__(self):
            return len(dataset)

        def __getitem__(self, index):
            label, image, target = dataset[index]
            image = image + 0.1 * torch.rand(784) + 0.1 * float(self.noise.random())
            return label, image, target

    layers = [nn.Linear(784, 30), nn.Dropout(0.5), nn.Linear(30, 10)]
    network = nn.Sequential(*layers)
    reference = copy.deepcopy(network)
    torch.manual_seed(1)
    plain_loop(reference, Noisy(), nn.MSELoss(), sgd(reference.parameters()), epochs=1)
    torch.manual_seed(1)
    run(network, Noisy())
    assert_same_weights(network, reference)


def test_a_network_that_draws_random_numbers_draws_the_same_ones(dataset):
    class Noise(nn.Module):
        def forward(self, images):
            return images + 0.1 * torch.rand_like(images)

    network = nn.Sequential(Noise(), nn.Linear(784, 10))
    compare_with_plain_loop(network, dataset, nn.MSELoss(), sgd, epochs=1, batch_size=4)


def test_a_subset_of_a_subset_is_the_items_it_names(dataset):
    inner = Subset(dataset, [5, 3, 200, 7, 7])
    run(network := leaky_network(), Subset(inner, range(3, 0, -1)), epochs=2)
    torch.manual_seed(0)
    run(other := leaky_network(), [dataset[7], dataset[200], dataset[3]], epochs=2)
    assert_same_weights(network, other, atol=1e-7)


def test_the_same_seed_gives_the_same_weights_twice(dataset):
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(leaky_network())
        run(networks[-1], dataset, batch_size=16, shuffle=True)
    assert_same_weights(*networks, atol=0)


class Items(torch.utils.data.Dataset):
    """The items of `dataset`; before each, `before(index)` is called."""

    def __init__(self, dataset, before):
        self.dataset, self.before = dataset, before

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        self.before(index)
        return self.dataset[index]


def count_calls(monkeypatch, owner, name):
    """Let the function or method `name` of `owner` note each call; returns the list of notes."""
    original, calls = getattr(owner, name), []
    monkeypatch.setattr(owner, name, lambda *args: calls.append(args) or original(*args))
    return calls


def test_a_recorded_network_is_called_five_times_however_many_the_steps(dataset, monkeypatch):
    """To try a batch, and in three plain steps and the recording; the other steps are replayed."""
    calls = count_calls(monkeypatch, nn.Sequential, "forward")
    run(leaky_network(), dataset, epochs=2)
    assert len(calls) == 5


@pytest.mark.parametrize("make_optimizer", [sgd, torch.optim.Adam, torch.optim.RMSprop])
def test_gradients_are_cleared_at_the_end(dataset, make_optimizer):
    network = leaky_network()
    run(network, dataset, optimizer=make_optimizer(network.parameters()))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_images_of_an_mnist_dataset_are_made_ready_by_the_thousand(monkeypatch):
    dataset, sizes = load_mnist("train"), []
    batch = MnistDataset.batch
    monkeypatch.setattr(
        MnistDataset, "batch", lambda self, at: sizes.append(len(at)) or batch(self, at)
    )
    run(nn.Sequential(nn.Linear(784, 10)), Subset(dataset, range(2400)), batch_size=300)
    assert sizes == [900, 900, 600]
    sizes.clear()
    run(nn.Sequential(nn.Linear(784, 10)), Subset(dataset, range(2400)), batch_size=1100)
    assert sizes == [1100, 1100, 200]
    sizes.clear()
    accuracy(nn.Sequential(nn.Linear(784, 10)), Subset(dataset, range(2400)))
    assert sizes == [1000, 1000, 400]


def test_a_class_made_from_mnist_dataset_is_asked_for_each_item(dataset):
    class Inverted(MnistDataset):
        def __init__(self):
            self.images, self.labels = dataset.dataset.images[:50], dataset.dataset.labels[:50]

        def __getitem__(self, index):
            label, image, target = super().__getitem__(index)
            return label, 1 - image, target

    compare_with_plain_loop(leaky_network(), Inverted(), nn.MSELoss(), sgd, epochs=1)


def flushes_denormals():
    return (torch.tensor([1e-40], dtype=torch.float32) * 1).item() == 0.0


def process_settings():
    return torch.get_num_threads(), flushes_denormals(), signal.getsignal(signal.SIGINT)


@pytest.fixture
def two_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (8, 1), (9, 2)])
def test_a_step_on_a_tiny_batch_has_one_thread_and_no_denormal_numbers(
    dataset, two_threads, batch_size, threads
):
    inside = []
    items = Items(dataset, lambda index: inside.append(process_settings()[:2]))
    run(leaky_network(), items, batch_size=batch_size)
    assert set(inside[:batch_size]) == {(2, False)}  # the first batch is tried before the start
    assert set(inside[batch_size:]) == {(threads, True)}
    assert torch.get_num_threads() == 2


def test_settings_of_the_process_are_restored_also_after_an_error(dataset, two_threads):
    before = process_settings()

    def loss_function(outputs, targets):
        if torch.is_grad_enabled():
            raise RuntimeError("in the middle")
        return nn.functional.mse_loss(outputs, targets)

    network = leaky_network()
    with pytest.raises(RuntimeError, match="in the middle"):
        run(network, dataset, loss_function=loss_function)
    assert process_settings() == before
    run(network, dataset)
    assert process_settings() == before


@pytest.mark.parametrize("flushing", [True, False])
def test_denormals_are_treated_as_before_also_where_numbers_are_double(dataset, flushing):
    network, items = leaky_network(), list(Subset(dataset, range(20)))
    torch.set_flush_denormal(flushing)
    torch.set_default_dtype(torch.float64)
    try:
        run(network, items)
        assert flushes_denormals() == flushing
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_flush_denormal(False)


def test_progress_bar_shows_the_mean_of_the_latest_hundred_losses(dataset, capsys):
    history = run(leaky_network(), dataset, epochs=6, progress=True)
    last_line = re.split(r"\r", capsys.readouterr().out)[-1]
    loss = statistics.fmean(history.losses[-100:])
    assert re.fullmatch(
        rf"100%\|█{{20}}\| 1218/1218 \[\d\d:\d\d<00:00, +[\d.]+ steps/s, loss={loss:.3f}\] *\n",
        last_line,
    )
    assert len(history.losses) == 121


def test_the_mean_is_of_a_hundred_losses():
    bar = mock.Mock()
    training_module._show_loss(bar, [1000.0, *range(100)])
    assert bar.set_postfix_str.call_args.args == ("loss=49.500",)


def test_without_a_word_there_is_a_bar_and_batches_of_one_in_the_order_of_the_file():
    parameters = inspect.signature(train).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert defaults == {"batch_size": 1, "shuffle": False, "device": None, "progress": True}


def test_progress_bar_of_a_few_steps_shows_the_loss_of_the_last(dataset, capsys):
    loss_function, losses = nn.MSELoss(), []

    def noting(outputs, targets):
        losses.append(loss_function(outputs, targets))
        return losses[-1]

    history = run(
        leaky_network(), dataset, loss_function=noting, batch_size=29, epochs=1, progress=True
    )
    assert history.losses == [] and repr(history).startswith("History(0 losses, ")
    assert f"7/7 [00:00<00:00, loss={losses[-1]:.3f}]" in re.sub(
        r" *[\d.]+ steps/s,", "", capsys.readouterr().out
    )


def test_progress_bar_can_be_turned_off(dataset, capsys):
    run(leaky_network(), dataset)
    assert capsys.readouterr() == ("", "")


def test_history_says_what_it_holds(dataset):
    history = run(leaky_network(), dataset)
    assert len(history.losses) == len(history.steps) == 20 and 0 < history.seconds < 60
    assert repr(history) == (
        f"History(20 losses, last {history.losses[-1]:.3f}, {history.seconds:.1f} s)"
    )


# Interrupts. Kernel > Interrupt sends SIGINT, and Python's handler raises KeyboardInterrupt.


@pytest.fixture
def handler():
    """Python's own handler, which a background process may lack."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def interrupt(*_):
    signal.raise_signal(signal.SIGINT)


def interrupt_at(monkeypatch, owner, name, call):
    """Interrupt in the middle of the given call (counted from 1) of a function or method."""
    original, calls = getattr(owner, name), []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == call:
            interrupt()
        return original(*args)

    monkeypatch.setattr(owner, name, interrupted)


def assert_all_is_well(network, dataset, handler):
    """After an interrupt nothing is left behind, and the next training is as any other."""
    assert signal.getsignal(signal.SIGINT) is handler and not flushes_denormals()
    assert all(parameter.grad is None for parameter in network.parameters())
    compare_with_plain_loop(network, Subset(dataset, range(30)), nn.MSELoss(), sgd, epochs=1)


STOPPED = (
    "Stopped at step {} of {}. The network keeps what it has learnt; the losses so far: "
    "import sys; plot_loss(sys.last_value.history)"
)


def interrupt_while_fetching(index):
    if index == 150:
        interrupt()


def raise_while_fetching(index):
    if index == 150:
        raise KeyboardInterrupt


@pytest.mark.parametrize("before", [interrupt_while_fetching, raise_while_fetching])
def test_an_interrupt_ends_the_training_and_keeps_network_and_history(
    dataset, handler, before, capsys
):
    network, asked = leaky_network(), []
    items = Items(dataset, lambda index: asked.append(index) or before(index))
    with pytest.raises(TrainingInterrupted) as stopped:
        run(network, items, epochs=3, progress=True)
    assert str(stopped.value) == STOPPED.format(150, 609)
    assert asked == list(range(151))
    assert capsys.readouterr().out.endswith("]\n")  # the bar's line is ended
    history = stopped.value.history
    assert history.steps == list(range(10, 151, 10)) and len(history.losses) == 15
    assert history.seconds > 0
    torch.manual_seed(0)
    run(other := leaky_network(), Subset(dataset, range(150)))
    assert_same_weights(network, other, atol=1e-7)
    assert_all_is_well(network, dataset, handler)


@pytest.mark.parametrize("make_optimizer", [sgd, torch.optim.Adam])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (1, "Stopped before the first step; the network is as it was."),
        (2, STOPPED.format(1, 203)),
        (
            3,
            STOPPED.format(2, 203),
        ),  # here the step is recorded: PyTorch's tracer must come to its end
    ],
)
def test_an_early_interrupt_is_told_and_breaks_nothing(
    dataset, handler, monkeypatch, call, message, make_optimizer
):
    network = sigmoid_network()
    optimizer = make_optimizer(network.parameters())
    with monkeypatch.context() as patch, pytest.raises(TrainingInterrupted) as stopped:
        interrupt_at(patch, nn.Sigmoid, "forward", 2 * call - 1)
        run(network, dataset, optimizer=optimizer)
    assert str(stopped.value) == message
    assert stopped.value.history.losses == []
    run(network, dataset, optimizer=optimizer)  # its state is whole
    assert optimizer.param_groups[0]["fused"] is optimizer.param_groups[0]["foreach"] is None
    assert_all_is_well(network, dataset, handler)


class OwnRMSprop(torch.optim.RMSprop):
    """Not recorded, since it is not PyTorch's own."""


@pytest.mark.parametrize("call", [2, 20])
def test_an_interrupt_waits_for_the_end_of_a_step(dataset, handler, monkeypatch, call):
    """Also of one that is not recorded: no optimizer is left with half of its state."""
    network = leaky_network()
    optimizer = OwnRMSprop(network.parameters(), lr=1e-4)
    with (
        monkeypatch.context() as patch,
        pytest.raises(TrainingInterrupted, match=f"at step {call} "),
    ):
        interrupt_at(patch, OwnRMSprop, "step", call)
        run(network, dataset, optimizer=optimizer)
    assert {state["step"].item() for state in optimizer.state.values()} == {call}
    assert_all_is_well(network, dataset, handler)


def test_an_interrupt_while_all_is_set_up_waits_for_the_end_of_the_first_step(
    dataset, handler, monkeypatch
):
    network = leaky_network()
    with monkeypatch.context() as patch, pytest.raises(TrainingInterrupted) as stopped:
        interrupt_at(patch, torch, "set_flush_denormal", 1)
        run(network, dataset)
    assert str(stopped.value) == STOPPED.format(1, 203)
    assert_all_is_well(network, dataset, handler)


TIDYING = {
    "denormals": (torch, "set_flush_denormal", 2),
    "threads": (torch, "set_num_threads", 2),
    "gradients": (nn.Sequential, "zero_grad", 1),
}


@pytest.mark.parametrize("where", TIDYING)
@pytest.mark.parametrize("already", [False, True])
def test_an_interrupt_while_all_is_put_back_leaves_nothing_undone(
    dataset, handler, monkeypatch, two_threads, where, already
):
    network, few = leaky_network(), Subset(dataset, range(160))
    items = Items(few, interrupt_while_fetching) if already else few
    with monkeypatch.context() as patch, pytest.raises(TrainingInterrupted) as stopped:
        interrupt_at(patch, *TIDYING[where])
        run(network, items)
    assert str(stopped.value) == STOPPED.format(150 if already else 160, 160)
    assert torch.get_num_threads() == 2
    assert_all_is_well(network, dataset, handler)


def test_a_handler_of_your_own_is_called_once_for_each_interrupt(dataset):
    calls = []
    before = signal.signal(signal.SIGINT, lambda *_: calls.append(1))
    try:
        items = Items(dataset, lambda index: interrupt() if index in (50, 60) else None)
        assert run(leaky_network(), items).steps[-1] == 200
        assert len(calls) == 2
        interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(calls) == 3


def test_where_interrupts_are_ignored_they_still_are(dataset):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run(leaky_network(), Items(dataset, interrupt)).steps[-1] == 200
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_a_training_is_as_in_the_main_one(dataset, handler):
    histories = []
    thread = threading.Thread(target=lambda: histories.append(run(leaky_network(), dataset)))
    thread.start()
    thread.join()
    assert histories[0].steps[-1] == 200 and signal.getsignal(signal.SIGINT) is handler


def test_a_cell_shows_the_one_line_and_the_next_cell_has_the_history(
    dataset, handler, monkeypatch, capsys
):
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # a shell replaces it
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns |= {"run": run, "network": leaky_network}
    shell.user_ns |= {"items": Items(dataset, interrupt_while_fetching), "scores": {}}
    cell = "for name in 'abc':\n    scores[name] = run(network(), items if name == 'b' else items.dataset)"
    result = shell.run_cell(cell)
    assert isinstance(result.error_in_exec, TrainingInterrupted)
    assert capsys.readouterr().out == STOPPED.format(150, 203) + "\n"
    assert list(shell.user_ns["scores"]) == ["a"]
    assert shell.run_cell("import sys; sys.last_value.history.steps[-1]").result == 150


def test_a_loss_that_is_not_finite_stops_the_training(dataset):
    network = leaky_network()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e6)
    with pytest.raises(
        FloatingPointError, match="the loss is (nan|inf) at step .* smaller learning rate"
    ):
        run(network, dataset, optimizer=optimizer)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(("bad_step", "found_at"), [(20, "20"), (203, "203"), (11, "20")])
def test_a_loss_that_is_not_finite_is_found_at_the_next_kept_step_or_the_last(
    dataset, value, bad_step, found_at
):
    calls = []

    def loss_function(outputs, targets):
        calls.append(1)
        factor = value if len(calls) > bad_step else 1.0  # the first call tries a batch
        return nn.functional.mse_loss(outputs, targets) * factor

    with pytest.raises(FloatingPointError) as error:
        run(leaky_network(), dataset, loss_function=loss_function)
    assert str(error.value) == (
        f"the loss is nan at step {found_at}; try a smaller learning rate, and check that "
        "the last layer's range suits the loss function"
    ).replace("nan", str(value) if bad_step != 11 else "nan")


BAD_ARGUMENTS = {
    "epochs is 0; expected a whole number, 1 or more": {"epochs": 0},
    "batch_size is 0; expected a whole number, 1 or more": {"batch_size": 0},
    "the network is on cpu, device is meta; call network.to(device) first": {"device": "meta"},
    "the loss is 1.0; expected a tensor, to compute gradients from": {
        "loss_function": lambda outputs, targets: 1.0
    },
    "loss_function is the class MSELoss; expected an object: MSELoss()": {
        "loss_function": nn.MSELoss
    },
}


@pytest.mark.parametrize("message", BAD_ARGUMENTS)
def test_wrong_arguments_are_named_before_anything_happens(dataset, message, capsys):
    network = leaky_network()
    before = copy.deepcopy(network)
    with pytest.raises(ValueError) as error:
        run(network, dataset, progress=True, **BAD_ARGUMENTS[message])
    assert str(error.value) == message
    assert capsys.readouterr().out == ""
    assert_same_weights(network, before, atol=0)
    assert network.training


def test_numpys_whole_numbers_are_whole_numbers(dataset):
    assert run(leaky_network(), dataset, epochs=np.int64(2), batch_size=np.int32(7)).steps[-1] == 50


def test_a_data_loader_is_named(dataset):
    loader = torch.utils.data.DataLoader(dataset)
    for use in (accuracy, run):
        with pytest.raises(ValueError, match="dataset is a DataLoader; expected the dataset"):
            use(leaky_network(), loader)


@pytest.mark.parametrize("items", [[(1, torch.zeros(784))], [[1, 2, 3]], [torch.zeros(3)]])
def test_wrong_items_are_named(items):
    for use in (accuracy, run):
        with pytest.raises(ValueError) as error:
            use(leaky_network(), items)
        assert str(error.value) == (
            "dataset[0] is not (label, image, target), as MnistDataset's items are"
        )


def test_bce_on_outputs_below_zero_raises_pytorchs_own_error(dataset):
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        run(leaky_network(), dataset, loss_function=nn.BCELoss())


def test_accuracy_is_the_share_of_right_answers(dataset):
    network = leaky_network()
    run(network, dataset, epochs=3)
    right = sum(network(image).argmax().item() == label for label, image, _ in dataset)
    assert accuracy(network, dataset) == right / len(dataset)


def test_accuracy_is_exact_over_uneven_chunks(dataset, monkeypatch):
    network = leaky_network()
    expected = accuracy(network, dataset)
    monkeypatch.setattr(training_module, "CHUNK", 7)
    assert accuracy(network, dataset) == expected


def test_accuracy_is_measured_in_eval_mode_and_each_mode_put_back(dataset):
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.9))
    network[1].eval()
    assert accuracy(network, dataset) == accuracy(network, dataset)
    assert [module.training for module in network.modules()] == [True, True, False, True]
    network.eval()
    accuracy(network, dataset)
    assert not network.training


def test_train_trains_in_train_mode_and_leaves_a_frozen_batch_norm_alone(dataset):
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10))
    run(network.eval(), dataset, batch_size=7)
    assert network.training and network[1].running_mean.abs().sum() > 0
    network[1].eval()
    before = network[1].running_mean.clone()
    run(network, dataset, batch_size=7)
    assert torch.equal(network[1].running_mean, before)


def test_a_method_that_hides_nn_module_train_is_named(dataset):
    class Shadowing(nn.Sequential):
        def train(self, inputs, targets):
            """The study note's own training step, under a name that PyTorch needs."""

    for use in (accuracy, run):
        with pytest.raises(TypeError, match=r"Shadowing\.train hides nn\.Module\.train\(mode\)"):
            use(Shadowing(nn.Linear(784, 10)), dataset)
