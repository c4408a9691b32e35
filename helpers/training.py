"""How a network learns: `train`, the `History` that it returns, and `accuracy`."""

import contextlib
import math
import sys
import time
from dataclasses import dataclass, field

import torch
from torch.utils.data import Subset
from tqdm import tqdm

from helpers.mnist import MnistDataset
from helpers.tracing import TracedStep, can_trace

KEEP_EVERY = 10  # steps from one kept loss to the next
CHUNK = 1000  # images made ready at a time
TINY_BATCH = 8  # up to this batch size one thread is faster than several


@dataclass
class History:
    """What `train` reports: the loss of every tenth step, and the time taken.

    ``losses`` (floats) and ``steps`` (the number of each loss's step, counted from 1) are lists
    of one length; ``seconds`` is the time from the first step to the last.
    """

    losses: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    seconds: float = 0.0

    def __repr__(self):
        last = f", last {self.losses[-1]:.3f}" if self.losses else ""
        return f"History({len(self.losses):,} losses{last}, {self.seconds:.1f} s)"


def train(
    network,
    dataset,
    *,
    loss_function,
    optimizer,
    epochs,
    batch_size=1,
    shuffle=False,
    device=None,
    progress=True,
) -> History:
    """Train `network` on `dataset` and return the `History` of its losses.

    Each step takes the next `batch_size` items (the last batch of an epoch may be smaller) and
    does ``zero_grad``, forward, loss, ``backward``, ``step``: the weights come out as from that
    loop written by hand, to float rounding. `helpers.tracing` says how it is made fast.

    network        takes float32 images (batch, 784), returns outputs (batch, 10)
    dataset        items (label, image, target) like those of `MnistDataset`
    loss_function  called with outputs and targets, both (batch, 10); returns one number
    optimizer      made from ``network.parameters()``
    shuffle        True: each epoch in a new order, drawn by ``torch.randperm``
    device         where the network must be; None: wherever it is
    progress       show a bar with the mean of the latest losses

    Interrupting (Kernel > Interrupt) ends the training: a line says where, and the network and
    the returned history keep what they have so far. Raises ValueError for arguments that do not
    fit together, and FloatingPointError when the loss is no longer a finite number.
    """
    device = _check_arguments(network, dataset, optimizer, epochs, batch_size, device)
    with torch.random.fork_rng(devices=[]):  # the training draws the same numbers as without it
        _check_first_batch(network, dataset, loss_function, batch_size, device)
    _set_mode(network, True)

    def step(images, targets):
        optimizer.zero_grad()
        loss = loss_function(network(images), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    traced = can_trace(network, loss_function, optimizer)
    history, count, start = History(), 0, time.perf_counter()
    total = epochs * math.ceil(len(dataset) / batch_size)
    try:
        with _fast_settings(optimizer, batch_size, traced), _bar(total, progress) as bar:
            take_step = TracedStep(step) if traced else step
            for batches in _batches(dataset, epochs, batch_size, shuffle, device):
                for images, targets in batches:
                    loss = take_step(images, targets)
                    count += 1
                    if count % KEEP_EVERY == 0:
                        history.losses.append(_finite(loss, count))
                        history.steps.append(count)
                latest = history.losses[-100:] or [_finite(loss, count)]
                bar.set_postfix_str(f"loss={sum(latest) / len(latest):.3f}", refresh=False)
                bar.update(count - bar.n)
            _finite(loss, count)
    except KeyboardInterrupt:
        print(f"Stopped at step {count:,} of {total:,}; the network keeps what it has learnt.")
    finally:
        network.zero_grad()
    history.seconds = time.perf_counter() - start
    return history


def accuracy(network, dataset) -> float:
    """Return the share (0..1) of the images in `dataset` whose largest output is at their label.

    The network is put in ``eval`` mode for it, and back afterwards.
    """
    if len(dataset) == 0:
        raise ValueError("the dataset is empty; expected at least one image")
    device, was_training = _device_of(network), network.training
    _set_mode(network, False)
    right = 0
    try:
        with torch.no_grad():
            for indices in torch.arange(len(dataset)).split(CHUNK):
                images, targets = _fetch(dataset, indices)
                answers = network(images.to(device)).argmax(dim=1).cpu()
                right += (answers == targets.argmax(dim=1)).sum().item()
    finally:
        _set_mode(network, was_training)
    return right / len(dataset)


def _set_mode(network, training):
    try:
        network.train(training)
    except TypeError as error:
        raise TypeError(
            f"{type(network).__name__}.train hides nn.Module.train(mode), which switches between "
            f"training and evaluation ({error}); give your own method another name"
        ) from None


def _batches(dataset, epochs, batch_size, shuffle, device):
    """Yield groups of ready batches (images, targets), about `CHUNK` images to a group."""
    group = max(1, CHUNK // batch_size) * batch_size
    for _ in range(epochs):
        order = torch.randperm(len(dataset)) if shuffle else torch.arange(len(dataset))
        for indices in order.split(group):
            images, targets = _fetch(dataset, indices)
            images, targets = images.to(device), targets.to(device)
            yield zip(images.split(batch_size), targets.split(batch_size), strict=True)


def _fetch(dataset, indices):
    """Return images (n, 784) and targets (n, 10) of the items at `indices`, a tensor (n,)."""
    if type(dataset) is Subset:
        return _fetch(dataset.dataset, torch.as_tensor(dataset.indices)[indices])
    if type(dataset) is MnistDataset:
        return dataset.images[indices] / 255, torch.eye(10)[dataset.labels[indices]]
    _, images, targets = zip(*(dataset[index] for index in indices.tolist()), strict=True)
    return torch.stack(images), torch.stack(targets)


def _bar(total, progress):
    shape = "{percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"
    return tqdm(total=total, unit=" steps", file=sys.stdout, disable=not progress, bar_format=shape)


def _finite(loss, count):
    value = loss.item()
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the loss is {value} at step {count:,}; try a smaller learning rate, and check that "
            "the last layer's range suits the loss function"
        )
    return value


@contextlib.contextmanager
def _fast_settings(optimizer, batch_size, traced):
    """Settings for speed, put back at the end, come what may.

    One thread for tiny batches, where handing out work costs more than the work. Denormal numbers
    (below 1e-38), into which Adam's averages decay, count as zero: arithmetic on them is slow.
    A traced optimizer takes its form that is the fewest operations.
    """
    threads, flushing = torch.get_num_threads(), (torch.tensor([1e-40]) * 1).item() == 0.0
    chosen = {"foreach": False, "fused": type(optimizer) is not torch.optim.SGD}
    groups = [
        (group, {key: group[key] for key in chosen}) for group in optimizer.param_groups if traced
    ]
    try:
        if batch_size <= TINY_BATCH:
            torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        for group, _ in groups:
            group.update(chosen)
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushing)
        for group, before in groups:
            group.update(before)


