"""What every test shares: the images that the notebooks see, and what that leaves to compare."""

import functools
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

# Workers side by side: with one thread each, none waits for another. torch reads this when it is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import bands
import matplotlib
import passes
import pytest
from cells import read, tags
from nbval.plugin import IPyNbCell, NbCellError

from helpers.mnist import DATA, FULL_SIZE, IDX_FILES, files_of, load_mnist, mnist_dir

ROOT = Path(__file__).parent


def images_folder():
    """The folder that MNIST_DIR names; else data/, if MNIST lies there; else the sample."""
    if os.environ.get("MNIST_DIR"):
        return mnist_dir().resolve()
    return DATA if all(files_of(split, DATA) for split in IDX_FILES) else DATA / "sample"


# Tests leave the learner's progress alone.
progress_folder = tempfile.TemporaryDirectory(prefix="course-")  # removed when the tests end
os.environ["COURSE_PROGRESS"] = f"{progress_folder.name}/progress.sqlite"

# Exercises speak English here, on a desktop in any language; test_language.py asks for Korean.
os.environ.pop("LANGUAGE", None)

# Kernels choose their own backend, which shows figures; the unit tests draw without a window.
os.environ.pop("MPLBACKEND", None)
matplotlib.use("agg")


def pytest_configure():
    """Before any kernel starts: kernels run in notebooks/, where a relative name could mean another folder."""
    try:
        os.environ["MNIST_DIR"] = str(images_folder())
    except FileNotFoundError as error:
        raise pytest.UsageError(error) from None


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest; compare tagged cells only as far as they must agree.

    On full MNIST a notebook that is as it was when it last passed is skipped.
    `mnist-output`: they show the full MNIST, so on fewer images they are not compared.
    `measured`: numbers that come out of a training or a clock; all are compared as `#`, and a band
    in tests/notebooks/bands/ says where they lie.
    """
    items.sort(key=lambda item: -minutes(item.path))
    for item in items:
        if not isinstance(item, IPyNbCell):
            continue
        if full_mnist() and passes.holds(ROOT, item.path.stem):
            item.add_marker(pytest.mark.skip(f"as in its pass on full MNIST, {passes.FILE}"))
        if "mnist-output" in tags(item.cell) and not full_mnist():
            item.options["check"] = False
        if "measured" in tags(item.cell):
            item.sanitize = lambda text, sanitize=item.sanitize: without_numbers(sanitize(text))


SITE = ("tests/browser/test_site.py", "tests/browser/test_train.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker takes one file of tests after the other; of those that run notebooks in Lab, one notebook.

    The files that look at the site are taken as one, so that it is built once.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            if file == "tests/browser/test_notebooks.py":
                return nodeid
            return "the site" if file in SITE else file

    return Scheduling(config, log)


@functools.cache
def minutes(path):
    """About how long a file of tests takes; of a notebook, how long its stored run took."""
    if path.suffix == ".ipynb":
        return read(path).metadata.get("minutes", 0)
    return {
        "test_notebooks.py": 9,
        "test_site.py": 3,
        "test_train.py": 3,
        "test_experiments.py": 2,
    }.get(path.name, 0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Where a notebook's cell has run as it should, its bands must hold, too."""
    result = yield
    if isinstance(item, IPyNbCell) and item.cell.get("id") in bands.cells(item.path.stem):
        line = bands.line_for_kernel(item.path.stem, item.cell.id, full_mnist())
        timeout = item.config.option.nbval_cell_timeout
        reply = item.parent.kernel.kc.execute(line, silent=True, reply=True, timeout=timeout)
        if reply["content"]["status"] == "error":
            raise NbCellError(item.cell_num, reply["content"]["evalue"], item.cell.source)
    return result


passed_cells = Counter()  # of each notebook, in the process that hears of all tests


def pytest_runtest_logreport(report):
    path = Path(report.nodeid.partition("::")[0])
    if path.suffix == ".ipynb" and report.when == "call" and full_mnist():
        passes.state(ROOT, path.stem)  # before anyone changes it
        passed_cells[path.stem] += report.passed


def pytest_sessionfinish():
    if "PYTEST_XDIST_WORKER" not in os.environ:
        passes.record(ROOT, passed_cells)


@functools.cache
def full_mnist():
    return len(load_mnist("train")) == FULL_SIZE


def without_numbers(text):
    """Replace each number, and the spaces that align it, by `#`."""
    return re.sub(r" *[-+]?\d[\d,.]*(?:e[-+]?\d+)?", " #", text)
