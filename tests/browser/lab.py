"""JupyterLab as `make lab` starts it, and what a person does in it.

Nothing here imports Playwright, which a learner does not have; pages come from the fixture `page`.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import bands
import nbformat
from nbformat.v4 import new_notebook

from helpers.environment import ROOT

FOLDERS = ("notebooks", "helpers", "tools", "docs", "data/sample", "data/results")
RUNNING = """[...jupyterapp.shell.currentWidget.content.model.cells].some(
    cell => cell.executionState === "running")"""  # and so is a cell that waits for its turn
NUMBERED = """[...jupyterapp.shell.currentWidget.content.model.cells].every(
    cell => cell.type !== "code" || cell.executionCount !== null)"""
SLOWEST = 600_000  # milliseconds that a notebook may take on the sample


@dataclass
class Lab:
    """A running JupyterLab: its address and token, and the folder of the course that it shows."""

    url: str
    token: str
    course: Path
    process: subprocess.Popen
    printed: Path  # what it has printed

    def ask(self, path, method="GET"):
        """Return what the server answers, as a person with the token."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def begin_again(self):
        """Stop every kernel, put back every copy, forget the progress and the settings."""
        for session in self.ask("sessions"):
            self.ask(f"sessions/{session['id']}", "DELETE")
        shutil.rmtree(self.course / "work")
        shutil.copytree(self.course / "untouched", self.course / "work")
        (self.course / "data/progress.sqlite").unlink(missing_ok=True)
        forget_settings(self.course.parent)


def start_lab(folder):
    """Start JupyterLab on a copy of the course in `folder`, with none of our own settings."""
    course = folder / "course"
    copy_course(course)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["tools/lab.py", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True"]
    printed = folder / "lab.log"
    with printed.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=course, env=as_learner(folder), stdout=log, stderr=log
        )
    lab = Lab(f"http://127.0.0.1:{port}", "", course, process, printed)
    wait_for_answer(lab)
    shutil.copytree(course / "work", course / "untouched")
    return lab


def copy_course(course):
    """Copy what a learner has."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, course)


def as_learner(folder):
    """The variables of a learner with nothing set up, whose progress lies in `folder`/course."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    private = {
        f"JUPYTER_{kind}": str(folder / kind.lower())
        for kind in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    }
    private |= {
        f"JUPYTERLAB_{kind}": str(folder / kind.lower())
        for kind in ("SETTINGS_DIR", "WORKSPACES_DIR")
    }
    private |= {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(folder / "course")}
    return ours | private | {"MNIST_DIR": "data/sample"}


def forget_settings(folder):
    """Put back Lab's settings as they are before a learner changes any."""
    shutil.rmtree(folder / "settings_dir", ignore_errors=True)


