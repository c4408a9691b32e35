"""A folder of your own images becomes a dataset like MNIST's, or says in one line what is wrong."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import ConcatDataset

from helpers import MnistDataset, accuracy, train
from helpers.draw import prepare
from helpers.environment import ROOT
from helpers.own import FolderDataset

SAMPLE = MnistDataset(ROOT / "data/sample/mnist_test.csv.gz")
COUNT = 20
DIGITS, LABELS = SAMPLE.images[:COUNT].view(-1, 28, 28).numpy(), SAMPLE.labels[:COUNT]


def on_a_sheet(digit):
    """Three times as large, at the lower left of 200 x 300 pixels."""
    sheet = np.zeros((200, 300), np.uint8)
    sheet[-84:, :84] = np.kron(digit, np.ones((3, 3), np.uint8))
    return sheet


def scanned(digit):
    noise = np.random.default_rng(0).normal(10, 3, (200, 300)).clip(0, 20).astype(np.uint8)
    return np.maximum(on_a_sheet(digit), noise)


def transparent(digit):
    """Black ink that is as opaque as the digit is bright."""
    return np.dstack([np.zeros((*digit.shape, 3), np.uint8), digit])


# How an image of the sample is stored: what becomes of it, the file's ending, invert.
FORMS = {
    "as it is": (lambda digit: digit, "png", False),
    "dark on white": (lambda digit: 255 - digit, "PNG", True),
    "large, in a corner": (on_a_sheet, "png", False),
    "a scan": (lambda digit: 255 - scanned(digit), "jpg", True),
    "transparent paper": (transparent, "png", True),
    "in colour": (lambda digit: np.dstack([digit] * 3), "jpeg", False),
}


def save(folder, change, ending):
    for index, label in enumerate(LABELS.tolist()):
        file = folder / str(label) / f"{index:02}.{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(change(DIGITS[index])).save(file)


def by_label(folder):
    """In the order of their folders, and of their names there."""
    return [int(file.stem) for file in sorted(folder.glob("[0-9]/*"))]


@pytest.mark.parametrize("form", FORMS)
def test_images_of_any_size_and_form_are_prepared_as_mnist_was(tmp_path, form):
    change, ending, invert = FORMS[form]
    save(tmp_path, change, ending)
    own, order = FolderDataset(tmp_path, invert=invert), by_label(tmp_path)
    assert torch.equal(own.labels, LABELS[order])
    for image, index in zip(own.images, order, strict=True):
        expected = prepare(SAMPLE[index][1].view(28, 28)).flatten()
        assert np.corrcoef(image, expected)[0, 1] > 0.9, index


def test_an_image_is_read_as_upright_as_it_was_taken(tmp_path):
    (tmp_path / "4").mkdir()
    image = Image.fromarray(np.rot90(on_a_sheet(DIGITS[0])))  # turned to the left
    exif = Image.Exif()
    exif[0x0112] = 6  # a phone's note: turn it to the right
    image.save(tmp_path / "4/photo.jpg", exif=exif)
    (seen,) = FolderDataset(tmp_path).images
    assert np.corrcoef(seen, prepare(SAMPLE[0][1].view(28, 28)).flatten())[0, 1] > 0.95


def test_all_that_learns_from_mnist_learns_from_it(tmp_path):
    save(tmp_path, *FORMS["as it is"][:2])
    (tmp_path / ".DS_Store").touch()
    own = FolderDataset(str(tmp_path))
    label, image, target = own[3]
    assert (own.images.dtype, own.labels.dtype) == (torch.uint8, torch.int64)
    assert type(label) is int and image.shape == (784,) and target.argmax() == label
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(784, 10))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for dataset in (own, ConcatDataset([SAMPLE, own])):
        train(network, dataset, loss_function=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=1,
              batch_size=10, shuffle=True, progress=False)  # fmt: skip
    assert accuracy(network, own) > 0.8
    plt.close(own.plot_image(0).figure)


PAPER, GREY = np.zeros((30, 20), np.uint8), np.full((30, 20), 90, np.uint8)
BRIGHT, DARK = "a bright digit on black paper", "a dark digit on white paper"
BAD = {
    "{0}/7/a.png: most of it is bright; expected " + BRIGHT + ": pass invert=True for a dark digit "
    "on white": ("7/a.png", 255 - DIGITS[0], False),
    "{0}/7/a.png: most of it is dark; expected " + DARK + ": leave out invert=True": (
        *("7/a.png", DIGITS[0], True),
    ),
    "{0}/7/a.png: the paper is grey, 35% of ink; expected " + BRIGHT + ": raise the contrast": (
        *("7/a.png", GREY, False),
    ),
    "{0}/7/a.png: there is no ink; expected " + BRIGHT: ("7/a.png", PAPER, False),
    "{0}/7/a.png: there is no ink; expected " + DARK: ("7/a.png", 255 - PAPER, True),
    "{0}/seven is not a folder of a digit; expected {0}/0 to {0}/9, each with the images of one "
    "digit": ("seven/a.png", DIGITS[0], False),
    "{0}/a.png is not a folder of a digit; expected {0}/0 to {0}/9, each with the images of one "
    "digit": ("a.png", DIGITS[0], False),
}


@pytest.mark.parametrize("message", BAD)
def test_an_image_or_folder_that_is_not_as_expected_is_named(tmp_path, message):
    name, image, invert = BAD[message]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    Image.fromarray(image).save(tmp_path / name)
    with pytest.raises(ValueError) as error:
        FolderDataset(tmp_path, invert=invert)
    assert str(error.value) == message.format(tmp_path)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "7").mkdir()
    with pytest.raises(
        ValueError, match="holds no images; expected .*/0 to .*/9, each with the im"
    ):
        FolderDataset(tmp_path)
    Image.fromarray(on_a_sheet(DIGITS[0])).save(tmp_path / "7/a.png")
    whole = (tmp_path / "7/a.png").read_bytes()
    for content in (b"", b"HEIC", whole[:200]):
        (tmp_path / "7/a.png").write_bytes(content)
        with pytest.raises(
            ValueError, match="7/a.png: not read .*; expected an image, PNG or JPEG$"
        ):
            FolderDataset(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder; expected .*nowhere/0 to"):
        FolderDataset(tmp_path / "nowhere")
