"""Measure this machine's devices, and add the rows to data/results/devices.csv: `make devices`."""

import csv
import datetime

import torch

from helpers.device import pick_device
from helpers.sweep import sweep
from helpers.tables import RESULTS, write_rows


def main():
    path = RESULTS / "devices.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    when = {"torch": torch.__version__, "date": datetime.date.today().isoformat()}
    for kind in dict.fromkeys(["cpu", pick_device().type]):
        measured = [row | when for row in sweep(torch.device(kind))]
        rows += measured
        write_rows(path, rows)
        print(f"{measured[0]['name']}: {len(measured)} rows added to {path}")


if __name__ == "__main__":
    main()
