"""helpers/environment.py tells the known causes of a dying kernel apart."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from helpers import environment
from helpers.environment import ROOT, diagnose, is_inside, short

HEALTHY = {
    **{"python": (3, 12, 1), "prefix": "/opt/course", "versions": {"torch": "2.13.0"}},
    **{"course": str(ROOT), "in_kernel": False},
    **{"jupyter": "/opt/course/bin/jupyter", "kernel_python": ""},
    **{"pip_torch_in_conda": False, "torch_exit": 0, "torch_stderr": ""},
}
OMP_ERROR = "OMP: Error #15: Initializing libiomp5.so, but found libomp.so already initialized."


def problems(**changes):
    return [check for check in diagnose(SimpleNamespace(**HEALTHY | changes)) if check.fix]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"in_kernel": True},
        {"in_kernel": True, "jupyter": "/opt/base/bin/jupyter"},  # as nb_conda_kernels does it
        {"kernel_python": "/opt/course/bin/python"},
    ],
)
def test_a_healthy_environment_has_no_problem(changes):
    assert problems(**changes) == []


def test_first_cause_the_kernel_of_another_environment():
    without = {"torch": None, "numpy": "2.4.6"}
    packages, kernel = problems(in_kernel=True, versions=without, torch_exit=None)
    assert "not installed here: torch" in packages.text
    assert "/opt/course, which has no torch" in kernel.text
    assert "Change Kernel" in kernel.fix and "nb_conda_kernels" in kernel.fix


def test_first_cause_seen_from_the_shell():
    (jupyter,) = problems(jupyter="/opt/base/bin/jupyter")
    assert "`jupyter` is /opt/base/bin/jupyter" in jupyter.text and "Change Kernel" in jupyter.fix
    (kernel,) = problems(kernel_python="/opt/base/bin/python")
    assert "the kernel python3 runs" in kernel.text and "kernelspec remove" in kernel.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"torch_exit": -6, "torch_stderr": OMP_ERROR},
        {"torch_exit": 3, "torch_stderr": OMP_ERROR},  # abort on Windows
        {"torch_exit": -11, "pip_torch_in_conda": True},
        {"torch_exit": 0xC0000005, "pip_torch_in_conda": True},  # a crash on Windows
    ],
)
def test_second_cause_two_openmp_runtimes(changes):
    (torch,) = problems(**changes)
    assert "two OpenMP runtimes" in torch.text and "environment.yml" in torch.fix
    (before_it_strikes,) = problems(pip_torch_in_conda=True)
    assert "works so far" in before_it_strikes.text


@pytest.mark.parametrize("stderr", ["Traceback ...\nImportError: libc10.so: no such file", ""])
def test_another_failure_is_not_blamed_on_openmp(stderr):
    (torch,) = problems(torch_exit=-4, torch_stderr=stderr)  # an instruction this processor lacks
    assert "OpenMP" not in torch.text
    assert torch.text.endswith(stderr.split("\n")[-1] or "exit status -4")


def test_an_old_python_and_a_missing_jupyter_are_problems():
    python, jupyter = problems(python=(3, 9, 7), jupyter="")
    assert "Python 3.9.7 is too old" in python.text and jupyter.text == "no Jupyter was found"


def test_a_python_belongs_to_the_environment_that_holds_it():
    assert is_inside("/opt/course/bin/python", "/opt/course")
    assert is_inside("/opt/course/python.exe", "/opt/course")  # conda on Windows
    assert not is_inside("/opt/base/bin/python", "/opt/course")


def test_a_problem_is_an_exit_status_in_a_terminal():
    """-S leaves out site-packages: a Python without torch, NumPy and the course."""
    script = [sys.executable, environment.__file__]
    assert subprocess.run(script, capture_output=True).returncode == 0
    broken = subprocess.run([*script[:1], "-S", *script[1:]], capture_output=True, text=True)
    assert broken.returncode == 1
    assert "not installed here: torch, numpy" in broken.stdout, broken.stderr


def test_this_environment_is_healthy_and_the_report_short(capsys):
    assert environment.check_environment() == []
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 and all(line.startswith("ok ") for line in lines)


def test_a_torch_that_kills_its_process_is_survived(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text(
        "import os, sys\n"
        f"'KMP_DUPLICATE_LIB_OK' in os.environ or sys.stderr.write({OMP_ERROR!r})\n"
        "sys.stderr.flush()\nos.abort()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")  # would hide the clash
    (torch,) = [check for check in diagnose(environment.gather_facts()) if check.fix]
    assert "two OpenMP runtimes" in torch.text


def test_pip_torch_in_conda_is_recognised(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "try_torch", lambda: (0, ""))
    assert not environment.gather_facts().pip_torch_in_conda
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert environment.gather_facts().pip_torch_in_conda


@pytest.fixture
def copy(tmp_path):
    """`cp -a course copy`: another course, with as much of it as the check needs."""
    for name in ("helpers/environment.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data/sample").mkdir(parents=True)
    return tmp_path


def check(course, pythonpath):
    """What the check of that course prints, where Python finds helpers in `pythonpath` alone."""
    script = [sys.executable, "-S", course / "helpers/environment.py"]
    variables = os.environ | {"PYTHONPATH": str(pythonpath)}
    return subprocess.run(script, cwd=course, env=variables, capture_output=True, text=True).stdout


def test_the_helpers_of_another_course_are_a_problem(copy):
    text = check(copy, ROOT)
    assert f"problem  the helpers installed here are those of another course, {ROOT}\n" in text
    assert f"In {copy}, type `make setup`" in text
    assert "ok       the helpers installed here are those of this course" in check(ROOT, ROOT)
    assert "problem  the course's own package, helpers, is not" in check(copy, "")


def test_helpers_without_a_course_around_them_are_as_good(copy, tmp_path_factory):
    """On Colab pip copies them into its own folder."""
    packages = tmp_path_factory.mktemp("packages")
    shutil.copytree(ROOT / "helpers", packages / "helpers")
    assert "those of this course" in check(copy, packages)


def test_paths_in_the_course_are_short():
    assert short(ROOT / ".venv") == ".venv"
    assert short("/somewhere/far/away/env") == "/somewhere/far/away/env"
