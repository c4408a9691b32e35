"""Pass the repository's address on: from pyproject.toml to the README, CITATION.cff and the notebooks.

python tools/address.py     after Repository or version has changed there, or a notebook was added

In each notebook it stands in the cell by which the notebook begins to work on Colab.
"""

import re
import sys
import tomllib

import nbformat
from course import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
OWNER, NAME = REPOSITORY.removeprefix("https://github.com/").split("/")
VERSION = PROJECT["version"]
TAG = f"v{VERSION}"
START = "notebooks/01_autograd_basics.ipynb"

BINDER = f"https://mybinder.org/v2/gh/{OWNER}/{NAME}/{TAG}?urlpath=lab/tree/"
COLAB = f"https://colab.research.google.com/github/{OWNER}/{NAME}/blob/{TAG}/"
TEXTS = ("README.md", "CITATION.cff")
COLAB_CELL = f"""\
# For Google Colab alone; elsewhere this cell does nothing
import os

if "COLAB_RELEASE_TAG" in os.environ:  # fetch the course, and leave torch as it is
    shell = get_ipython().system
    repository = "{REPOSITORY}"
    shell(f"git clone -q --depth 1 --branch {TAG} {{repository}} /content/course")
    shell("pip install -q --no-deps /content/course anywidget psygnal")
    os.chdir("/content/course/notebooks")"""


def main():
    for name in TEXTS:
        path = ROOT / name
        path.write_text(with_address(path.read_text("utf-8")), "utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        set_colab_cell(notebook)
        nbformat.write(notebook, path)


def with_address(text):
    """A text in which the owner, the tag and the version are those of pyproject.toml."""
    text = re.sub(rf"(?<!lab/)\b[\w.-]+/{NAME}\b", f"{OWNER}/{NAME}", text)
    text = re.sub(rf"({NAME}/(?:blob/)?)v\d[\d.]*\d", rf"\g<1>{TAG}", text)
    return re.sub(r"^version: .*", f"version: {VERSION}", text, flags=re.MULTILINE)


def set_colab_cell(notebook):
    """Put the cell for Colab behind the title; where it is new, the notebook is to be executed anew."""
    cell = notebook.cells[1]
    if "colab" not in cell.metadata.get("tags", []):
        collapsed = {"tags": ["colab"], "jupyter": {"source_hidden": True}}
        cell = nbformat.v4.new_code_cell(id="colab", metadata=collapsed)
        notebook.cells.insert(1, cell)
    cell.source = COLAB_CELL


if __name__ == "__main__":
    sys.exit(main())
