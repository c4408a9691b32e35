"""The two formats of MNIST, CSV and IDX: read, write, and say what is wrong in which row."""

import gzip
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np

PIXELS = 28 * 28


def write_csv(path, images, labels):
    """Write MNIST's usual CSV: the label, then 784 pixels, no header.

    `images` are uint8 (n, 784), `labels` whole numbers (n,).
    """
    with Path(path).open("w", encoding="ascii", newline="\n") as file:
        for label, pixels in zip(labels.tolist(), images, strict=True):
            file.write(f"{label},{','.join(map(str, pixels.tolist()))}\n")


def read_csv(path):
    """Read MNIST's usual CSV, plain or ``.gz``; returns images, uint8 (n, 784), and labels, int64 (n,).

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """
    _check_is_file(path)
    try:
        with _open_text(path) as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns of an empty file, and takes 3.0 for 3
            table = np.loadtxt(_rows(file), np.uint8, comments=None, delimiter=",", ndmin=2)
    except (ValueError, Warning, EOFError, OSError, zlib.error) as error:
        raise _explain_csv(path, error) from None
    if table.shape[1] != 1 + PIXELS or table[:, 0].max() > 9:
        raise _explain_csv(path, "unexpected contents")
    return table[:, 1:].copy(), table[:, 0].astype("int64")


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


def read_idx(images_file, labels_file):
    """Read the official pair of IDX files, plain or ``.gz``; returns and raises as `read_csv`."""
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
    return images.reshape(-1, PIXELS), labels.astype("int64")


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
