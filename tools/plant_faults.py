"""Plant faults in the notebooks, and count those that the comparison of outputs catches: `make faults`.

python tools/plant_faults.py                     seven in each notebook
python tools/plant_faults.py notebooks/03*       only in these
python tools/plant_faults.py --per-notebook 20 --seed 1

Each changed line costs a run of its notebook up to the cell that fails; edited outputs of one
notebook share a run. All runs take place in copies, on full MNIST.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from course import ROOT
from faults import changed_code, edited_outputs, plant
from nbval.plugin import get_sanitize_patterns

from helpers.mnist import FULL_SIZE, load_mnist

SANITIZE = ROOT / "tests/notebooks/sanitize.cfg"
EDITED = 2  # of each notebook's faults, so many are edited outputs


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of them, if none is named")
    parser.add_argument("--per-notebook", type=int, default=7, help="how many faults in each")
    parser.add_argument("--seed", type=int, default=0, help="which faults are drawn")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time")
    options = parser.parse_args(arguments)
    if len(load_mnist("train")) != FULL_SIZE:
        sys.exit("make faults needs full MNIST: run make data first, or set MNIST_DIR")

    runs = []  # pairs of a notebook's path and the faults that are planted together
    for path in options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")):
        edited, changed = draw(path, options.per_notebook, options.seed)
        runs += [(path, [fault]) for fault in changed] + [(path, edited)] * bool(edited)
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda run: try_faults(*run), runs))
    verdicts = [verdict for result in results for verdict in result]
    caught = sum(verdict for verdict in verdicts)
    print(f"\n{caught} of {len(verdicts)} faults caught ({caught / max(1, len(verdicts)):.1%})")


def draw(path, count, seed):
    """Draw faults: a few edited outputs, and changes of code, as different as can be."""
    notebook, rng = nbformat.read(path, as_version=4), random.Random(f"{seed} {path.stem}")
    edited = spread(list(edited_outputs(notebook, masked)), min(EDITED, count), rng)
    return edited, spread(list(changed_code(notebook)), count - len(edited), rng)


def spread(faults, count, rng):
    """Draw `count` faults, no two in one cell; the kinds take turns, so that rare ones have theirs."""
    rng.shuffle(faults)
    drawn = []
    while len(drawn) < count and faults:
        seen = [fault.kind for fault in drawn]
        fault = min(faults, key=lambda fault: seen.count(fault.kind))
        drawn.append(fault)
        faults = [other for other in faults if other.cell != fault.cell]
    return drawn


def masked(text):
    for regex, replacement in get_sanitize_patterns(SANITIZE.read_text("utf-8")):
        text = re.sub(regex, replacement, text)
    return text


def try_faults(path, faults):
    """Run the notebook with these faults; print a line for each and return which were caught."""
    notebook = nbformat.read(path, as_version=4)
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    stop_early = faults[0].kind != "edited output"
    with tempfile.TemporaryDirectory() as folder:
        copy_course(Path(folder))
        nbformat.write(plant(notebook, faults), Path(folder, "notebooks", path.name))
        failed = {code[number] for number in failing_cells(folder, path.name, stop_early)}
    verdicts = []
    for fault in faults:
        catching = {cell for cell in failed if stop_early or cell == fault.cell}
        verdicts.append(bool(catching))
        verdict = f"caught in [{min(catching)}]" if catching else "SURVIVED"
        print(f"{path.stem:24} [{fault.cell}]  {verdict:16} {fault.kind}: {fault.what}", flush=True)
    return verdicts


def copy_course(folder):
    """What a notebook needs beside itself, and what pytest needs to run it."""
    for name in ("pyproject.toml", "conftest.py", "tests/notebooks/sanitize.cfg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("helpers", "data"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "notebooks").mkdir()


def failing_cells(folder, name, stop_early):
    """The numbers of the code cells that nbval finds wrong, counted from 0."""
    command = [sys.executable, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *["-x"] * stop_early, f"notebooks/{name}"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest could not run {name}:\n{done.stdout}{done.stderr}")
    return [int(number) for number in re.findall(r"::Cell (\d+) FAILED", done.stdout)]


if __name__ == "__main__":
    sys.exit(main())
