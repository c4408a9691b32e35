"""Which device to compute on, and how to time what it does."""

import statistics
import time

import torch
from torch import nn


def pick_device() -> torch.device:
    """Return a GPU if PyTorch can use one here, ``cuda`` or ``mps``; else ``cpu``."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def make_training_step(device, batch_size):
    """Return a function that takes one training step of the baseline and returns its loss.

    Images of grey and targets of 1, on `device`: the time does not depend on the numbers.
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


def median_seconds(function, device, repeats=30, warm_up=5) -> float:
    """Return the median time of `function()` in seconds, warmed up and synchronized."""
    times = []
    for _ in range(warm_up + repeats):
        synchronize(device)
        start = time.perf_counter()
        function()
        synchronize(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times[warm_up:])


def synchronize(device):
    """Wait until `device` has done all the work that it was given; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()
