"""MNIST's CSV and IDX files are read and written to the byte; all others are refused in one line."""

import gzip
import re
import struct
import tracemalloc
import zlib
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import formats
from helpers.formats import read_csv, read_idx, write_csv

RNG = np.random.default_rng(0)
ROWS = np.column_stack([[7, 0, 9, 2, 4], RNG.integers(0, 256, (5, 784))])
IMAGES, LABELS = ROWS[:, 1:].astype(np.uint8), ROWS[:, 0]
MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark, as Excel writes it


@pytest.fixture(params=["digits.csv", "digits.csv.gz"])
def file(request, tmp_path):
    return tmp_path / request.param


def put(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def csv(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def changed(row, column, value):
    """ROWS with one number replaced by a text; row and column count from 1, as in messages."""
    rows = ROWS.astype(object)
    rows[row - 1, column - 1] = value
    return rows


def idx(array, magic):
    return header(magic, *array.shape) + array.astype(np.uint8).tobytes()


def header(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


def put_idx(folder, images, labels, ending=""):
    return put(folder / f"images{ending}", images), put(folder / f"labels{ending}", labels)


GOOD_IMAGES, GOOD_LABELS = idx(IMAGES.reshape(-1, 28, 28), 2051), idx(LABELS, 2049)


def refusal(*files):
    """The line with which a CSV file, or a pair of IDX files, is refused."""
    with pytest.raises(ValueError) as error:
        read_csv(*files) if len(files) == 1 else read_idx(*files)
    assert is_one_clear_line(str(error.value), files)
    return str(error.value)


def is_one_clear_line(message, files):
    named = any(str(file) in message for file in files)
    return named and message.isascii() and message.isprintable() and len(message) < 600


def test_csv_is_read(file):
    images, labels = read_csv(put(file, csv(ROWS)))
    assert images.dtype == np.uint8 and np.array_equal(images, IMAGES)
    assert labels.dtype == np.int64 and np.array_equal(labels, LABELS)


@pytest.mark.parametrize(
    "retell",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.removesuffix(b"\n"),
        lambda text: MARK + text,
        lambda text: text.replace(b",", b", "),
    ],
    ids=["Windows", "no last line end", "byte order mark", "spaces"],
)
def test_other_systems_ways_to_write_the_same_text_are_read(file, retell):
    images, labels = read_csv(put(file, retell(csv(ROWS))))
    assert np.array_equal(images, IMAGES) and np.array_equal(labels, LABELS)


def test_what_is_read_can_be_changed(tmp_path):
    """A tensor made of an array that is read-only would be a warning."""
    pairs = put_idx(tmp_path, GOOD_IMAGES, GOOD_LABELS)
    for array in (*read_csv(put(tmp_path / "digits.csv", csv(ROWS))), *read_idx(*pairs)):
        assert array.flags.writeable and array.flags.c_contiguous


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty; expected rows of 785 numbers$"),
        (MARK, "the file is empty; expected rows of 785 numbers$"),
        (b"label," + csv(ROWS), "row 1: found the text 'label', a header perhaps; expected numbers only$"),
        (csv([*ROWS[:3], ROWS[3][:100], ROWS[4]]), "row 4: found 100 columns; expected 785, the label and 28 x 28 pixels$"),
        (csv([*ROWS[:3], [*ROWS[3], 1], ROWS[4]]), "row 4: found 786 columns; expected 785"),
        (csv(ROWS[:, :-1]), "row 1: found 784 columns; expected 785"),
        (csv([*ROWS[:2], [], *ROWS[2:]]), "row 3: found 0 columns; expected 785"),
        (csv([*ROWS[:2], ["  "], *ROWS[2:]]), "row 3: found 0 columns; expected 785"),
        (csv(ROWS) + b"\n", "row 6: found 0 columns; expected 785"),
        (csv(ROWS)[:-5000], "row 4: found .* columns; expected 785"),
        (csv([[*row, ""] for row in ROWS]), "row 1: found 786 columns"),
        (csv(ROWS).replace(b",", b"\n", 1), "row 1: found 1 columns; expected 785"),
        (csv(ROWS).replace(b",", b";"), "row 1: found 1 columns; expected 785"),
        (csv(ROWS[:2]).replace(b"\n", b"\r"), "row 1: found 1569 columns; expected 785"),
        (csv(ROWS).replace(b"\n", b"\r\n").removesuffix(b"\n"), r"row 5: .* column 785 is '\d+\\r'"),
        (csv(ROWS).decode().encode("utf-16"), "row 1: not text; expected comma-separated numbers$"),
        (bytes(range(128, 256)) * 9, "row 1: not text; expected comma-separated numbers"),
        (csv(ROWS) + MARK + csv(ROWS), "row 6: not text; expected comma-separated numbers"),
        (b",".join([b"7"] * 20_000), "row 1: longer than 10,000 bytes; expected 785 numbers$"),
        (b", ".join([b"7"] * 20_000), "row 1: longer than 10,000 bytes; expected 785 numbers"),
        (csv(ROWS) + bytes(1 << 20), "row 6: longer than 10,000 bytes; expected 785 numbers"),
    ],
)  # fmt: skip
def test_a_bad_csv_file_gets_one_line_with_file_row_and_expectation(file, content, message):
    assert re.search(message, refusal(put(file, content)))


