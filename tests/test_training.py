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
from helpers.recipes import Recipe
from helpers.training import TrainingInterrupted, outputs_of


def sgd(network, **settings):
    return torch.optim.SGD(network.parameters(), **({"lr": 0.01} | settings))


def adam(network, **settings):
    return torch.optim.Adam(network.parameters(), **settings)


def leaky_network():
    first, last = nn.LeakyReLU(0.02), nn.LeakyReLU(0.02)
    return nn.Sequential(nn.Linear(784, 200), first, nn.Linear(200, 10), last)


def linear_network():
    return nn.Sequential(nn.Linear(784, 10))


def smooth_network():
    """Without a kink, at which the last bit of a sum would decide the size of Adam's next step."""
    return nn.Sequential(nn.Linear(784, 30), nn.Tanh(), nn.Linear(30, 10), nn.Sigmoid())


COURSE = {
    "baseline": Recipe("mse", "sigmoid", "sgd", "none"),
    "loss": Recipe("bce", "sigmoid", "sgd", "none"),
    "activation": Recipe("mse", "leaky", "sgd", "none"),
    "optimizer": Recipe("mse", "sigmoid", "adam", "none"),
    "normalization": Recipe("mse", "leaky", "sgd", "layernorm"),
    "combined": Recipe("bce", "leaky", "adam", "layernorm"),
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def dataset():
    return Subset(load_mnist("train"), range(203))


class Items(torch.utils.data.Dataset):
    """The items of `dataset`; before each, `before(index)` is called."""

    def __init__(self, dataset, before):
        self.dataset, self.before = dataset, before

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        self.before(index)
        return self.dataset[index]


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
    settings = {"loss_function": nn.MSELoss(), "optimizer": sgd(network), "epochs": 1}
    return train(network, dataset, **{"progress": False} | settings | changes)


def assert_same_weights(network, other, atol=1e-5):
    weights, expected = network.state_dict(), other.state_dict()
    for name in expected:
        torch.testing.assert_close(weights[name], expected[name], atol=atol, rtol=10 * atol)


def compare_with_plain_loop(
    network, dataset, loss_function=None, make_optimizer=sgd, *, epochs=1, **settings
):
    reference, loss_function = copy.deepcopy(network), loss_function or nn.MSELoss()
    torch.manual_seed(1)
    optimizer = make_optimizer(reference)
    losses = plain_loop(reference, dataset, loss_function, optimizer, epochs, **settings)
    settings |= {"loss_function": loss_function, "optimizer": make_optimizer(network)}
    torch.manual_seed(1)
    history = run(network, dataset, epochs=epochs, **settings)
    assert_same_weights(network, reference)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert history.steps == list(range(10, len(losses) + 1, 10))
    assert history.losses == pytest.approx(losses[9::10], rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("recipe", COURSE.values(), ids=COURSE)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 8, "shuffle": True}])
def test_train_gives_the_weights_of_the_plain_loop(dataset, recipe, settings):
    loss_function = recipe.loss_function()
    compare_with_plain_loop(
        recipe.network(), dataset, loss_function, recipe.optimizer, epochs=2, **settings
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("recipe", COURSE.values(), ids=COURSE)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 8, "shuffle": True}])
def test_train_on_a_gpu_gives_the_weights_of_the_cpu(dataset, recipe, settings):
    network = recipe.network()
    networks = {where: copy.deepcopy(network).to(where) for where in ("cpu", "cuda")}
    settings |= {"loss_function": recipe.loss_function()}
    for network in networks.values():
        torch.manual_seed(1)
        run(network, dataset, optimizer=recipe.optimizer(network), **settings)
    assert accuracy(networks["cuda"], dataset) == accuracy(networks["cpu"], dataset)
    assert_same_weights(networks["cuda"].cpu(), networks["cpu"], atol=1e-4)


