"""The learner's own copies of the notebooks, in work/: `make lab`, `make fresh`, `make student`.

python tools/copies.py                  makes the copies that are missing or out of date
python tools/copies.py fresh 05         puts that notebook back, and keeps the old one beside it
python tools/copies.py student          build/student and build/student.zip: the course for a class

A copy has no outputs, which would give the answers away. One that the learner has changed is never
overwritten; one that was only run is made anew when the course has moved on. With LANGUAGE=ko the text
of the copies is Korean, and they lie in work-ko/.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys

import nbformat
from course import ROOT
from texts import blocks, translated

from helpers.exercises.language import language, messages

NOTEBOOKS = ROOT / "notebooks"
WORK = ROOT / ("work" if language() == "en" else f"work-{language()}")
BUILD = ROOT / "build"
MADE = ".made.json"  # for each copy, the mark of the course's notebook that it was made from
FOR_A_CLASS = (
    README := "tools/student/README.md",  # the class has its own
    *("LICENSE", "Makefile", "constraints.txt", "environment.yml", "pyproject.toml"),
    *("notebooks/[0-9]*.ipynb", "notebooks/*.py", "helpers/**/*.py", "helpers/*.js"),
    *("data/README.md", "data/sample/*.*", "data/results/*.csv"),
    *("docs/start.md", "docs/kernel.md", "docs/errors.md", "docs/summary.md"),
    *("docs/glossary.md", "docs/many_machines.md", "docs/locale/**/*.po"),
    *(
        "tools/course.py",
        "tools/copies.py",
        "tools/texts.py",
        "tools/lab.py",
        "tools/jupyter/**/*.json",
    ),
    *("tools/run_notebooks.py", "tools/alt_text.py", "tools/bands.py", "tools/cells.py"),
    *("tools/measure_devices.py", "tools/fair_grid.py"),
)
# What a class does without stands between two such lines, comments in Markdown or in a Makefile.
NOT_FOR_A_CLASS = re.compile(
    r"^(?:#|<!--) not for a class\b.*?^(?:#|<!--) for a class\b.*?\n\n?", re.DOTALL | re.MULTILINE
)
MARKED = ("Makefile", "start.md", "pyproject.toml")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("fresh").add_argument("number", nargs="?", help="such as 05")
    commands.add_parser("student")
    options = parser.parse_args(arguments)
    try:
        if options.command == "fresh":
            fresh(options.number)
        elif options.command == "student":
            student()
        else:
            refresh()
    except OSError as error:
        sys.exit(f"{error}. The course needs a folder that you can write to.")


def refresh():
    """Make each copy that is missing, and anew each untouched one whose notebook has changed."""
    WORK.mkdir(exist_ok=True)
    made = read_made()
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        new, before, copy = (
            in_language(bare(path), path.stem),
            made.get(path.name, ""),
            WORK / path.name,
        )
        now = mark(new)
        theirs = mark(copy.read_bytes()) if copy.exists() else before
        cure = f"For the course's: make fresh ARGS={path.name[:2]} (yours stays beside it)."
        if theirs is None:
            print(f"{WORK.name}/{path.name}: kept, but it cannot be read as a notebook. {cure}")
        elif theirs in (now, before):
            if theirs != now or not copy.exists():
                write(copy, new)
            made[path.name] = now
        elif before != now:
            print(f"{WORK.name}/{path.name}: kept with your changes; the course's is newer. {cure}")
    write_made(made)


def fresh(number):
    """Put the copy of one notebook back; the old one stays beside it under another name."""
    names = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    path = names.get(str(number).zfill(2))
    if path is None:
        named = f"{number!r} is not a notebook" if number else "which notebook?"
        known = ", ".join(names)
        sys.exit(f"make fresh: {named}. Name one of {known}, such as make fresh ARGS=05")
    WORK.mkdir(exist_ok=True)
    copy = WORK / path.name
    if copy.exists():
        old = next(
            candidate
            for n in range(1, 1000)
            if not (candidate := copy.with_name(f"{path.stem}.old{n}.ipynb")).exists()
        )
        copy.rename(old)
        print(f"{WORK.name}/{old.name} is the one that you had.")
    new = in_language(bare(path), path.stem)
    write(copy, new)
    write_made(read_made() | {path.name: mark(new)})
    print(f"{WORK.name}/{copy.name} is as the course has it.")


def student():
    """Write the course without solutions, as a folder and as a zip file."""
    folder = BUILD / "student"
    files = {pattern: sorted(ROOT.glob(pattern)) for pattern in FOR_A_CLASS}
    missing = [pattern for pattern, paths in files.items() if not paths] or missing_links()
    if missing:
        sys.exit(f"make student: {ROOT} is not the whole course; missing: {', '.join(missing)}")
    shutil.rmtree(folder, ignore_errors=True)
    for path in sum(files.values(), []):
        target = folder / ("README.md" if path == ROOT / README else path.relative_to(ROOT))
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            write(target, bare(path))
        elif path.name in MARKED:
            target.write_text(for_a_class(path), "utf-8")
        else:
            shutil.copy(path, target)
    (folder / "helpers/exercises/for_a_class").touch()  # there, a verdict names no solution
    archive = shutil.make_archive(str(folder), "zip", folder)
    print(f"{folder} and {archive} hold the course for a class.")


def missing_links():
    """Files to which the README leads a class, and which are not there."""
    links = re.findall(r"\]\(([^):#]+)", (ROOT / README).read_text("utf-8"))
    return [link for link in links if not (ROOT / link).exists()]


def for_a_class(path):
    return NOT_FOR_A_CLASS.sub("", path.read_text("utf-8"))


def bare(path):
    """The notebook without outputs, as text."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(notebook) + "\n"


def in_language(text, name):
    """The notebook `text` in the learner's language, if it is translated whole."""
    texts = messages(language(), f"notebooks/{name}")
    notebook = nbformat.reads(text, as_version=4)
    written = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    if not all(block in texts for cell in written for block in blocks(cell.source)):
        return text
    for cell in written:
        cell.source = translated(cell.source, texts)
    return nbformat.writes(notebook) + "\n"


def mark(text):
    """A sum over the text of a notebook's cells, whatever their outputs; None if it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        text = json.dumps([(cell["cell_type"], "".join(cell["source"])) for cell in cells])
    except (ValueError, KeyError, TypeError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def read_made():
    """The marks; none if their file is broken: then a copy counts as changed unless it is the course's."""
    try:
        return dict(json.loads((WORK / MADE).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def write_made(made):
    write(WORK / MADE, json.dumps(made, indent=1) + "\n")


def write(path, text):
    """Write by rename: a program that is stopped halfway leaves what was there."""
    half = path.with_name(path.name + ".new")
    half.write_text(text, "utf-8")
    half.replace(path)


if __name__ == "__main__":
    main()