@pytest.mark.parametrize("label", ["10", "-1", "", "+1", "01", " 1", "1.0", "5" * 20])
def test_a_bad_label_is_named(file, label):
    message = refusal(put(file, csv(changed(row=2, column=1, value=label))))
    assert message.endswith(
        f", row 2: the label is {label!r}; expected a whole number from 0 to 9, like 5, not 5.0, +5 or 005"
    )


@pytest.mark.parametrize("length", [21, 5000])
def test_only_the_first_twenty_characters_of_a_long_field_are_shown(file, length):
    message = refusal(put(file, csv(changed(row=2, column=1, value="5" * length))))
    assert f"row 2: the label is '{'5' * 20}'...; expected" in message


@pytest.mark.parametrize(
    "pixel",
    ["256", "300", "356", "999", "1000", "65536", "-3", "-0", "+5", "005", "00", "0.5", "3.0", "1e2"]
    + ["0x5", "1_0", "x", "NaN", "", "  5", "5 ", "1 2", "\t5", "\x005", "1:", "1/", "/", "'", "5" * 5000],
)  # fmt: skip
def test_a_bad_pixel_is_named(file, pixel):
    message = refusal(put(file, csv(changed(row=5, column=8, value=pixel))))
    shown = pixel.replace("  5", " 5")  # one space may follow a comma
    assert f"row 5: the pixel in column 8 is {shown[:20]!r}" in message
    assert "expected a whole number from 0 to 255, " in message


@pytest.mark.parametrize(
    "pixel", ["1\u01fe", "1\U000f0001", "1\U0010ffff", "\u0663", "\u00b2", "\u00a05"]
)
def test_a_character_outside_ascii_is_not_text(file, pixel):
    """NumPy's loadtxt takes the first for 216; the next two may kill the process."""
    message = refusal(put(file, csv(changed(row=3, column=8, value=pixel))))
    assert "row 3: not text; expected comma-separated numbers" in message


@pytest.mark.parametrize("block", [1, 5000])
def test_rows_are_counted_through_all_blocks(file, monkeypatch, block):
    monkeypatch.setattr(formats, "BLOCK", block)
    assert np.array_equal(read_csv(put(file, MARK + csv(ROWS)))[0], IMAGES)
    assert "row 5: the label is 'x'" in refusal(put(file, csv(changed(5, 1, "x"))))


def test_a_row_without_an_end_is_not_counted_out(file, monkeypatch):
    monkeypatch.setattr(formats, "BLOCK", 1)
    endless = put(file, csv(ROWS) + b", ".join([b"7"] * 20_000))
    assert "row 6: longer than 10,000 bytes; expected 785 numbers" in refusal(endless)


