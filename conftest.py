"""What every test shares: the images that the notebooks see, and what that leaves to compare."""

import os
import re
from pathlib import Path

import matplotlib
from nbval.plugin import IPyNbCell

ROOT = Path(__file__).resolve().parent
SAMPLE = ROOT / "data" / "sample"

# Set before any kernel starts. A relative MNIST_DIR counts from the course's folder.
MNIST_DIR = (ROOT / Path(os.environ.get("MNIST_DIR") or SAMPLE).expanduser()).resolve()
os.environ["MNIST_DIR"] = str(MNIST_DIR)

os.environ["COURSE_STRICT"] = "1"  # what the text says of a number must hold

# Kernels choose their own backend, which shows figures; the unit tests draw without a window.
os.environ.pop("MPLBACKEND", None)
matplotlib.use("agg")


# Workers side by side: with a thread for each, none waits for another.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items):
    """Compare the outputs of tagged cells only as far as they must agree.

    `mnist-output`: they show the full MNIST, so they are not compared on the sample.
    `measured`: numbers that come out of a training or a clock; all are compared as `#`, and an
    assert beside them holds the band in which they lie.
    """
    for item in items:
        tags = item.cell.metadata.get("tags", []) if isinstance(item, IPyNbCell) else []
        if "mnist-output" in tags and MNIST_DIR == SAMPLE:
            item.options["check"] = False
        if "measured" in tags:
            item.sanitize = lambda text, sanitize=item.sanitize: without_numbers(sanitize(text))


def without_numbers(text):
    """Replace each number, and the spaces that align it, by `#`."""
    return re.sub(r" *[-+]?\d[\d,.]*(?:e[-+]?\d+)?", " #", text)
