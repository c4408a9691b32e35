"""MNIST's CSV and IDX files are read and written to the byte; all others are rejected in one line."""

import gzip
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.formats import add_to_csv, read_csv, read_idx, write_csv

RNG = np.random.default_rng(0)
ROWS = np.column_stack([[7, 0, 9, 2, 4], RNG.integers(0, 256, (5, 784))])
LABELS, IMAGES = ROWS[:, 0], ROWS[:, 1:].astype(np.uint8)
MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark, as Excel writes it


def csv(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def csv_with(text, row, column):
    """ROWS with one number replaced by a text; row and column count from 1, as in messages."""
    rows = ROWS.astype(object)
    rows[row - 1, column - 1] = text
    return csv(rows)


def header(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


def idx(array, magic):
    return header(magic, *array.shape) + array.astype(np.uint8).tobytes()


def idx_pair(rows):
    return idx(rows[:, 1:].reshape(-1, 28, 28), 2051), idx(rows[:, 0], 2049)


GOOD_IMAGES, GOOD_LABELS = idx_pair(ROWS)


@pytest.fixture
def put(tmp_path):
    """Write one content, as CSV, or two, as IDX files; returns the paths."""

    def write(*contents):
        names = ["images", "labels"] if len(contents) == 2 else ["digits.csv"]
        for name, content in zip(names, contents, strict=True):
            (tmp_path / name).write_bytes(content)
        return [tmp_path / name for name in names]

    return write


def read(files):
    return read_csv(*files) if len(files) == 1 else read_idx(*files)


def rejection(files):
    """The line with which a CSV file, or a pair of IDX files, is rejected."""
    with pytest.raises(ValueError) as error:
        read(files)
    assert is_one_clear_line(str(error.value), files)
    return str(error.value)


def is_one_clear_line(message, files):
    assert any(str(file) in message for file in files)
    return message.isascii() and message.isprintable() and len(message) < 600


def assert_read(files, rows=ROWS):
    """Images and labels are those of `rows`, of the promised types, and may be changed, as torch expects."""
    images, labels = read(files)
    assert images.dtype == np.uint8 and np.array_equal(images, rows[:, 1:])
    assert labels.dtype == np.int64 and np.array_equal(labels, rows[:, 0])
    assert all(array.flags.writeable and array.flags.c_contiguous for array in (images, labels))


# CSV.


@pytest.mark.parametrize(
    "retell",
    [
        lambda text: text,
        lambda text: gzip.compress(text),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.removesuffix(b"\n"),
        lambda text: MARK + text,
        lambda text: text.replace(b",", b", "),
        lambda text: text.replace(b"\n", b"\n\n"),
        lambda text: text.replace(b",7,", b",007,"),
    ],
    ids=["usual", "gzip", "Windows", "no last line end", "byte order mark", "spaces", "empty lines", "zeros"],
)  # fmt: skip
def test_csv_is_read_however_the_same_text_is_written(put, retell):
    assert_read(put(retell(csv(ROWS))))


@pytest.mark.parametrize("first", [b"label,1x1,1x2,...,28x28\r\n", b"label,pixel0,...,pixel783\n"])
def test_kaggles_header_is_skipped_and_counted_as_a_row(put, first):
    assert_read(put(first + csv(ROWS)))
    assert "row 3, column 8: the pixel is 'x'" in rejection(put(first + csv_with("x", 2, 8)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty; expected rows of 785 numbers$"),
        (MARK + b"\r\n \n", "the file is empty; expected rows of 785 numbers$"),
        (b"label,pixel0\n", "the file is empty; expected rows of 785 numbers$"),
        (b"pixel1," + csv(ROWS), "row 1: a header that starts with 'pixel1'; expected the label first$"),
        (b",label," + csv(ROWS), "row 1: found 787 columns; expected 785"),
        (csv([*ROWS[:3], ROWS[3][:100], ROWS[4]]), "row 4: found 100 columns; expected 785, separated by "
         "commas: the label, then 28 x 28 pixels$"),
        (csv([*ROWS[:3], [*ROWS[3], 1], ROWS[4]]), "row 4: found 786 columns; expected 785"),
        (csv(ROWS[:, :-1]), "row 1: found 784 columns; expected 785"),
        (csv([*ROWS[:2], [], ["  "], *ROWS[2:]]), "row 4: found 1 columns; expected 785"),
        (csv_with("x", 3, 8).replace(b"\n", b"\r\n"), "row 3, column 8: the pixel is 'x'; expected"),
        (csv(ROWS).replace(b",", b";"), "row 1: found 1 columns; expected 785, separated by commas"),
        (csv(ROWS[:2]).replace(b"\n", b"\r"), "row 1: found 1569 columns; expected 785"),
        (csv(ROWS).decode().encode("utf-16"), r"row 1, column 1: the label is '\\\\xff\\\\xfe7\\x00'"),
        (b"<html>Log in", "row 1: found 1 columns; expected 785"),
        (b"PK\3\4" + bytes(99), "a ZIP or NPZ archive; expected CSV: unpack it, or .*write_csv$"),
    ],
)  # fmt: skip
def test_a_bad_csv_file_gets_one_line_with_file_row_and_expectation(put, content, message):
    assert re.search(message, rejection(put(content)))


@pytest.mark.parametrize("label", ["10", "-1", "", "+1", "1.0", "x", "5" * 20])
def test_a_bad_label_is_named(put, label):
    assert rejection(put(csv_with(label, row=2, column=1))).endswith(
        f", row 2, column 1: the label is {label!r}; expected a whole number from 0 to 9"
    )


@pytest.mark.parametrize(
    "pixel",
    ["256", "300", "999", "1000", "65536", "-3", "-0", "+5", "0.5", "3.0", "1e2", "0x5", "1_0", "x"]
    + ["NaN", "", "  ", "1 2", "\t5", "\x005", "1:", "/", "'", '"5"', "5" * 20, "5\r6", "9" * 5000],
)  # fmt: skip
def test_a_bad_pixel_is_named(put, pixel):
    shown = repr(pixel) if len(pixel) <= 20 else f"{pixel[:20]!r}..."
    assert rejection(put(csv_with(pixel, row=5, column=8))).endswith(
        f", row 5, column 8: the pixel is {shown}; expected a whole number from 0 to 255"
    )


@pytest.mark.parametrize("pixel", ["1\u01fe", "1\U000f0001", "1\U0010ffff", "\u0663", "\u00a05"])
def test_a_character_outside_ascii_is_no_digit(put, pixel):
    """NumPy's loadtxt takes the first for 216; the next two may kill the process."""
    assert "row 3, column 8: the pixel is " in rejection(put(csv_with(pixel, row=3, column=8)))


def test_labels_in_the_last_column_are_rejected(put):
    """As OpenML has them: the first column, blank, would make each label a 0."""
    rows = np.column_stack([[0] * 5, IMAGES[:, 2:], [0] * 5, LABELS])
    assert rejection(put(csv(rows))).endswith(
        ": the last column looks like the labels, 5 different numbers from 0 to 9; expected the "
        "labels in the first column: move them there"
    )
    rows[:, 0] = [10, 3, 3, 3, 3]  # not blank, nor labels
    assert "the last column looks like the labels" in rejection(put(csv(rows)))


def test_a_last_column_that_is_no_more_varied_than_the_labels_is_of_pixels(put):
    for first, last in ((LABELS, [0, 1, 2, 3, 9]), ([3] * 5, [0, 0, 3, 9, 10])):
        rows = np.column_stack([first, IMAGES[:, 1:], last])
        assert_read(put(csv(rows)), rows)


def test_a_hundred_labels_that_are_all_one_are_rejected(put):
    """Fewer may be what somebody has drawn."""
    rows = np.tile(ROWS, (20, 1))
    rows[:, 0] = 3
    for few in (rows[:1], rows[:99]):
        assert_read(put(csv(few)), few)
    for contents in ([csv(rows)], idx_pair(rows)):
        files = put(*contents)
        assert rejection(files).endswith(
            f"{files[-1]}: all 100 labels are 3; expected different digits, in a CSV file in the "
            "first column"
        )


def test_what_is_written_is_the_plain_text_of_the_numbers(tmp_path):
    images, labels, file = np.resize(np.arange(256), (10, 784)), np.arange(10), tmp_path / "a.csv"
    write_csv(file, images, labels)
    assert file.read_bytes() == csv(np.column_stack([labels, images]))
    with pytest.raises(ValueError):
        write_csv(file, images, labels[1:])


def test_rows_are_added_one_by_one_and_what_was_there_stays(tmp_path):
    file = tmp_path / "a folder" / "digits.csv"
    for count, (label, *pixels) in enumerate(ROWS.tolist(), start=1):
        assert add_to_csv(file, np.array(pixels, np.uint8), label) == count
        assert file.read_bytes() == csv(ROWS[:count])
    assert list(file.parent.iterdir()) == [file]
    for before in (b"label,pixel0\r\n" + csv(ROWS), csv(ROWS).removesuffix(b"\n"), b"\n"):
        file.write_bytes(before)
        add_to_csv(file, IMAGES[0], 7)
        assert file.read_bytes() == before.removesuffix(b"\n") + b"\n" + csv(ROWS[:1])


def test_to_a_bad_csv_file_nothing_is_added(put):
    (file,) = put(csv_with("x", 3, 8))
    with pytest.raises(ValueError, match="row 3, column 8"):
        add_to_csv(file, IMAGES[0], 7)
    assert file.read_bytes() == csv_with("x", 3, 8)


# IDX.


def test_idx_is_read_and_the_first_bytes_tell_gzip_not_the_name(put):
    assert_read(put(GOOD_IMAGES, GOOD_LABELS))
    assert_read(put(gzip.compress(GOOD_IMAGES), gzip.compress(GOOD_LABELS)))
    images, labels = put(GOOD_IMAGES, gzip.compress(GOOD_LABELS))
    assert_read([images.rename(images.with_suffix(".gz")), labels])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (GOOD_LABELS, GOOD_LABELS, r"images: starts with b'\\x00\\x00\\x08\\x01'; expected an IDX file, "
         "whose header of 16 bytes starts with the magic number 2051$"),
        (GOOD_IMAGES, GOOD_IMAGES, r"labels: .*; expected .* of 8 bytes starts with the magic number 2049$"),
        (b"<html>Log in to read", GOOD_LABELS, "images: starts with b'<htm'; expected an IDX file"),
        (b"", GOOD_LABELS, "images: starts with b''; expected an IDX file"),
        (GOOD_IMAGES[:15], GOOD_LABELS, "images: .* header of 16 bytes"),
        (GOOD_IMAGES, GOOD_LABELS[:7], "labels: .* header of 8 bytes"),
        (idx(np.zeros((3, 28, 28)), 2051), GOOD_LABELS, "has 3 images, .* has 5 labels; expected as many of each$"),
        (idx(np.zeros((5, 8, 8)), 2051), GOOD_LABELS, r"images of \(8, 8\) pixels; expected \(28, 28\)"),
        (header(2051, 0, 28, 28), header(2049, 0), "images: the file holds no images$"),
        (GOOD_IMAGES, idx(np.array([1, 9, 10, 4, 11]), 2049), "labels, item 2: label 10; expected 0 to 9$"),
        (header(2051, 2**32 - 1, 28, 28), GOOD_LABELS, "images: 0 values after the header; expected 3367254359280"),
        (GOOD_IMAGES[:-1], GOOD_LABELS, r"3919 values after the header; expected 3920, the product of \(5, 28, 28\)$"),
        (GOOD_IMAGES, GOOD_LABELS + b"\0", r"labels: 6 values after .*; expected 5, the product of \(5,\)$"),
    ],
)  # fmt: skip
def test_bad_idx_files_get_one_line(put, images, labels, message):
    assert re.search(message, rejection(put(images, labels)))


