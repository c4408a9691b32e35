"""docs/glossary.md: each term occurs in the notebook that is said to introduce it."""

import re

import nbformat
import pytest

from helpers.environment import ROOT

TEXT = (ROOT / "docs/glossary.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| term", "| ---"))
]
KOREAN = re.compile(r"[\uac00-\ud7a3]")


def prose(notebook):
    cells = nbformat.read(ROOT / f"notebooks/{notebook}.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return " ".join(text.lower().split())


def test_the_terms_stand_in_alphabetical_order_once_each():
    terms = [row[0].lower() for row in ROWS]
    assert len(terms) > 60 and terms == sorted(set(terms))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_is_explained_in_a_sentence_and_occurs_in_its_notebook(row):
    term, korean, explanation, link = row
    assert KOREAN.search(korean), korean
    assert explanation.endswith(".") and len(explanation.split()) >= 4
    name, target = re.fullmatch(r"\[(\w+)\]\((.*)\)", link).groups()
    assert target == f"../notebooks/{name}.ipynb"
    assert term.lower() in prose(name)
