"""The learner's copies: made without outputs, kept when changed, put back on request."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import copies
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.environment import ROOT
from helpers.exercises.core import FOR_A_CLASS


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A course of two notebooks, away from the real one."""
    for name in ("NOTEBOOKS", "WORK", "BUILD"):
        monkeypatch.setattr(copies, name, tmp_path / name.lower())
    copies.NOTEBOOKS.mkdir()
    store("00_setup.ipynb", "1 + 1")
    store("05_loss.ipynb", "2 + 2")
    return tmp_path


def store(name, source):
    outputs = [new_output("stream", text="the answer")]
    cells = [
        new_markdown_cell("# Title"),
        new_code_cell(source, outputs=outputs, execution_count=1),
    ]
    nbformat.write(new_notebook(cells=cells), copies.NOTEBOOKS / name)


def read(name):
    return nbformat.read(copies.WORK / name, as_version=4)


def change(name, source):
    """What a learner does: type, run, save."""
    notebook = read(name)
    notebook.cells[1].source = source
    notebook.cells[1].outputs = [new_output("stream", text="mine")]
    nbformat.write(notebook, copies.WORK / name)


def test_a_copy_has_the_cells_and_no_outputs():
    copies.main([])
    notebook = read("05_loss.ipynb")
    assert [cell.source for cell in notebook.cells] == ["# Title", "2 + 2"]
    assert all(not cell.outputs and not cell.execution_count for cell in notebook.cells[1:])


def test_an_untouched_copy_follows_the_course(capsys):
    copies.main([])
    change("05_loss.ipynb", "2 + 2")  # run and saved, but not changed
    store("05_loss.ipynb", "2 + 3")
    copies.main([])
    assert read("05_loss.ipynb").cells[1].source == "2 + 3"
    assert capsys.readouterr().out == ""


def test_a_changed_copy_is_kept_and_named_when_the_course_moves_on(capsys):
    copies.main([])
    change("05_loss.ipynb", "my answer")
    copies.main([])
    assert capsys.readouterr().out == ""
    store("05_loss.ipynb", "2 + 3")
    for _ in range(2):
        copies.main([])
        assert read("05_loss.ipynb").cells[1].source == "my answer"
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("work/05_loss.ipynb: kept with") and "make fresh ARGS=05" in line


def test_a_fresh_copy_leaves_the_old_one_beside_it():
    copies.main([])
    for n in (1, 2):
        change("05_loss.ipynb", f"answer {n}")
        copies.main(["fresh", "05" if n == 1 else "5"])
        assert read("05_loss.ipynb").cells[1].source == "2 + 2"
        assert read(f"05_loss.old{n}.ipynb").cells[1].source == f"answer {n}"
    store("05_loss.ipynb", "2 + 3")
    copies.main([])
    assert read("05_loss.ipynb").cells[1].source == "2 + 3"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 1}'])
def test_a_copy_that_cannot_be_read_is_kept_and_stops_no_other(capsys, content):
    copies.main([])
    (copies.WORK / "00_setup.ipynb").write_text(content)
    store("05_loss.ipynb", "2 + 3")
    copies.main([])
    assert (copies.WORK / "00_setup.ipynb").read_text() == content
    assert read("05_loss.ipynb").cells[1].source == "2 + 3"
    assert capsys.readouterr().out.startswith("work/00_setup.ipynb: kept, but it cannot be read")


@pytest.mark.parametrize("content", ["", '{"05_loss.ip', "[1]", "null"])
def test_when_the_marks_are_broken_a_copy_that_differs_is_kept(capsys, content):
    copies.main([])
    change("05_loss.ipynb", "my answer")
    (copies.WORK / copies.MADE).write_text(content)
    copies.main([])
    assert read("05_loss.ipynb").cells[1].source == "my answer"
    assert capsys.readouterr().out.startswith("work/05_loss.ipynb: kept with your changes")
    store("00_setup.ipynb", "1 + 2")  # its copy was the course's, and so has its mark again
    copies.main([])
    assert read("00_setup.ipynb").cells[1].source == "1 + 2"


