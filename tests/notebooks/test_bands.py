"""Every band has its cell, every masked number a band; and holding bands changes no notebook."""

import random

import bands
import numpy as np
import pytest
import torch
from bands import Band, faults, hold
from cells import NOT_COMPARED, code_cells, tags
from cells import read as read_notebook

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", sorted(bands.FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_file_of_bands_has_its_notebook(path):
    assert (ROOT / "notebooks" / f"{path.stem}.ipynb").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_band_has_its_cell(path):
    ids = {cell.id for cell in code_cells(read_notebook(path))}
    assert bands.cells(path.stem) <= ids


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_number_that_is_not_compared_has_a_band(path):
    cells = [cell for cell in code_cells(read_notebook(path)) if cell.outputs]
    masked = [cell for cell in cells if tags(cell) & NOT_COMPARED]
    assert [cell.source for cell in masked if cell.id not in bands.cells(path.stem)] == []


# What a band says.


def height_of_the_hill(height):
    return height


@pytest.mark.parametrize(
    ("limits", "value", "line"),
    [
        ((1, 2), torch.tensor(2.0), None),
        ((None, 2), -1e9, None),
        ({"a": (1, 2), "b": (8, None)}, {"a": 1, "b": 9}, None),
        (True, torch.tensor(1) == 1, None),
        ((1, 2), 0.5, "height of the hill: 0.5; expected 1 to 2"),
        ((None, 2), 2.5, "height of the hill: 2.5; expected at most 2"),
        ((1, 2), float("nan"), "height of the hill: nan; expected 1 to 2"),
        ((1, None), {"a": 1, "b": 0}, "height of the hill (b): 0; expected at least 1"),
        ({"a": (1, 2)}, {"b": 1}, "height of the hill (a): nan; expected 1 to 2"),
        ((1, 2), {}, "height of the hill: no number"),
        (True, False, "height of the hill: not so"),
        ((1, 2), "x", "height of the hill: ValueError: could not convert string to float: 'x'"),
    ],
)
def test_out_of_its_limits_it_says_so(limits, value, line):
    band = Band("c1", limits, None, height_of_the_hill)
    assert faults(band, {"height": value}, limits) == [line] * (line is not None)


def test_a_name_that_the_notebook_lacks_is_reported():
    line = "height of the hill: the notebook has no height"
    assert faults(Band("c1", (1, 2), None, height_of_the_hill), {"hill": 1}, (1, 2)) == [line]


FILE = """
import random
import numpy as np
import torch
from bands import after

@after("c1", full=(1, 2), sample=(3, 4))
def height(x):
    return x

@after("c1", full=(1, 2))
def width(x):
    return x

@after("c1", full=(1, 2), sample=None)
def depth(x):
    return x

@after("c2")
def draws_and_changes_modes(network):
    network.eval()
    torch.set_grad_enabled(False)
    return random.random() + np.random.rand() + torch.rand(1).item() > 0
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(bands, "FOLDER", tmp_path)
    (tmp_path / "tiny.py").write_text(FILE)


def test_the_images_choose_the_limits(folder):
    hold("tiny", "c1", {"x": 1}, full_mnist=True)
    with pytest.raises(AssertionError, match="c1.*\nheight: 9; .*\nwidth: 9; "):
        hold("tiny", "c1", {"x": 9}, full_mnist=False)
    with pytest.raises(AssertionError) as found:
        hold("tiny", "c1", {"x": 3}, full_mnist=False)
    assert "height" not in str(found.value) and "depth" not in str(found.value)


def test_what_a_band_draws_or_switches_is_put_back(folder):
    def state():
        draws = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
        return draws, torch.is_grad_enabled(), [layer.training for layer in network.modules()]

    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())
    network[1].eval()
    names = {"network": network}
    before = state()
    hold("tiny", "c2", names, full_mnist=True)
    assert state() == before and list(names) == ["network"]
