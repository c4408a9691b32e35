"""axe-core finds nothing in what is ours, in JupyterLab and in an exported page; light and dark."""

import subprocess
import sys

import nbformat
import pytest
from alt_text import figures, sentence_behind

from browser.axe import faults
from browser.lab import add_cell, choose, keep_screenshot, open_file, open_notebook
from helpers.environment import ROOT

# One with verdicts and errors, one with many charts and tables; test_site.py looks at every page of the site.
NOTEBOOKS = [*(ROOT / "notebooks").glob("01_*.ipynb"), *(ROOT / "notebooks").glob("11_*.ipynb")]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_in_lab_axe_finds_nothing(page, path):
    open_file(page, f"notebooks/{path.name}")
    assert faults(page) == []
    assert texts_behind_figures(page) == stored_texts_behind_figures(path)


def test_in_the_exported_page_axe_finds_nothing(page, path, tmp_path):
    export = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--log-level=ERROR"]
    subprocess.run([*export, path, "--output", tmp_path / "page.html"], check=True)
    page.goto((tmp_path / "page.html").as_uri())
    assert faults(page) == []
    assert texts_behind_figures(page) == stored_texts_behind_figures(path)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_either_theme_axe_finds_nothing(page, theme):
    open_file(page, "notebooks/05_loss_function.ipynb")
    choose(page, "Settings", "Theme", f"JupyterLab {theme}")
    page.locator(f'body[data-jp-theme-name="JupyterLab {theme}"]').wait_for(state="attached")
    page.locator(".jp-OutputArea-output img").first.scroll_into_view_if_needed()
    keep_screenshot(page, f"figure_{theme.lower()}.png")
    assert faults(page) == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_either_theme_axe_finds_nothing_in_verdicts_and_the_table(page, theme):
    open_notebook(page, "01")
    choose(page, "Settings", "Theme", f"JupyterLab {theme}")
    page.locator(f'body[data-jp-theme-name="JupyterLab {theme}"]').wait_for(state="attached")
    add_cell(page, "from helpers.exercises import check, progress")
    add_cell(
        page,
        'display(*(check("01.2", answer) for answer in (..., [0.1, "a"], [0.2, "a"])), progress())',
    )
    keep_screenshot(page, f"exercise_{theme.lower()}.png")
    assert faults(page) == []


def texts_behind_figures(page):
    """The first words of the text behind each figure, as a reader of the page meets it."""
    return page.evaluate("""() => {
        const parts = ".jp-OutputArea-output img, .jp-RenderedMarkdown";
        const found = [...document.querySelectorAll(parts)];
        return found.flatMap((part, place) => part.matches("img") ? [found[place + 1]] : [])
            .map(text => text.innerText.slice(0, 20));
    }""")


def stored_texts_behind_figures(path):
    notebook = nbformat.read(path, as_version=4)
    return [
        sentence_behind(notebook, index)[:20]
        for index, cell in enumerate(notebook.cells)
        for _ in figures(cell)
    ]
