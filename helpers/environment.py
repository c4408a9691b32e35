"""Say what is installed, which Python runs, and what is wrong: `python helpers/environment.py`.

In a notebook: `%run ../helpers/environment.py`, which works even where the course is not installed.
It needs nothing but the standard library, and tries torch in another process, which may die of it.

`gather_facts` looks, `diagnose` judges, `check_environment` prints.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import namedtuple
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace


def find_root(home, here):
    """The folder of the course: `home`, or, where helpers alone lie there, as on Colab, one about `here`."""
    folders = (home, here, *here.parents)
    return next((folder for folder in folders if (folder / "data/sample").is_dir()), home)


ROOT = find_root(Path(__file__).resolve().parent.parent, Path.cwd())
INSTALL_AGAIN = "Install the course again, as the README says under Start."
UNMIX = "Make the environment anew from environment.yml, and leave pip's torch out of it."


Check = namedtuple("Check", "text fix", defaults=[""])  # fix: what to do, empty if all is well


def check_environment():
    """Print one line per check; return the problems, an empty list when there are none."""
    checks = diagnose(gather_facts())
    for text, fix in checks:
        print(f"problem  {text}\n         {fix}" if fix else f"ok       {text}")
    return [check for check in checks if check.fix]


def diagnose(facts):
    checks = [check_python(facts), check_packages(facts), check_course(facts), check_kernel(facts)]
    return checks if facts.torch_exit is None else [*checks, check_torch(facts)]


def check_python(facts):
    version, (oldest, _) = ".".join(map(str, facts.python)), requirements()
    if facts.python < tuple(map(int, oldest.split("."))):
        return Check(f"Python {version} is too old", f"Install the course with {oldest} or newer.")
    return Check(f"Python {version} in {short(facts.prefix)}")


def check_packages(facts):
    missing = [name for name, version in facts.versions.items() if not version]
    if missing:
        fix = f"{INSTALL_AGAIN} If you did, this is another environment's Python."
        return Check(f"not installed here: {', '.join(missing)}", fix)
    return Check(", ".join(f"{name} {version}" for name, version in facts.versions.items()))


def check_course(facts):
    """With another copy of the course installed, its helpers would run, and keep the progress there."""
    fix = f"In {ROOT}, type `make setup`; with conda, `pip install --no-deps -e .`"
    if not facts.course:
        return Check("the course's own package, helpers, is not installed here", fix)
    if facts.course != str(ROOT):
        return Check(f"the helpers installed here are those of another course, {facts.course}", fix)
    return Check("the helpers installed here are those of this course")


def check_kernel(facts):
    """The first cause of a kernel without a working torch: Jupyter runs another environment's."""
    here = short(facts.prefix)
    if facts.in_kernel:
        text = f"this notebook's kernel runs in {here}"
        if facts.versions.get("torch"):
            return Check(text)
        return Check(
            f"{text}, which has no torch",
            "Kernel > Change Kernel, and choose the course's. With conda, nb_conda_kernels lists it if "
            "it is installed in the environment that runs Jupyter.",
        )
    if not facts.jupyter:
        return Check("no Jupyter was found", INSTALL_AGAIN)
    if not is_inside(facts.jupyter, facts.prefix):
        return Check(
            f"`jupyter` is {facts.jupyter}, with the kernel of that environment",
            f"Install jupyterlab in {here}; or nb_conda_kernels there, and use Kernel > Change Kernel.",
        )
    if facts.kernel_python and not is_inside(facts.kernel_python, facts.prefix):
        return Check(
            f"the kernel python3 runs {facts.kernel_python}, of another environment",
            "Remove that kernel: jupyter kernelspec remove python3",
        )
    return Check(f"Jupyter and its kernel python3 run in {here}")


