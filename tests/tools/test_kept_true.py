"""The tables of what is compared how far are made of the cells' tags, and of what they assert."""

import re

import kept_true
import nbformat
import pytest
from kept_true import all_bands, bands, code_cells, summary
from nbformat.v4 import new_code_cell, new_output

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cell(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("expect('a', a, at_least=1, at_most=2.5)", ["a", "1", "2.5"]),
        ("expect('a', a, at_most=-2)", ["a", "", "-2"]),
        ("expect('a', a, at_least=1 if full_mnist else 0)", ["a", "1", ""]),
        (
            "low, high = (1, 2) if full_mnist else (0, 3)\nexpect('a', a, at_most=high)",
            ["a", "", "2"],
        ),
        ("low = 1 if full_mnist else 0\nexpect('a', a, at_least=low)", ["a", "1", ""]),
        ("expect('a', a, at_most=b - 1)", ["a", "", "`b - 1`"]),
        ("for n in names:\n    expect(f'the {n} of a', a, at_most=1)", ["the … of a", "", "1"]),
        ("assert a < 1 or b", ["`a < 1 or b`", "", ""]),
    ],
)
def test_a_band_is_found(source, found):
    assert bands(cell(source, "check")) == [found]


def test_an_assert_beside_an_output_that_is_compared_is_no_band():
    assert bands(cell("assert a == 1")) == []


def test_every_cell_that_prints_counts_once(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_true, "ROOT", tmp_path)
    printed, image = new_output("stream", text="1"), new_output("display_data", {"image/png": ""})
    tags = [[], [], ["mnist-output"], ["mnist-output", "measured"], ["nbval-ignore-output"]]
    cells = [new_code_cell("1", outputs=[printed], metadata={"tags": some}) for some in tags]
    cells += [new_code_cell("1", outputs=[image]), cell("expect('a', a, at_most=1)", "check")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    assert summary([tmp_path / "one.ipynb"]).splitlines()[-1] == (
        "| [one](../one.ipynb) | 2 | 1 | 1 | 1 | 1 |"
    )


def test_the_page_has_every_expect_of_the_notebooks():
    cells = [cell for path in NOTEBOOKS for cell in code_cells(path)]
    said = sum(len(re.findall(r"^ *expect\(", cell.source, re.MULTILINE)) for cell in cells)
    found = [band for cell in cells for band in bands(cell)]
    assert len([band for band in found if band[1] or band[2]]) == said > 100
    assert "| the test accuracy | 0.985 |  |" in all_bands(NOTEBOOKS)
