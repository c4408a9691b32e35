"""What the tests of the grid and of the fair grid share."""

import pytest
import torch
from distributed import Client, LocalCluster


@pytest.fixture(scope="module")
def client():
    """One worker, in this process: quick to start, and it sees what the test has changed."""
    threads = torch.get_num_threads()
    cluster = LocalCluster(
        1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    )
    with cluster, Client(cluster) as client:
        yield client
    torch.set_num_threads(threads)
