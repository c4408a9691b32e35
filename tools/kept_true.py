"""What of each notebook's outputs is compared how far, and the bands that hold the rest, as tables.

The site's page *How it is kept true* takes them when it is built: from the tags of the cells, and
from the limits that their `expect` and `assert` name, those for full MNIST.
"""

import ast
import re

import nbformat
from course import ROOT

# The columns, and which tags make a cell one of them; the first that fits counts.
COLUMNS = {
    "not compared": {"nbval-ignore-output"},
    "all but the numbers": {"measured"},
    "to the last digit, on full MNIST": {"mnist-output"},
    "to the last digit, always": set(),
}


def summary(notebooks):
    """How many cells that print something are compared how far, a row for each notebook."""
    lines = [["notebook", *reversed(COLUMNS), "bands"]]
    for path in notebooks:
        cells = code_cells(path)
        kinds = [kind(cell) for cell in cells if prints(cell)]
        counts = [kinds.count(column) for column in reversed(COLUMNS)]
        lines.append([link(path), *counts, sum(len(bands(cell)) for cell in cells)])
    return as_table(lines)


def all_bands(notebooks):
    """A section for each notebook that has bands: what must lie where."""
    sections = []
    for path in notebooks:
        rows = [band for cell in code_cells(path) for band in bands(cell)]
        if rows:
            table = as_table(
                [["what the text describes, or code that must hold", "at least", "at most"], *rows]
            )
            sections.append(f"### {title(path)}\n\n{table}")
    return "\n\n".join(sections)


def title(path):
    """Its number and its heading; a file name would not wrap on a phone."""
    first = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0]
    return f"{path.stem[:2]} {first.removeprefix('# ')}"


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def prints(cell):
    """Is there any text among its outputs? Images are never compared."""
    return any(
        output.output_type in ("stream", "error") or is_text(output.get("data", {}))
        for output in cell.outputs
    )


def is_text(data):
    return "text/plain" in data and "image/png" not in data


def kind(cell):
    """The column in which a cell counts."""
    tags = set(cell.metadata.get("tags", []))
    return next(column for column, needed in COLUMNS.items() if needed <= tags)


def bands(cell):
    """What must hold in a cell: [[what, at least, at most], …], or [[code, "", ""]] of an `assert`."""
    tree = ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE))
    assigned, found = {}, []
    for node in (node for statement in tree.body for node in ast.walk(statement)):
        if isinstance(node, ast.Assign):
            assigned |= values(node)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "expect":
            limits = {word.arg: on_full_mnist(word.value, assigned) for word in node.keywords}
            what = described(node.args[0])
            found.append([what, limits.get("at_least", ""), limits.get("at_most", "")])
        elif isinstance(node, ast.Assert) and held_by(cell):
            found.append([f"`{ast.unparse(node.test)}`", "", ""])
    return found


def held_by(cell):
    """Does its `assert` stand for digits that are not compared?"""
    return bool({"check", "measured", "nbval-ignore-output"} & set(cell.metadata.get("tags", [])))


def values(assignment):
    """The limits to which an assignment gives names: `low, high = (1, 2) if full_mnist else (0, 2)`."""
    target = assignment.targets[0]
    value = chosen(assignment.value)
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return {name.id: part for name, part in pairs if isinstance(name, ast.Name)}
    return {target.id: value} if isinstance(target, ast.Name) else {}


def on_full_mnist(limit, assigned):
    """A limit as text: its number, or the code that computes it."""
    limit = chosen(assigned.get(getattr(limit, "id", ""), limit))
    return ast.unparse(limit) if is_number(limit) else f"`{ast.unparse(limit)}`"


def chosen(node):
    """Of `a if full_mnist else b` it is a."""
    if isinstance(node, ast.IfExp) and ast.unparse(node.test) == "full_mnist":
        return node.body
    return node


def is_number(node):
    try:
        return isinstance(ast.literal_eval(node), int | float)
    except ValueError:
        return False


def described(node):
    """The words of an `expect`; what a loop puts into them is an ellipsis."""
    if isinstance(node, ast.JoinedStr):
        words = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
        return "".join(words).strip(",")
    return node.value if isinstance(node, ast.Constant) else f"`{ast.unparse(node)}`"


def link(path):
    return f"[{path.stem}](../{path.relative_to(ROOT)})"


def as_table(lines):
    """Lines of cells in Markdown; the first one is the head."""
    head, *rows = [[str(text).replace("|", r"\|") for text in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
