"""A table is replaced as a whole, or not at all."""

import csv
import os
import sys
from pathlib import Path

import pytest

from helpers.tables import write_rows


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    write_rows(path, [{"case": "old"}, {"case": "older"}])
    return path


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_table_is_written_in_place_of_the_old_one(table):
    write_rows(table, [{"case": "new, with a comma", "seconds": 1.5}])
    assert read(table) == [["case", "seconds"], ["new, with a comma", "1.5"]]
    assert list(table.parent.iterdir()) == [table]


@pytest.mark.parametrize(
    ("owner", "step"), [(csv.DictWriter, "writerows"), (os, "fsync"), (Path, "replace")]
)
def test_a_writer_that_is_killed_leaves_the_old_table(table, monkeypatch, owner, step):
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(owner, step, lambda *_: sys.exit())
        write_rows(table, [{"case": "new"}])
    assert read(table) == [["case"], ["old"], ["older"]]
    write_rows(table, [{"case": "new"}])
    assert read(table) == [["case"], ["new"]] and list(table.parent.iterdir()) == [table]
