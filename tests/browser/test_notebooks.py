"""Each notebook runs in JupyterLab, cell by cell, on the sample: its bands hold, its figures are there, and after
a learner's change it goes on.
"""

import nbformat
import pytest
from alt_text import figures
from try_changes import Change, changes

from browser.lab import cells, make, open_notebook, run_each, run_from
from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# The longest trainings are shorter here. nbval runs them as they are.
SHORTER = {
    "12_beyond_one_machine": [
        Change("b06", "fewer images", "5_000", "800"),
        Change("b74", "no large batch", "(16, 256, 4096)", "(16, 256)"),
    ],
    "15_convolution": [
        Change("v021", "fewer epochs", "epochs=8", "epochs=2"),
        Change("v031", "fewer seeds", "range(3)", "range(2)"),
    ],
    "16_other_images": [
        Change("x011", "fewer seeds", "range(5)", "range(3)"),
        Change("x015", "fewer images", "train_set, 1000, seed", "train_set, 100, seed"),
    ],
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_all_cells_run_and_go_on_after_a_change(page, path):
    open_notebook(page, path.name[:2])
    for change in SHORTER.get(path.stem, []):
        make(page, change)
    assert run_each(page, path.stem) == []
    ran = code_cells(page)
    assert all(cell["execution_count"] for cell in ran)
    assert complaints(ran) == []
    stored = nbformat.read(path, as_version=4)
    expected = sum(len(figures(cell)) for cell in stored.cells) - len(pads(ran))
    wait_for_figures(page, expected)

    run_from(page, make(page, changes()[path.stem][0]))
    assert complaints(code_cells(page)) == []


def code_cells(page):
    return [cell for cell in cells(page) if cell["cell_type"] == "code"]


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


def complaints(ran):
    """The errors that cells show and are not meant to, and what they write on red ground."""
    shown = [(cell, output) for cell in ran for output in cell["outputs"]]
    return [output["text"] for _, output in shown if output.get("name") == "stderr"] + [
        output["evalue"]
        for cell, output in shown
        if output["output_type"] == "error"
        and "raises-exception" not in cell["metadata"].get("tags", [])
    ]
