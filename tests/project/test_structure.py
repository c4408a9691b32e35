"""Imports in helpers run one way, and change nothing but what can be named."""

import ast
import os
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from helpers.environment import ROOT


def module(path):
    """The name under which a file of helpers is imported: 'helpers.mnist', 'helpers.exercises'."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


HELPERS = {module(path): path for path in sorted((ROOT / "helpers").rglob("*.py"))}


def imports(tree):
    """The modules that a file imports, inside functions too: 'helpers.mnist', 'torch.nn'."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inside & HELPERS.keys()) or {node.module}
    return found


IMPORTS = {name: imports(ast.parse(path.read_text("utf-8"))) for name, path in HELPERS.items()}


def test_imports_run_one_way():
    TopologicalSorter(IMPORTS).prepare()  # a CycleError shows the circle


@pytest.mark.parametrize("name", HELPERS)
def test_helpers_import_nothing_of_tools_tests_and_docs(name):
    others = {path.stem for folder in ("tools", "tests") for path in (ROOT / folder).rglob("*.py")}
    others = (others | {"tools", "tests", "docs", "conftest"}) - {"__init__"}
    assert not {imported.split(".")[0] for imported in IMPORTS[name]} & others


def test_environment_imports_nothing_of_ours():
    """It runs before the course is installed."""
    assert not IMPORTS["helpers.environment"] & HELPERS.keys()


def test_the_package_is_plain_imports():
    """So errors surface, and editors show signatures."""
    docstring, *imported = ast.parse(HELPERS["helpers"].read_text("utf-8")).body
    assert all(isinstance(node, ast.ImportFrom) for node in imported)


def in_a_new_python(program, **variables):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if "THREADS" not in name} | variables,
    )  # fmt: skip


STATE = """
import locale, os, pickle, random
import matplotlib.pyplot, numpy, pandas, torch, torch.fx.experimental.proxy_tensor, tqdm

def state():
    return {
        "rcParams": dict(matplotlib.rcParams),
        "random": (random.getstate(), pickle.dumps(numpy.random.get_state()), torch.get_rng_state().tolist()),
        "threads": (torch.get_num_threads(), torch.get_num_interop_threads()),
        "dtype": (torch.get_default_dtype(), torch.get_default_device()),
        "grad": (torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()),
        "denormal": (torch.tensor([1e-40], dtype=torch.float32) * 1).item(),
        "print": (torch._tensor_str.PRINT_OPTS.precision, numpy.get_printoptions()),
        "variables": dict(os.environ),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
    }

before = state()
"""


def test_an_import_sets_nothing_and_prints_nothing():
    done = in_a_new_python(f"""{STATE}
import {", ".join(HELPERS)}

changed = [name for name, value in state().items() if value != before[name]]
assert not changed, changed
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_of_several_test_workers_computes_in_one_thread():
    program = "import sys; sys.path.append('tools'); import conftest, torch; print(torch.get_num_threads())"
    assert in_a_new_python(program, PYTEST_XDIST_WORKER="gw0").stdout == "1\n"
