"""The tables of what is compared how far are made of the cells' tags, and of the bands."""

import bands
import comparisons
import nbformat
import pytest
from comparisons import all_bands, said, summary
from nbformat.v4 import new_code_cell, new_output

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_every_cell_that_prints_counts_once(tmp_path, monkeypatch):
    monkeypatch.setattr(comparisons, "ROOT", tmp_path)
    printed, image = new_output("stream", text="1"), new_output("display_data", {"image/png": ""})
    tags = [[], [], ["mnist-output"], ["mnist-output", "measured"], ["nbval-ignore-output"]]
    cells = [new_code_cell("1", outputs=[printed], metadata={"tags": some}) for some in tags]
    cells.append(new_code_cell("1", outputs=[image]))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    assert summary([tmp_path / "one.ipynb"]).splitlines()[-1] == (
        "| [one](../one.ipynb) | 2 | 1 | 1 | 1 | 0 |"
    )


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((1, 2.5), "1 to 2.5"),
        ((None, -2), "at most -2"),
        ({"a": (0, None), 0.5: (1, 1)}, "a: at least 0; 0.5: 1"),
        (True, "so"),
        (None, ""),
        (bands.SAME, "the same"),
    ],
)
def test_limits_in_words(limits, words):
    assert said(limits) == words


def test_the_page_has_every_band():
    page = all_bands(NOTEBOOKS)
    for path in NOTEBOOKS:
        for band in bands.read(path.stem):
            assert f"| {band.name} | {said(band.full)} |" in page
    assert "| test accuracy | at least 0.985 | at least 0.85 |" in page
