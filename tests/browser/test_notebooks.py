"""Each notebook runs in JupyterLab, cell by cell, on the sample: its bands hold, and its figures are there."""

import nbformat
import pytest
from alt_text import figures

from browser.lab import cells, open_notebook, run_each
from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_all_cells_run_their_bands_hold_and_every_figure_is_there(page, path):
    open_notebook(page, path.name[:2])
    assert run_each(page, path.stem) == []
    ran = [cell for cell in cells(page) if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in ran)
    assert [said for cell in ran for said in complaints(cell)] == []
    stored = nbformat.read(path, as_version=4)
    expected = sum(len(figures(cell)) for cell in stored.cells) - len(pads(ran))
    wait_for_figures(page, expected)


def wait_for_figures(page, expected):
    """Lab draws what lies below the window late; a figure that never comes is a time-out."""
    page.wait_for_function(
        """expected => [...document.querySelectorAll(".jp-OutputArea-output img")]
            .filter(image => image.naturalWidth > 100).length === expected""",
        arg=expected,
    )


def pads(ran):
    """The outputs that are a widget here, and a picture only where no widget can live."""
    data = [shown.get("data", {}) for cell in ran for shown in cell["outputs"]]
    return [
        one for one in data if {"application/vnd.jupyter.widget-view+json", "image/png"} <= {*one}
    ]


def complaints(cell):
    """The errors that a cell shows and is not meant to, and what it writes on red ground."""
    tags = cell["metadata"].get("tags", [])
    for shown in cell["outputs"]:
        if shown.get("name") == "stderr":
            yield shown["text"]
        if shown["output_type"] == "error" and "raises-exception" not in tags:
            yield shown["evalue"]
