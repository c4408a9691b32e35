"""The pad prepares a drawing as MNIST was prepared, and asks the network about just that image."""

import subprocess
import tomllib

import numpy as np
import pytest
import torch
from torch import nn

from helpers import MnistDataset, draw
from helpers.draw import DRAWING, RADIUS, DigitPad, prepare, rasterise, shrink
from helpers.environment import ROOT, progress_file

SEVEN = [[[0.1, 0.2], [0.45, 0.2], [0.2, 0.75]]]  # in the upper left


@pytest.fixture(scope="module")
def digits():
    """Images of the sample, (100, 28, 28)."""
    images, _ = MnistDataset(ROOT / "data/sample/mnist_test.csv.gz").batch(torch.arange(100))
    return images.view(-1, 28, 28)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(784, 200), nn.LeakyReLU(), nn.Linear(200, 10), nn.Sigmoid())


def centre_of_mass(image):
    """Computed pixel by pixel: row and column, counted from 0."""
    ink = [(row, column, value) for (row, column), value in np.ndenumerate(image.numpy())]
    total = sum(value for *_, value in ink)
    return [sum(place[axis] * place[2] for place in ink) / total for axis in (0, 1)]


def box(image):
    """First and last row, first and last column with ink."""
    rows, columns = np.nonzero(image.numpy())
    return rows.min(), rows.max(), columns.min(), columns.max()


def size(image):
    top, bottom, left, right = box(image)
    return bottom - top + 1, right - left + 1


# Preparing.


def test_the_longer_side_of_every_digit_has_20_pixels(digits):
    for digit in digits:
        assert max(size(prepare(digit))) == 20


@pytest.mark.parametrize(
    ("sides", "expected"),
    [((50, 30), (20, 12)), ((30, 50), (12, 20)), ((10, 10), (20, 20)), ((95, 1), (20, 1))],
)
def test_proportions_are_kept(sides, expected):
    drawing = torch.zeros(112, 112)
    drawing[7 : 7 + sides[0], 40 : 40 + sides[1]] = 1
    assert size(prepare(drawing)) == expected


def test_the_centre_of_mass_lies_in_the_middle(digits):
    """At row 14, column 14, counted from 0, to half a pixel: so it is in all of MNIST."""
    for digit in digits:
        assert centre_of_mass(prepare(digit)) == pytest.approx([14, 14], abs=0.501)


@pytest.mark.parametrize(
    ("side", "place"),
    [("bottom", (0, 19)), ("top", (8, 27)), ("right", (0, 19)), ("left", (8, 27))],
)
def test_no_ink_goes_over_the_edge(side, place):
    drawing = torch.full((40, 40), 0.01)
    drawing[39] = 1  # nearly all of the ink lies on one side
    if side in ("top", "left"):
        drawing = drawing.flip(0)
    if side in ("left", "right"):
        drawing = drawing.T
    top, bottom, left, right = box(prepare(drawing))
    assert place == ((top, bottom) if side in ("top", "bottom") else (left, right))


def test_what_is_prepared_stays_as_it_is(digits):
    for digit in digits:
        prepared = prepare(digit)
        assert torch.allclose(prepare(prepared), prepared, atol=1e-6)


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_place_and_size_make_no_difference(digits, times):
    """Enlarged pixel by pixel and put into a corner, a digit is prepared as the original is."""
    for digit in digits[:30]:
        drawing = torch.zeros(112, 112)
        enlarged = torch.from_numpy(np.kron(digit.numpy(), np.ones((times, times), np.float32)))
        drawing[: 28 * times, -28 * times :] = enlarged
        one, other = prepare(drawing), prepare(digit)
        assert (one - other).abs().mean() < 0.02
        assert np.corrcoef(one.flatten(), other.flatten())[0, 1] > 0.97


def test_ink_stays_between_0_and_1(digits):
    for image in (prepare(digits[0]), prepare(rasterise(SEVEN))):
        assert image.dtype == torch.float32 and image.shape == (28, 28)
        assert image.min() == 0 and 0.9 < image.max() <= 1


# Drawing.


def distance(pixel, start, end):
    """From a pixel to the piece of a line, all in pixels: the least of many places along it."""
    share = np.linspace(0, 1, 400)[:, None]
    places = (1 - share) * np.array(start) + share * np.array(end)
    return np.linalg.norm(places - pixel, axis=1).min()


@pytest.mark.parametrize("ends", [([0.2, 0.3], [0.9, 0.8]), ([0.5, 0.1], [0.5, 0.9])])
def test_a_line_has_no_gaps_and_the_width_of_the_brush(ends):
    drawing = rasterise([list(ends)])
    start, end = (np.array(point) * DRAWING - 0.5 for point in ends)
    for (row, column), ink in np.ndenumerate(drawing.numpy()):
        away = distance((column, row), start, end)
        if abs(away - RADIUS) > 1:
            assert ink == (away < RADIUS), (row, column)


def test_a_dot_is_round():
    drawing = rasterise([[[0.5, 0.25]]])
    assert size(drawing) == (2 * RADIUS + 1, 2 * RADIUS + 1)
    assert centre_of_mass(drawing) == [28, 56]
    assert drawing.sum().item() == pytest.approx(np.pi * (RADIUS + 0.25) ** 2, rel=0.1)


def test_lines_are_not_joined_with_each_other():
    one, other = [[0.2, 0.2], [0.2, 0.8]], [[0.8, 0.2], [0.8, 0.8]]
    both = rasterise([one, other])
    assert torch.equal(both, torch.maximum(rasterise([one]), rasterise([other])))


# The pad.