def test_a_fault_at_the_end_of_a_long_file_is_soon_explained(tmp_path, monkeypatch):
    """Only the rows of its block are read a second time."""
    explained = mock.Mock(wraps=formats._row_fault)
    monkeypatch.setattr(formats, "_row_fault", explained)
    assert "row 2000: found 784 columns" in refusal(
        put(tmp_path / "cut.csv", csv([*np.tile(ROWS, (400, 1))[:-1], ROWS[4][:-1]]))
    )
    assert explained.call_count < 200


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r"nowhere\.csv: no such file; expected a file with MNIST images or labels$",
    ):
        read_csv(tmp_path / "nowhere.csv")
    with pytest.raises(FileNotFoundError, match="labels: no such file"):
        read_idx(put(tmp_path / "images", GOOD_IMAGES), tmp_path / "labels")
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}: a folder; expected a file"):
        read_csv(tmp_path)


DENIED = PermissionError(13, "Permission denied")


@pytest.mark.parametrize(("ending", "call"), [("", "pathlib.Path.open"), (".gz", "gzip.open")])
def test_a_file_that_must_not_be_read_is_named(tmp_path, ending, call):
    file = put(tmp_path / f"digits.csv{ending}", csv(ROWS))
    pair = put_idx(tmp_path, GOOD_IMAGES, GOOD_LABELS, ending)
    with mock.patch(call, side_effect=DENIED):
        for files in ([file], pair):
            assert refusal(*files).endswith(
                ": cannot be read (Permission denied); check its permissions, or copy it anew"
            )


def test_a_file_in_a_folder_that_must_not_be_entered_is_named(tmp_path):
    """Pythons differ: some say that the file may not be looked at, others that there is none."""
    with mock.patch("os.stat", side_effect=DENIED):
        with pytest.raises((ValueError, FileNotFoundError), match=r"digits\.csv: (cannot|no such)"):
            read_csv(tmp_path / "digits.csv")


def test_a_broken_gzip_file_is_named(tmp_path):
    file = put(tmp_path / "digits.csv.gz", csv(ROWS))
    whole = file.read_bytes()
    inside = whole[:10] + b"\xff" + whole[11:]
    for broken in (whole[:-200], whole[:-8] + bytes(8), inside, csv(ROWS), whole + b"more"):
        file.write_bytes(broken)
        assert re.search(r"digits\.csv\.gz: broken gzip file \(.*\); copy it anew", refusal(file))


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_is_read(tmp_path, ending):
    images, labels = read_idx(*put_idx(tmp_path, GOOD_IMAGES, GOOD_LABELS, ending))
    assert images.dtype == np.uint8 and np.array_equal(images, IMAGES)
    assert labels.dtype == np.int64 and np.array_equal(labels, LABELS)