OPTIMIZERS = {
    "momentum": (sgd, {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
    "AdamW": (lambda network: torch.optim.AdamW(network.parameters()), {}),
    "AMSGrad": (adam, {"amsgrad": True, "weight_decay": 1e-3}),
    "foreach": (sgd, {"foreach": True}),
    "RMSprop": (lambda network: torch.optim.RMSprop(network.parameters()), {}),
    "Adagrad": (lambda network: torch.optim.Adagrad(network.parameters()), {}),
    "learning rate as a tensor": (adam, {"lr": torch.tensor(1e-3)}),
}


@pytest.mark.parametrize(("make", "settings"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_other_optimizers_give_the_weights_of_the_plain_loop(dataset, make, settings):
    compare_with_plain_loop(
        smooth_network(), dataset, make_optimizer=lambda network: make(network, **settings)
    )


def cross_entropy_by_label(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets.argmax(dim=1))


LOSSES = {
    "cross entropy": nn.CrossEntropyLoss(),
    "with logits": nn.BCEWithLogitsLoss(),
    "absolute": nn.L1Loss(),
    "smooth": nn.SmoothL1Loss(),
    "Huber": nn.HuberLoss(reduction="sum"),
    "a function": cross_entropy_by_label,
}


@pytest.mark.parametrize("loss_function", LOSSES.values(), ids=LOSSES)
def test_other_losses_give_the_weights_of_the_plain_loop(dataset, loss_function):
    network = nn.Sequential(nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10))
    compare_with_plain_loop(network, dataset, loss_function, batch_size=3)


LAYERS = {
    "batch norm": lambda: [nn.Linear(784, 30), nn.BatchNorm1d(30), nn.Tanh(), nn.Linear(30, 10)],
    "nested": lambda: [nn.Sequential(nn.Linear(784, 9), nn.Softplus()), nn.Linear(9, 10)],
    "in place": lambda: [nn.Linear(784, 30), nn.ReLU(inplace=True), nn.Linear(30, 10)],
    "mean of all batches": lambda: [nn.Linear(784, 10), nn.BatchNorm1d(10, momentum=None)],
}


@pytest.mark.parametrize("name", LAYERS)
def test_other_layers_give_the_weights_of_the_plain_loop(dataset, name):
    network, few = nn.Sequential(*LAYERS[name]()), Subset(dataset, range(200))
    compare_with_plain_loop(network, few, batch_size=7, shuffle=True)


def test_a_network_of_double_precision_gives_the_weights_of_the_plain_loop(dataset):
    doubled = [(label, image.double(), target.double()) for label, image, target in dataset]
    compare_with_plain_loop(smooth_network().double(), doubled)


def test_parameter_groups_keep_their_own_learning_rates(dataset):
    def two_groups(network):
        first_weight, *others = network.parameters()
        return torch.optim.SGD([{"params": [first_weight], "lr": 0.1}, {"params": others}], lr=1e-3)

    compare_with_plain_loop(leaky_network(), dataset, make_optimizer=two_groups)


@pytest.mark.parametrize("make_optimizer", [adam, lambda network: sgd(network[2])])
def test_a_frozen_layer_stays_as_it_is(dataset, make_optimizer):
    network = smooth_network()
    network[0].requires_grad_(False)
    before = copy.deepcopy(network[0])
    compare_with_plain_loop(network, dataset, make_optimizer=make_optimizer)
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
    compare_with_plain_loop(network, dataset)
    assert network.calls == len(dataset)


def test_training_goes_on_where_it_stopped(dataset):
    """Two calls of one epoch are one call of two: the optimizer keeps its state."""
    network = smooth_network()
    reference = copy.deepcopy(network)
    plain_loop(reference, dataset, nn.MSELoss(), adam(reference), epochs=2)
    optimizer = adam(network)
    for _ in range(2):
        run(network, dataset, optimizer=optimizer)
    assert_same_weights(network, reference)
    assert optimizer.param_groups[0]["fused"] is optimizer.param_groups[0]["foreach"] is None


class Noisy(Items):
    """The items of `dataset`, each at every time with another noise, drawn in two ways."""

    def __init__(self, dataset):
        generator = np.random.default_rng(0)
        super().__init__(dataset, lambda index: generator.random())

    def __getitem__(self, index):
        label, image, target = super().__getitem__(index)
        return label, image + 0.1 * torch.rand(784), target


class Noise(nn.Module):
    def forward(self, images):
        return images + 0.1 * torch.rand_like(images)


def test_a_dataset_and_a_network_that_draw_random_numbers_draw_the_same_ones(dataset):
    network = nn.Sequential(Noise(), nn.Linear(784, 30), nn.Dropout(0.5), nn.Linear(30, 10))
    reference = copy.deepcopy(network)
    torch.manual_seed(1)
    plain_loop(reference, Noisy(dataset), nn.MSELoss(), sgd(reference), epochs=1, batch_size=4)
    torch.manual_seed(1)
    run(network, Noisy(dataset), batch_size=4)
    assert_same_weights(network, reference)


def as_mask(positions):
    return torch.zeros(203, dtype=torch.bool).index_fill(0, torch.tensor(positions), True)


POSITIONS = {
    "(n, 1), as nonzero gives": lambda positions: as_mask(positions).nonzero(),
    "(n,)": torch.tensor,
    "array": np.array,
}


@pytest.mark.parametrize("form", POSITIONS.values(), ids=POSITIONS)
def test_a_subset_of_a_subset_is_the_items_it_names(dataset, form):
    few, numbers = Subset(dataset, form([3, 7, 20, 101, 200])), [3, 0, 0, 4]
    items = [dataset[index] for index in (101, 3, 3, 200)]
    run(network := leaky_network(), Subset(few, numbers), epochs=2)
    torch.manual_seed(0)
    run(other := leaky_network(), items, epochs=2)
    assert_same_weights(network, other, atol=1e-7)
    network[2].bias.data[items[1][0]] += 100  # so that two answers, at least, are right
    assert 0.5 <= accuracy(network, Subset(few, numbers)) == accuracy(network, items) < 1


@pytest.mark.parametrize("indices", [as_mask([3, 7]), as_mask([3]).tolist(), [[1, 2], [3, 4]]])
def test_a_mask_in_place_of_positions_is_rejected(dataset, indices):
    """PyTorch's own Subset would take True for position 1, and as many items as the mask is long."""
    for use in (accuracy, run):
        with pytest.raises(ValueError, match=r"the indices of a Subset are .*nonzero\(\)\.flatten"):
            use(leaky_network(), Subset(dataset, indices))


def count_calls(monkeypatch, owner, name):
    """Let the function or method `name` of `owner` note each call; returns the list of notes."""
    original, calls = getattr(owner, name), []
    monkeypatch.setattr(owner, name, lambda *args: calls.append(args) or original(*args))
    return calls


@pytest.mark.parametrize("recipe", COURSE.values(), ids=COURSE)
def test_a_network_of_the_course_is_called_a_few_times_however_many_the_steps(
    dataset, monkeypatch, recipe
):
    """The other steps are replayed; one of the calls tries a batch."""
    calls = count_calls(monkeypatch, nn.Sequential, "forward")
    network = recipe.network()
    run(network, dataset, loss_function=recipe.loss_function(), optimizer=recipe.optimizer(network))
    assert len(calls) < 10


def test_images_of_an_mnist_dataset_are_made_ready_some_hundreds_at_a_time(monkeypatch):
    items = Subset(load_mnist("train"), range(1200))
    batches = count_calls(monkeypatch, MnistDataset, "batch")
    for use, sizes in (
        (lambda: run(linear_network(), items, batch_size=150), [450, 450, 300]),
        (lambda: run(linear_network(), items, batch_size=550), [550, 550, 100]),
        (lambda: accuracy(linear_network(), items), [500, 500, 200]),
    ):
        batches.clear()
        use()
        assert [len(indices) for _, indices in batches] == sizes


def test_a_class_made_from_mnist_dataset_is_asked_for_each_item(dataset):
    class Inverted(MnistDataset):
        def __init__(self):
            self.images, self.labels = dataset.dataset.images[:50], dataset.dataset.labels[:50]

        def __getitem__(self, index):
            label, image, target = super().__getitem__(index)
            return label, 1 - image, target

    compare_with_plain_loop(leaky_network(), Inverted())


def from_call(number, factor=1.0, error=None):
    """The mean squared error, which goes wrong from its call `number` on; call 1 tries a batch."""
    calls = []

    def loss_function(outputs, targets):
        calls.append(1)
        if len(calls) < number:
            return nn.functional.mse_loss(outputs, targets)
        if error:
            raise error
        return factor * nn.functional.mse_loss(outputs, targets)

    return loss_function


def flushes_denormals():
    return (torch.tensor([1e-40]) * 1).item() == 0.0


def process_settings():
    return torch.get_num_threads(), flushes_denormals(), signal.getsignal(signal.SIGINT)


@pytest.fixture
def two_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (8, 1), (9, 2)])
def test_a_step_on_a_small_batch_has_one_thread_and_no_denormal_numbers(
    dataset, two_threads, monkeypatch, batch_size, threads
):
    monkeypatch.setattr(training_module, "SMALL_BATCH", 8)
    inside = []
    items = Items(dataset, lambda index: inside.append(process_settings()[:2]))
    run(leaky_network(), items, batch_size=batch_size)
    assert set(inside[:batch_size]) == {(2, False)}  # the first batch is tried before the start
    assert set(inside[batch_size:]) == {(threads, True)}
    assert torch.get_num_threads() == 2


def test_settings_of_the_process_are_restored_also_after_an_error(dataset, two_threads):
    before, network = process_settings(), leaky_network()
    with pytest.raises(RuntimeError, match="in the middle"):
        run(network, dataset, loss_function=from_call(2, error=RuntimeError("in the middle")))
    assert process_settings() == before
    run(network, dataset)
    assert process_settings() == before


def test_progress_bar_shows_the_mean_of_the_latest_hundred_losses(dataset, capsys):
    history = run(linear_network(), dataset, epochs=6, progress=True)
    last_line = re.split(r"\r", capsys.readouterr().out)[-1]
    loss = statistics.fmean(history.losses[-100:])
    assert re.fullmatch(
        rf"100%\|█{{20}}\| 1218/1218 \[\d\d:\d\d<00:00, +[\d.]+ steps/s, loss={loss:.3f}\] *\n",
        last_line,
    )
    training_module.show_losses(bar := mock.Mock(), loss=[1000.0, *range(100)])
    assert bar.set_postfix_str.call_args.args == ("loss=49.500",)


def test_by_default_there_is_a_bar_and_batches_of_one_in_the_order_of_the_file():
    parameters = inspect.signature(train).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert defaults == {"batch_size": 1, "shuffle": False, "device": None, "progress": True}


def test_progress_bar_of_a_few_steps_shows_the_loss_of_the_last(dataset, capsys):
    network = leaky_network()
    losses = plain_loop(
        copy.deepcopy(network), dataset, nn.MSELoss(), sgd(network), epochs=1, batch_size=29
    )
    history = run(network, dataset, batch_size=29, progress=True)
    assert history.losses == [] and repr(history).startswith("History(0 losses, ")
    assert f"7/7 [00:00<00:00, loss={losses[-1]:.3f}]" in re.sub(
        r" *[\d.]+ steps/s,", "", capsys.readouterr().out
    )


def test_history_says_what_it_holds_and_the_bar_can_be_turned_off(dataset, capsys):
    history = run(leaky_network(), dataset)
    assert len(history.losses) == len(history.steps) == 20 and 0 < history.seconds < 60
    assert repr(history) == (
        f"History(20 losses, last {history.losses[-1]:.3f}, {history.seconds:.1f} s)"
    )
    assert capsys.readouterr() == ("", "")


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
    compare_with_plain_loop(network, Subset(dataset, range(30)))


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


EARLY = [
    "Stopped before the first step; the network is as it was.",
    STOPPED.format(1, 203),
    STOPPED.format(2, 203),  # by then the step is recorded: PyTorch's tracer must come to its end
]


@pytest.mark.parametrize("make_optimizer", [sgd, adam])
@pytest.mark.parametrize(("call", "message"), [*enumerate(EARLY, start=1)])
def test_an_early_interrupt_is_reported_and_breaks_nothing(
    dataset, handler, monkeypatch, call, message, make_optimizer
):
    network = COURSE["baseline"].network()
    optimizer = make_optimizer(network)
    with monkeypatch.context() as patch, pytest.raises(TrainingInterrupted) as stopped:
        interrupt_at(patch, nn.Sigmoid, "forward", 2 * call - 1)
        run(network, dataset, optimizer=optimizer)
    assert str(stopped.value) == message
    assert stopped.value.history.losses == []
    run(network, dataset, optimizer=optimizer)  # its state is complete
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


MEANWHILE = {
    "set up": (torch, "set_flush_denormal", 1),
    "put back: denormals": (torch, "set_flush_denormal", 2),
    "put back: threads": (torch, "set_num_threads", 2),
    "put back: gradients": (nn.Sequential, "zero_grad", 1),
}


@pytest.mark.parametrize("where", MEANWHILE)
@pytest.mark.parametrize("already", [False, True])
def test_an_interrupt_while_all_is_set_up_or_put_back_leaves_nothing_undone(
    dataset, handler, monkeypatch, two_threads, where, already
):
    network, few = leaky_network(), Subset(dataset, range(160))
    items = Items(few, interrupt_while_fetching) if already else few
    with monkeypatch.context() as patch, pytest.raises(TrainingInterrupted) as stopped:
        interrupt_at(patch, *MEANWHILE[where])
        run(network, items)
    step = STOPPED.format(150 if already else 160, 160)
    assert str(stopped.value) == (EARLY[0] if where == "set up" else step)
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


# What does not fit.


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(("bad_step", "found_at"), [(20, 20), (203, 203), (11, 20)])
def test_a_loss_that_is_not_finite_is_found_at_the_next_kept_step_or_the_last(
    dataset, value, bad_step, found_at
):
    with pytest.raises(FloatingPointError) as error:
        run(leaky_network(), dataset, loss_function=from_call(bad_step + 1, factor=value))
    found = value if bad_step == found_at else math.nan  # the next step makes the weights nan
    assert str(error.value) == (
        f"the loss is {found} at step {found_at}; try a smaller learning rate; does the last layer's "
        "range suit the loss function? Make the network and its optimizer anew; "
        "the losses so far: import sys; plot_loss(sys.last_value.history)"
    )
    history = error.value.history
    assert history.steps == list(range(10, found_at, 10)) and history.seconds > 0
    assert len(history.losses) == len(history.steps) and all(map(math.isfinite, history.losses))


def test_a_network_that_has_diverged_is_not_trained_or_judged_again(dataset):
    network = leaky_network()
    with pytest.raises(FloatingPointError, match="try a smaller learning rate"):
        run(network, dataset, optimizer=sgd(network, lr=1e6))
    for use in (run, accuracy):
        with pytest.raises(ValueError, match="outputs are nan; make it and its optimizer anew"):
            use(network, dataset)


def test_a_loss_without_its_minus_is_recognised(dataset):
    def log_likelihood(outputs, targets):
        return (targets * outputs.log_softmax(dim=1)).mean()

    with pytest.raises(FloatingPointError, match="falls without end; is a minus missing"):
        network = linear_network()
        run(network, dataset, loss_function=log_likelihood, optimizer=sgd(network, lr=1e38))


BAD_ARGUMENTS = {
    "epochs is 0; expected": {"epochs": 0},
    "batch_size is 0; expected": {"batch_size": 0},
    "the network is on cpu, device is meta": {"device": "meta"},
    "loss_function is the class MSELoss": {"loss_function": nn.MSELoss},
    "BCELoss expects outputs in 0..1": {"loss_function": nn.BCELoss()},
}


@pytest.mark.parametrize("message", BAD_ARGUMENTS)
def test_wrong_arguments_are_named_before_anything_happens(dataset, message, capsys):
    network = leaky_network()
    before = copy.deepcopy(network)
    with pytest.raises(ValueError, match=re.escape(message)):
        run(network, dataset, progress=True, **BAD_ARGUMENTS[message])
    assert capsys.readouterr().out == ""
    assert_same_weights(network, before, atol=0)
    assert network.training


@pytest.mark.parametrize("batch_size", [1, 2, 101])  # of 203 images, these leave one over
def test_batch_norm_is_rejected_where_a_batch_is_a_single_image(dataset, batch_size):
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10))
    with pytest.raises(ValueError, match="a batch_size that leaves no batch of one image"):
        run(network, dataset, batch_size=batch_size)
    assert network[1].num_batches_tracked == 0


