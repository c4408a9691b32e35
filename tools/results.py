"""The one writer of the tables in data/results."""

import csv

from course import ROOT

RESULTS = ROOT / "data" / "results"


def write_rows(path, rows):
    """Write `rows`, dicts with the same keys, as a CSV table in place of what `path` held."""
    _write(path, rows, "w")


def add_rows(path, rows):
    """Add `rows` below those that `path` holds; the header is written once."""
    _write(path, rows, "a")


def _write(path, rows, mode):
    with path.open(mode, newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        if file.tell() == 0:
            writer.writeheader()
        writer.writerows(rows)
