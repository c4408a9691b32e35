"""train does what the plain loop does; accuracy counts; wrong arguments are named."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Subset

from helpers import accuracy, load_mnist, train
from helpers import training as training_module
from helpers.tracing import can_trace


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
    assert can_trace(network, loss_function, make_optimizer(network.parameters()))
    compare_with_plain_loop(network, dataset, loss_function, make_optimizer, epochs=2, **settings)


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
    assert can_trace(network, loss_function, sgd(network.parameters()))
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
    assert can_trace(network, nn.MSELoss(), sgd(network.parameters()))
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
    assert not can_trace(network, nn.MSELoss(), sgd(network.parameters()))
    compare_with_plain_loop(network, dataset, nn.MSELoss(), sgd, epochs=1)
    assert network.calls == len(dataset)


def double_forward(layer, count):
    forward = layer.forward
    layer.forward = lambda images: count() or forward(images)


# Each adds to a layer something that is to happen at every step.
ADDITIONS = {
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


def run(network, dataset, **changes):
    settings = {
        "loss_function": nn.MSELoss(),
        "optimizer": sgd(network.parameters()),
        "epochs": 1,
        "progress": False,
    }
    return train(network, dataset, **(settings | changes))


def test_the_same_seed_gives_the_same_weights_twice(dataset):
    networks = []
    for _ in range(2):
        torch.manual_seed(3)
        networks.append(leaky_network())
        run(networks[-1], dataset, batch_size=16, shuffle=True)
    assert_same_weights(*networks, atol=0)


def process_settings():
    return torch.get_num_threads(), (torch.tensor([1e-40]) * 1).item() == 0.0


def test_settings_of_the_process_are_restored_also_after_an_error(dataset):
    before = process_settings()
    inside = []

    def loss_function(outputs, targets):
        inside.append(process_settings())
        if len(inside) == 5:
            raise RuntimeError("in the middle")
        return nn.functional.mse_loss(outputs, targets)

    network = leaky_network()
    optimizer = sgd(network.parameters())
    with pytest.raises(RuntimeError, match="in the middle"):
        run(network, dataset, loss_function=loss_function, optimizer=optimizer)
    assert inside[-1] == (1, True)
    assert process_settings() == before
    assert optimizer.param_groups[0]["foreach"] is None
    run(network, dataset)
    assert process_settings() == before


def test_progress_bar_shows_the_loss_and_can_be_turned_off(dataset, capsys):
    run(leaky_network(), dataset, progress=True)
    assert "203/203" in (shown := capsys.readouterr().out) and "loss=0." in shown
    run(leaky_network(), dataset)
    assert capsys.readouterr() == ("", "")


def test_history_says_what_it_holds(dataset):
    history = run(leaky_network(), dataset)
    assert len(history.losses) == len(history.steps) == 20 and history.seconds > 0
    assert repr(history).startswith("History(20 losses, last 0.")


def test_interrupting_keeps_network_and_history(dataset, capsys):
    class Interrupting(torch.utils.data.Dataset):
        def __len__(self):
            return len(dataset)

        def __getitem__(self, index):
            if index == 150:
                raise KeyboardInterrupt  # as Python does on Kernel > Interrupt
            return dataset[index]

    network = leaky_network()
    history = run(network, Interrupting(), epochs=3)
    assert "Stopped at step 150 of 609" in capsys.readouterr().out
    assert history.steps == list(range(10, 151, 10)) and len(history.losses) == 15
    torch.manual_seed(0)
    run(other := leaky_network(), Subset(dataset, range(150)))
    assert_same_weights(network, other, atol=1e-7)
    run(network, dataset)


def test_a_loss_that_is_not_finite_stops_the_training(dataset):
    network = leaky_network()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e6)
    with pytest.raises(
        FloatingPointError, match="the loss is (nan|inf) at step .* smaller learning rate"
    ):
        run(network, dataset, optimizer=optimizer)


BAD_ARGUMENTS = {
    "epochs is 0; expected a whole number, 1 or more": {"epochs": 0},
    "epochs is 1.5; expected": {"epochs": 1.5},
    "batch_size is 0; expected a whole number": {"batch_size": 0},
    "batch_size is True; expected": {"batch_size": True},
    "batch_size is '8'; expected a whole number": {"batch_size": "8"},
    "the network is on cpu, device is meta": {"device": "meta"},
    "optimizer is .*; expected an object": {"optimizer": torch.optim.Adam},
    "loss_function is the class MSELoss; expected an object: MSELoss()": {
        "loss_function": nn.MSELoss
    },
    "the loss is 1.0; expected a tensor": {"loss_function": lambda outputs, targets: 1.0},
    "holds none of this network's parameters": {"optimizer": sgd(nn.Linear(2, 2).parameters())},
    "the loss has shape .1, 10.; expected one number": {
        "loss_function": nn.MSELoss(reduction="none")
    },
}


@pytest.mark.parametrize("message", BAD_ARGUMENTS)
def test_wrong_arguments_are_named(dataset, message):
    network = leaky_network()
    before = copy.deepcopy(network)
    with pytest.raises(ValueError, match=message) as error:
        run(network, dataset, **BAD_ARGUMENTS[message])
    assert "\n" not in str(error.value)
    assert_same_weights(network, before, atol=0)
    assert network.training


def test_numpys_whole_numbers_are_whole_numbers(dataset):
    assert run(leaky_network(), dataset, epochs=np.int64(2), batch_size=np.int32(7)).steps[-1] == 50


def test_a_network_frozen_as_a_whole_is_named(dataset):
    with pytest.raises(ValueError, match="every parameter that the optimizer holds is frozen"):
        run(leaky_network().requires_grad_(False), dataset)


def test_a_data_loader_is_named(dataset):
    loader = torch.utils.data.DataLoader(dataset)
    for use in (accuracy, run):
        with pytest.raises(ValueError, match="dataset is a DataLoader; expected the dataset"):
            use(leaky_network(), loader)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.Linear(784, 5)), r"outputs are \(1, 5\), the targets \(1, 10\)"),
        (nn.Sequential(nn.Linear(100, 10)), r"does not take images \(1, 784\)"),
        (nn.Sequential(nn.Linear(784, 10), nn.Linear(10, 10, device="meta")), "spread over"),
    ],
)
def test_a_network_that_does_not_fit_is_named(dataset, network, message):
    with pytest.raises(ValueError, match=message):
        run(network, dataset)


def test_an_empty_dataset_or_wrong_items_are_named(dataset):
    with pytest.raises(ValueError, match="dataset is empty"):
        run(leaky_network(), Subset(dataset, []))
    with pytest.raises(ValueError, match=r"dataset\[0\] is not \(label, image, target\)"):
        run(
            leaky_network(), torch.utils.data.TensorDataset(torch.zeros(3, 784), torch.zeros(3, 10))
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