def test_the_longest_row_that_is_explained_field_by_field(file):
    """One byte less than the limit for a row; at the limit the row itself is what is wrong."""
    for length, message in ((9_999, "found 5000 columns"), (10_000, "longer than 10,000 bytes")):
        row = b",".join([b"7"] * 5_000).ljust(length, b"7")
        assert f"row 1: {message}" in refusal(put(file, row))


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (idx(np.zeros((5, 28, 28)), 9), GOOD_LABELS, "images.*: magic number 9; expected 2051"),
        (GOOD_IMAGES, idx(LABELS, 9), "labels.*: magic number 9; expected 2049$"),
        (header(9), GOOD_LABELS, "images.*: magic number 9; expected 2051$"),
        (header(2051), GOOD_LABELS, "images.*: 4 bytes; expected a header of 16 bytes$"),
        (idx(np.zeros((3, 28, 28)), 2051), GOOD_LABELS, "has 3 images, .* has 5 labels; expected as many of each$"),
        (idx(np.zeros((5, 8, 8)), 2051), GOOD_LABELS, r"images of \(8, 8\) pixels; expected \(28, 28\)"),
        (idx(np.zeros((5, 28, 0)), 2051), GOOD_LABELS, r"images of \(28, 0\) pixels; expected \(28, 28\)"),
        (idx(np.zeros((0, 28, 28)), 2051), idx(np.zeros(0), 2049), "images.*: the file holds no images$"),
        (GOOD_IMAGES, idx(np.array([1, 9, 10, 4, 11]), 2049), "labels.*, item 2: label 10; expected 0 to 9$"),
        (header(2051, 2**31, 2**31, 4), GOOD_LABELS, r"images of \(2147483648, 4\) pixels; expected"),
        (header(2051, 2**32 - 1, 28, 28), GOOD_LABELS, "images.*: 4,294,967,295 items; expected at most 1,000,000"),
        (GOOD_IMAGES, header(2049, 2**32 - 1), "labels.*: 4,294,967,295 items; expected at most 1,000,000"),
        (b"ab", GOOD_LABELS, "images.*: 2 bytes; expected a header of 16 bytes"),
        (GOOD_IMAGES[:15], GOOD_LABELS, "images.*: 15 bytes; expected a header of 16 bytes"),
        (GOOD_IMAGES, b"", "labels.*: 0 bytes; expected a header of 8 bytes"),
        (GOOD_IMAGES[:-1], GOOD_LABELS, r"3919 values after the header; expected 3920, the product of \(5, 28, 28\)"),
        (GOOD_IMAGES + b"\0", GOOD_LABELS, "images.*: more than 3920 values after the header; expected 3920"),
        (GOOD_IMAGES, GOOD_LABELS + b"more", r"labels.*: more than 5 values after .*; expected 5, the product of \(5,\)"),
    ],
)  # fmt: skip
def test_bad_idx_files_get_one_line(tmp_path, images, labels, message, ending):
    assert re.search(message, refusal(*put_idx(tmp_path, images, labels, ending)))


def test_a_cut_idx_file_is_named(tmp_path):
    images, labels = put_idx(tmp_path, GOOD_IMAGES, GOOD_LABELS, ".gz")
    labels.write_bytes(labels.read_bytes()[:-9])
    assert "labels.gz: broken gzip file" in refusal(images, labels)


def test_more_images_than_memory_may_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST", 4)
    monkeypatch.setattr(formats, "BLOCK", 1)
    assert refusal(put(tmp_path / "digits.csv", csv(ROWS))).endswith(
        ": more than 4 rows; expected at most as many"
    )
    assert "5 items; expected at most 4" in refusal(*put_idx(tmp_path, GOOD_IMAGES, GOOD_LABELS))
    assert len(read_csv(put(tmp_path / "digits.csv", csv(ROWS[:4])))[1]) == 4
    four = idx(IMAGES[:4].reshape(-1, 28, 28), 2051), idx(LABELS[:4], 2049)
    assert len(read_idx(*put_idx(tmp_path, *four))[1]) == 4


def test_a_small_gzip_file_that_grows_to_a_huge_one_takes_no_memory(tmp_path):
    huge = bytes(100 << 20)
    files = [put(tmp_path / "digits.csv.gz", huge)]
    pair = put_idx(tmp_path, GOOD_IMAGES + huge, GOOD_LABELS, ".gz")
    del huge
    tracemalloc.start()
    assert "row 1: longer than 10,000 bytes" in refusal(*files)
    assert "more than 3920 values after the header" in refusal(*pair)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 << 20


def test_what_is_written_is_the_plain_text_of_the_numbers(tmp_path):
    images = np.resize(np.arange(256, dtype=np.uint8), (10, 784))
    labels = np.arange(10)
    write_csv(tmp_path / "digits.csv", images, labels)
    assert (tmp_path / "digits.csv").read_bytes() == csv(np.column_stack([labels, images]))
    for read, written in zip(read_csv(tmp_path / "digits.csv"), (images, labels), strict=True):
        assert np.array_equal(read, written)


def test_as_many_labels_as_images_are_written(tmp_path):
    with pytest.raises(ValueError):
        write_csv(tmp_path / "digits.csv", IMAGES, LABELS[:-1])


# From here on: files with random damage, judged by parsers that share nothing with the readers.

PIXEL = "[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]"
ROW = re.compile(f"[0-9](, ?({PIXEL})){{784}}".encode())


