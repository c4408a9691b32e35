"""A notebook is left out only while everything is as in its pass."""

import nbformat
import passes
import pytest
from nbformat.v4 import new_code_cell, new_notebook

NAME = "03_tiny"
PARTS = {
    "notebooks/train_ddp.py": "its script",
    "tests/notebooks/bands/03_tiny.py": "its bands",
    "conftest.py": "how it is compared",
    "helpers/training.py": "what it imports",
    "helpers/exercises/core.py": "what every exercise needs",
    "helpers/exercises/errors.py": "what verdicts say of errors",
    "helpers/exercises/e03_tiny.py": "its exercises",
    "helpers/exercises/e04_other.py": "those of another one, which 00 lists",
    "data/results/grid.csv": "a table",
}


@pytest.fixture
def course(tmp_path):
    for name, text in PARTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    notebook = new_notebook(cells=[new_code_cell("1"), new_code_cell("2")])
    nbformat.write(notebook, tmp_path / f"notebooks/{NAME}.ipynb")
    return tmp_path


def holds(course):
    """As another run of the tests finds it."""
    for function in (passes.holds, passes.state):
        function.cache_clear()
    return passes.holds(course, NAME)


@pytest.mark.parametrize("changed", [*PARTS, f"notebooks/{NAME}.ipynb"])
def test_a_pass_holds_until_something_changes(course, changed):
    assert not holds(course)
    passes.record(course, {NAME: 2})
    assert holds(course)
    with (course / changed).open("a") as file:
        file.write(" ")
    assert not holds(course)


def test_other_images_or_versions_are_another_state(course, monkeypatch):
    passes.record(course, {NAME: 2})
    monkeypatch.setattr(passes, "surroundings", lambda: b"other images")
    assert not holds(course)


def test_only_a_notebook_of_which_every_cell_passed_is_recorded(course):
    passes.record(course, {NAME: 1})
    assert not (course / passes.FILE).exists()


def test_one_pass_leaves_the_others_in_the_record(course):
    (course / passes.FILE).write_text('04_other = "0123"\n')
    passes.record(course, {NAME: 2})
    assert passes.recorded(course) == {"03_tiny": passes.state(course, NAME), "04_other": "0123"}
