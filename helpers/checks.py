"""What `train` and `accuracy` expect of network, dataset, loss and optimizer, and say if it is not so."""

import contextlib
import operator

import torch
from torch.utils.data import DataLoader


def check_arguments(network, dataset, loss_function, optimizer, device):
    """Raise ValueError for arguments that do not fit; return the device to train on."""
    check_dataset(dataset)
    _check_loss_function(loss_function)
    _check_optimizer(optimizer)
    found = device_of(network)
    wanted = torch.device(device) if device is not None else found
    if wanted.type != found.type or wanted.index not in (None, found.index):
        raise ValueError(
            f"the network is on {found}, device is {wanted}; call network.to(device) first"
        )
    _check_parameters(network, optimizer)
    return found


def check_fit(network, loss_function, images, targets):
    """Try a batch in ``eval`` mode, where nothing changes; raise ValueError if it does not fit."""
    with eval_mode(network), torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            outputs = network(images)
        except RuntimeError as error:
            raise ValueError(
                f"the network does not take images {tuple(images.shape)}: {error}"
            ) from None
        if outputs.shape != targets.shape:
            raise ValueError(
                f"the network's outputs are {tuple(outputs.shape)}, the targets {tuple(targets.shape)}; "
                "expected the same shape: does its last layer have 10 outputs?"
            )
        loss = loss_function(outputs, targets)
    if not isinstance(loss, torch.Tensor):
        raise ValueError(f"the loss is {loss!r}; expected a tensor, to compute gradients from")
    if loss.dim() != 0:
        raise ValueError(
            f"the loss has shape {tuple(loss.shape)}; expected one number (reduction='mean')"
        )


def check_dataset(dataset):
    if isinstance(dataset, DataLoader):
        raise ValueError(
            "dataset is a DataLoader; expected the dataset itself: the batches are made here"
        )
    if len(dataset) == 0:
        raise ValueError("the dataset is empty; expected at least one image")


def whole(name, value):
    """Return `value`, a whole number of 1 or more, as an int."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; expected a whole number, 1 or more")
    return number


def device_of(network):
    devices = {parameter.device for parameter in network.parameters()}
    if not devices:
        raise ValueError("the network has no parameters; expected layers with weights")
    if len(devices) > 1:
        raise ValueError(
            f"the network is spread over {sorted(map(str, devices))}; expected one device"
        )
    return devices.pop()


@contextlib.contextmanager
def eval_mode(network):
    """Put `network` in ``eval`` mode, and each of its modules back in its own mode at the end."""
    modes = [(module, module.training) for module in network.modules()]
    try:
        try:
            network.eval()
        except TypeError as error:
            raise TypeError(
                f"{type(network).__name__}.train hides nn.Module.train(mode), which switches between "
                f"training and evaluation ({error}); give your own method another name"
            ) from None
        yield
    finally:
        for module, mode in reversed(modes):  # the network last: `train` looks at its mode
            module.training = mode


def _check_loss_function(loss_function):
    if isinstance(loss_function, type):
        name = loss_function.__name__
        raise ValueError(f"loss_function is the class {name}; expected an object: {name}()")


def _check_optimizer(optimizer):
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise ValueError(
            f"optimizer is {optimizer!r}; expected an object, "
            "such as torch.optim.SGD(network.parameters(), lr=0.01)"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ValueError(
            "LBFGS evaluates the loss several times a step; expected another optimizer"
        )


def _check_parameters(network, optimizer):
    """Check that the optimizer holds parameters of this network, and may change one of them."""
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    trained = [parameter for parameter in network.parameters() if id(parameter) in held]
    if not trained:
        raise ValueError(
            "the optimizer holds none of this network's parameters; "
            "make it from network.parameters() of the network that you train"
        )
    if not any(parameter.requires_grad for parameter in trained):
        raise ValueError(
            "every parameter that the optimizer holds is frozen (requires_grad is False); "
            "expected one to train"
        )
