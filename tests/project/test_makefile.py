"""`make` and what it does before the course is installed."""

import os
import shutil
import subprocess
import sys

import pytest

from helpers.environment import ROOT


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


@pytest.mark.parametrize(
    "python",
    [
        "exit 1  # as `sys.exit(version < (3, 11))` ends there",
        'exec python3 -c "import sys; sys.version_info = (3, 9, 1); $2"',  # not in the alphabet
        None,
    ],
)
def test_an_old_or_missing_python_gets_one_clear_line(course, python):
    old = script(course / "python3", python) if python else course / "no-such-python"
    done = make(course, "setup", f"PYTHON={old}")
    message, makes_own = done.stderr.splitlines()
    assert "needs Python 3.11 or newer" in message and str(old) in message
    assert done.returncode != 0 and makes_own.startswith("make: ***")
    assert not (course / ".venv").exists()


def test_the_oldest_python_is_that_of_pyproject(course):
    pyproject = (course / "pyproject.toml").read_text("utf-8")
    (course / "pyproject.toml").write_text(pyproject.replace('">=3.11"', '">=3.99"'))
    done = make(course, "setup", f"PYTHON={sys.executable}")
    assert "needs Python 3.99 or newer" in done.stderr and "PYTHON=python3.99" in done.stderr


def test_an_interrupted_installation_starts_over(course):
    (course / ".venv/bin").mkdir(parents=True)
    (course / ".venv/bin/python").write_text("half written")
    commands = make(course, "--dry-run", "test", "CPU=1").stdout
    assert "rm -rf .venv\n" in commands and "--extra-index-url" in commands


def installed(folder):
    (folder / ".venv").mkdir()
    (folder / ".venv/installed").write_text(f"{folder}\n")
    return folder


def test_the_installation_announces_itself_and_remembers_its_folder(course):
    python = script(course / "python3", 'mkdir -p .venv/bin; ln -sf "$0" .venv/bin/python')
    done = make(course, "setup", f"PYTHON={python}")
    assert done.stdout.startswith("Installing the course into .venv: a few minutes"), done.stderr
    assert make(course, "setup").stdout == "make: Nothing to be done for 'setup'.\n"


def test_an_environment_of_another_folder_is_made_anew(course, tmp_path_factory):
    """`cp -a` and `mv` take it along: its helpers would be those of the first folder."""
    moved = tmp_path_factory.mktemp("other") / "a copy"
    shutil.copytree(installed(course), moved)
    assert "pip install" not in make(course, "--dry-run", "lab").stdout
    assert "pip install" in make(moved, "--dry-run", "lab").stdout


def test_nothing_is_installed_twice_until_the_requirements_change(course):
    installed(course)
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
    (command,) = make(
        installed(course), "--dry-run", "lab", "ARGS=--no-browser"
    ).stdout.splitlines()
    assert command.endswith("tools/lab.py --no-browser")


def test_help_lists_every_command():
    commands = (
        "lab fresh progress run data devices grid fair grid-gan test notebooks translations bench faults browser site mutate versions student setup clean"
    ).split()
    assert [line.split()[1] for line in make(ROOT, "help").stdout.splitlines()] == commands
