"""Where a relative MNIST_DIR starts, and what reaches the kernels, which run in notebooks/."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import mnist
from helpers.environment import ROOT
from helpers.mnist import DATA, mnist_dir


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course in one folder, its data beside it, and another folder in which we stand."""
    for folder in ("course/notebooks", "shared/mnist", "home/mnist", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(mnist, "ROOT", tmp_path / "course")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def found(value, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(value))
    return mnist_dir().resolve()


def test_the_current_folder_comes_first(course, monkeypatch):
    (course / "elsewhere/mnist").mkdir()
    (course / "course/mnist").mkdir()
    assert found("mnist", monkeypatch) == course / "elsewhere/mnist"


def test_the_courses_folder_comes_second(course, monkeypatch):
    (course / "course/mnist").mkdir()
    assert found("mnist", monkeypatch) == course / "course/mnist"


def test_a_kernel_finds_what_lies_beside_the_course(course, monkeypatch):
    monkeypatch.chdir(course / "course/notebooks")
    assert found("../shared/mnist", monkeypatch) == course / "shared/mnist"


def test_a_tilde_is_the_home_folder(course, monkeypatch):
    assert found("~/mnist", monkeypatch) == course / "home/mnist"


def test_an_absolute_folder_is_itself(course, monkeypatch):
    assert found(course / "shared/mnist", monkeypatch) == course / "shared/mnist"


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
