"""A notebook as the tools see it: its cells, their tags and code, and what of a text is compared."""

import ast
import re

import nbformat
from course import ROOT
from nbval.plugin import get_sanitize_patterns

NOT_COMPARED = {"measured", "nbval-ignore-output"}  # tags of cells whose numbers are not compared
SANITIZE = ROOT / "tests/notebooks/sanitize.cfg"


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def parse(cell):
    """The syntax tree of a cell, without the lines that are IPython's own."""
    return ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE))


def masked(text):
    """A text as nbval compares it: durations, dates, addresses and the like masked."""
    for regex, replacement in get_sanitize_patterns(SANITIZE.read_text("utf-8")):
        text = re.sub(regex, replacement, text)
    return text
