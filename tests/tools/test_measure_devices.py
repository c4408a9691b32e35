"""`make devices` adds rows to the table, and keeps those that it has."""

import csv
import datetime
import shutil

import measure_devices
import torch

from helpers.tables import RESULTS


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_rows_of_a_device_are_added_below_the_others(tmp_path, monkeypatch, capsys):
    table = tmp_path / "devices.csv"
    shutil.copy(RESULTS / "devices.csv", table)
    before = read(table)
    monkeypatch.setattr(measure_devices, "RESULTS", tmp_path)
    monkeypatch.setattr(measure_devices, "pick_device", lambda: torch.device("cpu"))
    measured = {"device": "cpu", "name": "a CPU, 2 threads", "batch_size": 1}
    monkeypatch.setattr(measure_devices, "sweep", lambda device: [measured])
    measure_devices.main()
    *kept, added = read(table)
    assert kept == before
    about = {"torch": torch.__version__, "date": datetime.date.today().isoformat()}
    assert {name: value for name, value in added.items() if value} == (
        measured | {"batch_size": "1"} | about
    )
    assert "a CPU, 2 threads: 1 rows added" in capsys.readouterr().out
