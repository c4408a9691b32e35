"""The learner's own copies of the notebooks, in work/: `make lab`, `make fresh`, `make student`.

python tools/copies.py                  makes the copies that are missing or out of date
python tools/copies.py fresh 05         puts that notebook back, and keeps the old one beside it
python tools/copies.py student          build/student and build/student.zip: the course for a class

A copy has no outputs, which would give the answers away. One that the learner has changed is never
overwritten; one that was only run is made anew when the course has moved on.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys

import nbformat
from course import ROOT

NOTEBOOKS = ROOT / "notebooks"
WORK = ROOT / "work"
BUILD = ROOT / "build"
MADE = ".made.json"  # for each copy, the mark of the course's notebook that it was made from
FOR_A_CLASS = (
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "data",
    "docs",
    "environment.yml",
    "helpers",
    "notebooks",
    "pyproject.toml",
    "tools",
)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("fresh").add_argument("number", help="such as 05")
    commands.add_parser("student")
    options = parser.parse_args(arguments)
    if options.command == "fresh":
        fresh(options.number)
    elif options.command == "student":
        student()
    else:
        refresh()


def refresh():
    """Make each copy that is missing, and anew each untouched one whose notebook has changed."""
    WORK.mkdir(exist_ok=True)
    made = read_made()
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        now, before, copy = mark(path), made.get(path.name), WORK / path.name
        if not copy.exists():
            make_copy(path, copy)
            made[path.name] = now
        elif now != before:
            if mark(copy) == before:
                make_copy(path, copy)
                made[path.name] = now
            else:
                print(
                    f"work/{path.name}: yours, since you have changed it; the course's has moved on. "
                    f"For the new one: make fresh ARGS={path.name[:2]}"
                )
    write_made(made)


def fresh(number):
    """Put the copy of one notebook back; the old one stays beside it under another name."""
    paths = sorted(NOTEBOOKS.glob(f"{number}*.ipynb"))
    if len(paths) != 1:
        names = ", ".join(path.name[:2] for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        sys.exit(f"make fresh: {number!r} is none of the notebooks; expected one of {names}")
    (path,) = paths
    WORK.mkdir(exist_ok=True)
    copy = WORK / path.name
    if copy.exists():
        old = next(
            candidate
            for n in range(1, 1000)
            if not (candidate := copy.with_name(f"{path.stem}.old{n}.ipynb")).exists()
        )
        copy.rename(old)
        print(f"work/{old.name} is the one that you had.")
    make_copy(path, copy)
    write_made(read_made() | {path.name: mark(path)})
    print(f"work/{copy.name} is as the course has it.")


def student():
    """Write the course without solutions, as a folder and as a zip file."""
    folder = BUILD / "student"
    shutil.rmtree(folder, ignore_errors=True)
    for name in tracked_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        make_copy(path, path, solutions=False)
    archive = shutil.make_archive(str(folder), "zip", folder)
    print(f"{folder} and {archive} hold the course for a class.")


def tracked_files():
    """What git keeps of the parts that a class needs; learners' files and downloads are not in it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *FOR_A_CLASS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


def make_copy(path, copy, solutions=True):
    """Write the notebook `path` to `copy` without outputs, and without solutions if so asked."""
    notebook = nbformat.read(path, as_version=4)
    if not solutions:
        notebook.cells = [
            cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])
        ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, copy)


def mark(path):
    """A sum over the text of a notebook's cells: runs and outputs do not change it."""
    cells = nbformat.read(path, as_version=4).cells
    text = json.dumps([(cell.cell_type, cell.source) for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def read_made():
    file = WORK / MADE
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def write_made(made):
    (WORK / MADE).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
