"""What `train` and `accuracy` expect of network, dataset, loss and optimizer; else they raise ValueError."""

import contextlib
import copy
from numbers import Integral

import torch
from torch import nn
from torch.utils.data import DataLoader


def check_arguments(network, dataset, loss_function, optimizer, device):
    """Check arguments before any is used; return the device to train on."""
    check_dataset(dataset)
    if isinstance(loss_function, type):
        name = loss_function.__name__
        raise ValueError(f"loss_function is the class {name}; expected an object: {name}()")
    found = device_of(network)
    wanted = torch.device(device) if device is not None else found
    if wanted.type != found.type or wanted.index not in (None, found.index):
        raise ValueError(
            f"the network is on {found}, device is {wanted}; call network.to(device) first"
        )
    _check_optimizer(network, optimizer)
    return found


def check_fit(network, loss_function, images, targets, last_size) -> float:
    """Try the first batch in ``eval`` mode, where nothing changes; return its loss.

    ``last_size`` is how many images the last batch has.
    """
    with eval_mode(network), torch.random.fork_rng(devices=[]):
        outputs = outputs_for(network, images)
        if outputs.shape != targets.shape:
            raise ValueError(
                f"the network's outputs are {tuple(outputs.shape)}, the targets {tuple(targets.shape)}; "
                f"expected the same shape: does its last layer have {targets.size(1)} outputs?"
            )
        check_outputs(outputs)
        _check_last_layer(loss_function, outputs)
        with explained(f"the loss does not take these outputs with {targets.dtype} targets"):
            loss = loss_function(outputs, targets)
    if not isinstance(loss, torch.Tensor):
        raise ValueError(f"the loss is {loss!r}; expected a tensor, to compute gradients from")
    if loss.dim() != 0:
        raise ValueError(
            f"the loss has shape {tuple(loss.shape)}; expected one number (reduction='mean')"
        )
    if not loss.isfinite():
        raise ValueError(f"the loss is {loss} at once; does it suit the last layer's range?")
    with explained("the network gets no gradient from the loss; leave out detach() and no_grad()"):
        torch.autograd.grad(loss, outputs)
    if last_size == 1:
        _check_single_image(network, images[:1])
    return loss.item()


def check_generator(generator, seeds, images):
    """Try seeds(n) on a generator; its output should look like these `images` (n, 784)."""
    with eval_mode(generator), torch.random.fork_rng(devices=[]):
        drawn = seeds(len(images))
        if not (isinstance(drawn, torch.Tensor) and drawn.dim() == 2 and len(drawn) == len(images)):
            shape = getattr(drawn, "shape", type(drawn).__name__)
            raise ValueError(
                f"seeds({len(images)}) is {shape}; expected a tensor ({len(images)}, d)"
            )
        with explained(f"the generator does not take seeds {tuple(drawn.shape)}"):
            made = generator(drawn.to(images.device))
    if made.shape != images.shape:
        raise ValueError(
            f"the generator's images are {tuple(made.shape)}, the dataset's {tuple(images.shape)}; "
            f"expected the same shape: does its last layer have {images.size(1)} outputs?"
        )
    if not made.requires_grad:
        raise ValueError(
            "the generator's images carry no gradient; leave out detach() and no_grad() in it"
        )
    check_outputs(made)


def outputs_for(network, images):
    """Return ``network(images)``, or raise ValueError saying why the network does not take them."""
    try:
        return network(images)
    except (RuntimeError, ValueError) as error:
        # the first convolution was given these images as they are
        alone = f"to conv2d, but got input of size: {list(images.shape)}" in str(error)
        advice = "; begin with nn.Unflatten(1, (1, 28, 28)), for a convolution" if alone else ""
        shape = tuple(images.shape)
        raise ValueError(f"the network does not take images {shape}{advice}: {error}") from None


def check_outputs(outputs):
    if outputs.isnan().any():
        raise ValueError(
            "the network's outputs are nan; make it and its optimizer anew after a loss that was nan, "
            "or look for nan in the images"
        )


