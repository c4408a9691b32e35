"""Where the images come from: `load_mnist` finds the files, `MnistDataset` holds what is in them."""

import operator
import os
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from helpers.download import MIRRORS, download
from helpers.environment import ROOT
from helpers.formats import read_csv, read_idx

DATA = ROOT / "data"
ONE_HOT = np.eye(10, dtype=np.float32)  # row 7 is the target for the label 7
IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
# How many images, and the CRC-32 of their pixels and labels.
MNIST = {"train": (60_000, 0xDF6DDE61), "test": (10_000, 0x190E897B)}
FULL_SIZE = MNIST["train"][0]


class MnistDataset(Dataset):
    """Images of handwritten digits with their labels, held in memory as bytes.

    ``MnistDataset("mnist_train.csv")`` reads a CSV file; each row is a label (0..9) and 784 pixels
    (0..255), the 28 x 28 image row by row. ``MnistDataset(images_file, labels_file)`` reads the
    official pair of IDX files. All may be plain or gzip.

    Item ``i`` is ``(label, image, target)``: an int, a float32 tensor (784,) in 0..1 (pixel / 255)
    and a float32 tensor (10,) of zeros with a 1.0 at the label. ``images`` is a uint8 tensor
    (n, 784), ``labels`` an int64 tensor (n,).

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """

    def __init__(self, file, labels_file=None):
        images, labels = read_csv(file) if labels_file is None else read_idx(file, labels_file)
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        index = operator.index(index)
        label = self.labels[index].item()  # IndexError where there is none, which ends a loop
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
    ``data/``; without an internet connection, the small built-in sample in ``data/sample/``, for
    both sets until Python is restarted. Where the images are not MNIST's, a line says so.
    """
    if split not in IDX_FILES:
        raise ValueError(f"split is {split!r}; expected 'train' or 'test'")
    folder = mnist_dir() if os.environ.get("MNIST_DIR") else _data_or_sample(split)
    files = files_of(split, folder)
    if not files:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:6]) or "nothing"
        raise FileNotFoundError(
            f"{folder}: no MNIST {split} set; expected mnist_{split}.csv, or "
            f"{' and '.join(IDX_FILES[split])}, each plain or with .gz; found {found}. "
            "Unpack a ZIP archive; save arrays with helpers.formats.write_csv"
        )
    dataset = MnistDataset(*files)
    size, checksum = MNIST[split]
    if zlib.crc32(dataset.labels.byte().numpy(), zlib.crc32(dataset.images.numpy())) != checksum:
        name = "training" if split == "train" else "test"
        print(
            f"{folder.name} holds {len(dataset):,} {name} images, not the {size:,} of MNIST: "
            "your numbers will differ from those in the text."
        )
    return dataset


_offline = False  # set by the first download that fails: then both sets come from the sample


def _data_or_sample(split):
    """Return ``data/`` with the split in it; where that fails, say why and return the sample."""
    global _offline
    try:
        if not _offline:
            _bring(split)
            return DATA
    except OSError as error:
        if any(files_of(other, DATA) for other in IDX_FILES):  # half MNIST, half sample: neither
            raise FileNotFoundError(f"{DATA} has only one of MNIST's sets. {error}") from None
        _offline = True
        print(error, end=" ")  # in one line with what load_mnist says of the sample
    return DATA / "sample"


def download_mnist():
    """Fetch what is missing into ``data/``: `make data`. Where that fails, exit saying why."""
    try:
        for split in IDX_FILES:
            _bring(split)
    except OSError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("Stopped: run `make data` to fetch what is missing.", file=sys.stderr)
        sys.exit(130)  # what a shell says of a command that Ctrl-C ended
    print(f"MNIST is in {DATA}.")


def _bring(split):
    """Download what ``data/`` lacks of the split; OSError saying why that fails, and what to do."""
    if files_of(split, DATA):
        return
    try:
        for name in IDX_FILES[split]:
            if not _find(DATA, name):
                download(f"{name}.gz", DATA, MIRRORS)
    except OSError as error:
        raise OSError(
            f"MNIST could not be downloaded ({error}): run `make data` to try again and restart "
            "Python, or let MNIST_DIR name a folder that has it."
        ) from None


def mnist_dir() -> Path:
    """Return the folder that ``MNIST_DIR`` names; FileNotFoundError if there is none."""
    value = Path(os.environ["MNIST_DIR"]).expanduser()
    for folder in (Path.cwd() / value, ROOT / value):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"MNIST_DIR is {str(value)!r}, which is not a folder; expected one with the MNIST files"
    )


def files_of(split, folder):
    """The files of the split in `folder`, its CSV file or its IDX pair; None if they are not there."""
    for names in ((f"mnist_{split}.csv",), IDX_FILES[split]):
        files = [_find(folder, name) for name in names]
        if all(files):
            return files


def _find(folder, name):
    """The file `name` in `folder`, as downloads, Kaggle's archives and torchvision leave it, or None."""
    spellings = (name, name.replace("-idx", ".idx"))  # train-images.idx3-ubyte is Kaggle's
    places = ("{0}", "{0}.gz", "{0}/{0}", "{0}/{0}.gz", "MNIST/raw/{0}", "MNIST/raw/{0}.gz")
    paths = (folder / place.format(spelling) for spelling in spellings for place in places)
    return next(filter(Path.is_file, paths), None)
