"""Where the images come from: `load_mnist` finds the files, `MnistDataset` holds what is in them."""

import operator
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from helpers.download import MIRRORS, download, work_folder
from helpers.environment import ROOT
from helpers.formats import read_csv, read_idx, write_csv

DATA = ROOT / "data"
ONE_HOT = np.eye(10, dtype=np.float32)  # row 7 is the target for the label 7
IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
FULL_SIZE = 60_000  # training images of MNIST


class MnistDataset(Dataset):
    """Images of handwritten digits with their labels, held in memory as bytes.

    ``MnistDataset("mnist_train.csv")`` reads a CSV file without header; each row is a label (0..9)
    and 784 pixels (0..255), the 28 x 28 image row by row. ``MnistDataset(images_file, labels_file)``
    reads the official pair of IDX files. A name that ends in ``.gz`` is read as gzip.

    Item ``i`` is ``(label, image, target)``: an int, a float32 tensor (784,) in 0..1 (pixel / 255)
    and a float32 tensor (10,) of zeros with a 1.0 at the label. ``images`` is a uint8 tensor
    (n, 784), ``labels`` an int64 tensor (n,).

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """

    def __init__(self, file, labels_file=None):
        if labels_file is None:
            images, labels = read_csv(Path(file).expanduser())
        else:
            images, labels = read_idx(Path(file).expanduser(), Path(labels_file).expanduser())
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        index = operator.index(index)
        try:
            label = self.labels[index].item()
        except IndexError:
            raise IndexError(
                f"index {index} is out of range: the dataset has {len(self)} images"
            ) from None
        image = self.images.numpy()[index] / np.float32(255)  # NumPy: half of torch's time here
        return label, torch.from_numpy(image), torch.from_numpy(ONE_HOT[label].copy())

    def batch(self, indices):
        """Return images, float32 (n, 784), and targets, float32 (n, 10), at `indices`, int64 (n,)."""
        images = self.images[indices].to(torch.float32) / 255
        return images, torch.from_numpy(ONE_HOT)[self.labels[indices]]

    def plot_image(self, index, ax=None):
        """Show image `index`, titled with its label; returns the Axes."""
        from helpers.plots import show_image  # here alone: reading images needs no matplotlib

        label, image, _ = self[index]
        return show_image(image, f"label = {label}", ax)


def load_mnist(split: str) -> MnistDataset:
    """Load the ``"train"`` (60,000 images) or ``"test"`` (10,000 images) set of MNIST.

    Looked for in this order: the folder that the environment variable ``MNIST_DIR`` names (a
    relative name starts at the current folder or at the course's); ``data/``; a download into
    ``data/``; without an internet connection, the small built-in sample in ``data/sample/``, and a
    line says so. From then on this Python reads the sample, for both sets, until it is restarted.
    """
    if split not in IDX_FILES:
        raise ValueError(f"split is {split!r}; expected 'train' or 'test'")
    if os.environ.get("MNIST_DIR"):
        folder, reason = mnist_dir(), ""
    else:
        folder, reason = _data_or_sample(split)
    dataset = _load_folder(folder, split)
    if split == "train" and len(dataset) != FULL_SIZE:
        print(
            f"{reason}{folder.name} holds {len(dataset):,} training images, not MNIST's {FULL_SIZE:,}: "
            "your numbers will differ from those in the text."
        )
    return dataset


_why_sample = ""  # set by the first download that fails: from then on this Python reads the sample


def _data_or_sample(split):
    """Return the folder to read, and why it is the sample, or "".

    Both sets come from the same place, so the sample stays even where another process brings MNIST.
    """
    global _why_sample
    if _why_sample:
        return DATA / "sample", _why_sample
    problem = _bring(split)
    if not problem:
        return DATA, ""
    for other in IDX_FILES:
        if has_mnist(DATA, other):  # half MNIST and half sample would be neither
            raise FileNotFoundError(
                f"{DATA} has the {other} set of MNIST alone, and the {split} set could not be "
                f"downloaded ({problem}); expected both: run `make data` to try again"
            )
    _why_sample = (
        f"MNIST could not be downloaded ({problem}): run `make data` to try again and restart "
        "Python, or let MNIST_DIR name a folder that has it. "
    )
    return DATA / "sample", _why_sample


def download_mnist():
    """Fetch what is missing into ``data/``: `make data`. Where that fails, exit saying why."""
    try:
        for split in IDX_FILES:
            problem = _bring(split)
            if problem:
                sys.exit(
                    f"MNIST could not be downloaded ({problem}): run `make data` to try again, or "
                    "let MNIST_DIR name a folder that has it."
                )
    except KeyboardInterrupt:
        print("Stopped: run `make data` to fetch what is missing.", file=sys.stderr)
        sys.exit(130)  # what a shell says of a command that Ctrl-C ended
    print(f"MNIST is in {DATA}.")


def _bring(split):
    """See that ``data/`` has the split; returns why it has not, or None."""
    if has_mnist(DATA, split):
        return None
    problem = _download(split)
    return None if has_mnist(DATA, split) else problem  # another process may have been luckier


def _download(split):
    """Fetch a split into ``data/mnist_<split>.csv``; returns what went wrong, or None."""
    try:
        with work_folder(DATA) as folder:
            files = [folder / f"{name}.gz" for name in IDX_FILES[split]]
            problem = download([file.name for file in files], folder, MIRRORS)
            if problem:
                return problem
            csv_file = folder / f"mnist_{split}.csv"
            write_csv(csv_file, *read_idx(*files))
            csv_file.replace(DATA / csv_file.name)
    except OSError as error:
        return f"cannot write to {DATA}: {error.strerror or error}"


def mnist_dir() -> Path:
    """Return the folder that ``MNIST_DIR`` names; FileNotFoundError if there is none."""
    value = Path(os.environ["MNIST_DIR"]).expanduser()
    for folder in (Path.cwd() / value, ROOT / value):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"MNIST_DIR is {str(value)!r}, which is not a folder; expected one with the MNIST files"
    )


def has_mnist(folder, split) -> bool:
    """Whether all files of the split are in `folder`, whatever is in them."""
    return any(all(file.exists() for file in files) for files in _candidates(folder, split))


def _candidates(folder, split):
    """The ways to store a split: one CSV file, or an IDX pair; each plain or gzip."""
    for ending in ("", ".gz"):
        yield (folder / f"mnist_{split}.csv{ending}",)
    for image_ending in ("", ".gz"):
        for label_ending in ("", ".gz"):
            images, labels = IDX_FILES[split]
            yield folder / (images + image_ending), folder / (labels + label_ending)


def _load_folder(folder, split):
    for files in _candidates(folder, split):
        if all(file.exists() for file in files):
            return MnistDataset(*files)
    images, labels = IDX_FILES[split]
    raise FileNotFoundError(
        f"{folder}: no MNIST {split} set; expected mnist_{split}.csv, or {images} and {labels}, "
        "each plain or with .gz"
    )
