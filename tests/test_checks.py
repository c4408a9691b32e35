"""Arguments that do not fit are named, each in one line; looking at them changes nothing."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers.checks import (
    check_arguments,
    check_dataset,
    check_fit,
    device_of,
    eval_mode,
    whole,
)

IMAGES, TARGETS = torch.zeros(3, 784), torch.eye(10)[:3]


def linear(outputs=10):
    return nn.Sequential(nn.Linear(784, outputs))


def sgd(network):
    return torch.optim.SGD(network.parameters(), lr=0.01)


def check(network=None, dataset=(1,), loss_function=None, optimizer=None, device=None):
    network = network or linear()
    loss_function = loss_function or nn.MSELoss()
    return check_arguments(network, dataset, loss_function, optimizer or sgd(network), device)


def test_arguments_that_fit_give_the_device():
    for device in (None, "cpu", torch.device("cpu")):
        assert check(device=device) == torch.device("cpu")
    elsewhere = linear().to("meta")
    assert check(elsewhere, device="meta") == torch.device("meta")


BAD_ARGUMENTS = {
    "dataset is a DataLoader; expected the dataset itself: the batches are made here": {
        "dataset": DataLoader(TensorDataset(IMAGES))
    },
    "the dataset is empty; expected at least one image": {"dataset": []},
    "loss_function is the class MSELoss; expected an object: MSELoss()": {
        "loss_function": nn.MSELoss
    },
    "optimizer is 'Adam'; expected an object, "
    "such as torch.optim.SGD(network.parameters(), lr=0.01)": {"optimizer": "Adam"},
    "LBFGS evaluates the loss several times a step; expected another optimizer": {
        "optimizer": torch.optim.LBFGS(linear().parameters())
    },
    "the network has no parameters; expected layers with weights": {
        "network": nn.Sequential(nn.ReLU()),
        "optimizer": sgd(linear()),
    },
    "the network is spread over ['cpu', 'meta']; expected one device": {
        "network": nn.Sequential(nn.Linear(784, 10), nn.Linear(10, 10, device="meta"))
    },
    "the network is on cpu, device is meta; call network.to(device) first": {"device": "meta"},
    "the network is on cpu, device is cpu:1; call network.to(device) first": {"device": "cpu:1"},
    "the optimizer holds none of this network's parameters; "
    "make it from network.parameters() of the network that you train": {"optimizer": sgd(linear())},
    "every parameter that the optimizer holds is frozen (requires_grad is False); "
    "expected one to train": {"network": linear().requires_grad_(False)},
}


@pytest.mark.parametrize("message", BAD_ARGUMENTS)
def test_wrong_arguments_are_named(message):
    with pytest.raises(ValueError) as error:
        check(**BAD_ARGUMENTS[message])
    assert str(error.value) == message


def test_one_parameter_of_this_network_that_may_change_is_enough():
    network = nn.Sequential(nn.Linear(784, 10), nn.Linear(10, 10))
    network[0].requires_grad_(False)
    check(network)
    strangers = [*linear().parameters(), network[1].weight]
    check(network, optimizer=torch.optim.SGD(strangers, lr=0.1))
    with pytest.raises(ValueError, match="every parameter that the optimizer holds is frozen"):
        check(network, optimizer=sgd(network[0]))


@pytest.mark.parametrize("value", [0, -1, 1.5, "8", None, True, [2]])
def test_what_is_not_a_whole_number_is_named(value):
    with pytest.raises(ValueError) as error:
        whole("epochs", value)
    assert str(error.value) == f"epochs is {value!r}; expected a whole number, 1 or more"


def test_numpys_whole_numbers_are_whole_numbers():
    assert [whole("epochs", value) for value in (1, 7, np.int64(2))] == [1, 7, 2]
    assert type(whole("epochs", np.int32(3))) is int


def test_a_dataset_with_one_image_or_more_is_one():
    assert check_dataset([1]) is None and check_dataset([1, 2]) is None


def fit(network, loss_function=None):
    return check_fit(network, loss_function or nn.MSELoss(), IMAGES, TARGETS)


with pytest.raises(RuntimeError) as refusal:
    nn.Linear(100, 10)(IMAGES)

BAD_FITS = {
    f"the network does not take images (3, 784): {refusal.value}": [nn.Linear(100, 10)],
    "the network's outputs are (3, 5), the targets (3, 10); "
    "expected the same shape: does its last layer have 10 outputs?": [linear(5)],
    "the loss is 1.0; expected a tensor, to compute gradients from": [
        *[linear(), lambda outputs, targets: 1.0]
    ],
    "the loss has shape (3, 10); expected one number (reduction='mean')": [
        *[linear(), nn.MSELoss(reduction="none")]
    ],
}


@pytest.mark.parametrize("message", BAD_FITS)
def test_a_network_or_loss_that_does_not_fit_is_named(message):
    with pytest.raises(ValueError) as error:
        fit(*BAD_FITS[message])
    assert str(error.value) == message


def test_trying_a_batch_changes_nothing():
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.5))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random_state, seen = torch.get_rng_state(), []

    def loss_function(outputs, targets):
        seen.append((network.training, outputs.requires_grad))
        return nn.functional.mse_loss(outputs + torch.rand(3, 10), targets)

    assert fit(network, loss_function) is None
    assert seen == [(False, False)]
    assert network.training and network[1].training
    assert torch.equal(torch.get_rng_state(), random_state)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_eval_mode_ends_with_each_module_in_its_own_mode_also_after_an_error():
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.9))
    network[1].eval()
    with pytest.raises(InterruptedError), eval_mode(network):
        assert not any(module.training for module in network.modules())
        raise InterruptedError
    assert [module.training for module in network.modules()] == [True, True, False, True]


def test_an_interrupt_on_the_way_into_eval_mode_leaves_each_module_in_its_own_mode():
    class Interrupted(nn.ReLU):
        def train(self, mode=True):
            raise KeyboardInterrupt

    network = nn.Sequential(nn.Linear(784, 10), nn.Dropout(0.9), Interrupted())
    with pytest.raises(KeyboardInterrupt), eval_mode(network):
        pass
    assert all(module.training for module in network.modules())


def test_a_method_that_hides_nn_module_train_is_named():
    class Shadowing(nn.Sequential):
        def train(self, inputs, targets):
            """The study note's own training step, under a name that PyTorch needs."""

    with pytest.raises(TypeError) as error, eval_mode(Shadowing(nn.Linear(784, 10))):
        pass
    message = str(error.value)
    assert message.startswith(
        "Shadowing.train hides nn.Module.train(mode), which switches between training and "
        "evaluation ("
    )
    assert message.endswith("missing 1 required positional argument: 'targets'); give your own method another name")  # fmt: skip


def test_the_device_of_a_network_is_that_of_its_parameters():
    assert device_of(linear()) == torch.device("cpu")
    assert device_of(linear().to("meta")) == torch.device("meta")