def check_torch(facts):
    """The second cause: pip's torch and conda's NumPy each bring an OpenMP runtime."""
    died = facts.torch_exit < 0 or facts.torch_exit >= 128  # by a signal, or as Windows says it
    if "OMP: Error #15" in facts.torch_stderr or (died and facts.pip_torch_in_conda):
        return Check("`import torch` dies of two OpenMP runtimes in one process", UNMIX)
    if facts.torch_exit:
        lines = facts.torch_stderr.strip().splitlines() or [f"exit status {facts.torch_exit}"]
        return Check(f"`import torch` fails: {lines[-1]}", INSTALL_AGAIN)
    if facts.pip_torch_in_conda:
        return Check("pip's torch in a conda environment: works so far, may kill a kernel", UNMIX)
    return Check("torch and NumPy work together")


def is_inside(command, prefix):
    """Is it that environment's? A venv's python is a link, so only its folder counts."""
    prefix, folder = Path(prefix).resolve(), Path(command).parent.resolve()
    return prefix == folder or prefix in folder.parents  # on Windows, conda's lies in the prefix


def short(path):
    """The path as seen from the course's folder, if it lies in it."""
    return str(Path(path).relative_to(ROOT) if ROOT in Path(path).parents else path)


def progress_file():
    """Where the learner's progress is kept, and beside it what else is theirs; tests name another."""
    return Path(os.environ.get("COURSE_PROGRESS") or ROOT / "data" / "progress.sqlite")


def gather_facts():
    """What the checks judge; the tests make up their own."""
    installed = {name: next(iter(distributions(name=name)), None) for name in requirements()[1]}
    torch = installed["torch"]
    torch_exit, torch_stderr = try_torch() if torch else (None, "")
    pip_torch = torch and (torch.read_text("INSTALLER") or "").strip() == "pip"
    own_scripts = sysconfig.get_path("scripts")
    return SimpleNamespace(
        python=sys.version_info[:3],
        prefix=sys.prefix,  # the folder of the environment that runs this
        # None: not installed
        versions={name: package and package.version for name, package in installed.items()},
        course=imported_course(),
        in_kernel="ipykernel" in sys.modules,
        jupyter=shutil.which("jupyter", path=own_scripts) or shutil.which("jupyter"),  # the shell's
        kernel_python=kernel_python(),
        pip_torch_in_conda=pip_torch and Path(sys.prefix, "conda-meta").is_dir(),
        torch_exit=torch_exit,  # how a process that uses NumPy and torch ended; None without torch
        torch_stderr=torch_stderr,
    )


def requirements():
    """The oldest Python and the packages that pyproject.toml names; an old Python has no tomllib."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (oldest,) = re.findall('^requires-python = ">=(.+)"', text, re.MULTILINE)
    listed = text.split("\ndependencies = [")[1].split("\n]")[0]
    return oldest, re.findall(r'"([\w-]+)', listed)


def imported_course():
    """The folder of the course whose helpers `import helpers` takes; empty if there are none."""
    spec = find_spec("helpers")
    found = spec and spec.origin and Path(spec.origin).resolve().parent.parent
    return str(find_root(found, Path.cwd())) if found else ""


def try_torch():
    """Use NumPy and torch in another process; return its exit status and what it complained of."""
    program = "import numpy, torch; a = numpy.ones((99, 99)); torch.tensor(a @ a) @ torch.tensor(a)"
    # this variable hides the clash of two OpenMP runtimes, and lets them compute wrong numbers
    variables = {k: v for k, v in os.environ.items() if k != "KMP_DUPLICATE_LIB_OK"}
    python = [sys.executable, "-c", program]
    done = subprocess.run(python, env=variables, capture_output=True, text=True, errors="replace")
    return done.returncode, done.stderr


def kernel_python():
    """What the kernel `python3` starts; a bare `python` means the Python that runs Jupyter."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except (ImportError, KeyError):  # no Jupyter, or no such kernel
        return ""
    return python if os.path.isabs(python) else ""


if __name__ == "__main__":
    problems = check_environment()
    if "ipykernel" not in sys.modules:
        sys.exit(len(problems) > 0)
