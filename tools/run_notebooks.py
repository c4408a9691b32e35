"""Execute the notebooks from top to bottom, each in a fresh kernel: `make run`, `make notebooks`.

python tools/run_notebooks.py                  executed copies go to build/
python tools/run_notebooks.py --in-place       the notebooks themselves get the new outputs
python tools/run_notebooks.py --jobs 2         two at a time
python tools/run_notebooks.py notebooks/03*    only these
"""

import argparse
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import bands
import nbformat
from alt_text import describe_figures
from cells import read
from course import ROOT
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from helpers.mnist import FULL_SIZE, load_mnist, mnist_dir

BUILD = ROOT / "build"

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = "(run this cell, and its controls appear here)"
ACCURACY = re.compile(r"test accuracy[^0-9]*([0-9.]+) ?%", re.IGNORECASE)


@dataclass
class Result:
    """What became of one notebook."""

    name: str
    seconds: float
    accuracy: str = "-"
    error: str = ""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of them, if none is named")
    parser.add_argument("--in-place", action="store_true", help="store the outputs in notebooks/")
    parser.add_argument("--jobs", type=int, default=1, help="how many run at a time")
    options = parser.parse_args(arguments)

    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not paths:
        sys.exit(f"There is no notebook in {ROOT / 'notebooks'}.")
    set_environment(options.jobs)
    longest_first = sorted(paths, key=stored_minutes, reverse=True)  # or one runs alone at the end
    pool = ThreadPoolExecutor(options.jobs)  # the work is done by the kernels, which are processes
    try:
        results = list(pool.map(partial(run, in_place=options.in_place), longest_first))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr, flush=True)
        os._exit(130)  # waits for no thread; the kernels end when they see their parent gone

    results.sort(key=lambda result: result.name)
    print_table(results)
    for result in results:
        if result.error:
            print(f"{result.name}: {result.error}", file=sys.stderr)
    return any(result.error for result in results)


def set_environment(jobs):
    """Set what every kernel finds in its environment."""
    if os.environ.get("MNIST_DIR"):  # kernels run in notebooks/, where it could be another folder
        try:
            os.environ["MNIST_DIR"] = str(mnist_dir().resolve())
        except FileNotFoundError as error:
            sys.exit(str(error))
    os.environ["COURSE_PROGRESS"] = str(BUILD / "progress.sqlite")  # the learner's stays as it is
    os.environ.pop("MPLBACKEND", None)  # or notebooks would not show their figures
    if jobs > 1:  # kernels side by side: more threads would wait for each other
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def stored_minutes(path):
    """How long it took when its outputs were stored."""
    return read(path).metadata.get("minutes", 0)


def run(path, in_place=False):
    """Execute one notebook and store it, in place only if it ran to its end."""
    say(f"{path.stem}: started")
    notebook = read(path)
    start = time.perf_counter()
    error = execute(notebook, path)
    result = Result(path.stem, time.perf_counter() - start, accuracy_in(notebook), error)

    normalise(notebook)
    describe_figures(notebook)
    notebook.metadata.minutes = round(result.seconds / 60, 1)
    if not in_place:
        BUILD.mkdir(exist_ok=True)
        nbformat.write(notebook, BUILD / path.name)
    elif not error:
        nbformat.write(notebook, path)
    say(f"{path.stem}: {error or 'finished'} after {result.seconds:.0f} s")
    return result


def say(line):
    """Print in one piece, so that lines of notebooks run side by side stay apart."""
    print(line + "\n", end="", flush=True)


def execute(notebook, path):
    """Run the cells and hold their bands; those tagged `raises-exception` may fail.

    Return what went wrong, or ''.
    """
    client = client_of(notebook, path.parent)
    client.on_cell_executed = partial(hold_bands, client, path.stem)
    try:
        client.execute()
    except AssertionError as failure:
        return str(failure)
    except CellExecutionError as failure:
        cell = max(c.execution_count or 0 for c in notebook.cells if c.cell_type == "code")
        return f"cell [{cell}] failed: {failure.ename}: {failure.evalue}"
    except DeadKernelError:
        return "the kernel died"
    return ""


def client_of(notebook, folder, **options):
    """What executes a notebook, in a fresh kernel in this folder."""
    client = NotebookClient(
        notebook,
        # without folders to look in, `python3` is this very Python, not some other environment's
        km=AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        resources={"metadata": {"path": str(folder)}},
        timeout=None,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        coalesce_streams=True,
        **options,
    )
    client.owns_km = True  # the kernel ends with the notebook, and does not keep its memory
    client.comm_open_handlers.clear()  # what is shown inside a widget stays among the outputs
    return client


async def hold_bands(client, name, cell, cell_index, execute_reply):
    """Call the bands of a cell that has run as it should; AssertionError says which do not hold."""
    if cell.id in bands.cells(name) and execute_reply["content"]["status"] == "ok":
        line = bands.line_for_kernel(name, cell.id, full_mnist())
        reply = await client.kc.execute(line, silent=True, reply=True)
        if reply["content"]["status"] == "error":
            raise AssertionError(reply["content"]["evalue"])


@cache
def full_mnist():
    return len(load_mnist("train")) == FULL_SIZE


def accuracy_in(notebook):
    """The last test accuracy that the notebook prints, or '-'."""
    text = "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    found = ACCURACY.findall(text)
    return f"{found[-1]} %" if found else "-"


def normalise(notebook):
    """Strip what differs between machines: kernel, widget state, paths in tracebacks."""
    notebook.metadata = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            without_widgets(output)
            if output.output_type == "error":
                output.traceback = [without_folders(line) for line in output.traceback]


def without_widgets(output):
    """Leave of a widget what needs no kernel: its picture, or a line in place of its controls."""
    data = output.get("data", {})
    if data.pop(WIDGET, None) and "image/png" not in data:
        data["text/plain"] = CONTROLS


def without_folders(text):
    """Shorten /home/me/course/helpers/mnist.py to helpers/mnist.py."""
    home = str(Path.home())
    text = text.replace("~" + os.sep, home + os.sep)  # IPython's short form
    for folder in (str(ROOT), sys.prefix, sys.base_prefix, home):
        text = text.replace(folder + os.sep, "")
    return text


def print_table(results):
    width = max(len(result.name) for result in results)
    print(f"\n{'notebook':{width}}  minutes  test accuracy")
    for result in results:
        accuracy = "failed" if result.error else result.accuracy
        print(f"{result.name:{width}}  {result.seconds / 60:7.1f}  {accuracy:>13}")


if __name__ == "__main__":
    sys.exit(main())
