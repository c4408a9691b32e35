"""What `tools/try_changes.py` does to a notebook, and what it says of it."""

import pytest
from nbformat.v4 import new_code_cell
from try_changes import Change, attempt, compare, execute, text

TRAINING = """
import matplotlib.pyplot as plt
rate = 0.1
plt.title(f"lr={rate}")
plt.show()
"""
RESULT = 'assert rate < 10, "too large"\nprint(f"rate {rate}, 4 epochs")'
MEANT = 'raise ValueError("meant")'


def cells():
    return [
        new_code_cell(TRAINING, id="training"),
        new_code_cell(RESULT, id="result"),
        new_code_cell(MEANT, id="meant", metadata={"tags": ["raises-exception"]}),
        new_code_cell("import time\ntime.sleep(5)", id="long"),
    ]


def outcome(**change):
    return str(attempt(cells()[:3], Change(what="a change", **change))[0])


def test_a_change_goes_on_stops_or_breaks_a_later_cell():
    edit = {"cell": "training", "old": "rate = 0.1"}
    assert outcome(**edit, new="rate = 1.0") == "goes on"
    assert outcome(**edit, new="rate = 10") == "breaks later in result: AssertionError: too large"
    assert outcome(**edit, new="rate = 1 / 0") == (
        "stops at the change: ZeroDivisionError: division by zero; "
        "breaks later in result: NameError: name 'rate' is not defined"
    )


def test_a_cell_is_run_again_or_ahead_of_its_turn():
    made, place = Change("result", "back", then="training").make(cells())
    assert [cell.id for cell in made[:4]] == ["training", "result", "training-again", "meant"]
    assert made[place].source == TRAINING
    made, place = Change("training", "ahead", then="result").make(cells())
    assert [cell.id for cell in made[:3]] == ["training", "result-again", "result"]
    assert made[place].source == RESULT


def test_a_cell_is_interrupted_and_one_that_ends_too_early_is_reported():
    interrupted, _ = attempt(cells(), Change("long", "interrupted", interrupted=True))
    assert interrupted.at_the_change.startswith("KeyboardInterrupt") and not interrupted.later
    through = outcome(cell="result", interrupted=True)
    assert through.endswith("TimeoutError: the cell ended before it could be interrupted")


def test_texts_are_compared_also_those_in_figures_and_lines_that_name_a_setting_stay():
    change = Change("training", "rate x10", old="0.1", new="1.0")
    unchanged = {cell.id: text(cell) for cell in execute(cells()[:3])}
    _, lines = compare(cells()[:3], change, unchanged)
    assert "- figure: lr=0.1" in lines and "+ figure: lr=1.0" in lines
    assert "- rate 0.1, 4 epochs" in lines and "+ rate 1.0, 4 epochs" in lines
    _, lines = compare(cells()[:3], Change("training", "no change", "0.1", "0.1"), unchanged)
    assert "  rate 0.1, 4 epochs" in lines


def test_a_change_that_cannot_be_made_is_rejected():
    with pytest.raises(ValueError, match="no cell that a learner runs has the id gone"):
        Change("gone", "a change", old="1").make(cells())
    with pytest.raises(ValueError, match="holds 'rate' 2 times; expected once"):
        Change("training", "a change", old="rate").make(cells())
