"""Where the images come from: `load_mnist` finds the files, `MnistDataset` reads them."""

import gzip
import hashlib
import operator
import os
import struct
import sys
import tempfile
import urllib.request
import warnings
import zlib
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from helpers.plots import show_image

COURSE = Path(__file__).resolve().parents[1]
DATA = COURSE / "data"
PIXELS = 28 * 28
_failures = []  # why a download failed: another try takes long, and half of MNIST would not do
ONE_HOT = np.eye(10, dtype=np.float32)  # row 7 is the target for the label 7

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


class MnistDataset(Dataset):
    """Images of handwritten digits with their labels, held in memory as bytes.

    `csv_file` has no header; each row is a label (0..9) and 784 pixels (0..255), the 28 x 28
    image row by row. A name that ends in ``.gz`` is read as gzip.

    Item ``i`` is ``(label, image, target)``: an int, a float32 tensor (784,) in 0..1 (pixel / 255)
    and a float32 tensor (10,) of zeros with a 1.0 at the label. ``images`` is a uint8 tensor
    (n, 784), ``labels`` an int64 tensor (n,).

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """

    def __init__(self, csv_file):
        self.images, self.labels = _read_csv(Path(csv_file).expanduser())

    @classmethod
    def from_idx(cls, images_file, labels_file):
        """Read the official pair of IDX files, plain or ``.gz``."""
        dataset = cls.__new__(cls)
        dataset.images, dataset.labels = _read_idx(
            Path(images_file).expanduser(), Path(labels_file).expanduser()
        )
        return dataset

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

    def plot_image(self, index, ax=None):
        """Show image `index`, titled with its label; returns the Axes."""
        label, image, _ = self[index]
        return show_image(image, f"label = {label}", ax)


def load_mnist(split: str) -> MnistDataset:
    """Load the ``"train"`` (60,000 images) or ``"test"`` (10,000 images) set of MNIST.

    Looked for in this order: the folder that the environment variable ``MNIST_DIR`` names (a
    relative name starts at the current folder or at the course's); ``data/``; a download into
    ``data/``; without an internet connection, the small built-in sample in ``data/sample/``, and a
    line says so. A download that failed is not tried again until Python is restarted.
    """
    if split not in IDX_FILES:
        raise ValueError(f"split is {split!r}; expected 'train' or 'test'")
    if os.environ.get("MNIST_DIR"):
        return _load_folder(_mnist_dir(), split)
    if _has_mnist(DATA, split):
        return _load_folder(DATA, split)
    problem = _failures[0] if _failures else _download(split)
    if not problem:
        return _load_folder(DATA, split)
    _failures[:] = [problem]
    for other in IDX_FILES:
        if _has_mnist(DATA, other):  # half MNIST and half sample would be neither
            raise FileNotFoundError(
                f"{DATA} has the {other} set of MNIST alone, and the {split} set could not be "
                f"downloaded ({problem}); expected both: run `make data` to try again"
            )
    print(f"MNIST could not be downloaded ({problem}): using the small sample in data/sample.")
    return _load_folder(DATA / "sample", split)


def download_mnist():
    """Fetch what is missing into ``data/``: `make data`. Where that fails, exit saying why."""
    for split in IDX_FILES:
        problem = None if _has_mnist(DATA, split) else _download(split)
        if problem:
            sys.exit(f"MNIST could not be downloaded ({problem}).")
    print(f"MNIST is in {DATA}.")


def _mnist_dir():
    value = Path(os.environ["MNIST_DIR"]).expanduser()
    for folder in (Path.cwd() / value, COURSE / value):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"MNIST_DIR is {str(value)!r}, which is not a folder; expected one with the MNIST files"
    )


def _candidates(folder, split):
    """The ways to store a split: one CSV file, or an IDX pair; each plain or gzip."""
    for ending in ("", ".gz"):
        yield (folder / f"mnist_{split}.csv{ending}",)
    for image_ending in ("", ".gz"):
        for label_ending in ("", ".gz"):
            images, labels = IDX_FILES[split]
            yield folder / (images + image_ending), folder / (labels + label_ending)


def _has_mnist(folder, split):
    return any(all(file.exists() for file in files) for files in _candidates(folder, split))


def _load_folder(folder, split):
    for files in _candidates(folder, split):
        if all(file.exists() for file in files):
            return MnistDataset(*files) if len(files) == 1 else MnistDataset.from_idx(*files)
    images, labels = IDX_FILES[split]
    raise FileNotFoundError(
        f"{folder}: no MNIST {split} set; expected mnist_{split}.csv, or {images} and {labels}, "
        "each plain or with .gz"
    )


def _read_csv(path):
    _check_is_file(path)
    try:
        with _open_text(path) as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns of an empty file, and takes 3.0 for 3
            table = np.loadtxt(_rows(file), np.uint8, comments=None, delimiter=",", ndmin=2)
    except (ValueError, Warning, EOFError, OSError, zlib.error) as error:
        raise _explain_csv(path, error) from None
    if table.shape[1] != 1 + PIXELS or table[:, 0].max() > 9:
        raise _explain_csv(path, "unexpected contents")
    images, labels = table[:, 1:].copy(), table[:, 0].astype("int64")
    return torch.from_numpy(images), torch.from_numpy(labels)


def _open_text(path):
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig")


def _rows(file):
    for line in file:
        if line.isspace():
            raise ValueError("a blank line")  # NumPy would skip it
        yield line


