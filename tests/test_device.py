"""helpers.device times work correctly."""

import pytest
import torch

from helpers import device as device_module
from helpers.device import (
    as_cuda_graph,
    device_name,
    make_training_step,
    median_seconds,
    pick_device,
    sweep,
)

CPU = torch.device("cpu")


def test_pick_device_is_where_a_tensor_can_live():
    assert torch.ones(2, device=pick_device()).sum() == 2


def test_median_seconds_leaves_out_the_warm_up_and_outliers(monkeypatch):
    durations = iter([9, 9, 9, 2, 1, 3, 2, 8, 2, 2])
    clock = [0]
    monkeypatch.setattr(device_module.time, "perf_counter", lambda: clock[0])

    def work():
        clock[0] += next(durations)

    assert median_seconds(work, CPU, repeats=7, warm_up=3) == 2
    assert next(durations, "all used") == "all used"


def test_the_training_step_trains():
    step = make_training_step(CPU, batch_size=4)
    losses = [step().item() for _ in range(5)]
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[-1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_cuda_graph_goes_on_training():
    step = make_training_step(torch.device("cuda"), batch_size=4)
    launch = as_cuda_graph(step)
    losses = [launch().item() for _ in range(5)]
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[-1]


def test_a_sweep_has_a_row_for_each_batch_size():
    rows = sweep(CPU, batch_sizes=(1, 8))
    assert [row["batch_size"] for row in rows] == [1, 8]
    for row in rows:
        seconds = row["microseconds_per_step"] / 1e6
        assert row["images_per_second"] == pytest.approx(
            row["batch_size"] / seconds, rel=0.01, abs=0.5
        )
        assert row["name"] == device_name(CPU) and row["torch"] == torch.__version__


def test_a_sweep_times_the_sizes_in_turn_and_keeps_the_median_round(monkeypatch):
    timed, seconds = [], iter([1e-6, 2e-6, 9e-6, 2e-6, 5e-6, 2e-6])
    monkeypatch.setattr(
        device_module, "make_training_step", lambda device, batch_size: timed.append(batch_size)
    )
    monkeypatch.setattr(device_module, "median_seconds", lambda step, device: next(seconds))
    one, eight = sweep(CPU, batch_sizes=(1, 8), rounds=3)
    assert timed == [1, 8]
    columns = "microseconds_per_step", "fastest", "slowest"
    assert [one[column] for column in columns] == [5, 1, 9]
    assert [eight[column] for column in columns] == [2, 2, 2]
