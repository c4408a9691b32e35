"""What was tried and solved is remembered, and nothing of it is lost."""

import subprocess
import sys

import pytest

from helpers import exercises
from helpers.exercises import EXERCISES, check, forget, hint, memory, progress

NAME = next(iter(EXERCISES))
WRONG = next(iter(EXERCISES[NAME].mistakes.values()))


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_STRICT")
    monkeypatch.setattr(memory, "FILE", tmp_path / "progress.sqlite")
    return memory.FILE


def test_tried_then_solved_and_solved_it_stays():
    for answer, state in [
        (..., None),
        (WRONG, "tried"),
        (EXERCISES[NAME].solution, "solved"),
        (WRONG, "solved"),
    ]:
        check(NAME, answer)
        assert memory.states().get(NAME) == state


def test_the_table_counts_by_notebook():
    notebook = NAME.split(".")[0]
    total = sum(name.startswith(notebook) for name in EXERCISES)
    assert progress().loc[notebook].tolist() == [total, 0, 0]
    check(NAME, WRONG)
    assert progress().loc[notebook].tolist() == [total - 1, 1, 0]
    check(NAME, EXERCISES[NAME].solution)
    assert progress().loc[notebook].tolist() == [total - 1, 0, 1]
    assert progress().to_numpy().sum() == len(EXERCISES)


def test_it_is_forgotten_on_request():
    check(NAME, WRONG)
    forget()
    assert memory.states() == {}
    forget()


def test_a_broken_file_is_set_aside_with_a_line(file, capsys):
    file.write_bytes(b"no database " * 100)
    check(NAME, WRONG)
    assert "is now data/progress.broken" in capsys.readouterr().out
    assert file.with_suffix(".broken").exists() and memory.states() == {NAME: "tried"}


def test_kernels_at_work_at_once_lose_nothing(file):
    program = (
        "import pathlib, sys; from helpers.exercises import memory; "
        "memory.FILE = pathlib.Path(sys.argv[1]); "
        "[memory.remember(f'{sys.argv[2]}.{i}', 'tried') for i in range(50)]"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", program, file, one]) for one in "abc"]
    assert [kernel.wait() for kernel in kernels] == [0, 0, 0]
    assert len(memory.states()) == 150


def test_the_tests_leave_the_learners_file_alone(file, monkeypatch):
    check(NAME, WRONG)
    before = file.read_bytes()
    monkeypatch.setenv("COURSE_STRICT", "1")
    check(NAME, EXERCISES[NAME].solution)
    assert file.read_bytes() == before and progress()["open"].sum() == len(EXERCISES)


def test_hints_come_by_degrees(capsys, monkeypatch):
    monkeypatch.setitem(exercises._hints_given, NAME, 0)
    hints = EXERCISES[NAME].hints
    for _ in range(len(hints) + 1):
        hint(NAME)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == [*hints, hints[0]]


@pytest.mark.parametrize("call", [lambda: check("1.1", ...), lambda: hint("99.9")])
def test_an_unknown_exercise_is_named(call):
    with pytest.raises(ValueError, match="there is no exercise '.*'; expected one of 01.1"):
        call()
