"""Build, execute and store notebook 11 in /work/wt/11; figures to /tmp/fig11/, texts to /tmp/fig11/texts.txt.

python run11.py [--made-up] [--sample] [--keep]
  --made-up   the tables of /tmp/madeup/ (linked into data/results/ for the run alone, taken away after it)
  --sample    on the sample; the notebook goes to /tmp/fig11/sample.ipynb
  --keep      leave the made-up tables where they are (for pytest); take them away by hand
"""

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

TREE, OUT, MADE_UP = Path("/work/wt/11"), Path("/tmp/fig11"), Path("/tmp/madeup")
PYTHON = TREE / ".venv/bin/python"
TABLES = ("grid.csv", "rates.csv", "grid_fair.csv")


def main():
    OUT.mkdir(exist_ok=True)
    results, put = TREE / "data/results", []
    subprocess.run([PYTHON, "/work/wt/build11.py"], check=True)
    subprocess.run([TREE / ".venv/bin/ruff", "format", "-q", "notebooks/11_evidence.ipynb"], cwd=TREE, check=True)
    try:
        if "--made-up" in sys.argv:
            for table in TABLES:
                tracked = subprocess.run(["git", "ls-files", f"data/results/{table}"], cwd=TREE, capture_output=True)
                assert not tracked.stdout, f"{table} is a committed one: not overwritten"
                shutil.copy(MADE_UP / table, results / table)
                put.append(results / table)
        sample = "--sample" in sys.argv
        images = str(TREE / "data/sample") if sample else "/work/shared/mnist"
        env = os.environ | {"PYTHONPATH": str(TREE), "MNIST_DIR": images, "OMP_NUM_THREADS": "1"}
        command = [PYTHON, "tools/run_notebooks.py", *([] if sample else ["--in-place"]), "notebooks/11_evidence.ipynb"]
        done = subprocess.run(command, cwd=TREE, env=env)
    finally:
        if "--keep" not in sys.argv:
            for path in put:
                path.unlink()
    stored = TREE / "build/11_evidence.ipynb" if sample or done.returncode else TREE / "notebooks/11_evidence.ipynb"
    if stored.exists():
        write_out(nbformat.read(stored, 4))
    return done.returncode


def write_out(notebook):
    for old in OUT.glob("*.png"):
        old.unlink()
    with (OUT / "texts.txt").open("w") as file:
        for index, cell in enumerate(notebook.cells):
            print(f"=== {index} {cell.cell_type} {cell.metadata.get('tags', '')}\n{cell.source}", file=file)
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                if "image/png" in data:
                    (OUT / f"{index:02}.png").write_bytes(base64.b64decode(data["image/png"]))
                    print("--- figure", output.metadata.get("image/png"), file=file)
                elif text := output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", [])):
                    print("--- " + text, file=file)


if __name__ == "__main__":
    sys.exit(main())
