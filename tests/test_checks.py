"""Arguments that do not fit are named, each in one line; looking at them changes nothing."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers.checks import check_arguments, check_fit, eval_mode, positive_int

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
    "dataset is a DataLoader; expected the dataset itself, without batches": {
        "dataset": DataLoader(TensorDataset(IMAGES))
    },
    "the dataset is empty; expected at least one image": {"dataset": []},
    "loss_function is the class MSELoss; expected an object: MSELoss()": {
        "loss_function": nn.MSELoss
    },
    "optimizer is 'Adam'; expected an object, "
    "such as torch.optim.SGD(network.parameters(), lr=0.01)": {"optimizer": "Adam"},
    "LBFGS needs several losses for a step; expected another optimizer": {
        "optimizer": torch.optim.LBFGS(linear().parameters())
    },
    "the network has no parameters; expected layers with weights": {
        "network": nn.Sequential(nn.ReLU()),
        "optimizer": sgd(linear()),
    },
    "the network is on ['cpu', 'meta']; expected one device": {
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


def two_layers():
    return nn.Sequential(nn.Linear(784, 20), nn.Linear(20, 10))


def test_an_optimizer_may_leave_out_what_is_frozen():
    network = two_layers()
    network[0].requires_grad_(False)
    check(network)
    check(network, optimizer=sgd(network[1]))
    with pytest.raises(ValueError, match="every parameter that the optimizer holds is frozen"):
        check(network, optimizer=sgd(network[0]))


CHANGES = {
    "lacks 0.weight, 0.bias, of others it holds 2": lambda n: setattr(n, "0", nn.Linear(784, 20)),
    "lacks 2.weight, 2.bias, of others it holds 0": lambda n: n.append(nn.Linear(10, 10)),
    "lacks 1.bias, of others it holds 1": lambda n: setattr(n[1], "bias", nn.Parameter(TARGETS[0])),
    "lacks none, of others it holds 2": lambda n: n.pop(1),
}


@pytest.mark.parametrize("message", CHANGES)
def test_what_an_old_optimizer_lacks_of_a_changed_network_is_named(message):
    network = two_layers()
    optimizer = sgd(network)
    CHANGES[message](network)
    with pytest.raises(ValueError) as error:
        check(network, optimizer=optimizer)
    assert str(error.value) == (
        f"of the network's parameters the optimizer {message}; make it anew from "
        "network.parameters(), or freeze with requires_grad_(False) what is not to be trained"
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, "8", None, True, [2]])
def test_what_is_not_a_whole_number_is_named(value):
    with pytest.raises(ValueError) as error:
        positive_int("epochs", value)
    assert str(error.value) == f"epochs is {value!r}; expected a whole number, 1 or more"


def test_numpys_whole_numbers_are_whole_numbers():
    assert [positive_int("epochs", value) for value in (1, 7, np.int64(2))] == [1, 7, 2]
    assert type(positive_int("epochs", np.int32(3))) is int


def fit(network, loss_function=None, targets=TARGETS):
    return check_fit(network, loss_function or nn.MSELoss(), IMAGES, targets, last_size=3)


with pytest.raises(RuntimeError) as refusal:
    nn.Linear(100, 10)(IMAGES)


class Own(nn.Module):
    """A class of one's own that ends with a function, not with a layer."""

    def __init__(self, function):
        super().__init__()
        self.layer, self.function = nn.Linear(784, 10), function

    def forward(self, images):
        return self.function(self.layer(images))


def ending(*layers):
    return nn.Sequential(nn.Linear(784, 10), *layers)


SIGMOID, SOFTMAX, LOG_SOFTMAX = nn.Sigmoid(), nn.Softmax(dim=1), nn.LogSoftmax(dim=1)
BCE, LOGITS = nn.BCELoss(), nn.BCEWithLogitsLoss()
CE, KL = nn.CrossEntropyLoss(), nn.KLDivLoss(reduction="batchmean")
UNFLATTEN = nn.Unflatten(1, (1, 28, 28))
CONV2D = "Expected 3D (unbatched) or 4D (batched) input to conv2d"
BAD_FITS = {
    f"the network does not take images (3, 784): {refusal.value}": [nn.Linear(100, 10)],
    "the network does not take images (3, 784); begin with nn.Unflatten(1, (1, 28, 28)), for a "
    f"convolution: {CONV2D}, but got input of size: [3, 784]": [nn.Conv2d(1, 10, 28)],
    f"the network does not take images (3, 784): {CONV2D}, but got input of size: [3, 576]": [
        *[nn.Sequential(UNFLATTEN, nn.Conv2d(1, 1, 5), nn.Flatten(), nn.Conv2d(1, 1, 5))]
    ],
    "the network's outputs are (3, 5), the targets (3, 10); "
    "expected the same shape: does its last layer have 10 outputs?": [linear(5)],
    "the network's outputs are nan; make it and its optimizer anew after a loss that was nan, "
    "or look for nan in the images": [Own(lambda outputs: outputs / 0 * 0)],
    "the loss is 1.0; expected a tensor, to compute gradients from": [linear(), lambda *_: 1.0],
    "the loss has shape (3, 10); expected one number (reduction='mean')": [
        *[linear(), nn.MSELoss(reduction="none")]
    ],
    "the loss is nan at once; does it suit the last layer's range?": [
        *[linear(), lambda outputs, targets: (outputs - 9).log().mean()]
    ],
    "the network gets no gradient from the loss; leave out detach() and no_grad(): "
    "element 0 of tensors does not require grad and does not have a grad_fn": [
        *[linear(), lambda outputs, targets: CE(outputs.detach(), targets)]
    ],
    "the loss does not take these outputs with torch.int64 targets: Expected floating point type "
    "for target with class probabilities, got Long": [linear(), CE, TARGETS.long()],
    "Softmax runs over the images of the batch; expected nn.Softmax(dim=1)": [Own(nn.Softmax(0))],
    "LogSoftmax runs over the images of the batch; expected nn.LogSoftmax(dim=1)": [
        *[Own(nn.LogSoftmax(0)), KL]
    ],
}


