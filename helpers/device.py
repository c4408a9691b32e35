"""Which device to compute on."""

import torch


def pick_device() -> torch.device:
    """Return the fastest device PyTorch can use here: ``cuda``, else ``mps``, else ``cpu``."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
