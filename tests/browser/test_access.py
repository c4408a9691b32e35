"""axe-core finds nothing in what is ours in JupyterLab, light and dark."""

import nbformat
import pytest
from alt_text import figures, without_markup
from nbformat.v4 import new_code_cell, new_markdown_cell

from browser.axe import faults
from browser.lab import choose, keep_screenshot, open_cells, open_file, run_all
from helpers.environment import ROOT

# One with errors and formulas, one with many charts and tables; test_site.py looks at every page of the site.
LOOKS = {"01": "Dark", "11": "Light"}
VERDICTS = """\
from helpers.exercises import EXERCISES, check, progress

exercise = EXERCISES["01.2"]
answers = ..., *exercise.mistakes.values(), exercise.solution
display(*(check("01.2", answer) for answer in answers), progress())
"""


@pytest.mark.parametrize("number", LOOKS)
def test_in_lab_axe_finds_nothing(page, number):
    path = notebook(number)
    open_file(page, f"notebooks/{path.name}")
    choose_theme(page, LOOKS[number])
    page.locator(".jp-OutputArea-output img").first.scroll_into_view_if_needed()
    keep_screenshot(page, f"figure_{LOOKS[number].lower()}.png")
    assert faults(page) == []
    assert texts_behind_figures(page) == stored_texts_behind_figures(path)


def test_in_either_theme_axe_finds_nothing_in_verdicts_and_the_table(page):
    open_cells(page, new_markdown_cell("An *exercise*."), new_code_cell(VERDICTS))
    run_all(page)
    for theme in ("Light", "Dark"):
        choose_theme(page, theme)
        keep_screenshot(page, f"exercise_{theme.lower()}.png")
        assert faults(page) == []
        page.set_viewport_size({"width": 1280, "height": 900})


def notebook(number):
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    return path


def choose_theme(page, theme):
    choose(page, "Settings", "Theme", f"JupyterLab {theme}")
    page.locator(f'body[data-jp-theme-name="JupyterLab {theme}"]').wait_for(state="attached")


def texts_behind_figures(page):
    """The first words of the text behind each figure, as a reader of the page meets it."""
    return page.evaluate("""() => {
        const parts = ".jp-OutputArea-output img, .jp-RenderedMarkdown";
        const found = [...document.querySelectorAll(parts)];
        return found.flatMap((part, place) => part.matches("img") ? [found[place + 1]] : [])
            .map(text => text.innerText.slice(0, 20));
    }""")


def stored_texts_behind_figures(path):
    cells = nbformat.read(path, as_version=4).cells
    return [
        without_markup(" ".join(behind.source.lstrip("# ").split()))[:20]
        for cell, behind in zip(cells, cells[1:], strict=False)
        for _ in figures(cell)
    ]
