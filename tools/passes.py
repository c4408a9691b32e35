"""Which notebooks have passed on full MNIST, and as what: tests/notebooks/passes.toml.

There the tests run a notebook only if something is other than in its recorded pass: its cells or outputs, its bands,
helpers, versions or data. To have every notebook run, before a release, delete the file.
"""

import hashlib
import platform
import tomllib
from functools import cache
from importlib.metadata import version

from cells import code_cells, read

from helpers.mnist import load_mnist

FILE = "tests/notebooks/passes.toml"
PACKAGES = ("torch", "numpy", "pandas", "matplotlib", "distributed", "ipykernel", "nbval")
DECIDING = (
    "notebooks/{name}.ipynb",
    "notebooks/*.py",
    "tests/notebooks/bands/{name}.py",
    "tests/notebooks/sanitize.cfg",
    "tools/bands.py",
    "conftest.py",
    "helpers/*.*",
    "helpers/exercises/*.py",
    "data/sample/*.gz",
    "data/results/devices.csv",
    "data/results/grid*.csv",
    "data/results/rates*.csv",
)


@cache
def holds(course, name):
    """Is this notebook, such as "03_baseline_network", as it was when it passed?"""
    return recorded(course).get(name) == state(course, name)


def record(course, passed):
    """Write down the notebooks of which every cell has passed; `passed` holds how many have."""
    new = {
        name: state(course, name)
        for name, count in passed.items()
        if count == len(code_cells(read(course / f"notebooks/{name}.ipynb")))
    }
    if new:
        known = sorted((recorded(course) | new).items())
        (course / FILE).write_text("".join(f'{name} = "{as_what}"\n' for name, as_what in known))


def recorded(course):
    path = course / FILE
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


@cache
def state(course, name):
    """What stands for all that decides whether a notebook passes, as it is when this is first asked."""
    found = hashlib.sha256(surroundings())
    for pattern in DECIDING:
        for path in sorted(course.glob(pattern.format(name=name))):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


@cache
def surroundings():
    """The versions of what is installed, and the images, as bytes."""
    found = [platform.python_version(), platform.machine(), *map(version, PACKAGES)]
    for images in map(load_mnist, ("train", "test")):
        found += [
            hashlib.sha256(part.numpy()).hexdigest() for part in (images.images, images.labels)
        ]
    return "\n".join(found).encode()
