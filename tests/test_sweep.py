"""A sweep times each batch size fairly."""

import platform

import pytest
import torch

from helpers import sweep as sweep_module
from helpers.device import make_training_step
from helpers.sweep import as_cuda_graph, device_name, sweep

CPU = torch.device("cpu")


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
        expected = row["batch_size"] / row["microseconds_per_step"] * 1e6
        assert row["images_per_second"] == pytest.approx(expected, rel=0.01, abs=0.5)
        assert row["name"] == device_name(CPU)


def test_a_sweep_times_the_sizes_in_turn_and_keeps_the_median_round(monkeypatch):
    timed, seconds = [], iter([1e-6, 2e-6, 9e-6, 2e-6, 5e-6, 2e-6])
    monkeypatch.setattr(sweep_module, "make_training_step", lambda device, size: timed.append(size))
    monkeypatch.setattr(sweep_module, "median_seconds", lambda step, device: next(seconds))
    one, eight = sweep(CPU, batch_sizes=(1, 8), rounds=3)
    assert timed == [1, 8]
    columns = "microseconds_per_step", "fastest", "slowest"
    assert [one[column] for column in columns] == [5, 1, 9]
    assert [eight[column] for column in columns] == [2, 2, 2]


@pytest.mark.parametrize(("threads", "text"), [(1, "1 thread"), (2, "2 threads")])
def test_a_cpu_is_named_with_its_threads(monkeypatch, threads, text):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    name, counted = device_name(CPU).rsplit(", ", 1)
    assert name and counted == text


def test_a_cpu_without_a_name_is_named_by_its_kind(monkeypatch):
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(sweep_module.Path, "exists", lambda path: False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert device_name(CPU).startswith(platform.machine())
