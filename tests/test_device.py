"""helpers.device times work correctly, and its table only ever grows."""

import csv
import time

import pytest
import torch

from helpers import device as device_module
from helpers.device import device_name, make_training_step, median_seconds, pick_device, sweep

CPU = torch.device("cpu")


def test_pick_device_is_where_a_tensor_can_live():
    assert torch.ones(2, device=pick_device()).sum() == 2


def test_median_seconds_leaves_out_the_warm_up_and_outliers():
    calls = []

    def slow_at_times():
        calls.append(1)
        time.sleep(0.05 if len(calls) <= 3 or len(calls) == 8 else 0.002)

    assert 0.002 <= median_seconds(slow_at_times, CPU, repeats=7, warm_up=3) < 0.02
    assert len(calls) == 10


def test_the_training_step_trains():
    step = make_training_step(CPU, batch_size=4)
    network = next(
        cell.cell_contents
        for cell in step.__closure__
        if isinstance(cell.cell_contents, torch.nn.Sequential)
    )
    before = network[0].weight.clone()
    step()
    assert not torch.equal(network[0].weight, before)


def test_a_sweep_has_a_row_for_each_batch_size():
    rows = sweep(CPU, batch_sizes=(1, 8))
    assert [row["batch_size"] for row in rows] == [1, 8]
    for row in rows:
        seconds = row["microseconds_per_step"] / 1e6
        assert row["images_per_second"] == pytest.approx(row["batch_size"] / seconds, rel=0.01)
        assert row["name"] == device_name(CPU) and row["torch"] == torch.__version__


def test_rows_are_added_below_one_header(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(device_module, "DEVICES_CSV", tmp_path / "devices.csv")
    monkeypatch.setattr(device_module, "pick_device", lambda: CPU)
    monkeypatch.setattr(device_module, "sweep", lambda device: [{"device": "cpu", "batch_size": 1}])
    device_module.add_to_table()
    device_module.add_to_table()
    assert list(csv.reader(device_module.DEVICES_CSV.open())) == [
        ["device", "batch_size"],
        ["cpu", "1"],
        ["cpu", "1"],
    ]