def test_an_empty_pad_gives_no_answer(network):
    pad = DigitPad(network)
    assert pad.outputs is None and torch.equal(pad.image, torch.zeros(784))
    assert "no answer" in repr(pad) and pad._bars == []
    pad.strokes = SEVEN
    assert pad.outputs is not None
    pad.strokes = []
    assert pad.outputs is None and torch.equal(pad.image, torch.zeros(784))


def test_the_outputs_are_those_of_the_network_for_the_image(network):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    assert pad.image.shape == (784,) and pad.image.dtype == torch.float32
    assert pad.outputs.shape == (10,) and pad.outputs.dtype == torch.float32
    assert torch.allclose(pad.outputs, network(pad.image), atol=1e-6)
    assert not pad.outputs.requires_grad
    assert repr(pad) == f"DigitPad: the answer is {network(pad.image).argmax()}"


def test_the_pad_asks_in_eval_mode_and_leaves_the_network_in_its_own(network):
    """With Dropout an answer would change from stroke to stroke; BatchNorm would refuse one image."""
    network = nn.Sequential(network, nn.BatchNorm1d(10), nn.Dropout(0.9))
    pad = DigitPad(network)
    pad.strokes = SEVEN
    assert network.training and network[1].num_batches_tracked == 0
    assert torch.allclose(pad.outputs, network.eval()(pad.image.unsqueeze(0))[0], atol=1e-6)


def test_a_network_for_other_images_fails_at_once():
    """Later, while somebody draws, the error would be seen nowhere."""
    with pytest.raises(ValueError, match=r"the network does not take images \(1, 784\)"):
        DigitPad(nn.Linear(783, 10))


def test_the_browser_is_given_the_same_image_and_outputs(network):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    shown = np.frombuffer(pad._seen, np.uint8)
    assert np.abs(shown / 255 - pad.image.numpy()).max() <= 0.5 / 255 + 1e-6
    assert pad._bars == pytest.approx(pad.outputs.tolist())


def test_the_switch_turns_the_preparation_off(network):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    prepared = pad.image
    assert torch.equal(prepared.view(28, 28), prepare(rasterise(SEVEN)))
    pad.prepared = False
    blocks = rasterise(SEVEN).numpy().reshape(28, 4, 28, 4)
    assert np.allclose(pad.image.view(28, 28), blocks.mean(axis=(1, 3)))
    assert torch.equal(shrink(rasterise(SEVEN)), pad.image.view(28, 28))
    row, column = centre_of_mass(pad.image.view(28, 28))
    assert row < 12 and column < 9, "it stays in the upper left, where it was drawn"
    assert torch.allclose(pad.outputs, network(pad.image), atol=1e-6)
    pad.prepared = True
    assert torch.equal(pad.image, prepared)


def test_where_no_widget_can_live_a_picture_stands(network):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    data, _ = pad._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == repr(pad)
    assert "application/vnd.jupyter.widget-view+json" in data


# What is kept.


@pytest.fixture
def drawings(tmp_path, monkeypatch):
    file = tmp_path / "own" / "drawings.csv"
    monkeypatch.setattr(draw, "DRAWINGS", file)
    return file


def test_what_is_kept_is_the_image_that_the_network_sees(network, drawings, capsys):
    pad, seen = DigitPad(network), []
    for label, prepared in [(7, True), (np.int64(7), False), (7, True)]:  # all of one digit
        pad.prepared, pad.strokes = prepared, SEVEN
        seen.append(np.frombuffer(pad._seen, np.uint8))
        pad.keep(label)
        assert pad.strokes == [] and pad.outputs is None, (
            "to run the cell twice keeps no image twice"
        )
    assert capsys.readouterr().out.splitlines() == [
        f"kept: 7, image {count} of {drawings}" for count in (1, 2, 3)
    ]
    own = MnistDataset(drawings)
    assert np.array_equal(own.images, seen) and own.labels.tolist() == [7, 7, 7]


def test_of_an_empty_pad_nothing_is_kept(network, drawings, capsys):
    DigitPad(network).keep(3)
    expected = "Nothing is drawn, so nothing is kept: draw a 3, and keep it then.\n"
    assert capsys.readouterr().out == expected and not drawings.exists()


@pytest.mark.parametrize("label", [10, -1, "7", None, 2.5])
def test_a_label_that_is_no_digit_is_named(network, drawings, label):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    with pytest.raises(ValueError) as error:
        pad.keep(label)
    assert str(error.value) == f"the label is {label!r}; expected a whole number from 0 to 9"
    assert pad.strokes == SEVEN and not drawings.exists()


def test_a_folder_that_cannot_be_written_is_named_and_the_drawing_stays(network, drawings):
    pad = DigitPad(network)
    pad.strokes = SEVEN
    drawings.parent.touch()  # a file where the folder should be
    with pytest.raises(
        OSError, match="^.*drawings.csv could not be written .*; the course needs a"
    ):
        pad.keep(7)
    assert pad.strokes == SEVEN


def test_what_is_kept_lies_beside_the_progress_in_a_file_that_git_ignores(monkeypatch):
    """So tests, which keep their progress elsewhere, leave a learner's drawings alone."""
    assert draw.DRAWINGS == progress_file().parent / "own" / "drawings.csv"
    assert ROOT not in draw.DRAWINGS.parents
    monkeypatch.delenv("COURSE_PROGRESS")
    assert progress_file().parent == ROOT / "data"
    subprocess.run(["git", "check-ignore", "-q", "data/own/drawings.csv"], cwd=ROOT, check=True)


def test_what_the_browser_runs_is_shipped():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "draw.js" in setuptools["package-data"]["helpers"]
    assert str(DigitPad._esm) == (ROOT / "helpers/draw.js").read_text("utf-8")
