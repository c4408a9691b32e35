"""What learners change breaks no notebook; `tools/try_changes.py` tries all that is listed."""

import pytest
from try_changes import ROOT, attempt, cells_of, changes

CHANGES = changes()


def test_changes_are_listed_for_every_notebook():
    assert list(CHANGES) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_can_be_made(name):
    cells = cells_of(name)
    for change in CHANGES[name]:
        assert change.make(cells)


# Not 12: to run all of it once more takes minutes.
@pytest.mark.parametrize("name", [name for name in CHANGES if not name.startswith("12")])
def test_after_its_first_change_a_notebook_goes_on(name):
    outcome, _ = attempt(cells_of(name), CHANGES[name][0])
    assert str(outcome) == "goes on"