def wait_for_answer(lab):
    """Wait for the line with the address, which holds the token, and until the server answers."""
    for _ in range(1500):  # a busy machine takes minutes
        if lab.process.poll() is not None:
            break
        try:
            lab.token = address_in(lab.printed.read_text()).partition("?token=")[2]
            return lab.ask("status")
        except (OSError, IndexError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not start:\n{lab.printed.read_text()}")


def address_in(text):
    """The address that `make lab` prints."""
    return re.findall(r"^The course is at (\S+)", text, re.MULTILINE)[0]


# What a person does.


def open_notebook(page, number, idle=True):
    """Open the learner's copy of a notebook, such as "05", and wait until its kernel is idle."""
    (path,) = (page.lab.course / "work").glob(f"{number}_*.ipynb")
    open_file(page, f"work/{path.name}", idle)


def open_file(page, path, idle=True):
    """Open the notebook at `path`, from the course's folder on."""
    page.goto(f"{page.lab.url}/lab/tree/{path}?reset&token={page.lab.token}")
    if idle:
        wait_idle(page)
        wait_drawn(page)


def open_cells(page, *cells):
    """Open a notebook of these cells alone: in a long one Lab may leave out what is not in view."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(
        new_notebook(cells=cells, metadata=metadata), page.lab.course / "work/cells.ipynb"
    )
    open_file(page, "work/cells.ipynb")


def choose(page, *path):
    """Choose from Lab's menu: choose(page, "Run", "Run All Cells")."""
    for name in path:
        label = page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel").locator("visible=true")
        label.filter(has_text=re.compile(f"^{re.escape(name)}$")).click()


def run_all(page):
    """Run > Run All Cells, and wait until all have run.

    A busy machine may seem idle between two cells, so the numbers of the cells are waited for, too.
    """
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(f"() => {NUMBERED}", timeout=SLOWEST)
    wait_idle(page)
    wait_drawn(page)


def run_each(page, notebook):
    """Run one cell after the other, and hold its bands; returns what does not hold."""
    lines = {cell: bands.line_for_kernel(notebook, cell, False) for cell in bands.cells(notebook)}
    return run_from(page, 0, lines)


def make(page, change):
    """Make a change of tests/notebooks/changes.toml; return where its cell stands."""
    ids = [cell["id"] for cell in cells(page)]
    place = ids.index(change.cell)
    page.evaluate(
        """([place, old, now]) => {
            const {sharedModel} = jupyterapp.shell.currentWidget.content.model.cells.get(place);
            sharedModel.setSource(sharedModel.getSource().replace(old, () => now));
        }""",
        [place, change.old, change.new],
    )
    return place


def run_from(page, place, lines=None):
    """Run this cell and all below, and hold the bands that `lines` hold; returns what does not hold."""
    broken = page.evaluate(
        """async ([place, lines]) => {
            const panel = jupyterapp.shell.currentWidget, broken = [];
            for (const [index, cell] of [...panel.content.model.cells].entries()) {
                if (index < place) continue;
                panel.content.activeCellIndex = index;
                await jupyterapp.commands.execute("notebook:run-cell");
                if (!(cell.id in lines)) continue;
                const code = {code: lines[cell.id], silent: true, store_history: false};
                const reply = await panel.sessionContext.session.kernel.requestExecute(code).done;
                if (reply.content.status === "error") broken.push(reply.content.evalue);
            }
            return broken;
        }""",
        [place, lines or {}],
    )
    wait_idle(page)
    wait_drawn(page)
    return broken


def wait_idle(page, timeout=SLOWEST):
    """Wait until the status bar calls the kernel idle, and no cell waits or runs.

    Lab draws the cells below the window late, so their prompts are no sign; it is asked instead.
    """
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=timeout)
    page.wait_for_function(
        f"""() => !{RUNNING}
        && document.querySelector("#jp-main-statusbar").textContent.includes("| Idle")""",
        timeout=timeout,
    )


def wait_drawn(page):
    """Wait until every output is on the page."""
    outputs = sum(len(cell.get("outputs", [])) for cell in cells(page))
    page.wait_for_function(
        "outputs => document.querySelectorAll('.jp-OutputArea-output').length >= outputs",
        arg=outputs,
    )


def write(page, marker, text):
    """Put `text` into the cell that holds `marker`, in place of what it holds, and run it."""
    cell(page, marker).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")
    wait_idle(page)


def run_cell(page, marker, wait=True):
    """Run the cell that holds `marker`."""
    cell(page, marker).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    if wait:
        wait_idle(page)


def output(page, marker):
    """The text below the cell that holds `marker`."""
    return "".join(cell(page, marker).locator(".jp-OutputArea-output").all_text_contents())


def cell(page, marker):
    return page.locator(".jp-CodeCell").filter(
        has=page.locator(".cm-content").filter(has_text=marker)
    )


def keep_screenshot(page, name):
    """Write build/browser/`name`, for a person to look at, once Lab has drawn what it scrolled to."""
    page.wait_for_timeout(1000)
    page.screenshot(path=ROOT / "build/browser" / name)


def cells(page):
    """The cells as Lab holds them, as a notebook file would."""
    return page.evaluate("jupyterapp.shell.currentWidget.context.model.toJSON().cells")
