"""`make run` and `make notebooks`: what is executed, reported and stored."""

import re
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
import run_notebooks
from bands import Band
from nbformat.v4 import new_code_cell, new_notebook, new_output

PROGRESS = "for i in range(3):\n    print(f'\\r{i} of 2', end='')\nprint('\\nTest accuracy: 88.2%')"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(run_notebooks, "BUILD", tmp_path / "build")
    return tmp_path


def store(folder, name, *sources):
    cells = [new_code_cell(source) for source in sources]
    path = folder / name
    kernel = {"name": "conda-env-base-py", "display_name": "base"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel, "widgets": {}}), path)
    return path


def test_the_table_shows_the_accuracy_and_a_failure_stops_no_other(folder, capsys):
    broken = store(folder, "01_broken.ipynb", "1", "x = 1 / 0", "2")
    good = store(folder, "02_good.ipynb", PROGRESS)
    assert run_notebooks.main(["--jobs", "2", str(broken), str(good)])
    printed = capsys.readouterr()
    *_, broken_row, good_row = printed.out.splitlines()
    assert re.fullmatch(r"01_broken +0\.\d +failed", broken_row)
    assert re.fullmatch(r"02_good +0\.\d +88\.2 %", good_row)
    assert printed.err == "01_broken: cell [2] failed: ZeroDivisionError: division by zero\n"
    assert (folder / "build/02_good.ipynb").exists()


def test_in_place_stores_normalised_outputs(folder):
    this_python = f"import os, sys; os.path.samefile(sys.prefix, {sys.prefix!r})"
    path = store(folder, "00_good.ipynb", PROGRESS, this_python)
    assert not run_notebooks.main(["--in-place", str(path)])
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata == {
        "kernelspec": run_notebooks.KERNELSPEC,
        "language_info": {"name": "python"},
        "minutes": notebook.metadata.minutes,
    }
    assert 0 <= notebook.metadata.minutes < 1
    progress, python = notebook.cells
    assert [output.text for output in progress.outputs] == ["2 of 2\nTest accuracy: 88.2%\n"]
    assert python.outputs[0].data["text/plain"] == "True"
    assert not progress.metadata


def test_in_place_leaves_a_failing_notebook_alone(folder):
    path = store(folder, "00_broken.ipynb", "1 / 0")
    before = path.read_bytes()
    assert run_notebooks.main(["--in-place", str(path)])
    assert path.read_bytes() == before


def test_a_kernel_that_dies_is_reported(folder, capsys):
    path = store(folder, "00_dies.ipynb", "import os; os._exit(1)")
    assert run_notebooks.main([str(path)])
    assert capsys.readouterr().err == "00_dies: the kernel died\n"


def test_a_kernel_ends_with_its_notebook(folder):
    before = psutil.Process().children(recursive=True)
    run_notebooks.main([str(store(folder, "00_good.ipynb", "1"))])
    run_notebooks.main([str(store(folder, "01_broken.ipynb", "1 / 0"))])
    assert psutil.Process().children(recursive=True) == before


def test_a_meant_error_is_none(folder):
    path = store(folder, "00_meant.ipynb", "1 / 0")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata.tags = ["raises-exception"]
    nbformat.write(notebook, path)
    assert not run_notebooks.main([str(path)])


def test_tracebacks_name_no_folder_of_this_machine():
    lines = [f"File {run_notebooks.ROOT / 'helpers/mnist.py'}:12", "File ~/elsewhere.py:1"]
    error = new_output("error", ename="ValueError", evalue="no", traceback=lines)
    notebook = new_notebook(cells=[new_code_cell("fail()", outputs=[error])])
    run_notebooks.normalise(notebook)
    shown = [line.removeprefix("File ") for line in notebook.cells[0].outputs[0].traceback]
    assert shown == [str(Path("helpers/mnist.py")) + ":12", "elsewhere.py:1"]


def test_of_a_widget_its_picture_or_a_line_is_stored():
    view = {run_notebooks.WIDGET: {"model_id": "1"}, "text/plain": "interactive(...)"}
    outputs = [new_output("display_data", view), new_output("display_data", view)]
    outputs[1].data["image/png"] = "picture"
    notebook = new_notebook(cells=[new_code_cell("pad", outputs=outputs)])
    run_notebooks.normalise(notebook)
    assert outputs[0].data == {"text/plain": run_notebooks.CONTROLS}
    assert outputs[1].data == {"text/plain": "interactive(...)", "image/png": "picture"}


def test_a_figure_below_a_slider_is_stored(folder):
    function = "def show(x=1):\n    plt.plot([0, x])\n    plt.show()\n"
    slider = "import matplotlib.pyplot as plt\nfrom ipywidgets import interactive\n" + function
    path = store(folder, "00_slider.ipynb", slider + "interactive(show, x=(0, 9))")
    assert not run_notebooks.main(["--in-place", str(path)])
    notebook = nbformat.read(path, as_version=4)
    figure, controls = notebook.cells[0].outputs
    assert "image/png" in figure.data
    assert controls.data == {"text/plain": run_notebooks.CONTROLS}
    assert "widgets" not in notebook.metadata


def test_kernels_get_the_mnist_dir_that_the_terminal_means(folder, monkeypatch):
    """Kernels run in notebooks/: a folder of that name there is another one."""
    (folder / "here/digits").mkdir(parents=True)
    (folder / "notebooks/digits").mkdir(parents=True)
    path = store(folder / "notebooks", "00_where.ipynb", "import os; os.environ['MNIST_DIR']")
    monkeypatch.chdir(folder / "here")
    monkeypatch.setenv("MNIST_DIR", "digits")
    assert not run_notebooks.main(["--in-place", str(path)])
    (cell,) = nbformat.read(path, as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == repr(str(folder / "here/digits"))


def test_a_band_that_does_not_hold_is_reported_and_leaves_no_name(folder, capsys, monkeypatch):
    path = store(
        folder, "00_held.ipynb", "x = 1", "print(x, [n for n in dir() if 'band' in n])", "2"
    )
    first, _, last = (cell.id for cell in nbformat.read(path, as_version=4).cells)
    lines = {first: "bands = x", last: f"raise AssertionError('{last} does not hold')"}
    monkeypatch.setattr(
        run_notebooks.bands, "read", lambda name: [Band(cell, True, True, None) for cell in lines]
    )
    monkeypatch.setattr(
        run_notebooks.bands,
        "line_for_kernel",
        lambda name, cell, full: f"exec({lines[cell]!r}, {{'x': x}})",
    )
    assert run_notebooks.main([str(path)])
    assert capsys.readouterr().err == f"00_held: {last} does not hold\n"
    (printed,) = nbformat.read(folder / "build/00_held.ipynb", as_version=4).cells[1].outputs
    assert printed.text == "1 []\n"
