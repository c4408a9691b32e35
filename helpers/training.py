"""How a network learns: `train`, the `History` that it returns, and `accuracy`."""

import contextlib
import itertools
import math
import signal
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch.utils.data import Subset
from tqdm import tqdm

from helpers.checks import (
    check_arguments,
    check_dataset,
    check_fit,
    check_outputs,
    device_of,
    eval_mode,
    outputs_for,
    positive_int,
)
from helpers.mnist import MnistDataset
from helpers.tracing import replayed

KEEP_EVERY = 10  # steps from one kept loss to the next
CHUNK = 500  # images made ready, or shown to a network, at a time; of 1000, what a convolution
# makes is so large that it gets new memory each time, which takes twice as long
SMALL_BATCH = 256  # up to this batch size one thread is enough, and does not wait for others


@dataclass
class History:
    """What `train` reports: the loss of every tenth step, and the time taken.

    ``losses`` (floats) and ``steps`` (the number of each loss's step, counted from 1) are lists
    of one length; ``seconds`` is the time that the training took.
    """

    how_to_plot: ClassVar = "the losses so far: import sys; plot_loss(sys.last_value.history)"

    losses: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    seconds: float = 0.0

    def __repr__(self):
        last = f", last {self.losses[-1]:.3f}" if self.losses else ""
        return f"History({len(self.losses):,} losses{last}, {self.seconds:.1f} s)"


class TrainingInterrupted(KeyboardInterrupt):
    """Raised by `train` when you interrupt it; ``history`` holds the losses up to there.

    A notebook shows its one line in place of a traceback.
    """

    def __init__(self, history, count, total):
        self.history = history
        message = "Stopped before the first step; the network is as it was."
        if count > 0:
            kept = f"The network keeps what it has learnt; {history.how_to_plot}"
            message = f"Stopped at step {count:,} of {total:,}. {kept}"
        super().__init__(message)

    def _render_traceback_(self):  # IPython asks for the lines that it shows
        return [str(self)]


