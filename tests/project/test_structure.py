"""The layout: what may stand where, which module may import which, how a file reads."""

import ast
import subprocess
import sys

import pytest

from helpers.environment import ROOT

# What the top of the repository holds, beside dot-files.
TOP = {
    *(
        "README.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "LICENSE",
        "Makefile",
        "pyproject.toml",
        "environment.yml",
        "constraints.txt",
    ),
    *("conftest.py", "notebooks", "helpers", "data", "docs", "tools", "tests"),
}
# The layers of helpers: each module may import those that stand behind it, and no other of ours.
MAY_IMPORT = {
    "environment": "",
    "bands": "",
    "formats": "",
    "download": "",
    "checks": "",
    "tracing": "",
    "device": "",
    "plots": "",
    "recipes": "",
    "mnist": "environment formats download plots",
    "training": "mnist checks tracing",
    "draw": "plots training",
    "experiments": "recipes mnist training",
    "exercises": "exercises environment mnist training recipes",
    "__init__": "bands device mnist plots training recipes",
}
HELPERS = sorted((ROOT / "helpers").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").glob("*.py"))
LONGEST_FUNCTION = 40  # lines, its docstring not counted


def parse(path):
    return ast.parse(path.read_text("utf-8"))


def name(path):
    return str(path.relative_to(ROOT))


def module(path):
    """The module of helpers to which a file belongs: exercises is one of several files."""
    return path.relative_to(ROOT / "helpers").with_suffix("").parts[0]


# Where things stand.


def test_nothing_else_stands_at_the_top():
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(git, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("a copy without git, where what is ours and what is not looks the same")
    tops = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {top for top in tops if not top.startswith(".")} <= TOP


# Which module imports which.


def imports(tree):
    """The modules that a file imports, with all their dots: 'helpers.mnist', 'torch.nn'."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def ours(tree):
    """The modules of helpers that a file imports; `from helpers import x` counts for x."""
    parts = [imported.split(".") for imported in imports(tree)]
    return {part[1] for part in parts if part[0] == "helpers" and len(part) > 1}


@pytest.mark.parametrize("path", HELPERS, ids=name)
def test_imports_run_one_way(path):
    assert module(path) in MAY_IMPORT, "a new module: say in MAY_IMPORT which layer it stands on"
    assert ours(parse(path)) <= set(MAY_IMPORT[module(path)].split())


def test_the_layers_make_no_circle():
    above = {layer: set(below.split()) - {layer} for layer, below in MAY_IMPORT.items()}
    while above:
        lowest = {layer for layer, below in above.items() if not below & above.keys()}
        assert lowest, f"a circle among {sorted(above)}"
        above = {layer: below for layer, below in above.items() if layer not in lowest}


def test_only_plot_image_imports_plots_into_mnist():
    """Reading images needs no matplotlib."""
    top = parse(ROOT / "helpers/mnist.py").body
    lines = [node for node in top if isinstance(node, ast.Import | ast.ImportFrom)]
    assert "plots" not in ours(ast.Module(lines, []))


@pytest.mark.parametrize("path", HELPERS, ids=name)
def test_helpers_import_nothing_of_tools_tests_and_docs(path):
    others = {"tools", "tests", "docs", "conftest", *(tool.stem for tool in TOOLS)}
    assert not {imported.split(".")[0] for imported in imports(parse(path))} & others
    assert not any(imported.startswith(".") for imported in imports(parse(path)))


# What an import does.


def in_a_new_python(program):
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


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
    modules = {"helpers"} | {f"helpers.{module(path)}" for path in HELPERS} - {"helpers.__init__"}
    program = f"""{STATE}
import {", ".join(sorted(modules))}

changed = [name for name, value in state().items() if value != before[name]]
assert not changed, changed
"""
    done = in_a_new_python(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def names_from_torch():
    """The names that helpers take out of torch's modules, private ones among them."""
    for path in HELPERS:
        for node in parse(path).body:
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "torch":
                yield from ((node.module, alias.name) for alias in node.names)


WITHOUT = """
import importlib, sys

for source, name in names:
    module = importlib.import_module(source)
    value = getattr(module, name)
    delattr(module, name)
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == "helpers"]:
        del sys.modules[loaded]
    try:
        from helpers import train  # works where there is another way
    except ImportError as error:
        assert name in str(error), (name, error)
    setattr(module, name, value)
"""


def test_what_another_torch_lacks_is_named():
    """Where there is no other way, the learner reads which name is missing."""
    names = sorted(set(names_from_torch()))
    assert ("torch.utils.data", "Subset") in names
    done = in_a_new_python(f"names = {names}\n{WITHOUT}")
    assert done.returncode == 0, done.stderr


# How a file reads.


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines_of(function):
    first = function.body[0]
    docstring = ast.get_docstring(function) is not None
    told = first.end_lineno - first.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - told


@pytest.mark.parametrize("path", HELPERS + TOOLS, ids=name)
def test_no_function_is_longer_than_40_lines(path):
    lengths = {function.name: lines_of(function) for function in functions(parse(path))}
    assert {n: length for n, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def called_in(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def needed_at_import(tree):
    """Names that must exist as soon as the file is read: decorators, defaults and constants."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found |= set().union(*map(called_in, node.decorator_list), set())
        elif not isinstance(node, ast.If):  # `if __name__ ...` stands at the end
            found |= called_in(node)
    return found


def standing_above_their_callers(tree):
    top = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for function in top.values():
        others = [n for n in top.values() if n.name not in called_in(function) | {function.name}]
        callers = [n.lineno for n in others if function.name in called_in(n)]
        if (
            callers
            and function.lineno < min(callers)
            and function.name not in needed_at_import(tree)
        ):
            yield function.name


@pytest.mark.parametrize("path", HELPERS + TOOLS, ids=name)
def test_callers_stand_above_what_they_call(path):
    assert list(standing_above_their_callers(parse(path))) == []


# The rules themselves.


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import helpers.plots", {"plots"}),
        ("from helpers import plots", {"plots"}),
        ("from helpers.plots import BLUE", {"plots"}),
        ("def f():\n    from helpers.plots import BLUE", {"plots"}),
        ("import helpers_of_others.plots", set()),
    ],
)
def test_an_import_of_ours_is_seen(source, found):
    assert ours(ast.parse(source)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def low(): ...\n\ndef high(): low()", ["low"]),
        ("def high(): low()\n\ndef low(): ...", []),
        ("def high(): low()\n\ndef low(): ...\n\ndef other(): low()", []),
        ("def low(): ...\n\nTABLE = low()\n\ndef high(): low()", []),
        ("def again(): again()", []),
        ("def one(): two()\n\ndef two(): one()", []),
    ],
)
def test_a_function_above_its_callers_is_seen(source, found):
    assert list(standing_above_their_callers(ast.parse(source))) == found


def test_a_docstring_does_not_count_as_lines():
    tree = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1')
    assert [lines_of(function) for function in functions(tree)] == [2]
