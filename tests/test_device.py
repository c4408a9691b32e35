"""helpers.device times work correctly."""

import torch

from helpers import device as device_module
from helpers.device import make_training_step, median_seconds, pick_device

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
