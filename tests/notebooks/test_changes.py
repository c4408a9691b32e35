"""What learners change is listed, and can be changed.

In JupyterLab tests/browser/test_notebooks.py makes the first change of each notebook; tools/try_changes.py makes all.
"""

import pytest
from try_changes import ROOT, cells_of, changes

CHANGES = changes()


def test_changes_are_listed_for_every_notebook():
    assert list(CHANGES) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_can_be_made(name):
    cells = cells_of(name)
    for change in CHANGES[name]:
        assert change.make(cells)