def test_a_copy_is_never_half_written(monkeypatch):
    copies.main([])
    store("05_loss.ipynb", "2 + 3")
    monkeypatch.setattr(Path, "replace", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        copies.main([])
    assert read("05_loss.ipynb").cells[1].source == "2 + 2"


def test_a_folder_that_cannot_be_written_is_named(monkeypatch):
    monkeypatch.setattr(Path, "mkdir", Mock(side_effect=PermissionError(13, "denied", "/x/work")))
    with pytest.raises(SystemExit, match="denied: '/x/work'. The course needs a folder that you"):
        copies.main([])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [([], "which notebook?"), (["9"], "'9' is not a notebook"), (["nine"], "'nine' is not")],
)
def test_the_remedy_for_a_wrong_number_is_named(arguments, named):
    with pytest.raises(SystemExit) as stopped:
        copies.main(["fresh", *arguments])
    assert str(stopped.value).startswith(f"make fresh: {named}")
    assert str(stopped.value).endswith("Name one of 00, 05, such as make fresh ARGS=05")


# The course for a class.


@pytest.fixture
def course(folder, monkeypatch):
    """The whole course in another folder, without git, and a notebook that was just begun."""
    ours = folder / "ours"
    for name in ("notebooks", "helpers", "tools", "docs", "data/sample", "data/results"):
        shutil.copytree(ROOT / name, ours / name)
    for path in (ROOT / "data/README.md", *filter(Path.is_file, ROOT.iterdir())):
        shutil.copy(path, ours / path.relative_to(ROOT))
    cell = new_code_cell("import helpers\nassert 'elsewhere' in helpers.__file__")
    nbformat.write(new_notebook(cells=[cell]), ours / "notebooks/16_new.ipynb")
    monkeypatch.setattr(copies, "ROOT", ours)
    return ours


def test_the_class_gets_the_course_without_solutions_and_it_runs(folder, course):
    """It runs on its own helpers, in its own kernels too, though another course is installed."""
    (course / "data/mnist_train.csv").touch()
    copies.main(["student"])
    elsewhere = folder / "elsewhere"
    shutil.unpack_archive(folder / "build/student.zip", elsewhere)
    assert not (elsewhere / "data/mnist_train.csv").exists()
    assert (elsewhere / "helpers/exercises" / FOR_A_CLASS.name).exists()
    assert set(names(course)) - set(names(elsewhere)) <= {"__pycache__"}
    for path in (elsewhere / "notebooks").glob("*.ipynb"):
        text = path.read_text("utf-8")
        assert "image/png" not in text and "github.com" not in text
    command = [sys.executable, "tools/run_notebooks.py", "notebooks/16_new.ipynb"]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=elsewhere, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / "build/16_new.ipynb").exists()


def names(course):
    return [path.name for path in (course / "notebooks").iterdir()]


def test_what_the_class_reads_holds_for_it(folder, course):
    copies.main(["student"])
    student = folder / "build/student"
    readme, makefile, pyproject = (
        (student / name).read_text("utf-8") for name in ("README.md", "Makefile", "pyproject.toml")
    )
    strangers = ("teacher", "clone", "OWNER", "make test", "store their", "<!--")
    assert [words for words in strangers if words in readme] == []
    targets = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)
    assert set(re.findall(r"`make ([a-z]+)", readme)) <= set(targets)
    named = re.findall(r"\]\(([^):#]+)", readme) + re.findall(r"(?:tools|tests)/[\w/.]+", makefile)
    assert [name for name in named if not (student / name).exists()] == []
    assert "pytest.ini" not in pyproject


@pytest.mark.parametrize("name", ["docs/glossary.md", "docs/errors.md", "tools/student/README.md"])
def test_what_the_class_would_lack_is_named(folder, course, name):
    (course / name).unlink()
    with pytest.raises(SystemExit, match=f"not the whole course; missing: {name}$"):
        copies.main(["student"])
    assert not (folder / "build").exists()


def test_a_korean_copy_has_korean_text_and_the_same_code(monkeypatch):
    korean = {"# Title": "# 제목"}
    monkeypatch.setattr(copies, "messages", lambda language, name: korean)
    copies.main([])
    notebook, ours = read("05_loss.ipynb"), nbformat.read(copies.NOTEBOOKS / "05_loss.ipynb", 4)
    assert [cell.source for cell in notebook.cells] == ["# 제목", "2 + 2"]
    assert [cell.id for cell in notebook.cells] == [cell.id for cell in ours.cells]
    korean["# Title"] = "# 제목, 새로"
    copies.main([])
    assert read("05_loss.ipynb").cells[0].source == "# 제목, 새로"
    korean.clear()
    copies.main(["fresh", "05"])  # what is not translated whole stays English
    assert read("05_loss.ipynb").cells[0].source == "# Title"
