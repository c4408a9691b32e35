"""Say what is installed, which Python runs, and what is wrong: `python helpers/environment.py`.

In a notebook: `%run ../helpers/environment.py`, which works even where the course is not installed.
This file needs nothing but the standard library, and tries torch in a process of its own: a broken
torch must not take the messenger down with it.

`gather_facts` looks, `diagnose` judges, `report` prints; `check_environment` does all three.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def find_root(home, here):
    """The folder of the course: `home`, or, where helpers alone lie there, as on Colab, one about `here`."""
    folders = [
        folder for folder in (home, here, *here.parents) if (folder / "data/sample").is_dir()
    ]
    return folders[0] if folders else home


ROOT = find_root(Path(__file__).resolve().parent.parent, Path.cwd())
PACKAGES = (
    "torch",
    "numpy",
    "pandas",
    "matplotlib",
    "anywidget",
    "pooch",
    "tqdm",
    "jupyterlab",
    "ipykernel",
    "ipywidgets",
    "nbval",
)
OLDEST_PYTHON = (3, 11)  # as in pyproject.toml

INSTALL_AGAIN = "Install the course again, as the README says under Start."
UNMIX = "Make the environment anew from environment.yml, and leave pip's torch out of it."


@dataclass
class Facts:
    """What `gather_facts` finds; the tests make up their own."""

    python: tuple
    prefix: str  # the folder of the environment that runs this
    versions: dict = field(default_factory=dict)  # package: version, or None if it is missing
    in_kernel: bool = False
    active_conda: str = ""  # the conda environment that the shell activated
    jupyter_prefix: str = ""  # the environment whose `jupyter` the shell starts
    kernel_python: str = ""  # the Python of the kernel `python3`, where it names one
    pip_torch_in_conda: bool = False
    torch_exit: int | None = None  # how a process that uses NumPy and torch ended
    torch_stderr: str = ""
    openmp: tuple = ()  # the OpenMP runtimes that may not meet in one process


@dataclass
class Check:
    """One line of the report; `fix` says what to do, and is empty when all is well."""

    text: str
    fix: str = ""


def check_environment():
    """Print one line per check; return the problems, an empty list when there are none."""
    checks = diagnose(gather_facts())
    report(checks)
    return [check for check in checks if check.fix]


def report(checks):
    for check in checks:
        print(f"{'problem' if check.fix else 'ok':8} {check.text}")
        if check.fix:
            print(f"{'':8} {check.fix}")


# Judging: from facts to checks.


def diagnose(facts):
    checks = [check_python(facts), check_packages(facts), check_kernel(facts)]
    if facts.torch_exit is not None:
        checks.append(check_torch(facts))
    return checks


def check_python(facts):
    version = ".".join(map(str, facts.python))
    if facts.python[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Check(f"Python {version} is too old", f"Install the course with {oldest} or newer.")
    return Check(f"Python {version} in {short(facts.prefix)}")


def check_packages(facts):
    missing = [name for name, version in facts.versions.items() if not version]
    if missing:
        fix = f"{INSTALL_AGAIN} If you did, this is another environment's Python."
        return Check(f"not installed here: {', '.join(missing)}", fix)
    return Check(", ".join(f"{name} {version}" for name, version in facts.versions.items()))


def check_kernel(facts):
    """The first cause of a kernel without a working torch: Jupyter runs another environment's."""
    here = short(facts.prefix)
    if facts.in_kernel and not facts.versions.get("torch"):
        target = facts.active_conda or "the course's environment"
        return Check(
            f"this notebook's kernel runs in {here}, which has no torch",
            f"Kernel > Change Kernel, and choose {target}. With conda, nb_conda_kernels lists it if "
            "it is installed in the environment that runs Jupyter.",
        )
    if facts.in_kernel:
        return Check(f"this notebook's kernel runs in {here}")
    if not facts.jupyter_prefix:
        return Check("no Jupyter was found", INSTALL_AGAIN)
    if not same_folder(facts.jupyter_prefix, facts.prefix):
        return Check(
            f"`jupyter` starts from {short(facts.jupyter_prefix)}, with that environment's kernel",
            f"Install jupyterlab in {here}; or nb_conda_kernels in {short(facts.jupyter_prefix)}, "
            "and use Kernel > Change Kernel.",
        )
    if facts.kernel_python and not is_inside(facts.kernel_python, facts.prefix):
        return Check(
            f"the kernel python3 runs {short(facts.kernel_python)}, of another environment",
            "Remove that kernel: jupyter kernelspec remove python3",
        )
    return Check(f"Jupyter and its kernel python3 run in {here}")


