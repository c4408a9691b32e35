"""What a reader would notice of a stored notebook; that it also runs is for nbval to show."""

import json
import re
from itertools import pairwise

import nbformat
import pytest
from alt_text import figures, sentence_behind
from cells import code_cells, read, tags

from helpers.environment import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PREDICTING = [f"{number:02}" for number in range(3, 14)]  # in these, results can be guessed
TAGS = {"mnist-output", "measured", "nbval-ignore-output", "raises-exception"}
FOLDERS = re.compile(r"/(?:home|Users|root|work|tmp|private|opt)/|[A-Za-z]:\\+Users|file://")
ENDING = ["Recap", "Exercises", "Look closer", "Next"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return read(path)


def test_it_is_valid_and_smaller_than_a_megabyte(path):
    nbformat.validate(json.loads(path.read_text("utf-8")))
    assert path.stat().st_size < 1_000_000


# How it was run.


def test_it_was_executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_its_kernel_exists_everywhere(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_stores_no_widgets(notebook):
    kinds = [kind for output in outputs(notebook) for kind in output.get("data", {})]
    assert [kind for kind in [*kinds, *notebook.metadata] if "widget" in kind] == []


def test_it_names_no_folder_of_the_machine_that_ran_it(notebook):
    texts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        texts += [output.get("text", ""), *output.get("traceback", [])]
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text")]
    texts = [re.sub(r"\x1b\[[\d;]*m", "", text) for text in texts]  # without colours
    assert [text for text in texts if FOLDERS.search(text)] == []


def test_the_minutes_of_the_opening_are_about_those_that_the_stored_run_took(notebook):
    found = re.search(
        r"(?:(\d+) to (\d+) minutes|seconds|half a minute) to run", notebook.cells[0].source
    )
    assert found, "the opening gives no range, like `2 to 5 minutes to run` or `ten seconds to run`"
    low, high = map(float, found.groups()) if found[1] else (0, 0.5)
    assert low / 2 <= notebook.metadata.get("minutes", low) <= high * 2  # machines differ


def test_every_stored_error_is_meant(notebook):
    cells = [cell for cell in code_cells(notebook) if "raises-exception" not in tags(cell)]
    assert [cell.source for cell in cells if any("ename" in one for one in cell.outputs)] == []


def test_its_tags_are_known(notebook):
    assert [f"{tags(cell)}: {cell.source}" for cell in notebook.cells if tags(cell) - TAGS] == []


# How it reads.


def test_a_sentence_follows_each_figure(notebook):
    """At least eight words that say what to see, not a heading; stored as the figure's alt text."""
    for index, cell in enumerate(notebook.cells):
        for output in figures(cell):
            sentence = sentence_behind(notebook, index)
            assert len(sentence.split()) >= 8, cell.source
            assert output.metadata.get("image/png", {}).get("alt") == sentence, cell.source


def test_no_code_cell_is_longer_than_25_lines(notebook):
    assert [c.source for c in code_cells(notebook) if len(c.source.splitlines()) > 25] == []


def test_the_main_path_has_at_most_25_code_cells(notebook):
    aside = [index for index, cell in enumerate(notebook.cells) if {*ENDING} & {*headings([cell])}]
    main_path = notebook.cells[: aside[0]]
    assert sum(cell.cell_type == "code" for cell in main_path) <= 25


def test_no_cell_of_prose_is_longer_than_120_words(notebook):
    counts = {source: len(without_code_and_tables(source).split()) for source in prose(notebook)}
    assert [f"{count} words: {source}" for source, count in counts.items() if count > 120] == []


def test_it_opens_with_its_title_and_what_is_in_it(notebook):
    assert re.match(r"# .*\*\*In this notebook\*\*", notebook.cells[0].source, re.DOTALL)


def test_it_closes_with_recap_exercises_look_closer_next(notebook):
    """In this order; the two in the middle where there are any."""
    found = headings(notebook.cells)
    ending = [heading for heading in ENDING if heading in found]
    assert {"Recap", "Next"} <= {*ending} and found[-len(ending) :] == ending


def test_it_asks_for_two_to_four_predictions(path, notebook):
    count = sum(source.count("**Predict") for source in prose(notebook))
    assert 2 <= count <= 4 or path.stem[:2] not in PREDICTING


# What is looked at.


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(cells):
    """The headings `## ...` of text cells, those of sections."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.*)", without_code_and_tables(text), re.MULTILINE)


def without_code_and_tables(source):
    source = re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ *\|.*", "", source, flags=re.MULTILINE)


def test_no_line_within_a_paragraph_begins_like_an_item(notebook):
    for cell in notebook.cells:
        lines = cell.source.splitlines() if cell.cell_type == "markdown" else []
        for before, line in pairwise(lines):
            opened = before.strip() and not re.match(r"\s*([-*] |\d+\. )|  ", before)
            assert not (opened and re.match(r"1\. |[-*] ", line)), f"{before}\n{line}"
