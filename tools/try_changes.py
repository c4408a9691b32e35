"""Make the changes that learners make, one at a time, on the sample, and report what each leads to.

python tools/try_changes.py           every change in tests/notebooks/changes.toml
python tools/try_changes.py 03 07     those of two notebooks
python tools/try_changes.py 03 --only 5

build/changes/ then shows for each change how the printed text and the text in figures changed,
and which lines that name a rate, a number of epochs and the like did not.
"""

import argparse
import difflib
import os
import re
import sys
import tomllib
from dataclasses import dataclass

from cells import code_cells, read, tags
from course import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from run_notebooks import client_of, set_environment

CHANGES = ROOT / "tests" / "notebooks" / "changes.toml"
REPORTS = ROOT / "build" / "changes"

# A line that is as it was (for `difflib`, one that begins with a space), and names a setting.
SETTING = re.compile(r" .*(lr=|rate|epoch|step|batch|hidden|seed|images|outputs)", re.IGNORECASE)

# Run in the kernel first: a figure then shows its text among the outputs, too.
FIGURES_SHOW_TEXT = """
from matplotlib.figure import Figure
from matplotlib.text import Text

Figure.__repr__ = lambda figure: "figure: " + " | ".join(
    filter(None, (text.get_text() for text in figure.findobj(Text)))
)
"""

# Put before the source of a cell that is to be interrupted, as Kernel > Interrupt does it.
INTERRUPT_SOON = """
import os, signal, threading
interrupt = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
interrupt.start()
"""
# Run after that cell.
WAS_INTERRUPTED = """
import sys
interrupt.cancel()
if not issubclass(getattr(sys, "last_type", object), KeyboardInterrupt):
    raise TimeoutError("the cell ended before it could be interrupted")
"""


@dataclass(frozen=True)
class Change:
    """One thing that a learner does; `changes.toml` says what the names mean."""

    cell: str
    what: str
    old: str = ""
    new: str = ""
    then: str = ""
    interrupted: bool = False

    def make(self, cells):
        """Return the cells as they are now run, and where among them the changed one stands.

        Raises ValueError if there is no such cell, or if it does not hold `old` exactly once.
        """
        sources = {cell.id: cell.source for cell in cells}
        for name in filter(None, (self.cell, self.then)):
            if name not in sources:
                raise ValueError(f"{self.what}: no cell that a learner runs has the id {name}")
        source, place = sources[self.cell], list(sources).index(self.cell)
        before, after = cells[:place], cells[place + 1 :]
        if self.then:
            again = new_code_cell(sources[self.then], id=f"{self.then}-again")
            return [*before, cells[place], again, *after], place + 1
        if self.interrupted:
            cut = new_code_cell(INTERRUPT_SOON + source, id=self.cell)
            return [*before, cut, new_code_cell(WAS_INTERRUPTED), *after], place
        if source.count(self.old) != 1:
            raise ValueError(
                f"{self.what}: cell {self.cell} holds {self.old!r} {source.count(self.old)} times; "
                "expected once"
            )
        changed = new_code_cell(source.replace(self.old, self.new), id=self.cell)
        return [*before, changed, *after], place


@dataclass
class Outcome:
    """What the changed cell raised, or '', and what others then raised, as (cell id, error)."""

    at_the_change: str
    later: list

    def __str__(self):
        stops = [f"stops at the change: {self.at_the_change}"] if self.at_the_change else []
        breaks = [f"breaks later in {cell}: {error}" for cell, error in self.later]
        return "; ".join(stops + breaks) or "goes on"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "notebooks", nargs="*", default=[""], help="such as 03; all of them, if none is named"
    )
    parser.add_argument("--only", type=int, metavar="N", help="only the Nth change of each")
    options = parser.parse_args(arguments)

    listed = changes()
    for name in options.notebooks:
        if not any(known.startswith(name) for known in listed):
            parser.error(f"{CHANGES.name} lists no notebook that begins with {name!r}")
    set_environment(jobs=1)
    for name, its_changes in listed.items():
        if not name.startswith(tuple(options.notebooks)):
            continue
        cells = cells_of(name)
        unchanged = {cell.id: text(cell) for cell in execute(cells)}
        for number, change in enumerate(its_changes, 1):
            if options.only in (None, number):
                outcome, lines = compare(cells, change, unchanged)
                write(name, number, change, outcome, lines)
                print(name[:2], number, f"{change.cell}: {change.what}", outcome, flush=True)


def changes():
    """The changes that are listed, from the name of a notebook to a list of them."""
    listed = tomllib.loads(CHANGES.read_text("utf-8"))
    return {name: [Change(**entry) for entry in entries] for name, entries in listed.items()}


def cells_of(name):
    """The cells of a notebook that a learner runs."""
    return code_cells(read(ROOT / "notebooks" / f"{name}.ipynb"))


def compare(cells, change, unchanged):
    """Run the change; return its outcome, and Markdown that compares texts cell by cell."""
    outcome, cells = attempt(cells, change)
    lines = []
    for cell in cells:
        compared = difflib.ndiff(unchanged.get(cell.id, []), text(cell))
        kept = [line for line in compared if line[0] in "+-" or SETTING.match(line)]
        if kept:
            lines += [f"## {cell.id}", "```diff", *kept, "```", ""]
    return outcome, lines


def write(name, number, change, outcome, lines):
    folder = REPORTS / name
    folder.mkdir(parents=True, exist_ok=True)
    title = f"# {name}, {number}: {change.cell}, {change.what}"
    report = "\n".join([title, "", str(outcome), "", *lines])
    (folder / f"{number:02}.md").write_text(report, "utf-8")


def attempt(cells, change):
    """Run the cells with the change; return the outcome, and the cells from the changed one on."""
    cells, place = change.make(cells)
    cells = execute(cells)[place:]
    changed, *later = [(cell.id, error(cell)) for cell in cells]
    return Outcome(changed[1], [(cell, raised) for cell, raised in later if raised]), cells


def execute(cells):
    """Run the cells in a kernel of their own, past all errors; return them with their outputs."""
    notebook = new_notebook(cells=[new_code_cell(FIGURES_SHOW_TEXT), *cells])
    client = client_of(notebook, ROOT / "notebooks", allow_errors=True)
    client.execute(env=os.environ | {"MNIST_DIR": str(ROOT / "data" / "sample")})
    return notebook.cells[1:]


def error(cell):
    """What the cell raised, in one line, unless it is there to raise; or ''."""
    meant = "raises-exception" in tags(cell)
    raised = [output for output in cell.outputs if output.output_type == "error" and not meant]
    return "".join(f"{output.ename}: {output.evalue}".splitlines()[0] for output in raised)


def text(cell):
    """The lines that the cell shows; of a progress bar the last state, without its times."""
    shown = "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )
    lines = [line.rsplit("\r", 1)[-1] for line in shown.split("\n")]
    return [re.sub(r"\[\d+:\d+<[^]]*\]", "", line) for line in lines if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