def _check_is_file(path):
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise FileNotFoundError(f"{path}: {what}; expected a file with MNIST images or labels")


def _explain_csv(path, error):
    """Read `path` line by line to find the first fault; returns the ValueError to raise."""
    row = 0
    try:
        with _open_text(path) as file:
            for row, line in enumerate(file, start=1):
                fault = _row_fault(line.strip().split(","), first=row == 1)
                if fault:
                    return ValueError(f"{path}, row {row}: {fault}")
    except UnicodeDecodeError:
        return ValueError(f"{path}, row {row + 1}: not text; expected comma-separated numbers")
    except (EOFError, OSError, zlib.error) as broken:
        what = "broken gzip file" if path.suffix == ".gz" else "cannot be read"
        return ValueError(f"{path}, row {row + 1}: {what} ({broken}); copy it anew")
    if row == 0:
        return ValueError(f"{path}: the file is empty; expected rows of 785 numbers")
    return ValueError(f"{path}: {error}; expected rows of 785 whole numbers")


def _row_fault(fields, first):
    if first and any(any(char.isalpha() for char in field) for field in fields[:1]):
        return f"found the text {fields[0]!r}, a header perhaps; expected numbers only"
    if len(fields) != 1 + PIXELS:
        found = len(fields) if fields != [""] else 0
        return f"found {found} columns; expected 785, the label and 28 x 28 pixels"
    for column, field in enumerate(fields, start=1):
        name, largest = ("the label", 9) if column == 1 else (f"the pixel in column {column}", 255)
        try:
            number = int(field) if field.isascii() and "_" not in field else -1
        except ValueError:
            number = -1
        if not 0 <= number <= largest:
            return f"{name} is {field!r}; expected a whole number from 0 to {largest}"
    return None


def _read_idx(images_file, labels_file):
    images = _read_idx_array(images_file, magic=2051, dimensions=3)
    labels = _read_idx_array(labels_file, magic=2049, dimensions=1)
    if images.shape[1:] != (28, 28):
        raise ValueError(f"{images_file}: images of {images.shape[1:]} pixels; expected (28, 28)")
    if len(images) != len(labels):
        raise ValueError(
            f"{images_file} has {len(images)} images, {labels_file} has {len(labels)} labels; "
            "expected as many of each"
        )
    if len(labels) == 0:
        raise ValueError(f"{images_file}: the file holds no images")
    if labels.max() > 9:
        row = int((labels > 9).argmax())
        raise ValueError(f"{labels_file}, item {row}: label {labels[row]}; expected 0 to 9")
    return torch.from_numpy(images.reshape(-1, PIXELS)), torch.from_numpy(labels.astype("int64"))


def _read_idx_array(path, magic, dimensions):
    """One IDX file: a magic number, the size of each dimension (all big-endian), then bytes."""
    _check_is_file(path)
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file ({error}); copy it anew") from None
    header = struct.Struct(f">{1 + dimensions}I")
    found = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and found != magic:
        raise ValueError(f"{path}: magic number {found}; expected {magic}")
    if len(content) < header.size:
        raise ValueError(f"{path}: {len(content)} bytes; expected a header of {header.size} bytes")
    _, *shape = header.unpack_from(content)
    values = np.frombuffer(content, dtype=np.uint8, offset=header.size).copy()
    if values.size != np.prod(shape):
        raise ValueError(
            f"{path}: {values.size} values after the header; expected {np.prod(shape)}, "
            f"the product of {tuple(shape)}"
        )
    return values.reshape(shape)


def _download(split):
    """Fetch a split into ``data/mnist_<split>.csv``; returns what went wrong, or None."""
    try:
        with tempfile.TemporaryDirectory(dir=DATA) as folder:
            files = [Path(folder) / f"{name}.gz" for name in IDX_FILES[split]]
            for file in files:
                problem = _download_file(file)
                if problem:
                    return problem
            csv_file = Path(folder) / f"mnist_{split}.csv"
            write_csv(MnistDataset.from_idx(*files), csv_file)
            csv_file.replace(DATA / csv_file.name)
    except OSError as error:
        return f"cannot write to {DATA}: {error.strerror or error}"


def _download_file(file):
    """Try each mirror until one gives the official file; returns what went wrong, or None."""
    problems = []
    for mirror in MIRRORS:
        try:
            _copy_from(mirror + file.name, file)
        except (OSError, HTTPException) as error:  # no network, a time-out, a broken transfer
            problems.append(f"{mirror}: {error}")
            continue
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found == SHA256[file.name]:
            return None
        problems.append(f"{mirror}: {file.name} has SHA-256 {found[:12]}…, not the official one")
    return "; ".join(problems)


def _copy_from(url, file):
    with urllib.request.urlopen(url, timeout=10) as response, file.open("wb") as target:
        size = int(response.headers.get("Content-Length", 0)) or None
        with tqdm(total=size, unit="B", unit_scale=True, desc=file.name, file=sys.stdout) as bar:
            while block := response.read(1 << 16):
                target.write(block)
                bar.update(len(block))


def write_csv(dataset, path):
    """Write `dataset` as MNIST's usual CSV: the label, then 784 pixels, no header."""
    with Path(path).open("w", encoding="ascii", newline="\n") as file:
        for label, pixels in zip(dataset.labels.tolist(), dataset.images.numpy(), strict=True):
            file.write(f"{label},{','.join(map(str, pixels.tolist()))}\n")
