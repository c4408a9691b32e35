"""Your own images, from wherever you have them, for all that learns from MNIST: `FolderDataset`."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps  # matplotlib brings it

from helpers.draw import prepare
from helpers.mnist import MnistDataset

FAINTEST = 0.1  # ink, from 0 to 1; below it is paper and its noise


class FolderDataset(MnistDataset):
    """Images of digits, in ten folders named after their labels, prepared as MNIST was.

    ``FolderDataset("digits")`` reads ``digits/0/*`` to ``digits/9/*``; folders may be missing. An
    image is of any size, PNG, JPEG or what else Pillow reads, with one digit anywhere in it. Its ink
    is bright and its paper black, as MNIST has it; ``invert=True`` is for dark ink on white paper.
    What is transparent is paper. A photo of paper is grey: raise its contrast first.

    It holds and gives what `MnistDataset` does. Images that are in no such folder are an error, and
    so is one that does not have what is expected; files whose name begins with a dot are left out.
    Raises FileNotFoundError, or ValueError naming the file and what was expected.
    """

    def __init__(self, folder, invert=False):
        found = _files_and_labels(Path(folder).expanduser())
        images = [_read(file, invert) for file, _ in found]
        self.images = torch.stack(images)
        self.labels = torch.tensor([label for _, label in found])


def _files_and_labels(folder):
    """The files in the folders 0 to 9 of `folder`, each with its label."""
    expected = f"expected {folder}/0 to {folder}/9, each with the images of one digit"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; {expected}")
    found = []
    for place in _visible(folder):
        if not (place.is_dir() and place.name in tuple("0123456789")):
            raise ValueError(f"{place} is not a folder of a digit; {expected}")
        found += [(file, int(place.name)) for file in _visible(place)]
    if not found:
        raise ValueError(f"{folder} holds no images; {expected}")
    return found


def _visible(folder):
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _read(file, invert):
    """Read one image and prepare it; uint8 (784,)."""
    try:
        upright = ImageOps.exif_transpose(Image.open(file))  # as it was taken
        drawn = upright.convert("RGBA")
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: not read ({error}); expected an image, PNG or JPEG") from None
    paper = Image.new("RGBA", drawn.size, "white" if invert else "black")
    grey = Image.alpha_composite(paper, drawn).convert("L")
    ink = torch.from_numpy(np.array(grey)).float() / 255
    ink = 1 - ink if invert else ink
    _check_paper(file, ink, invert)
    return (255 * prepare(ink.where(ink >= FAINTEST, 0))).round().to(torch.uint8).flatten()


def _check_paper(file, ink, invert):
    """Check that most of an image is paper and some of it ink, from 0 (paper) to 1 (ink)."""
    most = ink.median().item()
    digit = "a dark digit on white paper" if invert else "a bright digit on black paper"
    if most > 0.5:
        advice = "leave out invert=True" if invert else "pass invert=True for a dark digit on white"
        fault = f"most of it is {'dark' if invert else 'bright'}; expected {digit}: {advice}"
    elif most >= FAINTEST:
        fault = f"the paper is grey, {most:.0%} of ink; expected {digit}: raise the contrast"
    elif ink.max() < FAINTEST:
        fault = f"there is no ink; expected {digit}"
    else:
        return
    raise ValueError(f"{file}: {fault}")
