"""The tables in data/results: what is added stands below one header."""

import csv

import measure_devices
import torch
from results import add_rows, write_rows

from helpers.environment import ROOT


def table(path):
    return list(csv.reader(path.open(encoding="utf-8")))


def test_rows_are_added_below_one_header(tmp_path):
    add_rows(tmp_path / "table.csv", [{"device": "cpu", "batch_size": 1}])
    add_rows(tmp_path / "table.csv", [{"device": "cpu", "batch_size": 4}])
    assert table(tmp_path / "table.csv") == [["device", "batch_size"], ["cpu", "1"], ["cpu", "4"]]


def test_a_table_is_written_in_place_of_the_old_one(tmp_path):
    write_rows(tmp_path / "table.csv", [{"case": "old"}, {"case": "older"}])
    write_rows(tmp_path / "table.csv", [{"case": "new, with a comma"}])
    assert table(tmp_path / "table.csv") == [["case"], ["new, with a comma"]]


def test_make_devices_adds_the_rows_of_each_device(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measure_devices, "RESULTS", tmp_path)
    monkeypatch.setattr(measure_devices, "pick_device", lambda: torch.device("cpu"))
    header, *_ = table(ROOT / "data/results/devices.csv")
    rows = [dict.fromkeys(header, device.type) for device in [torch.device("cpu")]]
    monkeypatch.setattr(measure_devices, "sweep", lambda device: rows)
    measure_devices.main()
    assert table(tmp_path / "devices.csv") == [header, ["cpu"] * len(header)]
    assert "1 rows added" in capsys.readouterr().out
