"""The oldest Python stands in pyproject.toml; whatever must repeat it says the same."""

import re
import tomllib

import pytest

from helpers import environment
from helpers.environment import ROOT

pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OLDEST = pyproject["project"]["requires-python"].removeprefix(">=")
AS_TUPLE = "(" + OLDEST.replace(".", ", ") + ")"


def test_environment_py_reads_it():
    assert environment.requirements()[0] == OLDEST
    assert OLDEST not in (ROOT / "helpers/environment.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "statement", "number"),
    [
        ("README.md", r"Python (\S+) or newer", OLDEST),
        ("tools/student/README.md", r"Python (\S+) or newer", OLDEST),
        ("environment.yml", r"- python >=(\S+)", OLDEST),
        (".github/workflows/tests.yml", r'python-version: "(.*)"', OLDEST),
    ],
)
def test_repeats_it(file, statement, number):
    assert re.findall(statement, (ROOT / file).read_text("utf-8")) == [number]


def test_nothing_else_repeats_it():
    """The Makefile reads it, and ruff does."""
    assert OLDEST not in (ROOT / "Makefile").read_text("utf-8")
    assert "target-version" not in pyproject["tool"]["ruff"]
