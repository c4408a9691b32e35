"""The faults that `plant_faults` can plant in a notebook: changed code, and edited outputs.

Only what somebody could notice is a fault. So drawing, seeds and timings stay as they are, and so do
the asserts, and whatever is only drawn, or only printed where numbers are not compared.
"""

import ast
import copy
import re
from dataclasses import dataclass

NOT_COMPARED = {"measured", "nbval-ignore-output"}
# Calls that draw, beside those of plt, fig and axes and those named plot..., show... or set_...
DRAWING = {"bar", "imshow", "legend", "scatter", "set", "subplots", "text"}
LEARNING = {"train", "learn", "fit"}  # these do something, even where nobody looks at their results
# Calls and settings that change no result.
NOISE = {"manual_seed", "perf_counter", "set_num_threads", "tqdm"}
NOISE_KEYWORDS = {"progress", "repeats", "warm_up"}
# Calls that do not mind which of two arguments comes first.
SYMMETRIC = {"allclose", "equal", "isclose", "loss_function", "max", "maximum", "min", "minimum"}
OPPOSITES = {"argmax": "argmin", "max": "min", "mean": "sum", "ones": "zeros", "Sigmoid": "Tanh"}
OPPOSITES |= {opposite: name for name, opposite in OPPOSITES.items()}
TURNED = {
    **{ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Add: ast.Sub, ast.Sub: ast.Add},
}


@dataclass
class Fault:
    """One change of one cell."""

    cell: int  # its position among all cells
    kind: str
    what: str  # the line that it changes, afterwards
    changes: dict  # the cell's new source, or its new outputs


def plant(notebook, faults):
    """Return a copy of the notebook with these faults."""
    notebook = copy.deepcopy(notebook)
    for fault in faults:
        notebook.cells[fault.cell].update(fault.changes)
    return notebook


def edited_outputs(notebook, masked):
    """Every digit of a compared output that nbval's `masked(text)` leaves in sight, one higher."""
    for index, cell in enumerate(notebook.cells):
        for number, output in enumerate(
            [] if NOT_COMPARED & tags(cell) else cell.get("outputs", [])
        ):
            holder, key = text_of(output)
            before = holder.get(key, "")
            for digit in re.finditer(r"\d", before):
                higher = str((int(digit[0]) + 1) % 10)
                after = before[: digit.start()] + higher + before[digit.end() :]
                if masked(after) != masked(before):
                    outputs = copy.deepcopy(cell.outputs)
                    text_of(outputs[number])[0][key] = after
                    what = changed_line(before, after)
                    yield Fault(index, "edited output", what, {"outputs": outputs})


def text_of(output):
    """Where an output's text is: a dict and a key of it."""
    return (output, "text") if "text" in output else (output.get("data", {}), "text/plain")


def changed_code(notebook):
    """Every change of a cell's code that one of the operators makes."""
    unseen = unseen_names(notebook)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or {"check", "colab", "raises-exception"} & tags(cell):
            continue
        for node in nodes_of(cell, unseen, without=is_no_place):
            for operator in OPERATORS:
                for new in operator(node):
                    source = substitute(cell.source, node, new)
                    if ast.dump(parse(cell)) == ast.dump(ast.parse(without_magics(source))):
                        continue
                    kind, what = operator.__name__, changed_line(cell.source, source)
                    yield Fault(index, kind.replace("_", " "), what, {"source": source})


# What could be noticed.


def unseen_names(notebook):
    """Variables that are only drawn, or of which only other such variables are made."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    unseen, before = set(), None
    while unseen != before:
        stored, loaded, before = set(), set(), unseen
        for cell in cells:
            stored |= names(ast.walk(parse(cell)), ast.Store)
            loaded |= names(nodes_of(cell, unseen), ast.Load)
        unseen = stored - loaded
    return unseen


def names(nodes, use):
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, use)}


def nodes_of(cell, unseen, without=lambda node: False):
    """Yield the nodes of a cell's code whose change could be noticed."""
    waiting = [parse(cell)]
    while waiting:
        node = waiting.pop()
        if not without(node) and not is_unseen(node, tags(cell), unseen):
            yield node
            waiting += ast.iter_child_nodes(node)