def check_torch(facts):
    """The second cause: pip's torch and conda's NumPy each bring an OpenMP runtime."""
    died = facts.torch_exit < 0 or facts.torch_exit >= 128  # by a signal, or as Windows says it
    suspects = facts.pip_torch_in_conda or len(facts.openmp) > 1
    if "OMP: Error #15" in facts.torch_stderr or (died and suspects):
        names = f" ({', '.join(facts.openmp)})" if facts.openmp else ""
        return Check(f"`import torch` dies of two OpenMP runtimes in one process{names}", UNMIX)
    if facts.torch_exit:
        lines = facts.torch_stderr.strip().splitlines() or [f"exit status {facts.torch_exit}"]
        return Check(f"`import torch` fails: {lines[-1]}", INSTALL_AGAIN)
    if facts.pip_torch_in_conda:
        return Check("pip's torch in a conda environment: works so far, may kill a kernel", UNMIX)
    return Check("torch and NumPy work together")


def same_folder(one, other):
    return os.path.realpath(one) == os.path.realpath(other)


def is_inside(python, prefix):
    """Is it that environment's Python? A venv's python is a link, so only its folder counts."""
    prefix, folder = Path(os.path.realpath(prefix)), Path(os.path.realpath(Path(python).parent))
    return prefix == folder or prefix in folder.parents  # on Windows, conda's lies in the prefix


def short(path):
    """The path as seen from the course's folder or from ~; elsewhere its last three parts."""
    path = Path(path)
    if ROOT in path.parents:
        return str(path.relative_to(ROOT))
    if Path.home() in path.parents:
        return str("~" / path.relative_to(Path.home()))
    return str(path) if len(path.parts) <= 4 else str(Path("...", *path.parts[-3:]))


# Looking: everything that touches the machine.


def gather_facts():
    versions = {name: version_of(name) for name in PACKAGES}
    torch_exit, torch_stderr = try_torch() if versions["torch"] else (None, "")
    return Facts(
        python=sys.version_info[:3],
        prefix=sys.prefix,
        versions=versions,
        in_kernel="ipykernel" in sys.modules,
        active_conda=os.environ.get("CONDA_DEFAULT_ENV", ""),
        jupyter_prefix=jupyter_prefix(),
        kernel_python=kernel_python(),
        pip_torch_in_conda=pip_torch_in_conda(),
        torch_exit=torch_exit,
        torch_stderr=torch_stderr,
        openmp=openmp_runtimes(),
    )


def version_of(package):
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return None


def try_torch():
    """Use NumPy and torch in another process; return its exit status and what it complained of."""
    program = (
        "import numpy, torch; a = numpy.ones((99, 99)) @ numpy.ones((99, 99)); torch.tensor(a) @ a"
    )
    # this variable hides the clash of two OpenMP runtimes, and lets them compute wrong numbers
    environment = {k: v for k, v in os.environ.items() if k != "KMP_DUPLICATE_LIB_OK"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return 1, "no answer within five minutes"
    return done.returncode, done.stderr


def pip_torch_in_conda():
    try:
        installer = distribution("torch").read_text("INSTALLER") or ""
    except PackageNotFoundError:
        return False
    return installer.strip() == "pip" and Path(sys.prefix, "conda-meta").is_dir()


def openmp_runtimes():
    """LLVM's and Intel's runtimes in this environment. GNU's libgomp does not mind a second one."""
    packages = Path(sysconfig.get_path("purelib"))
    folders = [Path(sys.prefix, "lib"), Path(sys.prefix, "Library", "bin"), packages / "torch/lib"]
    folders += [*packages.glob("*.libs"), *packages.glob("*/.dylibs")]
    found = {
        os.path.realpath(file)
        for folder in folders
        for pattern in ("libomp*.so*", "libomp*.d*", "libiomp5*.*")
        for file in folder.glob(pattern)
    }
    return tuple(sorted(os.path.relpath(file, os.path.realpath(sys.prefix)) for file in found))


def jupyter_prefix():
    """The environment of `jupyter`: this one if it has its own, else the first on the PATH."""
    scripts = sysconfig.get_path("scripts")
    command = shutil.which("jupyter", path=scripts) or shutil.which("jupyter")
    return str(Path(command).parent.parent) if command else ""


def kernel_python():
    """What the kernel `python3` starts; a bare `python` means the Python that runs Jupyter."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return ""
    try:
        python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return ""
    return python if os.path.isabs(python) else ""


if __name__ == "__main__":
    problems = check_environment()
    if "ipykernel" not in sys.modules:
        sys.exit(len(problems) > 0)