def judge_csv(content):
    """Return all rows, and the number of the first bad one or None."""
    lines = re.split(b"\r?\n", content.removeprefix(MARK))
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, start=1):
        if not ROW.fullmatch(line):
            return [], number
    return [[int(field) for field in line.split(b",")] for line in lines], None


def judge_idx(images, labels):
    """Return all rows; none if anything is wrong."""
    images, pixels = images[:16], images[16:]
    labels, digits = labels[:8], labels[8:]
    n = len(digits)
    if (images, labels) != (header(2051, n, 28, 28), header(2049, n)) or len(pixels) != 784 * n:
        return []
    rows = [[digits[i], *pixels[784 * i : 784 * (i + 1)]] for i in range(n)]
    return [] if any(row[0] > 9 for row in rows) else rows


PIECES = [b"", b" ", b",", b", ", b"\n", b"\r\n", b"\r", b"0", b"7", b"42", b"255", b"256", b"005"]
PIECES += [b"+5", b"-", b".", b"1e2", b"nan", b":", b"/", b"\0", b"\x1a", b"9" * 5000, b"1," * 9000]  # fmt: skip
PIECES += ["1\u01fe".encode(), "\U000f0001".encode(), b"\xff", MARK, header(2**32 - 1), header(0)]

# A few pieces, each with its place, often near the start, and the length of what it replaces.
DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 20) | st.integers(0, 8000),
        st.integers(0, 4) | st.integers(0, 8000),
        st.sampled_from(PIECES) | st.binary(max_size=4),
    ),
    max_size=3,
)


def damaged(content, damage):
    for place, length, piece in damage:
        content = content[:place] + piece + content[place + length :]
    return content


def put_damaged(file, content, inside, outside):
    """Write the damaged content, packed and damaged anew for ``.gz``; return what can be unpacked."""
    file.write_bytes(damaged(content, inside))
    if file.suffix != ".gz":
        return file.read_bytes()
    file.write_bytes(damaged(gzip.compress(file.read_bytes(), 1), outside))
    try:
        return gzip.decompress(file.read_bytes())
    except (EOFError, OSError, zlib.error):
        return None


def read(*files):
    """Return the rows that a reader returns, or none and its message; other exceptions pass."""
    try:
        images, labels = read_csv(*files) if len(files) == 1 else read_idx(*files)
    except ValueError as error:
        assert is_one_clear_line(str(error), files)
        return [], str(error)
    return np.column_stack([labels, images]).tolist(), ""


@pytest.fixture(scope="module", params=["", ".gz"], ids=["plain", "gzip"])
def damaged_files(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    return [folder / f"{name}{request.param}" for name in ("digits.csv", "images", "labels")]


def some_thousand(test):
    return settings(max_examples=1000, deadline=None, database=None, derandomize=True)(test)


@some_thousand
@given(inside=DAMAGE, outside=DAMAGE, block=st.sampled_from([1, 3000, 1 << 18]))
def test_a_damaged_csv_file_is_read_right_or_refused_in_one_line(
    damaged_files, inside, outside, block
):
    file, *_ = damaged_files
    content = put_damaged(file, csv(ROWS[:3]), inside, outside)
    with mock.patch.object(formats, "BLOCK", block):
        found, message = read(file)
    expected, bad_row = ([], None) if content is None else judge_csv(content)
    assert found == expected
    assert bad_row is None or f"{file}, row {bad_row}: " in message


@some_thousand
@given(inside=DAMAGE, outside=DAMAGE, inside_labels=DAMAGE, outside_labels=DAMAGE)
def test_damaged_idx_files_are_read_right_or_refused_in_one_line(
    damaged_files, inside, outside, inside_labels, outside_labels
):
    _, *files = damaged_files
    images = put_damaged(files[0], GOOD_IMAGES, inside, outside)
    labels = put_damaged(files[1], GOOD_LABELS, inside_labels, outside_labels)
    found, _ = read(*files)
    assert found == ([] if None in (images, labels) else judge_idx(images, labels))