def train(network, dataset, *, loss_function, optimizer, epochs, batch_size=1, shuffle=False,
          device=None, progress=True) -> History:  # fmt: skip
    """Train `network` on `dataset` and return the `History` of its losses.

    Each step takes the next `batch_size` items (the last batch of an epoch may be smaller) and
    does ``zero_grad``, forward, loss, ``backward``, ``step``: the weights come out as from that
    loop written by hand, to float rounding. `helpers.tracing` says how it is made fast.

    network        takes float32 images (batch, 784), returns outputs (batch, 10); one of
                   convolutions begins with ``nn.Unflatten(1, (1, 28, 28))``
    dataset        items (label, image, target) like those of `MnistDataset`
    loss_function  called with outputs and targets, both (batch, 10); returns one number
    optimizer      made from ``network.parameters()``
    shuffle        True: each epoch in a new order, drawn by ``torch.randperm``
    device         where the network must be; None: wherever it is
    progress       show a bar with the mean of the latest losses

    Interrupting (Kernel > Interrupt) ends the training after the step that is being taken, and
    the cell with it: `TrainingInterrupted` says where, and carries the history so far. The network
    keeps what it has learnt.

    A network in ``eval`` mode is put into ``train`` mode. At the end its gradients are cleared.
    Raises ValueError for arguments that do not fit together, and FloatingPointError when the loss
    is no longer a finite number; it carries the history so far, too.
    """
    history, count, total, start = History(), 0, 0, time.perf_counter()

    def step(images, targets):
        optimizer.zero_grad()
        loss = loss_function(network(images), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    try:
        epochs, batch_size = positive_int("epochs", epochs), positive_int("batch_size", batch_size)
        device = check_arguments(network, dataset, loss_function, optimizer, device)
        batches = batches_of(dataset, epochs, batch_size, shuffle, device)
        first = next(batches)
        last_size = len(dataset) % batch_size or batch_size
        first_loss = check_fit(network, loss_function, *first, last_size)
        total = epochs * math.ceil(len(dataset) / batch_size)
        with (
            whole_steps(itertools.chain([first], batches)) as batches,
            training_settings(network, batch_size),
            progress_bar(total, progress) as bar,
        ):
            take_step = replayed(step, network, loss_function, optimizer)
            for images, targets in batches:
                loss = take_step(images, targets)
                count += 1
                bar.update()
                if count % KEEP_EVERY == 0:
                    history.losses.append(finite(loss, count, history, first_loss))
                    history.steps.append(count)
                    show_losses(bar, loss=history.losses)
            last = finite(loss, count, history, first_loss)
            show_losses(bar, loss=history.losses or [last])
    except KeyboardInterrupt:
        raise TrainingInterrupted(history, count, total) from None
    finally:
        history.seconds = time.perf_counter() - start
    return history


def accuracy(network, dataset) -> float:
    """Return the share (0..1) of the images in `dataset` whose largest output is at their target.

    Raises ValueError for a network whose outputs are nan; `outputs_of` says how they are computed.
    """
    check_dataset(dataset)
    source, positions = _without_subsets(dataset)
    right = 0
    for indices in positions.split(CHUNK):
        images, targets = _fetch(source, indices)
        answers = outputs_of(network, images).argmax(dim=1)
        right += (answers == targets.argmax(dim=1)).sum().item()
    return right / len(dataset)


def outputs_of(network, images):
    """Return the network's outputs (n, 10) for `images` (n, 784), on the CPU and without gradients.

    The network is in ``eval`` mode for it, and afterwards in the mode that it had. Raises
    ValueError for images that it does not take, and for outputs that are nan.
    """
    device = device_of(network)
    with eval_mode(network), torch.no_grad():
        parts = [outputs_for(network, part.to(device)).cpu() for part in images.split(CHUNK)]
        outputs = torch.cat(parts)
    check_outputs(outputs)
    return outputs


def batches_of(dataset, epochs, batch_size, shuffle, device):
    """Yield the batches (images, targets) of all epochs.

    Of an `MnistDataset` about `CHUNK` images are made ready at once; any other dataset is asked
    for one batch at a time, as the plain loop would, since it may draw random numbers.
    """
    source, positions = _without_subsets(dataset)
    at_once = max(1, CHUNK // batch_size) if type(source) is MnistDataset else 1
    for _ in range(epochs):
        order = positions[torch.randperm(len(positions))] if shuffle else positions
        for indices in order.split(at_once * batch_size):
            images, targets = _fetch(source, indices)
            images, targets = images.to(device), targets.to(device)
            yield from zip(images.split(batch_size), targets.split(batch_size), strict=True)


def _without_subsets(dataset):
    """Return the dataset under any `Subset` of it, and the positions there, a tensor (n,)."""
    positions = torch.arange(len(dataset))
    while type(dataset) is Subset:
        indices = torch.as_tensor(dataset.indices)
        if indices.dtype == torch.bool or indices.numel() != len(indices):
            raise ValueError(
                f"the indices of a Subset are {indices.dtype} of shape {tuple(indices.shape)}; "
                "expected positions (n,); of a mask they are mask.nonzero().flatten()"
            )
        positions = indices.flatten()[positions]  # mask.nonzero() has the shape (n, 1)
        dataset = dataset.dataset
    return dataset, positions


def _fetch(dataset, indices):
    """Return images (n, 784) and targets (n, 10) of the items at `indices`, a tensor (n,)."""
    if type(dataset) is MnistDataset:
        return dataset.batch(indices)
    items = [dataset[index] for index in indices.tolist()]
    match items[0]:
        case _, torch.Tensor(), torch.Tensor(ndim=1):
            _, images, targets = zip(*items, strict=True)
            return torch.stack(images), torch.stack(targets)
    raise ValueError(
        f"dataset[{indices[0]}] is not (label, image, target): a number and two tensors, (784,) "
        "and one-hot (10,), as in MnistDataset"
    )


@contextlib.contextmanager
def whole_steps(batches):
    """Give the batches of a training; an interrupt waits until the step on one of them is done.

    A step cut in two would leave an optimizer with half of its state, or PyTorch's tracer switched
    on for good. So an interrupt (SIGINT) comes through only before the next batch is given, or at
    the end, when everything is put back.
    """
    handler, waiting = signal.getsignal(signal.SIGINT), []

    def until_interrupted():
        for batch in batches:
            while waiting:
                handler(*waiting.pop())  # as a rule it raises KeyboardInterrupt
            yield batch

    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield batches  # no interrupt arrives
        return
    signal.signal(signal.SIGINT, lambda *arguments: waiting.append(arguments))
    try:
        yield until_interrupted()
    finally:
        signal.signal(signal.SIGINT, handler)
        while waiting:
            handler(*waiting.pop())


@contextlib.contextmanager
def training_settings(network, batch_size):
    """Settings for a training; at the end they are put back and the gradients cleared.

    One thread for small batches: several hardly help, and wait for each other when another program
    keeps a core busy (measured on two cores: 1.4 times as fast, or 4 times as slow). Denormal numbers
    (below 1e-38), into which Adam's averages decay, count as zero: arithmetic on them is slow.
    """
    threads = torch.get_num_threads()
    try:
        if not network.training:
            network.train()
        if batch_size <= SMALL_BATCH:
            torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)  # as PyTorch starts
        network.zero_grad()


def progress_bar(total, progress):
    shape = "{percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"
    return tqdm(total=total, unit=" steps", file=sys.stdout, disable=not progress, bar_format=shape)


def show_losses(bar, **losses):
    """Show the mean of the latest of each list of losses beside the bar."""
    means = [f"{name}={statistics.fmean(values[-100:]):.3f}" for name, values in losses.items()]
    bar.set_postfix_str(", ".join(means), refresh=False)


def finite(loss, count, history, first_loss):
    value = loss.item()
    if math.isfinite(value):
        return value
    advice = "try a smaller learning rate; does the last layer's range suit the loss function?"
    if first_loss < 0:
        advice = "negative at first, it falls without end; is a minus missing in the loss function?"
    error = FloatingPointError(
        f"the loss is {value} at step {count:,}; {advice} "
        f"Make the network and its optimizer anew; {history.how_to_plot}"
    )
    error.history = history
    raise error
