"""The two formats of MNIST, CSV and IDX: read, write, and say what is wrong in which row."""

import codecs
import gzip
import math
import struct
import zlib
from contextlib import contextmanager

import numpy as np

PIXELS = 28 * 28
COLUMNS = 1 + PIXELS  # the label, then the pixels
MOST = 1_000_000  # images in a file: less than 1 GB in memory; EMNIST, MNIST's heir, has 814,255
BLOCK = 1 << 18  # bytes of CSV that are parsed at once: few enough for a processor's cache
LONGEST_ROW = 10_000  # bytes; MNIST's longest has 2,200

NUMBERS = [str(number) for number in range(256)]
WORDS = np.array([f"{number},".encode() for number in range(256)])  # 4 bytes each, padded with 0
SEPARATORS = np.frombuffer(b"," * PIXELS + b"\n", np.uint8)  # what stands behind a row's numbers


def read_csv(path):
    """Read MNIST's usual CSV, plain or ``.gz``; returns images, uint8 (n, 784), and labels, int64 (n,).

    Each row has 785 whole numbers, the label (0 to 9) and the pixels (0 to 255), in digits alone and
    without leading zeros. A comma separates them, and one space may follow it. LF or CR LF ends a
    row, and may be missing behind the last. A byte order mark may come first. Anything else is refused.

    Raises FileNotFoundError, or ValueError naming file, row and what was expected.
    """
    tables, rows = [], 0
    with _open(path) as file:
        for text in _blocks(file):
            table = _parse(text)
            if table is None:
                raise ValueError(f"{path}, {_first_fault(text, rows + 1)}")
            tables.append(table)
            rows += len(table)
            if rows > MOST:
                raise ValueError(f"{path}: more than {MOST:,} rows; expected at most as many")
    if rows == 0:
        raise ValueError(f"{path}: the file is empty; expected rows of {COLUMNS} numbers")
    images = np.concatenate([table[:, 1:] for table in tables])
    labels = np.concatenate([table[:, 0] for table in tables])
    return images, labels.astype("int64")


def read_idx(images_file, labels_file):
    """Read the official pair of IDX files, plain or ``.gz``; returns and raises as `read_csv`."""
    images = _read_idx_array(images_file, magic=2051, shape=(28, 28))
    labels = _read_idx_array(labels_file, magic=2049, shape=())
    if len(images) != len(labels):
        raise ValueError(
            f"{images_file} has {len(images)} images, {labels_file} has {len(labels)} labels; "
            "expected as many of each"
        )
    if len(labels) == 0:
        raise ValueError(f"{images_file}: the file holds no images")
    if labels.max() > 9:
        item = int((labels > 9).argmax())
        raise ValueError(f"{labels_file}, item {item}: label {labels[item]}; expected 0 to 9")
    return images.reshape(-1, PIXELS), labels.astype("int64")


def write_csv(path, images, labels):
    """Write MNIST's usual CSV: the label, then 784 pixels, no header.

    `images` are uint8 (n, 784), `labels` whole numbers (n,).
    """
    with path.open("wb") as file:
        for label, pixels in zip(labels.tolist(), images, strict=True):
            text = WORDS[pixels].tobytes().translate(None, delete=b"\0")
            file.write(b"%d,%s\n" % (label, text.removesuffix(b",")))


@contextmanager
def _open(path):
    """Open a file, plain or ``.gz``, to read its bytes; whatever fails is told in one line."""
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no such file"
            raise FileNotFoundError(f"{path}: {what}; expected a file with MNIST images or labels")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file ({error}); copy it anew") from None
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(
            f"{path}: cannot be read ({reason}); check its permissions, or copy it anew"
        ) from None


def _blocks(file):
    """Yield the text in blocks of whole rows, all in the one form: no spaces, LF behind each row."""
    if file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    # A row that readline cuts is too long even without its spaces.
    while text := file.read(BLOCK) + file.readline(2 * LONGEST_ROW):
        if b" " in text or b"\r" in text:  # replacing at once would take half of the time
            text = text.replace(b", ", b",").replace(b"\r\n", b"\n")
        yield text if text.endswith(b"\n") else text + b"\n"


def _parse(text):
    """Return the numbers in whole rows of text, uint8 (n, 785); None if anything is wrong."""
    codes = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(codes < ord("0"))  # a separator behind each number
    if len(ends) % COLUMNS or codes.max() > ord("9"):
        return None
    if (codes[ends].reshape(-1, COLUMNS) != SEPARATORS).any():
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    digits = (codes - ord("0")).astype(np.uint16)
    numbers = digits[ends - 1]
    numbers += 10 * digits[ends - 2] * (lengths > 1)
    numbers += 100 * digits[ends - 3] * (lengths > 2)
    plain = lengths == 1 + (numbers > 9) + (numbers > 99)  # not so: nothing, 007, 1234
    table = numbers.reshape(-1, COLUMNS)
    if not plain.all() or table.max() > 255 or table[:, 0].max() > 9:
        return None
    return table.astype(np.uint8)


def _first_fault(text, row):
    """Say what is wrong in the first bad row of `text`; its first row is number `row` of the file."""
    for number, line in enumerate(text.split(b"\n"), start=row):
        fault = _row_fault(line, first=number == 1)
        if fault:
            return f"row {number}: {fault}"


def _row_fault(line, first):
    if not line.isascii():
        return "not text; expected comma-separated numbers"
    fields = line.decode("ascii").split(",")
    if first and any(character.isalpha() for character in fields[0]):
        return f"found the text {_quoted(fields[0])}, a header perhaps; expected numbers only"
    if len(line) >= LONGEST_ROW:
        return f"longer than {LONGEST_ROW:,} bytes; expected {COLUMNS} numbers"
    if len(fields) != COLUMNS:
        found = len(fields) if line.strip() else 0
        return f"found {found} columns; expected 785, the label and 28 x 28 pixels"
    for column, field in enumerate(fields, start=1):
        name, largest = ("the label", 9) if column == 1 else (f"the pixel in column {column}", 255)
        if field not in NUMBERS[: largest + 1]:
            return (
                f"{name} is {_quoted(field)}; expected a whole number from 0 to {largest}, "
                "like 5, not 5.0, +5 or 005"
            )


def _quoted(field):
    return repr(field) if len(field) <= 20 else f"{field[:20]!r}..."


def _read_idx_array(path, magic, shape):
    """One IDX file, uint8 (n, *shape): its magic number, n and shape (big-endian), then the bytes."""
    header = struct.Struct(f">{2 + len(shape)}I")
    with _open(path) as file:
        content = file.read(header.size)
        found = int.from_bytes(content[:4], "big")
        if len(content) >= 4 and found != magic:
            raise ValueError(f"{path}: magic number {found}; expected {magic}")
        if len(content) < header.size:
            raise ValueError(
                f"{path}: {len(content)} bytes; expected a header of {header.size} bytes"
            )
        _, items, *found_shape = header.unpack(content)
        if tuple(found_shape) != shape:
            raise ValueError(f"{path}: images of {tuple(found_shape)} pixels; expected {shape}")
        if items > MOST:
            raise ValueError(f"{path}: {items:,} items; expected at most {MOST:,}")
        size = items * math.prod(shape)
        values = np.frombuffer(file.read(size + 1), np.uint8)
    if len(values) != size:
        found = len(values) if len(values) < size else f"more than {size}"
        raise ValueError(
            f"{path}: {found} values after the header; expected {size}, "
            f"the product of {(items, *shape)}"
        )
    return values.reshape(items, *shape).copy()
