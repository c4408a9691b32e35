"""How a network learns: `train`, the `History` that it returns, and `accuracy`."""

import contextlib
import itertools
import math
import sys
import time
from dataclasses import dataclass, field

import torch
from torch.utils.data import Subset
from tqdm import tqdm

from helpers.checks import check_arguments, check_dataset, check_fit, device_of, eval_mode, whole
from helpers.mnist import MnistDataset
from helpers.tracing import TracedStep, can_trace

KEEP_EVERY = 10  # steps from one kept loss to the next
CHUNK = 1000  # images of an MnistDataset made ready at a time
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

    Interrupting (Kernel > Interrupt) ends this training: a line says where, the network and the
    returned history keep what they have so far, and the cell goes on with its next line.

    A network in ``eval`` mode is put into ``train`` mode. At the end its gradients are cleared.
    Raises ValueError for arguments that do not fit together, and FloatingPointError when the loss
    is no longer a finite number.
    """
    epochs, batch_size = whole("epochs", epochs), whole("batch_size", batch_size)
    device = check_arguments(network, dataset, loss_function, optimizer, device)
    groups = _batches(dataset, epochs, batch_size, shuffle, device)
    first_group = next(groups)
    check_fit(network, loss_function, *first_group[0])
    if not network.training:
        network.train()

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
            for batches in itertools.chain([first_group], groups):
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
    """Return the share (0..1) of the images in `dataset` whose largest output is at their target.

    The network is in ``eval`` mode for it, and afterwards in the mode that it had.
    """
    check_dataset(dataset)
    source, positions = _without_subsets(dataset)
    device, right = device_of(network), 0
    with eval_mode(network), torch.no_grad():
        for indices in positions.split(CHUNK):
            images, targets = _fetch(source, indices)
            answers = network(images.to(device)).argmax(dim=1).cpu()
            right += (answers == targets.argmax(dim=1)).sum().item()
    return right / len(dataset)


def _batches(dataset, epochs, batch_size, shuffle, device):
    """Yield lists of ready batches (images, targets).

    A list holds about `CHUNK` images of an `MnistDataset`; any other dataset is asked for one
    batch at a time, as the plain loop would, since it may draw random numbers.
    """
    source, positions = _without_subsets(dataset)
    at_once = max(1, CHUNK // batch_size) if type(source) is MnistDataset else 1
    for _ in range(epochs):
        order = positions[torch.randperm(len(positions))] if shuffle else positions
        for indices in order.split(at_once * batch_size):
            images, targets = _fetch(source, indices)
            images, targets = images.to(device), targets.to(device)
            yield list(zip(images.split(batch_size), targets.split(batch_size), strict=True))


def _without_subsets(dataset):
    """Return the dataset under any `Subset` of it, and the positions there, a tensor (n,)."""
    positions = torch.arange(len(dataset))
    while type(dataset) is Subset:
        positions = torch.as_tensor(dataset.indices)[positions]
        dataset = dataset.dataset
    return dataset, positions


def _fetch(dataset, indices):
    """Return images (n, 784) and targets (n, 10) of the items at `indices`, a tensor (n,)."""
    if type(dataset) is MnistDataset:
        return dataset.batch(indices)
    items = [dataset[index] for index in indices.tolist()]
    if not isinstance(items[0], tuple) or len(items[0]) != 3:
        raise ValueError(
            f"dataset[{indices[0]}] is not (label, image, target), as MnistDataset's items are"
        )
    _, images, targets = zip(*items, strict=True)
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
    forms = []  # each parameter group with its own settings
    try:
        if batch_size <= TINY_BATCH:
            torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        if traced:
            fused = not isinstance(optimizer, torch.optim.SGD)
            for group in optimizer.param_groups:
                forms.append((group, {"foreach": group["foreach"], "fused": group["fused"]}))
                group.update(foreach=False, fused=fused)
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushing)
        for group, form in forms:
            group.update(form)
