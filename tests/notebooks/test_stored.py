"""What holds for every notebook as it is stored; that it also runs is for nbval to show."""

import ast
import builtins
import json
import re

import nbformat
import pytest

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FOLDERS = re.compile(r"/(?:home|Users|root|work|tmp|private|opt)/|[A-Za-z]:\\+Users|file://")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def test_there_are_notebooks():
    assert NOTEBOOKS, "nothing in notebooks/: the tests below would all pass"


def test_it_is_a_valid_notebook(path):
    nbformat.validate(json.loads(path.read_text("utf-8")))


def test_it_was_executed_from_top_to_bottom(code_cells):
    counts = [cell.execution_count for cell in code_cells]
    assert counts == list(range(1, len(code_cells) + 1))


def test_its_kernel_exists_everywhere(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_stores_no_widgets(path, notebook):
    assert "widgets" not in notebook.metadata
    assert "application/vnd.jupyter.widget" not in path.read_text("utf-8")


def test_it_names_no_folder_of_the_machine_that_ran_it(notebook):
    for cell in notebook.cells:
        for text in [cell.source, *texts(cell)]:
            found = FOLDERS.search(text)
            assert not found, text[max(0, found.start() - 30) : found.end() + 50]


def test_no_line_of_code_ends_with_a_semicolon(code_cells):
    lines = [line for cell in code_cells for line in cell.source.splitlines()]
    assert not [line for line in lines if line.rstrip().endswith(";")]


def test_every_stored_error_is_meant(code_cells):
    for cell in code_cells:
        if any(output.output_type == "error" for output in cell.outputs):
            assert "raises-exception" in cell.metadata.get("tags", []), cell.source


def test_its_tags_are_known(code_cells):
    known = {"mnist-output", "measured", "nbval-ignore-output", "raises-exception"}
    for cell in code_cells:
        assert set(cell.metadata.get("tags", [])) <= known, cell.source


def test_numbers_that_are_not_compared_are_held_by_an_assert(code_cells):
    """The cell that prints them, or the next one, which uses its variables, makes an assertion."""
    for cell, following in zip(code_cells, [*code_cells[1:], None], strict=True):
        masked = {"measured", "nbval-ignore-output"} & set(cell.metadata.get("tags", []))
        if masked and cell.outputs:
            near = [cell, following] if following else [cell]
            asserting = [python(c.source) for c in near if "assert" in c.source]
            assert any(names(tree) & names(python(cell.source)) for tree in asserting), cell.source


def test_it_is_smaller_than_a_megabyte(path):
    assert path.stat().st_size < 1_000_000


def test_no_code_cell_is_longer_than_25_lines(code_cells):
    for cell in code_cells:
        assert len(cell.source.splitlines()) <= 25, cell.source


def test_no_cell_of_prose_is_longer_than_120_words(prose):
    for source in prose:
        words = without_code_and_tables(source).split()
        assert len(words) <= 120, f"{len(words)} words: {source[:80]}"


def test_it_opens_with_its_title_and_what_is_in_it(notebook):
    first, second = notebook.cells[:2]
    assert first.source.startswith("# ")
    assert "In this notebook" in first.source + second.source


def test_it_closes_with_recap_and_next(prose):
    headings = re.findall(r"^## (.*)", "\n".join(prose), re.MULTILINE)
    assert {"Recap", "Next"} <= set(headings)


def python(source):
    """Parse a cell, without the lines that are IPython's own."""
    return ast.parse(re.sub(r"^[%!].*", "", source, flags=re.MULTILINE))


def names(tree):
    """The variables that occur in a cell; modules and built-in functions are not meant."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found - set(dir(builtins)) - {"full_mnist", "torch", "nn", "plt", "np", "pd"}


def texts(cell):
    """Everything readable in a cell's outputs, tracebacks without their colours."""
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        yield re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.get("traceback", [])))
        yield from (
            data for kind, data in output.get("data", {}).items() if kind.startswith("text")
        )


def without_code_and_tables(source):
    source = re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ *\|.*", "", source, flags=re.MULTILINE)
