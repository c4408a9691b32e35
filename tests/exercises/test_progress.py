"""What was tried and solved is remembered, and nothing of it is lost."""

import os
import sqlite3
import subprocess
import sys

import pytest

from helpers import exercises
from helpers.exercises import EXERCISES, check, forget, hint, progress, progress_store, solution

NAME = next(iter(EXERCISES))
WRONG = next(iter(EXERCISES[NAME].mistakes.values()))


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(progress_store, "FILE", tmp_path / "progress.sqlite")
    return progress_store.FILE


def test_tried_then_solved_and_solved_it_stays():
    for answer, state in [
        (..., None),
        (WRONG, "tried"),
        (EXERCISES[NAME].solution, "solved"),
        (WRONG, "solved"),
    ]:
        check(NAME, answer)
        assert progress_store.states()[0].get(NAME) == state


def test_the_table_counts_by_notebook():
    notebook, total = NAME[:2], sum(name.startswith(NAME[:2]) for name in EXERCISES)

    def row():
        return progress().loc[exercises.NOTEBOOKS[0]].tolist()

    assert row() == [total, 0, 0]
    check(NAME, WRONG)
    assert row() == [total - 1, 1, 0]
    check(NAME, EXERCISES[NAME].solution)
    assert row() == [total - 1, 0, 1]
    assert progress().to_numpy().sum() == len(EXERCISES)
    assert (
        repr(progress(notebook)) == f"01: 1 of {total} exercises solved, 0 tried, {total - 1} open"
    )


def test_a_notebook_without_exercises_is_named():
    with pytest.raises(ValueError, match="there are no exercises of '99'; expected 01 to"):
        progress("99")


def test_it_is_forgotten_on_request():
    check(NAME, WRONG)
    forget()
    assert progress_store.states()[0] == {}
    forget()


def test_a_broken_file_is_set_aside_with_a_line(file):
    file.write_bytes(b"no database " * 100)
    assert "is now" in check(NAME, WRONG).note
    assert file.with_suffix(".broken").exists()
    assert progress_store.states() == ({NAME: "tried"}, "")


def no_folder(file):
    return file.parent / "gone" / file.name


def a_folder_in_its_place(file):
    file.mkdir()
    return file


@pytest.mark.parametrize("spoil", [no_folder, a_folder_in_its_place])
def test_where_nothing_can_be_written_the_verdict_comes_first_then_a_line(file, monkeypatch, spoil):
    monkeypatch.setattr(progress_store, "FILE", spoil(file))
    verdict = check(NAME, EXERCISES[NAME].solution)
    assert verdict.state == "right"
    first, last = str(verdict).splitlines()
    assert first.startswith("Right. ") and last.startswith("Your progress could not be kept in ")
    assert verdict._repr_html_().index(first[7:20]) < verdict._repr_html_().index(
        "could not be kept"
    )


def test_while_another_process_has_the_file_locked_the_verdict_comes_within_seconds(file, capsys):
    check(NAME, WRONG)
    with sqlite3.connect(file) as other:
        other.execute("begin exclusive")
        assert "locked" in check(NAME, EXERCISES[NAME].solution).note
        assert progress()["open"].sum() == len(EXERCISES)
        assert "locked" in capsys.readouterr().out


def test_kernels_at_work_at_once_lose_nothing(file):
    program = (
        "import sys; from helpers.exercises import progress_store; progress_store.PATIENCE = 60; "
        "[progress_store.remember(f'{sys.argv[1]}.{i}', 'tried') for i in range(50)]"
    )
    environment = os.environ | {"COURSE_PROGRESS": str(file)}
    kernels = [
        subprocess.Popen([sys.executable, "-c", program, one], env=environment) for one in "abc"
    ]
    assert [kernel.wait() for kernel in kernels] == [0, 0, 0]
    assert len(progress_store.states()[0]) == 150


def test_the_tests_leave_the_learners_file_alone():
    assert "COURSE_PROGRESS" in os.environ


def test_hints_come_by_degrees(capsys, monkeypatch):
    monkeypatch.setitem(exercises._hints_given, NAME, 0)
    hints = EXERCISES[NAME].hints
    for _ in range(len(hints) + 1):
        hint(NAME)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == [*hints, hints[0]]


def test_the_solution_is_printed_with_its_why(capsys):
    solution("05.2")
    assert capsys.readouterr().out.startswith('same_training = [0.005, 0.0, "b"]\n\nThe sum is ')


@pytest.mark.parametrize("call", [lambda: check("1.1", ...), lambda: hint("99.9")])
def test_an_unknown_exercise_is_named(call):
    with pytest.raises(ValueError, match="there is no exercise '.*'; expected one of 01.1"):
        call()
