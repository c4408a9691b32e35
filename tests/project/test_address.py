"""The repository's address has one home, pyproject.toml; what repeats it says the same."""

import re
import shutil
import subprocess
import sys

import address
import nbformat
import pytest
from address import COLAB_CELL, NAME, OWNER, TAG, TEXTS, set_colab_cell, with_address
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.environment import ROOT, find_root

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def tracked():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("a copy without git, where what is ours and what is not looks the same")
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def test_it_stands_in_one_home_and_where_tools_address_writes_it():
    word = re.compile(rf"\b{OWNER}/|[\w-]+/{NAME}\b".encode())
    holding = {name for name in tracked() if word.search((ROOT / name).read_bytes())}
    written = {*TEXTS, *(f"notebooks/{path.name}" for path in NOTEBOOKS)}
    assert holding - written == {"pyproject.toml"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_repeats_it_as_it_is(name):
    text = (ROOT / name).read_text("utf-8")
    assert f"{OWNER}/{NAME}" in text
    assert with_address(text) == text, "python tools/address.py"


def test_another_owner_and_version_reach_every_place(monkeypatch):
    monkeypatch.setattr(address, "OWNER", "somebody")
    monkeypatch.setattr(address, "TAG", "v2.0.10")
    monkeypatch.setattr(address, "VERSION", "2.0.10")
    for name in TEXTS:
        text = with_address((ROOT / name).read_text("utf-8"))
        assert OWNER not in text and TAG not in text, name
        assert f"somebody/{NAME}" in text and "2.0.10" in text, name


# The cell by which a notebook begins to work on Colab.


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_the_cell_for_colab_behind_its_title(path):
    cell = nbformat.read(path, as_version=4).cells[1]
    assert cell.source == COLAB_CELL, "python tools/address.py"
    assert cell.metadata.tags == ["colab"] and cell.outputs == []


def run_cell(variables):
    """Run the cell as IPython would; what it asks of the shell is printed."""
    start = "import os\nfrom types import SimpleNamespace\nos.chdir = print\n"
    start += f"os.environ.update({variables})\n"
    start += "def get_ipython():\n    return SimpleNamespace(system=print)\n"
    done = subprocess.run(
        [sys.executable, "-c", start + COLAB_CELL], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_elsewhere_the_cell_is_silent():
    assert run_cell({}) == []


def test_on_colab_the_cell_installs_a_tag_and_leaves_torch_alone():
    clone, install, folder = run_cell({"COLAB_RELEASE_TAG": "1"})
    assert f"--branch {TAG} https://" in clone
    assert "--no-deps" in install and "torch" not in install
    assert clone.split()[-1] in install and folder == f"{clone.split()[-1]}/notebooks"


def test_helpers_that_lie_alone_find_the_course_in_which_one_stands(tmp_path):
    """As after the cell for Colab: helpers among the packages, the course somewhere else."""
    shutil.copytree(ROOT / "helpers", tmp_path / "packages/helpers")
    shutil.copytree(ROOT / "data/sample", tmp_path / "course/data/sample")
    (tmp_path / "course/notebooks").mkdir()
    program = "from helpers import load_mnist; print(len(load_mnist('test')))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "course/notebooks",
        env={"PYTHONPATH": str(tmp_path / "packages"), "MNIST_DIR": "data/sample"},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("500\n", "")


def test_a_course_stays_the_root_wherever_one_stands(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name / "data/sample").mkdir(parents=True)
    assert find_root(tmp_path / "one", tmp_path / "other") == tmp_path / "one"
    assert find_root(tmp_path / "packages", tmp_path) == tmp_path / "packages"


def test_a_new_notebook_gets_the_cell_behind_its_title():
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell("1")])
    for _ in range(2):  # the second time changes nothing
        set_colab_cell(notebook)
    _, colab, ran = notebook.cells
    assert (colab.source, ran.source) == (COLAB_CELL, "1")
