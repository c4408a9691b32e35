"""The course in JupyterLab, as a person uses it: open, answer, interrupt, close the tab, come back."""

import re

from nbformat.v4 import new_code_cell

from browser.lab import (
    address_in,
    choose,
    keep_screenshot,
    open_cells,
    open_file,
    open_notebook,
    output,
    run_cell,
    wait_idle,
    write,
)

TRAININGS = """\
from pathlib import Path

import torch
from torch import nn

from helpers import load_mnist, train

images = load_mnist("train")
finished = 0
while not Path("enough").exists():
    network = nn.Sequential(nn.Linear(784, 10), nn.Sigmoid())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    train(network, images, loss_function=nn.MSELoss(), optimizer=optimizer, epochs=1, progress=False)
    finished += 1
    print("trainings:", finished)
"""


def test_the_address_that_is_printed_opens_00_with_its_contents_beside_it(page):
    page.goto(address_in(page.lab.printed.read_text()))
    wait_idle(page)
    assert page.evaluate("jupyterapp.shell.currentWidget.context.path") == "work/00_setup.ipynb"
    contents = page.locator(".jp-TableOfContents-content").locator("visible=true")
    assert {"Run a cell", "Recap", "Next"} <= {*contents.get_by_role("treeitem").all_inner_texts()}
    assert page.locator(".jp-Launcher").count() == 0
    page.wait_for_timeout(5000)  # time for what may come on top
    assert page.locator(".jp-Dialog, .Toastify__toast, [role=alert]").count() == 0
    keep_screenshot(page, "lab.png")


def test_the_courses_workspace_and_defaults_touch_none_of_the_readers(page):
    page.goto(address_in(page.lab.printed.read_text()))
    wait_idle(page)
    page.wait_for_timeout(2000)  # Lab stores the layout a second after it has changed
    theirs = page.lab.course.parent
    ours = [path.name for path in (page.lab.course / "work/.lab").iterdir()]
    assert len(ours) == 1 and ours[0].startswith("course-")
    assert not [file for file in (theirs / "workspaces_dir").rglob("*") if file.is_file()]
    changed = [file.name for file in (theirs / "settings_dir").rglob("*") if file.is_file()]
    assert changed == []


def test_one_line_is_printed(page):
    lines = page.lab.printed.read_text().splitlines()
    assert lines[0].startswith("The course is at http://")
    assert not [line for line in lines if "ServerApp" in line or "LabApp" in line]


def test_an_exercise_answered_wrong_then_right_moves_the_progress(page):
    open_notebook(page, "01")
    assert progress_of_01(page) == ("0", "0", "3")
    exercise, answer = 'check("01.3", gradient)', "def gradient(table, w, t):\n    return {}\n\n\n"

    write(page, exercise, answer.format("2 * table.T @ (table @ w - t)") + exercise)
    assert output(page, exercise).startswith("Not yet. ")
    assert progress_of_01(page) == ("0", "1", "2")

    write(page, exercise, answer.format("2 * table.T @ (table @ w - t) / len(t)") + exercise)
    assert output(page, exercise).startswith("Right. ")
    assert progress_of_01(page) == ("1", "0", "2")
    assert (page.lab.course / "data/progress.sqlite").exists()


def progress_of_01(page):
    """How many exercises of notebook 01 are solved, tried and open, in its line of progress."""
    run_cell(page, 'progress("01")')
    solved, _, tried, still_open = re.findall(r"\b\d\b", output(page, 'progress("01")'))
    return solved, tried, still_open


def open_trainings(page):
    """Begin with trainings that go on until there is a file *enough*; a cell below them counts those that ended."""
    open_cells(page, new_code_cell(TRAININGS), new_code_cell('print("in the end", finished)'))
    run_cell(page, "finished += 1", wait=False)


def test_one_interrupt_ends_a_loop_of_trainings_and_the_notebook_goes_on(page):
    open_trainings(page)
    page.get_by_text("trainings: 2").wait_for()
    choose(page, "Kernel", "Interrupt Kernel")
    wait_idle(page, timeout=60_000)
    assert "Stopped at step" in output(page, "finished += 1")
    run_cell(page, "in the end")
    assert output(page, "in the end").startswith("in the end")


def test_a_training_goes_on_while_the_tab_is_closed(page):
    open_trainings(page)
    page.get_by_text("trainings: 1").wait_for()
    choose(page, "File", "Save Notebook")
    again = page.context.new_page()
    again.lab = page.lab
    page.close()

    open_file(again, "work/cells.ipynb", idle=False)
    again.get_by_text("| Unknown").wait_for()  # what Lab says until the kernel has time to answer
    (session,) = page.lab.ask("sessions")
    assert session["kernel"]["execution_state"] == "busy"
    (page.lab.course / "work/enough").touch()
    wait_idle(again)
    run_cell(again, "in the end")
    assert int(output(again, "in the end").split()[-1]) > 1
