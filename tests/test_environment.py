"""helpers/environment.py tells the known causes of a dying kernel apart."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import environment
from helpers.environment import ROOT, Facts, diagnose, is_inside, short

HEALTHY = Facts(
    python=(3, 12, 1),
    prefix="/opt/course",
    versions={"torch": "2.13.0", "numpy": "2.4.6"},
    jupyter_prefix="/opt/course",
    torch_exit=0,
)
OMP_ERROR = "OMP: Error #15: Initializing libiomp5.so, but found libomp.so already initialized."


def problems(**changes):
    return [check for check in diagnose(replace(HEALTHY, **changes)) if check.fix]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"in_kernel": True},
        {"in_kernel": True, "jupyter_prefix": "/opt/base"},  # as nb_conda_kernels does it
        {"openmp": ("torch/lib/libomp.dylib", "sklearn/.dylibs/libomp.dylib")},  # as pip has it
        {"kernel_python": "/opt/course/bin/python"},
    ],
)
def test_a_healthy_environment_has_no_problem(changes):
    assert problems(**changes) == []


def test_first_cause_the_kernel_of_another_environment():
    without = {"torch": None, "numpy": "2.4.6"}
    packages, kernel = problems(
        in_kernel=True, versions=without, torch_exit=None, active_conda="pytorch-course"
    )
    assert "not installed here: torch" in packages.text
    assert "/opt/course, which has no torch" in kernel.text
    assert "Change Kernel, and choose pytorch-course" in kernel.fix
    assert "nb_conda_kernels" in kernel.fix


def test_first_cause_seen_from_the_shell():
    (jupyter,) = problems(jupyter_prefix="/opt/base")
    assert "`jupyter` starts from /opt/base" in jupyter.text and "Change Kernel" in jupyter.fix


def test_first_cause_as_a_kernel_that_names_another_python():
    (kernel,) = problems(kernel_python="/opt/base/bin/python")
    assert "the kernel python3 runs" in kernel.text and "kernelspec remove" in kernel.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"torch_exit": -6, "torch_stderr": OMP_ERROR},
        {"torch_exit": 3, "torch_stderr": OMP_ERROR},  # abort on Windows
        {"torch_exit": -11, "pip_torch_in_conda": True},
        {"torch_exit": 0xC0000005, "openmp": ("libomp.dll", "libiomp5md.dll")},
    ],
)
def test_second_cause_two_openmp_runtimes(changes):
    (torch,) = problems(**changes)
    assert "two OpenMP runtimes" in torch.text and "environment.yml" in torch.fix


def test_the_second_cause_is_named_before_it_strikes():
    (torch,) = problems(pip_torch_in_conda=True)
    assert "works so far" in torch.text


@pytest.mark.parametrize(
    ("torch_exit", "stderr", "reason"),
    [
        (1, "Traceback ...\nImportError: libc10.so: no such file", "ImportError: libc10.so"),
        (-4, "", "exit status -4"),  # an instruction that this processor lacks
    ],
)
def test_another_failure_is_not_blamed_on_openmp(torch_exit, stderr, reason):
    (torch,) = problems(torch_exit=torch_exit, torch_stderr=stderr)
    assert reason in torch.text and "OpenMP" not in torch.text


def test_an_old_python_is_a_problem():
    (python,) = problems(python=(3, 9, 7))
    assert "Python 3.9.7 is too old" in python.text


def test_no_jupyter_is_a_problem():
    (jupyter,) = problems(jupyter_prefix="")
    assert jupyter.text == "no Jupyter was found"


def test_a_python_belongs_to_the_environment_that_holds_it():
    assert is_inside("/opt/course/bin/python", "/opt/course")
    assert is_inside("/opt/course/python.exe", "/opt/course")  # conda on Windows
    assert not is_inside("/opt/base/bin/python", "/opt/course")


def test_a_problem_is_an_exit_status_in_a_terminal():
    script = [sys.executable, environment.__file__]
    assert subprocess.run(script, capture_output=True).returncode == 0
    broken = subprocess.run([*script[:1], "-S", *script[1:]], capture_output=True)  # no packages
    assert broken.returncode == 1


def test_this_environment_is_healthy_and_the_report_short(capsys):
    assert environment.check_environment() == []
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and all(line.startswith("ok ") for line in lines)


def test_a_torch_that_kills_its_process_is_survived(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text(
        f"import os, sys\nsys.stderr.write({OMP_ERROR!r})\nsys.stderr.flush()\nos.abort()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")  # would hide the clash
    (torch,) = [check for check in diagnose(environment.gather_facts()) if check.fix]
    assert "two OpenMP runtimes" in torch.text


def test_the_clash_is_not_hidden_by_the_variable_that_hides_it(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("import os; os.environ['KMP_DUPLICATE_LIB_OK']")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")
    torch_exit, stderr = environment.try_torch()
    assert torch_exit == 1 and "KeyError" in stderr


def test_it_runs_where_nothing_is_installed():
    """-S leaves out site-packages: a Python without torch, NumPy and the course."""
    python = [sys.executable, "-S", "helpers/environment.py"]
    done = subprocess.run(python, cwd=ROOT, capture_output=True, text=True)
    assert "not installed here: torch, numpy" in done.stdout, done.stderr


def test_pip_torch_in_conda_is_recognised(tmp_path, monkeypatch):
    assert not environment.pip_torch_in_conda()
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert environment.pip_torch_in_conda()


def test_openmp_runtimes_are_found_once_each(tmp_path, monkeypatch):
    for name in ("lib/libomp.so", "packages/torch/lib/libiomp5.so", "packages/x.libs/libgomp.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "packages/x.libs/libomp.so").symlink_to(tmp_path / "lib/libomp.so")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "packages"))
    found = tuple(Path(name).as_posix() for name in environment.openmp_runtimes())
    assert found == ("lib/libomp.so", "packages/torch/lib/libiomp5.so")


def test_paths_are_short():
    assert short(ROOT / ".venv") == ".venv"
    assert short(Path.home() / "conda/envs/x") == str(Path("~/conda/envs/x"))
    assert short("/usr/bin/python3") == str(Path("/usr/bin/python3"))
    assert short("/somewhere/far/away/env/bin/python") == str(Path(".../env/bin/python"))
