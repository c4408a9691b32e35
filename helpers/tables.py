"""The one writer of tables: those in data/results, and the grid's."""

import csv
import os

from helpers.environment import ROOT

RESULTS = ROOT / "data/results"


def write_rows(path, rows):
    """Write `rows`, dicts with the same keys, in place of what `path` held.

    The new table replaces the old one all at once: whoever is stopped leaves one of the two.
    """
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