def is_no_place(node):
    """What holds the results is no place for a fault; nor are f-strings, which hide their columns."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]).strip("()") in ("low, high", "low", "high")
    if isinstance(node, ast.Call):
        return called(node) == "expect"
    return isinstance(node, ast.Assert | ast.JoinedStr)


def is_unseen(node, cell_tags, unseen):
    if isinstance(node, ast.keyword):
        return node.arg in NOISE_KEYWORDS
    if isinstance(node, ast.Expr):
        return is_unseen(node.value, cell_tags, unseen)
    if isinstance(node, ast.Call):
        masked_print = called(node) == "print" and NOT_COMPARED & cell_tags
        return bool(masked_print) or called(node) in NOISE or draws(node)
    if isinstance(node, ast.Assign):
        targets = names(ast.walk(ast.Tuple(node.targets)), ast.Store)
        calls = {called(n) for n in ast.walk(node.value) if isinstance(n, ast.Call)}
        return bool(targets) and targets <= unseen and not calls & LEARNING
    return isinstance(node, ast.Import | ast.ImportFrom)


def draws(call):
    name, root = called(call), ast.unparse(call.func).split(".")[0].split("[")[0]
    on_a_chart = root in ("plt", "fig", "axes") or re.fullmatch(r"ax(_\w+)?", root)
    return bool(on_a_chart) or name in DRAWING or name.startswith(("ax", "plot", "show", "set_"))


# The operators: each returns what could stand in a node's place.


def sign(node):
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in TURNED:
        strings = ast.List | ast.Tuple | ast.JoinedStr
        if not any(isinstance(n, strings) for n in ast.iter_child_nodes(node)):
            return [with_changes(node, op=TURNED[type(node.op)]())]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [ast.unparse(node.operand)]
    return []


def number(node):
    """Double or half it."""
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return []
    if isinstance(node.value, int):
        return [repr(node.value * 2 or 1)]
    return [repr(node.value * 2), repr(node.value / 2)]


def changed_setting(node):
    if isinstance(node, ast.keyword) and node.arg in ("lr", "epochs", "batch_size", "momentum"):
        return [f"{node.arg}={new}" for new in number(node.value)]
    return []


def dropped_statement(node):
    called_for_effect = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if called_for_effect and isinstance(node.value.func, ast.Attribute):
        return ["pass"]
    clears = isinstance(node, ast.Assign) and ast.unparse(node).endswith(".grad = None")
    return ["pass"] if clears or isinstance(node, ast.AugAssign) else []


def swapped_axis(node):
    if isinstance(node, ast.keyword) and node.arg in ("dim", "axis"):
        if isinstance(node.value, ast.Constant) and node.value.value in (0, 1):
            return [f"{node.arg}={1 - node.value.value}"]
    return []


def swapped_arguments(node):
    if isinstance(node, ast.Call) and called(node) not in SYMMETRIC | {"print", "zip"}:
        first, second, *others = [*node.args, None, None]
        if second and not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            return [with_changes(node, args=[second, first, *others[:-2]])]
    return []


def turned_comparison(node):
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in TURNED:
        return [with_changes(node, ops=[TURNED[type(node.ops[0])]()])]
    return []


def opposite_function(node):
    if isinstance(node, ast.Attribute) and node.attr in OPPOSITES:
        return [with_changes(node, attr=OPPOSITES[node.attr])]
    return []


OPERATORS = [
    *(sign, number, changed_setting, dropped_statement, swapped_axis, swapped_arguments),
    *(turned_comparison, opposite_function),
]


def with_changes(node, **changes):
    """The code of an expression or a statement after changes, in brackets if it needs them."""
    changed = copy.copy(node)
    vars(changed).update(changes)
    code = ast.unparse(changed)
    return f"({code})" if isinstance(node, ast.BinOp | ast.Compare) else code


# Cells and their code.


def tags(cell):
    return set(cell.metadata.get("tags", []))


def parse(cell):
    return ast.parse(without_magics(cell.source))


def without_magics(source):
    """Without the lines that are IPython's own."""
    return re.sub(r"^[%!].*", "", source, flags=re.MULTILINE)


def called(call):
    """The last part of what a call calls: `subplots` for `plt.subplots(...)`."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def substitute(source, node, new):
    """Put `new` in the place of a node; the tree counts columns in bytes."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return (source.encode()[:start] + new.encode() + source.encode()[end:]).decode()


def changed_line(before, after):
    """The first line that differs, as it is afterwards; a line that is gone with a minus."""
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            return f"- {old.strip()}" if new.strip() == "pass" else new.strip()
    return after.splitlines()[-1]