def check_dataset(dataset):
    if isinstance(dataset, DataLoader):
        raise ValueError("dataset is a DataLoader; expected the dataset itself, without batches")
    if len(dataset) == 0:
        raise ValueError("the dataset is empty; expected at least one image")


def positive_int(name, value):
    """Return `value`, a whole number of 1 or more, as an int."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {value!r}; expected a whole number, 1 or more")
    return int(value)


def device_of(network):
    devices = {parameter.device for parameter in network.parameters()}
    if not devices:
        raise ValueError("the network has no parameters; expected layers with weights")
    if len(devices) > 1:
        raise ValueError(f"the network is on {sorted(map(str, devices))}; expected one device")
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


@contextlib.contextmanager
def explained(message):
    """Let an error of PyTorch be a ValueError that begins with `message`."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{message}: {error}") from None


def _check_optimizer(network, optimizer):
    """Check that the optimizer holds what is to be trained of this network, and nothing else."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise ValueError(
            f"optimizer is {optimizer!r}; expected an object, "
            "such as torch.optim.SGD(network.parameters(), lr=0.01)"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ValueError("LBFGS needs several losses for a step; expected another optimizer")
    held = {parameter for group in optimizer.param_groups for parameter in group["params"]}
    if held.isdisjoint(network.parameters()):
        raise ValueError(
            "the optimizer holds none of this network's parameters; "
            "make it from network.parameters() of the network that you train"
        )
    if not any(parameter.requires_grad for parameter in held):
        raise ValueError(
            "every parameter that the optimizer holds is frozen (requires_grad is False); "
            "expected one to train"
        )
    lacking = [n for n, p in network.named_parameters() if p.requires_grad and p not in held]
    strangers = held.difference(network.parameters())
    if lacking or strangers:
        raise ValueError(
            f"of the network's parameters the optimizer lacks {', '.join(lacking) or 'none'}, of others it "
            f"holds {len(strangers)}; make it anew from network.parameters(), or freeze with "
            "requires_grad_(False) what is not to be trained"
        )


def _check_single_image(network, image):
    """Check that the network can train on a batch of one image (1, 784), as BatchNorm1d cannot."""
    if any(isinstance(module, nn.BatchNorm1d) for module in network.modules()):
        trial = copy.deepcopy(network)  # in ``train`` mode it changes
        if not trial.training:
            trial.train()
        alone = "choose a batch_size that leaves no batch of one image"
        with torch.random.fork_rng(devices=[]), explained(alone):
            trial(image)


def _check_last_layer(loss_function, outputs):
    """Check for losses that would learn badly, without a word, from what the network ends with."""
    last = type(outputs.grad_fn).__name__.removesuffix("Backward0")  # also in your own `forward`
    softmax, log_softmax = _are_probabilities(outputs), _are_probabilities(outputs.exp())
    if {"Softmax": not softmax, "LogSoftmax": not log_softmax}.get(last):
        raise ValueError(f"{last} runs over the images of the batch; expected nn.{last}(dim=1)")
    match loss_function:
        case nn.CrossEntropyLoss() | nn.BCEWithLogitsLoss() if softmax or last == "Sigmoid":
            fault = f"raw outputs; leave out the {'softmax' if softmax else 'sigmoid'} at the end"
        case nn.BCELoss() if outputs.min() < 0 or outputs.max() > 1:
            fault = "outputs in 0..1; end with nn.Sigmoid(), or take nn.BCEWithLogitsLoss()"
        case nn.KLDivLoss() if not log_softmax:
            fault = "logarithms of probabilities; end with nn.LogSoftmax(dim=1)"
        case nn.NLLLoss():
            fault = "a digit as target, not ten numbers; take nn.CrossEntropyLoss() on raw outputs"
        case _:
            return
    raise ValueError(f"{type(loss_function).__name__} expects {fault}")


def _are_probabilities(outputs):
    """Whether each row of outputs (n, 10) is 0 or more and sums to 1, to rounding."""
    rounding = outputs.size(1) * torch.finfo(outputs.dtype).eps
    return bool((outputs >= 0).all() and ((outputs.sum(dim=1) - 1).abs() <= rounding).all())