@pytest.mark.parametrize("message", BAD_FITS)
def test_a_network_or_loss_that_does_not_fit_is_named(message):
    with pytest.raises(ValueError) as error:
        fit(*BAD_FITS[message])
    assert str(error.value) == message


NO_SIGMOID = "outputs in 0..1; end with nn.Sigmoid(), or take nn.BCEWithLogitsLoss()"
MISFITS = [
    (CE, SOFTMAX, "raw outputs; leave out the softmax at the end"),
    (CE, SIGMOID, "raw outputs; leave out the sigmoid at the end"),
    (LOGITS, torch.sigmoid, "raw outputs; leave out the sigmoid at the end"),
    (LOGITS, lambda x: x.softmax(1).view(3, 10), "raw outputs; leave out the softmax at the end"),
    (BCE, nn.Tanh(), NO_SIGMOID),
    (BCE, lambda outputs: 1.5 + outputs.sigmoid(), NO_SIGMOID),
    (KL, SIGMOID, "logarithms of probabilities; end with nn.LogSoftmax(dim=1)"),
    *[
        (nn.NLLLoss(), last, "a digit as target, not ten numbers; take nn.CrossEntropyLoss() on raw outputs")
        for last in (LOG_SOFTMAX, nn.Identity())
    ],
]  # fmt: skip


@pytest.mark.parametrize(("loss_function", "last", "expected"), MISFITS)
def test_a_loss_that_does_not_fit_the_last_layer_is_named(loss_function, last, expected):
    with pytest.raises(ValueError) as error:
        fit(Own(last), loss_function)
    assert str(error.value) == f"{type(loss_function).__name__} expects {expected}"


def shifted(network, by):
    network[0].weight.data *= 0
    network[0].bias.data[:] = by
    return network


GOOD_FITS = {
    "raw outputs": [linear(), CE],
    "raw outputs that happen to lie in 0..1": [shifted(ending(nn.ReLU()), 0.5), LOGITS],
    "outputs that reach 0 and 1": [ending(nn.Hardtanh(0, 1)), BCE],
    "raw outputs that sum to 1 but are below 0": [
        shifted(linear(), 0.4 - torch.eye(10)[0] * 3),
        CE,
    ],
    "a sigmoid": [ending(SIGMOID), BCE],
    "a softmax": [ending(SOFTMAX), nn.MSELoss()],
    "a logarithm that softmax does not change": [ending(LOG_SOFTMAX), CE],
    "logarithms of probabilities": [ending(LOG_SOFTMAX), KL],
    "half the precision": [ending(SOFTMAX).bfloat16(), nn.L1Loss(), TARGETS.bfloat16()],
    "whole numbers as targets": [linear(), nn.L1Loss(), TARGETS.long()],
}


@pytest.mark.parametrize("parts", GOOD_FITS.values(), ids=GOOD_FITS)
def test_what_fits_gives_its_loss(parts):
    network, loss_function, targets = [*parts, TARGETS][:3]
    dtype = network[0].weight.dtype
    expected = loss_function(network(IMAGES.to(dtype)), targets).item()
    assert check_fit(network, loss_function, IMAGES.to(dtype), targets, 3) == expected


def test_without_gradients_switched_on_there_is_none_to_learn_from():
    with torch.no_grad(), pytest.raises(ValueError, match="leave out detach"):
        fit(ending(SIGMOID))


def test_one_image_is_too_few_for_batch_norm_unless_it_is_frozen_or_looks_at_its_pixels():
    def fit(network):
        check_fit(network, nn.MSELoss(), IMAGES, TARGETS, last_size=1)

    network = ending(nn.BatchNorm1d(10), nn.Dropout())
    state, random_state = copy.deepcopy(network.state_dict()), torch.get_rng_state()
    for training in (True, False):  # `train` would put it in ``train`` mode
        with pytest.raises(ValueError, match="^choose a batch_size that leaves no batch of one im"):
            fit(network.train(training))
        assert network.training == training
    network.train()[1].eval()
    fit(network)
    fit(nn.Sequential(nn.Unflatten(1, (1, 784)), nn.BatchNorm1d(1), nn.Flatten(), *network))
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())


def test_trying_a_batch_changes_nothing():
    network = nn.Sequential(nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout(0.5))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random_state, seen = torch.get_rng_state(), []

    def loss_function(outputs, targets):
        seen.append((network.training, outputs.requires_grad))
        return nn.functional.mse_loss(outputs + torch.rand(3, 10), targets)

    assert fit(network, loss_function) > 0
    assert seen == [(False, True)]
    assert all(parameter.grad is None for parameter in network.parameters())
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
    before, after = str(error.value).split(" (", 1)
    assert before == (
        "Shadowing.train hides nn.Module.train(mode), which switches between training and evaluation"
    )
    assert after.endswith(" argument: 'targets'); give your own method another name")