IMAGE = torch.zeros(784)
ITEMS = {
    "two parts": (1, IMAGE),
    "no parts": IMAGE,
    "a number": 5,
    "names in place of places": {"image": IMAGE, "target": torch.eye(10)[1]},
    "a number as target": (1, IMAGE, 1),
    "a tensor of one number as target": (1, IMAGE, torch.tensor(1)),
    "an array as image": (1, IMAGE.numpy(), torch.eye(10)[1]),
}


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
@pytest.mark.parametrize("use", [accuracy, run])
def test_wrong_items_are_named(item, use):
    with pytest.raises(ValueError, match=r"dataset\[0\] is not \(label, image, target\): "):
        use(leaky_network(), [item])


# What a network answers.


def test_accuracy_is_the_share_of_right_answers(dataset):
    network = leaky_network()
    run(network, dataset, epochs=3)
    right = sum(network(image).argmax().item() == label for label, image, _ in dataset)
    assert accuracy(network, dataset) == right / len(dataset)


def test_outputs_and_accuracy_are_the_same_in_chunks_of_any_size(dataset, monkeypatch):
    network = leaky_network()
    images = torch.stack([image for _, image, _ in dataset])
    outputs, share = outputs_of(network, images), accuracy(network, dataset)
    assert torch.equal(outputs, network(images)) and not outputs.requires_grad
    monkeypatch.setattr(training_module, "CHUNK", 7)
    calls = count_calls(monkeypatch, nn.Sequential, "forward")
    torch.testing.assert_close(outputs_of(network, images), outputs)
    assert [len(images) for _, images in calls] == [7] * 29
    assert accuracy(network, dataset) == share


def test_outputs_and_accuracy_are_those_of_eval_mode_and_each_mode_is_put_back(dataset):
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.9))
    network[1].eval()
    image = dataset[0][1].unsqueeze(0)
    expected = copy.deepcopy(network).eval()(image)
    torch.testing.assert_close(outputs_of(network, image), expected)
    assert accuracy(network, dataset) == accuracy(network, dataset)
    assert [module.training for module in network.modules()] == [True, True, False, True]
    network.eval()
    accuracy(network, dataset)
    assert not network.training


def test_outputs_that_are_nan_are_no_answer():
    images = torch.zeros(2000, 784)
    images[1500, 3] = math.nan
    with pytest.raises(ValueError, match="the network's outputs are nan; .* nan in the images"):
        outputs_of(leaky_network(), images)


def test_train_trains_in_train_mode_and_leaves_a_frozen_batch_norm_alone(dataset):
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10))
    run(network.eval(), dataset, batch_size=7)
    assert network.training and network[1].running_mean.abs().sum() > 0
    network[1].eval()
    before = network[1].running_mean.clone()
    run(network, dataset, batch_size=7)
    assert torch.equal(network[1].running_mean, before)
