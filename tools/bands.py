"""Bands: what must hold when a cell of a notebook has run. They stand in tests/notebooks/bands/.

    @after("c33", full=(0.878, 0.886), sample=(0.25, 0.75))
    def test_accuracy_of_the_baseline(baseline_accuracy):
        return baseline_accuracy

A band is tied to a cell by its id, and its parameters are names of the notebook; those with a default
may be missing there. The tests and tools/run_notebooks.py call it in the notebook's kernel as soon as
the cell has run. It must leave the notebook as it is: it copies what it changes.
"""

import contextlib
import inspect
import math
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from torch import nn

FOLDER = Path(__file__).resolve().parent.parent / "tests/notebooks/bands"
SAME = "the same"


@dataclass
class Band:
    """A function of a notebook's names, the cell behind which it is called, and its limits."""

    cell: str
    full: Any
    sample: Any
    function: Callable

    @property
    def name(self):
        return self.function.__name__.replace("_", " ")

    def limits(self, full_mnist):
        return self.full if full_mnist or self.sample is SAME else self.sample


def after(cell, full=True, sample=SAME):
    """Tie a function to the cell with the id `cell`.

    full      the limits on full MNIST of the number that it returns, or of each number of a dict: (low, high),
              where None is no limit; a dict of such pairs, one for each key; True if it returns a fact
    sample    the limits on other images; None if nothing needs to hold there
    """
    return partial(Band, cell, full, sample)


@cache
def cells(notebook):
    """The ids of the cells that have bands."""
    return {band.cell for band in read(notebook)}


def line_for_kernel(notebook, cell, full_mnist):
    """The code that holds the bands of a cell in its kernel, and leaves no name there."""
    code = f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import bands; sys.path.pop(); "
    code += f"bands.hold({notebook!r}, {cell!r}, names, {full_mnist})"
    return f"exec({code!r}, {{'names': get_ipython().user_ns}})"


def hold(notebook, cell, names, full_mnist):
    """Call the bands of a cell with the `names` of its kernel; AssertionError says which do not hold."""
    found = []
    for band in read(notebook):
        if band.cell == cell and band.limits(full_mnist) is not None:
            with left_as_it_is(names):
                found += faults(band, names, band.limits(full_mnist))
    if found:
        raise AssertionError("\n".join([f"Bands of cell {cell} do not hold:", *found]))


def read(notebook):
    """The bands of a notebook, such as "03_baseline_network", in the order of their file."""
    path = FOLDER / f"{notebook}.py"
    found = runpy.run_path(str(path)) if path.exists() else {}
    return [band for band in found.values() if isinstance(band, Band)]


@contextlib.contextmanager
def left_as_it_is(names):
    """Put back the random numbers, the grad mode and the mode of each network."""
    from helpers.exercises.core import settings_restored  # the kernel's own helpers

    networks = [value for value in names.values() if isinstance(value, nn.Module)]
    modes = [(layer, layer.training) for network in networks for layer in network.modules()]
    with settings_restored():
        yield
    for layer, training in modes:
        layer.training = training


def faults(band, names, limits):
    """Return a line for each number that is out of its limits, or for what else is wrong."""
    parameters = inspect.signature(band.function).parameters.values()
    needed = {one.name for one in parameters if one.default is one.empty}
    if missing := sorted(needed - names.keys()):
        return [f"{band.name}: the notebook has no {', '.join(missing)}"]
    try:
        found = band.function(**{p.name: names[p.name] for p in parameters if p.name in names})
        if limits is True:
            return [] if found else [f"{band.name}: not so"]
        found = found if isinstance(found, dict) else {"": found}
        numbers = {key: float(value) for key, value in found.items()}
    except Exception as error:
        return [f"{band.name}: {type(error).__name__}: {error}"]
    pairs = limits if isinstance(limits, dict) else dict.fromkeys(numbers, limits)
    if not pairs:
        return [f"{band.name}: no number"]
    return [
        f"{band.name}{key and f' ({key})'}: {number:.6g}; expected {in_words(*pair)}"
        for key, pair in pairs.items()
        if not within(number := numbers.get(key, math.nan), *pair)
    ]


def within(number, low, high):
    """Does a number lie between two limits? NaN never does."""
    return (-math.inf if low is None else low) <= number <= (math.inf if high is None else high)


def in_words(low, high):
    if low is None or high is None:
        return f"at least {low:.6g}" if high is None else f"at most {high:.6g}"
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
