"""Which device to compute on, and how fast a training step is there."""

import datetime
import platform
import statistics
import subprocess
import time
from pathlib import Path

import torch
from torch import nn

BATCH_SIZES = (1, 4, 16, 64, 256, 1024, 4096)


def pick_device() -> torch.device:
    """Return a GPU if PyTorch can use one here, ``cuda`` or ``mps``; else ``cpu``."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def sweep(device, batch_sizes=BATCH_SIZES, rounds=5) -> list:
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
    for (method, batch_size), seconds in zip(steps, zip(*in_turn, strict=True), strict=True):
        median = statistics.median(seconds)
        rows.append(
            {
                "device": device.type,
                "name": device_name(device),
                "method": method,
                "batch_size": batch_size,
                "microseconds_per_step": round(median * 1e6, 1),
                "fastest": round(min(seconds) * 1e6, 1),
                "slowest": round(max(seconds) * 1e6, 1),
                "images_per_second": round(batch_size / median),
                "torch": torch.__version__,
                "date": datetime.date.today().isoformat(),
            }
        )
    return rows


def make_training_step(device, batch_size):
    """Return a function that takes one training step of the baseline and returns its loss.

    All data are on `device`: images of grey and targets of 1, since what the numbers are makes no
    difference to the time.
    """
    layers = nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 10), nn.Sigmoid()
    network = nn.Sequential(*layers).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    loss_function = nn.MSELoss()
    images = torch.full((batch_size, 784), 0.5, device=device)
    targets = torch.ones(batch_size, 10, device=device)

    def training_step():
        optimizer.zero_grad()
        loss = loss_function(network(images), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return training_step


def as_cuda_graph(training_step):
    """Record all that `training_step` makes a CUDA device do; return a function that repeats it.

    It returns the loss, always in the same tensor. One call launches the whole step, not each
    operation by itself. Source: PyTorch's CUDA semantics, section CUDA Graphs.
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


def median_seconds(function, device, repeats=30, warm_up=5) -> float:
    """Return the median time of `function()` in seconds, warmed up and synchronized."""
    times = []
    for _ in range(warm_up):
        function()
    for _ in range(repeats):
        synchronize(device)
        start = time.perf_counter()
        function()
        synchronize(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def synchronize(device):
    """Wait until `device` has done all the work that it was given; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def device_name(device) -> str:
    """Return what the maker calls the device, and for a CPU how many threads PyTorch uses."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        name = subprocess.run(command, capture_output=True, text=True).stdout.strip() or name
    elif Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = models[0] if models else name
    if device.type == "mps":
        return name
    count = torch.get_num_threads()
    return f"{name}, {count} thread" + ("s" if count > 1 else "")
