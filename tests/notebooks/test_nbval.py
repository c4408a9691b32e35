"""The comparison of outputs catches what it should: what is masked, what is compared when."""

import gzip
import os
import re
import shutil
import struct
import subprocess
import sys

import nbformat
import pytest
from cells import masked
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns
from run_notebooks import CONTROLS

import conftest
from helpers.environment import ROOT
from helpers.mnist import FULL_SIZE, IDX_FILES

CONFIG = (ROOT / "tests/notebooks/sanitize.cfg").read_text("utf-8")


def test_nbval_reads_every_pair():
    assert CONFIG.isascii()
    written = re.findall(r"^\s*regex", CONFIG, re.MULTILINE)
    assert len(get_sanitize_patterns(CONFIG)) == len(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100%|#| 600/600 [00:12<00:00, 48.9it/s]", "100%|#| 600/600 [01:02:12<00:00, 1.9s/it]"),
        ("4/4 [00:12<00:00, 9.9it/s]  \n", "4/4 [00:12<00:00, 10.1it/s]\n"),
        ("120it [00:12, 9.9it/s]", "120it [00:01, 99.9it/s] "),
        ("took 12.3 s", "took  9.8 s"),
        ("85 ms a step", "597 \u00b5s a step"),
        ("1 min 5 s", "3 min 59 s"),
        ("0.5 minutes", "12 minutes"),
        ("8,123 steps/s", "975.1 steps/s"),
        ("300 images per second", "12,000 images per second"),
        ("run on 2026-11-23 04:40", "run on 2027-01-02 17:01"),
        ("<Thing object at 0x7f3a5c1d2e80>", "<Thing object at 0x10c3ffe50>"),
        ("interactive(children=(FloatSlider(value=0.0), Output()))", CONTROLS),
        ("<Figure size 640x480 with 1 Axes>", "<Figure size 1280x480 with 2 Axes>"),
    ],
)
def test_what_changes_from_run_to_run_is_masked(one, other):
    assert masked(one) == masked(other)


@pytest.mark.parametrize(
    "text",
    [
        "tensor(24.)",
        "60,000 images, 784 numbers each",
        "label = 7",
        "magic number 0x803, at 0x10",
        "step 10,000 of 240,000, 10 steps",
        "tensor([[3.5, 4.0], [1.0, 2.0]])",
        "torch.Size([28, 28])",
        "shares of 3 sets",
    ],
)
def test_everything_else_is_compared(text):
    assert masked(text) == text


@pytest.fixture(scope="module")
def full_mnist(tmp_path_factory):
    """As many images as MNIST has, all alike."""
    folder = tmp_path_factory.mktemp("mnist")
    for split, count in {"train": FULL_SIZE, "test": 10}.items():
        headers = struct.pack(">4i", 0x803, count, 28, 28), struct.pack(">2i", 0x801, count)
        for name, header, size in zip(IDX_FILES[split], headers, (784, 1), strict=True):
            with gzip.open(folder / f"{name}.gz", "wb", compresslevel=1) as file:
                file.write(header + bytes(range(10)) * (count * size // 10))
    return folder


BANDS = """
import random
from bands import after

@after("shows")
def draws_and_rebinds(x):
    x = random.random()
    return x < 1

@after("holds", full=(1, 2), sample=(8, 9))
def value_of_x(x):
    return x

@after("lacks", full=(1, 2))
def value_of_y(y):
    return y
"""


@pytest.fixture
def course(tmp_path):
    """A tiny course: which of its cells fail depends on the images."""
    for name in ("pyproject.toml", "conftest.py", "tests/notebooks/sanitize.cfg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("helpers", "tools", "data/sample"):
        shutil.copytree(ROOT / name, tmp_path / name)
    cells = {
        "right": ("print(6 * 7)", "42\n"),
        "wrong": ("print(6 * 7)", "43\n"),
        "tagged": ("print(6 * 7)", "43\n"),
        "shows": ("import random\nrandom.seed(0)\nx = 8", ""),
        "drawn": (
            "print(x, f'{random.random():.2f}', [n for n in dir() if 'band' in n])",
            "8 0.84 []\n",
        ),
        "holds": ("x = 8", ""),
        "lacks": ("x = 1", ""),
    }
    notebook = new_notebook()
    for count, (name, (source, text)) in enumerate(cells.items(), start=1):
        outputs = [new_output("stream", text=text)] * bool(text)
        notebook.cells.append(
            new_code_cell(source, id=name, execution_count=count, outputs=outputs)
        )
    notebook.cells[2].metadata.tags = ["mnist-output"]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks/tiny.ipynb")
    (tmp_path / "tests/notebooks/bands").mkdir()
    (tmp_path / "tests/notebooks/bands/tiny.py").write_text(BANDS)
    return tmp_path


def failed_cells(course, mnist_dir):
    """The ids of the cells that fail, and what pytest says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", "notebooks"],
        cwd=course,
        env=os.environ | {"MNIST_DIR": str(mnist_dir), "PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"::Cell \d (PASSED|FAILED)", done.stdout)
    ids = [cell.id for cell in nbformat.read(course / "notebooks/tiny.ipynb", as_version=4).cells]
    assert len(found) == len(ids), done.stdout + done.stderr
    return [name for name, state in zip(ids, found, strict=True) if state == "FAILED"], done.stdout


def test_on_the_sample_tagged_outputs_are_not_compared(course):
    failed, printed = failed_cells(course, "")
    assert failed == ["wrong", "lacks"]
    assert (
        "Cell 6: Bands of cell lacks do not hold:\nvalue of y: the notebook has no y\n" in printed
    )


def test_on_full_mnist_in_data_every_output_is_compared(course, full_mnist):
    for file in full_mnist.iterdir():
        shutil.copy(file, course / "data")
    failed, printed = failed_cells(course, "")
    assert failed == ["wrong", "tagged", "holds", "lacks"]
    assert "value of x: 8; expected 1 to 2" in printed


def test_mnist_in_data_is_used_once_both_sets_are_there(monkeypatch, tmp_path):
    monkeypatch.setattr(conftest, "DATA", tmp_path)
    monkeypatch.delenv("MNIST_DIR")
    (tmp_path / "mnist_train.csv").touch()
    assert conftest.images_folder() == tmp_path / "sample"
    (tmp_path / "mnist_test.csv").touch()
    assert conftest.images_folder() == tmp_path
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    assert conftest.images_folder() == ROOT / "data/sample"
