"""Where a relative MNIST_DIR starts, and what reaches the kernels, which run in notebooks/."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import mnist
from helpers.environment import ROOT
from helpers.mnist import DATA, mnist_dir


@pytest.mark.parametrize(
    ("here", "value", "expected"),
    [
        ("home", "mnist", "home/mnist"),  # the current folder comes first
        ("elsewhere", "mnist", "course/mnist"),  # the course's second
        ("course/notebooks", "../shared/mnist", "shared/mnist"),  # beside the course, in a kernel
        ("elsewhere", "~/mnist", "home/mnist"),
        ("elsewhere", "{}/shared/mnist", "shared/mnist"),
    ],
)
def test_a_name_starts(tmp_path, monkeypatch, here, value, expected):
    for folder in ("course/notebooks", "course/mnist", "shared/mnist", "home/mnist", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(mnist, "ROOT", tmp_path / "course")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / here)
    monkeypatch.setenv("MNIST_DIR", value.format(tmp_path))
    assert mnist_dir().resolve() == tmp_path / expected


def test_the_tests_hand_kernels_an_absolute_folder():
    assert Path(os.environ["MNIST_DIR"]).is_absolute()
    assert DATA.is_absolute()


def test_a_wrong_folder_ends_the_tests_in_one_line():
    command = [sys.executable, "-m", "pytest", "tests/project"]
    variables = os.environ | {"MNIST_DIR": "/nowhere"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == pytest.ExitCode.USAGE_ERROR and not done.stdout
    assert line.startswith("ERROR: MNIST_DIR is '/nowhere', which is not a folder")
