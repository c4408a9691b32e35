"""`make devices` adds rows to the table, and keeps those that it has."""

import csv
import datetime
import shutil

import measure_devices
import torch

from helpers.tables import RESULTS


def test_the_rows_of_a_device_are_added_below_the_others(tmp_path, monkeypatch, capsys):
    table = shutil.copy(RESULTS / "devices.csv", tmp_path)
    before = table.read_bytes()
    monkeypatch.setattr(measure_devices, "RESULTS", tmp_path)
    monkeypatch.setattr(measure_devices, "pick_device", lambda: torch.device("cpu"))
    measured = {"device": "cpu", "name": "a CPU, 2 threads", "batch_size": 1}
    monkeypatch.setattr(measure_devices, "sweep", lambda device: [measured])
    measure_devices.main()
    assert table.read_bytes().startswith(before)
    *_, added = csv.DictReader(table.open(newline="", encoding="utf-8"))
    about = {"torch": torch.__version__, "date": datetime.date.today().isoformat()}
    assert {name: value for name, value in added.items() if value} == (
        measured | {"batch_size": "1"} | about
    )
    assert "a CPU, 2 threads: 1 rows added" in capsys.readouterr().out
