"""What learners change breaks no notebook; `tools/try_changes.py` tries all that is listed."""

import gzip
import itertools

import pytest
from try_changes import ROOT, SAMPLE, attempt, cells_of, changes

CHANGES = changes()


def test_changes_are_listed_for_every_notebook():
    assert list(CHANGES) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_can_be_made(name):
    cells = cells_of(name)
    for change in CHANGES[name]:
        assert change.make(cells)


@pytest.fixture(scope="module")
def few_images(tmp_path_factory):
    """A tenth of the sample: enough to see whether a notebook goes on."""
    folder = tmp_path_factory.mktemp("few")
    for name, count in {"mnist_train.csv": 600, "mnist_test.csv": 500}.items():
        with gzip.open(SAMPLE / f"{name}.gz", "rt") as rows:
            (folder / name).write_text("".join(itertools.islice(rows, count)))
    return folder


# Not 12: its processes take minutes.
@pytest.mark.parametrize("name", [name for name in CHANGES if not name.startswith("12")])
def test_after_its_first_change_a_notebook_goes_on(name, few_images):
    outcome, _ = attempt(cells_of(name), CHANGES[name][0], few_images)
    assert str(outcome) == "goes on"
