"""`make faults`: faults are drawn, planted in copies, run and counted."""

import random

import nbformat
import plant_faults
import pytest
from faults import Fault
from nbformat.v4 import new_code_cell, new_notebook, new_output


@pytest.fixture
def path(tmp_path):
    """Cells: 0 gives x, 1 uses it unchecked, 2 shows it, 3 shows something else."""
    cells = [new_code_cell(s) for s in ("x = 3", "y = x * 5; len([y])", "x", "print(41)")]
    for count, cell in enumerate(cells):
        cell.execution_count = count + 1
    for cell, shown in {1: "1", 2: "3"}.items():
        result = {"data": {"text/plain": shown}, "execution_count": cell + 1}
        cells[cell].outputs = [new_output("execute_result", **result)]
    cells[3].outputs = [new_output("stream", text="41\n")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    return tmp_path / "tiny.ipynb"


@pytest.fixture
def faults(path):
    notebook = nbformat.read(path, as_version=4)
    changed = {fault.what: fault for fault in plant_faults.changed_code(notebook)}
    edited = list(plant_faults.edited_outputs(notebook, plant_faults.masked))
    return changed, edited


def test_a_fault_is_caught_by_the_first_cell_that_shows_it(path, faults, capsys):
    changed, _ = faults
    before = path.read_bytes()
    assert plant_faults.try_faults(path, [changed["x = 6"]]) == [True]
    assert "[0]  caught in [2]    number: x = 6" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_fault_that_nothing_shows_survives(path, faults, capsys):
    changed, _ = faults
    assert plant_faults.try_faults(path, [changed["y = x * 10; len([y])"]]) == [False]
    assert "[1]  SURVIVED         number: y = x * 10" in capsys.readouterr().out


def test_edited_outputs_share_a_run_and_are_judged_each_for_itself(path, faults):
    _, edited = faults
    assert [fault.cell for fault in edited] == [1, 2, 3, 3]
    assert plant_faults.try_faults(path, edited[:3]) == [True, True, True]


def test_the_same_seed_draws_the_same_faults_and_no_cell_twice(path):
    one, again = (plant_faults.draw(path, 7, seed=0) for _ in range(2))
    assert one == again
    for faults in one:
        assert len({fault.cell for fault in faults}) == len(faults)


def test_the_kinds_take_turns():
    kinds = ["number"] * 50 + ["sign"] * 2
    faults = [Fault(cell, kind, "", {}) for cell, kind in enumerate(kinds)]
    drawn = plant_faults.spread(faults, 4, random.Random(0))
    assert sorted(fault.kind for fault in drawn) == ["number", "number", "sign", "sign"]


def test_all_are_counted(path, monkeypatch, capsys):
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    monkeypatch.setattr(plant_faults, "FULL_SIZE", 6000)
    verdicts = iter([[True], [False], [True, True]])
    monkeypatch.setattr(plant_faults, "try_faults", lambda path, faults: next(verdicts))
    plant_faults.main([str(path), "--per-notebook", "4"])
    assert capsys.readouterr().out.endswith("3 of 4 faults caught (75.0%)\n")


def test_fewer_images_than_mnists_are_refused(path, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    with pytest.raises(SystemExit, match="needs full MNIST"):
        plant_faults.main([str(path)])
