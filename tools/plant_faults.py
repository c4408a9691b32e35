"""Plant faults in the notebooks, and count those that their tests catch: `make faults`.

python tools/plant_faults.py                     seven in each notebook
python tools/plant_faults.py notebooks/03*       only in these
python tools/plant_faults.py --per-notebook 20 --seed 1

A fault is a change of one cell that somebody could notice: of its code, or of a digit of its output. So
drawing, seeds and timings stay as they are, and whatever is only drawn, or only printed where numbers
are not compared. Each runs on full MNIST, in a copy of the course, up to the cell that fails.
"""

import argparse
import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import bands
import nbformat
from cells import NOT_COMPARED, code_cells, masked, parse, read, tags
from course import ROOT

from helpers.mnist import FULL_SIZE, load_mnist

OPPOSITES = {"argmax": "argmin", "max": "min", "mean": "sum", "ones": "zeros", "Sigmoid": "Tanh"}
OPPOSITES |= {opposite: name for name, opposite in OPPOSITES.items()}
TURNED = {"<": ">", "<=": ">=", "==": "!=", ">": "<", ">=": "<=", "!=": "==", "+": "-", "-": "+"}
# The kinds of changes: what is searched for in a statement, and what is put in its place.
KINDS = {
    "number": (
        r"(?<![\w.])\d[\d_]*\.?\d*(?![\w.])",
        lambda m: repr(2 * float(m[0]) if "." in m[0] else 2 * int(m[0]) or 1),
    ),
    "sign": (r"(?<= )[+-](?==? )", lambda m: TURNED[m[0]]),
    "comparison": (r"(?<= )[<>=!]?[<>=](?= )", lambda m: TURNED.get(m[0], m[0])),
    "axis": (r"\b(dim|axis)=([01])", lambda m: f"{m[1]}={1 - int(m[2])}"),
    "opposite function": (rf"(?<=\.)({'|'.join(OPPOSITES)})(?=\()", lambda m: OPPOSITES[m[0]]),
    "arguments": (
        r"\b(?!allclose|equal|is\w+|max|min|print|zip)(\w+)\((\w+), (\w+)(?=[,)])",
        r"\1(\3, \2",
    ),
    "dropped statement": (r"^[\w.]+\.\w+\(\)$|^[\w.]+\.grad = None$", "pass"),
}
# Statements that draw, import, or set what changes no result; a training counts, though only its chart is looked at.
UNSEEN = re.compile(
    r"^(?:[\w, ()]+ = )?(?:plt|fig|axe?s?(?:_\w+)?)\b|\b(?:plot|show|set)_\w+\(|^(?:from|import) |^[\"']"
    r"|^[\w.\[\], ]+\.(?:bar|hist|imshow|legend|plot|scatter|set|text|axvline|axvspan|fill_between)\("
    r"|manual_seed|perf_counter|set_num_threads|median_seconds"
)
LEARNS = re.compile(r"\b(?:train|learn|fit)\(")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of them, if none is named")
    parser.add_argument("--per-notebook", type=int, default=7, help="how many faults in each")
    parser.add_argument("--seed", type=int, default=0, help="which faults are drawn")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time")
    options = parser.parse_args(arguments)
    if len(load_mnist("train")) != FULL_SIZE:
        sys.exit("make faults needs full MNIST: run make data first, or set MNIST_DIR")
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    runs = [
        (path, fault) for path in paths for fault in draw(path, options.per_notebook, options.seed)
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        caught = sum(pool.map(lambda run: is_caught(*run), runs))
    print(f"\n{caught} of {len(runs)} faults caught ({caught / max(1, len(runs)):.1%})")


@dataclass
class Fault:
    """One change of one cell."""

    cell: int  # its position among all cells
    kind: str
    what: str  # the line that it changes, afterwards
    changes: dict  # the cell's new source, or its new outputs


def draw(path, count, seed):
    """Draw faults, no two in one cell; the kinds take turns, so that rare ones have theirs."""
    notebook = read(path)
    held = {name for band in bands.read(path.stem) for name in signature(band.function).parameters}
    faults = [*edited_outputs(notebook), *changed_code(notebook, held)]
    random.Random(f"{seed} {path.stem}").shuffle(faults)
    drawn = []
    while len(drawn) < count and faults:
        seen = [fault.kind for fault in drawn]
        drawn.append(min(faults, key=lambda fault: seen.count(fault.kind)))
        faults = [fault for fault in faults if fault.cell != drawn[-1].cell]
    return drawn


def is_caught(path, fault):
    """Run the notebook with this fault, print what became of it, and return whether a cell fails."""
    notebook = read(path)
    notebook.cells[fault.cell].update(fault.changes)
    with tempfile.TemporaryDirectory() as folder:
        copy_course(Path(folder))
        nbformat.write(notebook, Path(folder, "notebooks", path.name))
        done = subprocess.run(
            [sys.executable, *"-m pytest -v -x --color=no -p no:cacheprovider notebooks".split()],
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest could not run {path.name}:\n{done.stdout}{done.stderr}")
    failed = [int(number) for number in re.findall(r"::Cell (\d+) FAILED", done.stdout)]
    places = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    verdict = f"caught in [{places[failed[0]]}]" if failed else "SURVIVED"
    print(f"{path.stem:24} [{fault.cell}]  {verdict:16} {fault.kind}: {fault.what}", flush=True)
    return bool(failed)


def copy_course(folder):
    """What a notebook needs beside itself, and what pytest needs to run it."""
    for name in ("pyproject.toml", "conftest.py", "tests/notebooks/sanitize.cfg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("helpers", "data", "tools", "tests/notebooks/bands"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "notebooks").mkdir()


# What can be changed.


def edited_outputs(notebook):
    """Every digit of a printed output that nbval compares, one higher."""
    for index, cell in enumerate(notebook.cells):
        for number, output in enumerate(
            [] if NOT_COMPARED & tags(cell) else cell.get("outputs", [])
        ):
            before = output.get("text", "")
            for digit in re.finditer(r"\d", before):
                after = (
                    f"{before[: digit.start()]}{(int(digit[0]) + 1) % 10}{before[digit.end() :]}"
                )
                if masked(after) != masked(before):
                    outputs = copy.deepcopy(cell.outputs)
                    outputs[number]["text"] = after
                    what = changed_line(before, after)
                    yield Fault(index, "edited output", what, {"outputs": outputs})


def changed_code(notebook, held=()):
    """Every change of a statement that could be noticed; `held` are the names that bands take."""
    unseen = unseen_names(notebook, held)
    for index, cell in enumerate(notebook.cells):
        meant_to_fail = "raises-exception" in tags(cell) or "check(" in cell.source
        if cell.cell_type == "code" and not meant_to_fail:
            for node in statements(cell, unseen):
                start, end = place(cell.source, node)
                for kind, (pattern, new) in KINDS.items():
                    for found in re.finditer(pattern, cell.source[start:end]):
                        changed = new(found) if callable(new) else found.expand(new)
                        before, after = (
                            cell.source[: start + found.start()],
                            cell.source[start + found.end() :],
                        )
                        source = before + changed + after
                        if source != cell.source:
                            what = changed_line(cell.source, source)
                            yield Fault(index, kind, what, {"source": source})


def place(source, node):
    """Where a statement stands in its cell; of one that holds others, its own first lines."""
    lines = [0, *(found.end() for found in re.finditer("\n", source))]
    body = getattr(node, "body", None)
    end = lines[body[0].lineno - 1] if body else lines[node.end_lineno - 1] + node.end_col_offset
    return lines[node.lineno - 1] + node.col_offset, end


def changed_line(before, after):
    """The first line that differs, as it is afterwards; a line that is gone with a minus."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    old, new = next((old.strip(), new.strip()) for old, new in pairs if old != new)
    return f"- {old}" if new == "pass" else new


# What could be noticed.


def unseen_names(notebook, held=()):
    """Variables that are only drawn, or of which only other such variables are made."""
    unseen, before = set(), None
    while unseen != before:
        stored, loaded, before = set(), set(held), unseen
        for cell in code_cells(notebook):
            stored |= set().union(*(names(n, ast.Store) for n in ast.walk(parse(cell))))
            loaded |= set().union(
                *(names(n, ast.Load) for n in statements(cell, unseen, asserts=True))
            )
        unseen = stored - loaded
    return unseen


def names(node, use):
    """The names that a statement uses so, but not those in statements that it holds."""
    parts = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.stmt)]
    nodes = [n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)]
    return {n.id for n in nodes if isinstance(n.ctx, use)}


def statements(cell, unseen, asserts=False):
    """Yield the statements of a cell whose change could be noticed."""
    for node in ast.walk(parse(cell)):
        if isinstance(node, ast.stmt) and (asserts or not isinstance(node, ast.Assert)):
            start, end = place(cell.source, node)
            stored = names(node, ast.Store)
            only_drawn = isinstance(node, ast.Assign) and stored and stored <= unseen
            masked_print = NOT_COMPARED & tags(cell) and cell.source.startswith("print(", start)
            text = cell.source[start:end]
            if not (UNSEEN.search(text) or masked_print or only_drawn and not LEARNS.search(text)):
                yield node


if __name__ == "__main__":
    sys.exit(main())
