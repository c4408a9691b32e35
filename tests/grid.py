"""What the tests of the grid share, as a plugin: `pytest_plugins = "grid"`."""

import pytest
import torch
from distributed import Client, LocalCluster


@pytest.fixture(scope="module")
def client():
    """One worker, in this process: quick to start, and it sees what a test changes."""
    threads = torch.get_num_threads()
    one = {"n_workers": 1, "threads_per_worker": 1, "processes": False}
    with LocalCluster(dashboard_address="127.0.0.1:0", **one) as cluster, Client(cluster) as client:
        yield client
    torch.set_num_threads(threads)
