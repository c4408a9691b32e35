"""The two formats of MNIST, CSV and IDX: read, write, and say what is wrong in which row."""

import codecs
import contextlib
import gzip
import io
import math
import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np

PIXELS = 28 * 28
COLUMNS = 1 + PIXELS  # the label, then the pixels
NUMBERS = {str(number) for number in range(256)}
MANY = 100  # images: fewer may well be of one digit, such as those that you have drawn


def read_csv(path):
    """Read MNIST's usual CSV, plain or gzip; returns images, uint8 (n, 784), and labels, int64 (n,).

    Each row has 785 whole numbers, the label (0 to 9) and the pixels (0 to 255), separated by commas;
    spaces around them and empty lines do not matter. A header that starts with ``label``, as in
    Kaggle's files, is skipped.

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """
    text = _read_bytes(path).removeprefix(codecs.BOM_UTF8)
    if text.startswith(b"PK"):
        raise ValueError(
            f"{path}: a ZIP or NPZ archive; expected CSV: unpack it, or load its arrays with NumPy "
            "and save them with helpers.formats.write_csv"
        )
    header = re.match(rb"label,.*\n", text)
    rows = text[header.end() :] if header else text
    if not rows or rows.isspace():
        raise ValueError(f"{path}: the file is empty; expected rows of {COLUMNS} numbers")
    table = _parse(rows)
    if table is not None:
        _check_that_labels_come_first(path, table)
    if table is None or table[:, 0].max() > 9:
        raise ValueError(f"{path}, {_first_fault(rows, first_row=2 if header else 1)}")
    labels = table[:, 0].astype(np.int64)
    _check_that_labels_vary(path, labels)
    return np.ascontiguousarray(table[:, 1:]), labels


def read_idx(images_file, labels_file):
    """Read the official pair of IDX files, plain or gzip; returns and raises as `read_csv`."""
    images = _read_idx_array(images_file, magic=2051, shape=(28, 28))
    labels = _read_idx_array(labels_file, magic=2049, shape=()).astype(np.int64)
    if len(images) != len(labels):
        raise ValueError(
            f"{images_file} has {len(images)} images, {labels_file} has {len(labels)} labels; "
            "expected as many of each"
        )
    if len(labels) == 0:
        raise ValueError(f"{images_file}: the file holds no images")
    if labels.max() > 9:
        item = (labels > 9).argmax()
        raise ValueError(f"{labels_file}, item {item}: label {labels[item]}; expected 0 to 9")
    _check_that_labels_vary(labels_file, labels)
    return images.reshape(-1, PIXELS), labels


def write_csv(path, images, labels):
    """Write MNIST's usual CSV: the label, then 784 pixels, no header.

    `images` are uint8 (n, 784), `labels` whole numbers (n,).
    """
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for label, pixels in zip(labels.tolist(), images, strict=True):
            file.write(_row(label, pixels))


def add_to_csv(path, pixels, label):
    """Add a row to MNIST's usual CSV, or begin one; returns how many it has then.

    `pixels` are uint8 (784,). What is in the file stays as it is, and must be right: see `read_csv`.
    The new file is written beside it and then put in its place, so that no row is ever cut in two.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = path.read_bytes() if path.exists() else b""
    count = len(read_csv(path)[1]) if rows.strip() else 0
    if rows and not rows.endswith(b"\n"):
        rows += b"\n"
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(rows + _row(label, pixels).encode())
    beside.replace(path)
    return count + 1


def _row(label, pixels):
    return ",".join(map(str, [label, *pixels.tolist()])) + "\n"


def _read_bytes(path):
    """What a file holds, unpacked if it is gzip: its first two bytes say so, not its name."""
    content = Path(path).expanduser().read_bytes()
    try:
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file ({error}); copy it anew") from None


def _parse(rows):
    """Return the numbers in rows of text, uint8 (n, 785), or None where there is a fault.

    Nothing but digits and separators reaches NumPy, which reads "1\u01fe" as 216, and may crash on
    other characters. Older versions only warn of a number above 255, and read 256 as 0.
    """
    if rows.translate(None, delete=b"0123456789, \r\n"):
        return None
    with contextlib.suppress(ValueError, Warning), warnings.catch_warnings(action="error"):
        table = np.loadtxt(io.BytesIO(rows), np.uint8, comments=None, delimiter=",", ndmin=2)
        return table if table.shape[1] == COLUMNS else None


def _first_fault(rows, first_row):
    """Say what is wrong in the first bad row; `first_row` is the number of the first in its file."""
    for row, line in enumerate(rows.split(b"\n"), start=first_row):
        fields = line.removesuffix(b"\r").decode("ascii", "backslashreplace").split(",")
        if fields == [""]:
            continue
        if row == 1 and fields[0][:1].isalpha():
            found = f"a header that starts with {_quoted(fields[0])}"
            return f"row 1: {found}; expected the label first"
        if len(fields) != COLUMNS:
            expected = f"{COLUMNS}, separated by commas: the label, then 28 x 28 pixels"
            return f"row {row}: found {len(fields)} columns; expected {expected}"
        if len(fields[0]) == 1 and NUMBERS.issuperset(fields):
            continue  # the fast way through good rows
        for column, field in enumerate(fields, start=1):
            name, largest = ("label", 9) if column == 1 else ("pixel", 255)
            number = re.fullmatch(" *0*([0-9]{1,3}) *", field)
            if not number or int(number[1]) > largest:
                expected = f"a whole number from 0 to {largest}"
                place = f"row {row}, column {column}"
                return f"{place}: the {name} is {_quoted(field)}; expected {expected}"


def _quoted(field):
    return repr(field) if len(field) <= 20 else f"{field[:20]!r}..."


def _check_that_labels_come_first(path, table):
    """MNIST's last column is blank, and no column of labels is as varied as that of the labels."""
    first, last = (len(np.unique(table[:, column])) for column in (0, -1))
    if table[:, -1].max() <= 9 and last > first:
        raise ValueError(
            f"{path}: the last column looks like the labels, {last} different numbers from 0 to 9; "
            "expected the labels in the first column: move them there"
        )


def _check_that_labels_vary(path, labels):
    if len(labels) >= MANY and (labels == labels[0]).all():
        raise ValueError(
            f"{path}: all {len(labels):,} labels are {labels[0]}; expected different digits, "
            "in a CSV file in the first column"
        )


def _read_idx_array(path, magic, shape):
    """One IDX file, uint8 (n, *shape): its magic number, n and shape (big-endian), then the bytes."""
    content = _read_bytes(path)
    start = 4 * (2 + len(shape))
    if len(content) < start or int.from_bytes(content[:4], "big") != magic:
        raise ValueError(
            f"{path}: starts with {content[:4]!r}; expected an IDX file, whose header of {start} "
            f"bytes starts with the magic number {magic}"
        )
    items, *found_shape = struct.unpack_from(f">{1 + len(shape)}I", content, offset=4)
    if tuple(found_shape) != shape:
        raise ValueError(f"{path}: images of {tuple(found_shape)} pixels; expected {shape}")
    found, expected = len(content) - start, items * math.prod(shape)
    if found != expected:
        raise ValueError(
            f"{path}: {found} values after the header; expected {expected}, "
            f"the product of {(items, *shape)}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(items, *shape).copy()