# Files of either kind.


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.csv"):
        read_csv(tmp_path / "none.csv")


def test_a_broken_gzip_file_is_named(put):
    whole = gzip.compress(csv(ROWS))
    inside = whole[:10] + b"\xff" + whole[11:]
    for broken in (whole[:-200], whole[:-8] + bytes(8), inside, whole + b"more", whole[:2]):
        assert re.search(r"csv: broken gzip file \(.*\); copy it anew$", rejection(put(broken)))


# Random damage, judged by parsers that share nothing with the readers: all rows, or none if anything is wrong.


def judge_csv(content):
    rest = re.sub(rb"^label,.*\n", b"", content.removeprefix(MARK))
    lines = re.split(rb"\r?\n|\r$", rest)
    rows = [[judge_field(field) for field in line.split(b",")] for line in lines if line]
    if any(len(row) != 785 or max(row) > 255 or row[0] > 9 for row in rows):
        return []
    firsts, lasts = {row[0] for row in rows}, {row[-1] for row in rows}
    return [] if rows and max(lasts) <= 9 and len(lasts) > len(firsts) else rows


def judge_field(field):
    return float(field) if field.strip(b" ").isdigit() else 256


def judge_idx(images, labels):
    images, pixels, labels, digits = images[:16], images[16:], labels[:8], labels[8:]
    n = len(digits)
    if (images, labels) != (header(2051, n, 28, 28), header(2049, n)) or len(pixels) != 784 * n:
        return []
    rows = [[digits[i], *pixels[784 * i : 784 * (i + 1)]] for i in range(n)]
    return [] if any(row[0] > 9 for row in rows) else rows


