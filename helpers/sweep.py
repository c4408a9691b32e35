"""How fast a training step of the baseline is on a device, at each batch size."""

import platform
import re
import statistics
import subprocess
from pathlib import Path

import torch

from helpers.device import make_training_step, median_seconds


def sweep(device, batch_sizes=(1, 4, 16, 64, 256, 1024, 4096), rounds=5) -> list:
    """Time a training step of the baseline at each batch size; a list of dicts, one for a row.

    A device's speed drifts, so all sizes are timed in turn, `rounds` times over: a row holds the
    median round, the fastest and the slowest, in microseconds.
    """
    steps, rows = {}, []
    for batch_size in batch_sizes:
        steps["step by step", batch_size] = make_training_step(device, batch_size)
        if device.type == "cuda":
            steps["CUDA graph", batch_size] = as_cuda_graph(make_training_step(device, batch_size))
    in_turn = [[median_seconds(step, device) for step in steps.values()] for _ in range(rounds)]
    for (method, size), *times in zip(steps, *in_turn, strict=True):
        median = statistics.median(times)
        times = {"microseconds_per_step": median, "fastest": min(times), "slowest": max(times)}
        rows.append(
            {"device": device.type, "name": device_name(device), "method": method}
            | {"batch_size": size}
            | {column: round(seconds * 1e6, 1) for column, seconds in times.items()}
            | {"images_per_second": round(size / median)}
        )
    return rows


def as_cuda_graph(training_step):
    """Record all that `training_step` makes a CUDA device do; return a function that repeats it.

    It returns the loss, always in the same tensor. Source: PyTorch's CUDA semantics, section CUDA Graphs.
    """
    side_stream = torch.cuda.Stream()
    side_stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side_stream):
        for _ in range(3):
            training_step()
    torch.cuda.current_stream().wait_stream(side_stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = training_step()

    def launch():
        graph.replay()
        return loss

    launch.step = training_step  # holds the tensors in which the graph works
    return launch


def device_name(device) -> str:
    """Return what the maker calls the device, and for a CPU how many threads PyTorch uses."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        name = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    else:
        cpuinfo = Path("/proc/cpuinfo")  # on Linux
        found = re.search("model name\\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
        name = found[1] if found else platform.processor()
    name, threads = name or platform.machine(), torch.get_num_threads()
    return name if device.type == "mps" else f"{name}, {threads} thread{'s' * (threads > 1)}"
