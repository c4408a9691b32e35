"""What holds for every notebook as it is stored; that it also runs is for nbval to show."""

import json

import nbformat
import pytest
from cells import read
from hygiene import RULES, asks_for_two_to_four_predictions

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PREDICTING = range(3, 14)  # the numbers of the notebooks in which results can be guessed


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_there_are_notebooks():
    assert NOTEBOOKS, "nothing in notebooks/: the tests below would all pass"


def test_it_is_a_valid_notebook(path):
    nbformat.validate(json.loads(path.read_text("utf-8")))


def test_it_is_smaller_than_a_megabyte(path):
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it(path, rule):
    if rule is asks_for_two_to_four_predictions and int(path.stem[:2]) not in PREDICTING:
        return
    complaints = rule(read(path))
    assert not complaints, "\n\n".join(complaints)
