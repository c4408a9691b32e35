"""The learner's copies: made without outputs, kept when changed, put back on request."""

import subprocess
import sys
import zipfile

import copies
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.environment import ROOT


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
        new_code_cell("solved", metadata={"tags": ["solution"]}, execution_count=2),
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
    assert [cell.source for cell in notebook.cells] == ["# Title", "2 + 2", "solved"]
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
        assert line.startswith("work/05_loss.ipynb: yours") and "make fresh ARGS=05" in line


def test_a_fresh_copy_leaves_the_old_one_beside_it():
    copies.main([])
    for n in (1, 2):
        change("05_loss.ipynb", f"answer {n}")
        copies.main(["fresh", "05"])
        assert read("05_loss.ipynb").cells[1].source == "2 + 2"
        assert read(f"05_loss.old{n}.ipynb").cells[1].source == f"answer {n}"
    store("05_loss.ipynb", "2 + 3")
    copies.main([])
    assert read("05_loss.ipynb").cells[1].source == "2 + 3"


@pytest.mark.parametrize("number", ["5", "0", "nine"])
def test_an_unknown_number_is_named(number):
    with pytest.raises(
        SystemExit, match=f"'{number}' is none of the notebooks; expected one of 00, 05"
    ):
        copies.main(["fresh", number])


def test_the_class_gets_the_course_without_solutions_and_it_runs(folder, monkeypatch):
    monkeypatch.setattr(copies, "NOTEBOOKS", ROOT / "notebooks")
    monkeypatch.setattr(copies, "ROOT", ROOT)
    monkeypatch.setattr(copies, "BUILD", folder / "build")
    copies.student()
    elsewhere = folder / "elsewhere"
    with zipfile.ZipFile(folder / "build/student.zip") as archive:
        archive.extractall(elsewhere)
    names = sorted(path.name for path in (elsewhere / "notebooks").iterdir())
    assert names == sorted(
        path.name for path in (ROOT / "notebooks").iterdir() if path.suffix in (".ipynb", ".py")
    )
    for path in (elsewhere / "notebooks").glob("*.ipynb"):
        text = path.read_text("utf-8")
        assert '"solution"' not in text and '"outputs": [],' in text and "image/png" not in text
    done = subprocess.run(
        [sys.executable, "tools/run_notebooks.py", "notebooks/01_autograd_basics.ipynb"],
        cwd=elsewhere,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(elsewhere),
            "MNIST_DIR": "data/sample",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
