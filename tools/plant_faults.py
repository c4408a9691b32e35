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

from helpers.environment import ROOT
from helpers.mnist import FULL_SIZE, load_mnist

# Calls that draw, beside those of plt, fig and axes and those named plot..., show... or set_...
DRAWING = {"bar", "imshow", "legend", "scatter", "set", "subplots", "text"}
LEARNING = {"train", "learn", "fit"}  # these do something, even where nobody looks at their results
NOISE = {"manual_seed", "perf_counter", "set_num_threads", "tqdm", "progress", "repeats", "warm_up"}
# Calls that do not mind which of two arguments comes first.
SYMMETRIC = {"allclose", "equal", "isclose", "loss_function", "max", "maximum", "min", "minimum"}
SYMMETRIC |= {"print", "zip"}
OPPOSITES = {"argmax": "argmin", "max": "min", "mean": "sum", "ones": "zeros", "Sigmoid": "Tanh"}
OPPOSITES |= {opposite: name for name, opposite in OPPOSITES.items()}
TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Eq: ast.NotEq, ast.Add: ast.Sub}
TURNED |= {turned: operator for operator, turned in TURNED.items()}


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
    """Every digit of a compared output that nbval sees, one higher."""
    for index, cell in enumerate(notebook.cells):
        for number, output in enumerate(
            [] if NOT_COMPARED & tags(cell) else cell.get("outputs", [])
        ):
            before = text_of(output)[0]
            for digit in re.finditer(r"\d", before):
                higher = str((int(digit[0]) + 1) % 10)
                after = before[: digit.start()] + higher + before[digit.end() :]
                if masked(after) != masked(before):
                    outputs = copy.deepcopy(cell.outputs)
                    holder, key = text_of(outputs[number])[1:]
                    holder[key] = after
                    what = changed_line(before, after)
                    yield Fault(index, "edited output", what, {"outputs": outputs})


def text_of(output):
    """An output's text, and where it is: a dict and a key of it."""
    holder, key = (output, "text") if "text" in output else (output.get("data", {}), "text/plain")
    return holder.get(key, ""), holder, key


def changed_code(notebook, held=()):
    """Every change of a cell's code that could be noticed; `held` are the names that bands take."""
    unseen = unseen_names(notebook, held)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "raises-exception" not in tags(cell):
            for node in noticed(cell, unseen):
                for kind, new in changes(node):
                    source = substitute(cell.source, node, new)
                    if ast.dump(parse(cell)) != ast.dump(parse(nbformat.v4.new_code_cell(source))):
                        what = changed_line(cell.source, source)
                        yield Fault(index, kind, what, {"source": source})


def changes(node):
    """Yield the kind of a fault, and the code that it puts in a node's place."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield "number", repr(value * 2 or 1)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in TURNED:
            if not any(isinstance(n, ast.List | ast.JoinedStr) for n in ast.iter_child_nodes(node)):
                yield "sign", with_changes(node, op=TURNED[type(op)]())
        case ast.UnaryOp(op=ast.USub()):
            yield "sign", ast.unparse(node.operand)
        case ast.Compare(ops=[op]) if type(op) in TURNED:
            yield "comparison", with_changes(node, ops=[TURNED[type(op)]()])
        case ast.keyword(arg="dim" | "axis" as arg, value=ast.Constant(value=0 | 1 as axis)):
            yield "axis", f"{arg}={1 - axis}"
        case ast.Attribute(attr=name) if name in OPPOSITES:
            yield "opposite function", with_changes(node, attr=OPPOSITES[name])
        case ast.Call(args=[first, second, *rest]) if called(node) not in SYMMETRIC:
            if not any(isinstance(argument, ast.Starred) for argument in (first, second)):
                yield "arguments", with_changes(node, args=[second, first, *rest])
        case ast.Expr(value=ast.Call(func=ast.Attribute())):
            yield "dropped statement", "pass"
        case ast.Assign(targets=[ast.Attribute(attr="grad")]):
            yield "dropped statement", "pass"


def with_changes(node, **changes):
    """The code of an expression or a statement after changes, in brackets if it needs them."""
    changed = copy.copy(node)
    vars(changed).update(changes)
    code = ast.unparse(changed)
    return f"({code})" if isinstance(node, ast.BinOp | ast.Compare) else code


def called(call):
    """The last part of what a call calls: `subplots` for `plt.subplots(...)`."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def substitute(source, node, new):
    """Put `new` in the place of a node; the tree counts columns in bytes."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return (source.encode()[:start] + new.encode() + source.encode()[end:]).decode()


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
            stored |= names(ast.walk(parse(cell)), ast.Store)
            loaded |= names(noticed(cell, unseen, skipped=()), ast.Load)
        unseen = stored - loaded
    return unseen


def names(nodes, use):
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, use)}


def noticed(cell, unseen, skipped=(ast.Assert, ast.JoinedStr)):
    """Yield the nodes of a cell whose change could be noticed, but not those in `skipped`."""
    waiting = [parse(cell)]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, skipped) and not is_unseen(node, tags(cell), unseen):
            yield node
            waiting += ast.iter_child_nodes(node)


def is_unseen(node, cell_tags, unseen):
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.keyword(arg=arg):
            return arg in NOISE
        case ast.Expr(value=value):
            return is_unseen(value, cell_tags, unseen)
        case ast.Call():
            masked_print = called(node) == "print" and NOT_COMPARED & cell_tags
            return bool(masked_print) or called(node) in NOISE or draws(node)
        case ast.Assign(targets=targets, value=value):
            stored = names(ast.walk(ast.Tuple(targets)), ast.Store)
            calls = {called(n) for n in ast.walk(value) if isinstance(n, ast.Call)}
            return bool(stored) and stored <= unseen and not calls & LEARNING
    return False


def draws(call):
    name, root = called(call), ast.unparse(call.func).split(".")[0].split("[")[0]
    on_a_chart = root in ("plt", "fig", "axes") or re.fullmatch(r"ax(_\w+)?", root)
    return bool(on_a_chart) or name in DRAWING or name.startswith(("ax", "plot", "show", "set_"))


if __name__ == "__main__":
    sys.exit(main())
