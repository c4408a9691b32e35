"""`make` and what it does before the course is installed."""

import os
import shutil
import subprocess
import sys

import pytest

from helpers.environment import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows the course goes without make")


@pytest.fixture
def course(tmp_path):
    """A course that is not installed yet."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder, *arguments, **environment):
    variables = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")} | environment
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_old_python_gets_one_clear_line(course):
    old = script(course / "python3", "exit 1  # as `sys.exit(version < (3, 11))` ends there")
    done = make(course, "setup", f"PYTHON={old}")
    message, makes_own = done.stderr.splitlines()
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in message and str(old) in message
    assert makes_own.startswith("make: ***")
    assert not (course / ".venv").exists()


def test_a_missing_python_gets_one_clear_line(course):
    done = make(course, "setup", "PYTHON=no-such-python")
    message, _ = done.stderr.splitlines()
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in message and "no-such-python" in message


def test_the_version_is_judged_by_the_number(course):
    """3.9 is older than 3.11, though not in the alphabet."""
    condition = "import sys; sys.version_info = (3, 9, 1); "
    old = script(course / "python3", f'exec python3 -c "{condition}$2"')
    assert "needs Python 3.11" in make(course, "setup", f"PYTHON={old}").stderr


def test_the_oldest_python_is_that_of_pyproject(course):
    pyproject = (course / "pyproject.toml").read_text("utf-8")
    (course / "pyproject.toml").write_text(pyproject.replace('">=3.11"', '">=3.99"'))
    done = make(course, "setup", f"PYTHON={sys.executable}")
    assert "needs Python 3.99 or newer" in done.stderr and "PYTHON=python3.99" in done.stderr


def test_an_interrupted_installation_starts_over(course):
    (course / ".venv/bin").mkdir(parents=True)
    (course / ".venv/bin/python").write_text("half written")
    assert "-m venv --clear .venv" in make(course, "--dry-run", "test").stdout


def test_nothing_is_installed_twice_until_the_requirements_change(course):
    (course / ".venv").mkdir()
    (course / ".venv/installed").touch()
    assert "pip install" not in make(course, "--dry-run", "test").stdout
    os.utime(course / "constraints.txt", (2e9, 2e9))
    assert "pip install" in make(course, "--dry-run", "test").stdout


def test_commands_see_the_mnist_dir_that_is_given(course):
    """As it is given: where a relative one starts is for helpers.mnist to say."""
    with (course / "Makefile").open("a") as makefile:
        makefile.write('\nshow:\n\t@echo "$$MNIST_DIR|$$MPLBACKEND"\n')
    assert make(course, "show", MNIST_DIR="my data", MPLBACKEND="Agg").stdout == "my data|\n"
    assert make(course, "show", "MNIST_DIR=my data", MPLBACKEND="Agg").stdout == "my data|\n"


def test_lab_opens_the_learners_own_copies(course):
    (course / ".venv").mkdir()
    (course / ".venv/installed").touch()
    (command,) = make(course, "--dry-run", "lab", "ARGS=--no-browser").stdout.splitlines()
    assert command.endswith("tools/lab.py --no-browser")


def test_help_lists_every_command():
    commands = (
        "lab fresh progress test run data notebooks bench devices grid fair faults browser site mutate versions student setup clean"
    ).split()
    assert [line.split()[1] for line in make(ROOT, "help").stdout.splitlines()] == commands