PIECES = [b"", b" ", b",", b", ", b"\n", b"\r\n", b"\r", b"0", b"7", b"42", b"255", b"256", b"005"]
PIECES += [b"+5", b"-", b".", b"1e2", b"nan", b":", b"/", b"\0", b"\x1a", b"9" * 5000, b"1," * 9000]
PIECES += ["1\u01fe".encode(), "\U000f0001".encode(), b"\xff", MARK, header(2**32 - 1), header(0)]
PIECES += [b"label,", b"label,1x1\n", b"\x1f\x8b", b"PK"]

# A few pieces, each with its place, often near the start, and the length of what it replaces.
DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 20) | st.integers(0, 8000),
        st.integers(0, 4) | st.integers(0, 8000),
        st.sampled_from(PIECES) | st.binary(max_size=4),
    ),
    max_size=3,
)


@st.composite
def damaged(draw, content):
    """The content, damaged, perhaps packed and damaged anew; and what can be unpacked of it, or None."""
    for pack in (bytes, lambda content: gzip.compress(content, 1))[: draw(st.integers(1, 2))]:
        content = pack(content)
        for place, length, piece in draw(DAMAGE):
            content = content[:place] + piece + content[place + length :]
    try:
        return content, gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, OSError, zlib.error):
        return content, None


def read_or_reject(files):
    """Return the rows that a reader returns; none where it rejects the files, in one line."""
    try:
        images, labels = read(files)
    except ValueError as error:
        assert is_one_clear_line(str(error), files)
        return []
    return np.column_stack([labels, images]).tolist()


a_thousand = settings(max_examples=1000, deadline=None, database=None, derandomize=True,
                      suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip


@a_thousand
@given(damage=damaged(csv(ROWS[:3])))
def test_a_damaged_csv_file_is_read_right_or_rejected_in_one_line(put, damage):
    content, unpacked = damage
    expected = [] if unpacked is None else judge_csv(unpacked)
    assert read_or_reject(put(content)) == expected


@a_thousand
@given(images=damaged(GOOD_IMAGES), labels=damaged(GOOD_LABELS))
def test_damaged_idx_files_are_read_right_or_rejected_in_one_line(put, images, labels):
    expected = [] if None in (images[1], labels[1]) else judge_idx(images[1], labels[1])
    assert read_or_reject(put(images[0], labels[0])) == expected
