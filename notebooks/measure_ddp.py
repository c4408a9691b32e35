"""Time a training step and the all-reduce alone. torchrun starts it, as it starts train_ddp.py."""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.distributed as dist
from train_ddp import join, leave, make_network, say, take_step

from helpers.device import synchronize

BATCH_SIZES = [16, 64, 256, 1024, 4096]  # of all processes together
NUMBERS = [1, 1_000, 159_010, 1_000_000, 10_000_000]  # to be summed over the processes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file for the seconds, JSON")
    options = parser.parse_args()

    device = join()
    steps = {size: time_step(size, device) for size in BATCH_SIZES}
    reductions = {count: time_all_reduce(count, device) for count in NUMBERS}
    if dist.get_rank() == 0:
        options.out.write_text(json.dumps({"steps": steps, "all-reduce": reductions}))
    leave()


def time_step(batch_size, device):
    network, optimizer = make_network(device)
    if dist.get_world_size() == 1:
        network = network.module  # alone there is nothing to average
    part = batch_size // dist.get_world_size()
    images, targets = torch.rand(part, 784, device=device), torch.rand(part, 10, device=device)

    def step():
        take_step(network, optimizer, images, targets)

    seconds = shortest(step, device, repeats=30 if batch_size > 500 else 300)
    say(f"a step on {batch_size:,} images: {seconds * 1e3:.2f} ms")
    return seconds


def time_all_reduce(count, device):
    tensor = torch.zeros(count, device=device)
    repeats = 30 if count > 500_000 else 300
    return shortest(lambda: dist.all_reduce(tensor), device, repeats)


def shortest(function, device, repeats):
    """The shortest of many times, in seconds: other programs can only make it longer."""
    times = []
    for _ in range(repeats):
        synchronize(device)
        start = time.perf_counter()
        function()
        synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
