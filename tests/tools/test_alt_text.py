"""A figure's alt text is its cell's own, or the first sentence of the text behind it."""

import pytest
from alt_text import describe_figures, first_sentence
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)


def figure():
    return new_code_cell("plt.show()", outputs=[new_output("display_data", {"image/png": PIXEL})])


def alt_of_the_first(*cells):
    notebook = new_notebook(cells=[figure(), *cells])
    describe_figures(notebook)
    return notebook.cells[0].outputs[0].metadata["image/png"].get("alt")


def test_it_is_the_sentence_behind_the_figure():
    assert alt_of_the_first(new_markdown_cell("A square. It is red.")) == "A square."


def test_the_alt_of_the_cell_comes_first():
    notebook = new_notebook(cells=[figure(), new_markdown_cell("A square.")])
    notebook.cells[0].metadata["alt"] = "A red square."
    describe_figures(notebook)
    assert notebook.cells[0].outputs[0].metadata["image/png"]["alt"] == "A red square."


@pytest.mark.parametrize(
    ("markdown", "sentence"),
    [
        ("The loss falls\nfrom 0.25 to 0.02. Then it stays.", "The loss falls from 0.25 to 0.02."),
        ("Does it fall? No.", "Does it fall?"),
        ("Two charts: left *old*, right **new**.", "Two charts: left old, right new."),
        ("See [notebook `03`](03.ipynb) and [a](b). More.", "See notebook 03 and a."),
        ("`x**2` is *steep*. More.", "x**2 is steep."),
        (r"At $x = 2^{k}$ and $3\cdot w_1$ it falls. More.", "At x = 2^k and 3cdot w_1 it falls."),
        ("No full stop\n\nAnother paragraph.", "No full stop"),
        ("It ends here.\n- a list", "It ends here."),
        ("", ""),
    ],
)
def test_the_first_sentence_without_markup(markdown, sentence):
    assert first_sentence(markdown) == sentence