def _device_of(network):
    devices = {parameter.device for parameter in network.parameters()}
    if not devices:
        raise ValueError("the network has no parameters; expected layers with weights")
    if len(devices) > 1:
        raise ValueError(
            f"the network is spread over {sorted(map(str, devices))}; expected one device"
        )
    return devices.pop()


def _check_arguments(network, dataset, optimizer, epochs, batch_size, device):
    """Raise ValueError for arguments that do not fit; return the device to train on."""
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} is {value!r}; expected a whole number, 1 or more")
    if len(dataset) == 0:
        raise ValueError("the dataset is empty; expected at least one image")
    found = _device_of(network)
    wanted = torch.device(device) if device is not None else found
    if wanted.type != found.type or wanted.index not in (None, found.index):
        raise ValueError(
            f"the network is on {found}, device is {wanted}; call network.to(device) first"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ValueError(
            "LBFGS evaluates the loss several times a step; expected another optimizer"
        )
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not any(id(parameter) in trained for parameter in network.parameters()):
        raise ValueError(
            "the optimizer holds none of this network's parameters; "
            "make it from network.parameters() of the network that you train"
        )
    return found


def _check_first_batch(network, dataset, loss_function, batch_size, device):
    """Try the first batch in ``eval`` mode, where nothing changes; raise ValueError if it fails."""
    item = dataset[0]
    if not isinstance(item, tuple) or len(item) != 3:
        raise ValueError("dataset[0] is not (label, image, target), as MnistDataset's items are")
    images, targets = _fetch(dataset, torch.arange(min(batch_size, len(dataset))))
    images, targets = images.to(device), targets.to(device)
    _set_mode(network, False)
    with torch.no_grad():
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
    if loss.dim() != 0:
        raise ValueError(
            f"the loss has shape {tuple(loss.shape)}; expected one number (reduction='mean')"
        )
