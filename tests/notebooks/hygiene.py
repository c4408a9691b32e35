"""What holds for every stored notebook: each rule takes one and returns what is wrong, a list."""

import ast
import builtins
import re

from alt_text import figures, sentence_behind

TAGS = {"mnist-output", "measured", "nbval-ignore-output", "raises-exception"}
COLLAPSED = {"check", "solution", "colab"}
NOT_COMPARED = {"measured", "nbval-ignore-output"}
FOLDERS = re.compile(r"/(?:home|Users|root|work|tmp|private|opt)/|[A-Za-z]:\\+Users|file://")
ENDING = ["Recap", "Exercises", "Look closer", "Next"]
# Names that two cells may share by chance, without being about the same thing.
COMMON_NAMES = {
    *dir(builtins),
    "expect",
    "full_mnist",
    "high",
    "low",
    "np",
    "nn",
    "pd",
    "plt",
    "torch",
}


# How it was run.


def executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts {counts}"]


def kernel_exists_everywhere(notebook):
    name = notebook.metadata.kernelspec.name
    return [] if name == "python3" else [f"kernel {name}"]


def stores_no_widgets(notebook):
    widgets = [
        cell.source
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if any("jupyter.widget" in kind for kind in output.get("data", {}))
    ]
    return widgets + ["widgets in the metadata"] * ("widgets" in notebook.metadata)


def names_no_folder_of_the_machine_that_ran_it(notebook):
    return [
        text[max(0, found.start() - 30) : found.end() + 50]
        for cell in notebook.cells
        for text in [cell.source, *texts(cell)]
        if (found := FOLDERS.search(text))
    ]


def minutes_are_those_of_the_opening(notebook):
    """`It takes` gives a range; where the stored run took a time, the range is about it."""
    opening = notebook.cells[0].source + notebook.cells[1].source
    found = re.search(r"(?:(\d+) to (\d+) minutes|seconds|half a minute) to run", opening)
    if not found:
        return ["the opening gives no range, like `2 to 5 minutes to run` or `ten seconds to run`"]
    low, high = map(float, found.groups()) if found[1] else (0, 0.5)
    minutes = notebook.metadata.get("minutes", low)
    plausible = low / 2 <= minutes <= high * 2  # machines differ
    return [] if plausible else [f"the opening says {found[0]}, the stored run took {minutes}"]


# Outputs and what holds them.


def every_stored_error_is_meant(notebook):
    return [
        cell.source
        for cell in code_cells(notebook)
        if any(output.output_type == "error" for output in cell.outputs)
        and "raises-exception" not in tags(cell)
    ]


def tags_are_known(notebook):
    unknown = {index: tags(cell) - TAGS - COLLAPSED for index, cell in enumerate(notebook.cells)}
    return [f"{new}: {notebook.cells[index].source}" for index, new in unknown.items() if new]


def numbers_that_are_not_compared_are_held(notebook):
    """The cell that prints them, or the next one and its checks, says with them what must hold."""
    cells = code_cells(notebook)
    complaints = []
    for index, cell in enumerate(cells):
        if not (NOT_COMPARED & tags(cell) and cell.outputs):
            continue
        near = [cell, *cells[index + 1 : index + 2]]
        near += leading_checks(cells[index + 2 :]) if "check" in tags(near[-1]) else []
        shown = variables(cell, notebook)
        if not any(holds(other) and variables(other, notebook) & shown for other in near):
            complaints.append(cell.source)
    return complaints


def what_is_for_others_is_collapsed(notebook):
    return [
        cell.source
        for cell in notebook.cells
        if COLLAPSED & tags(cell) and not cell.metadata.get("jupyter", {}).get("source_hidden")
    ]


def checks_stand_behind_what_they_hold(notebook):
    """Right behind code, and they share a variable with it."""
    complaints = []
    held = set()  # the variables of the code that stands right before, without text between
    for cell in notebook.cells:
        if cell.cell_type != "code":
            held = set()
        elif "check" not in tags(cell):
            held |= variables(cell, notebook)
        elif not held & variables(cell, notebook):
            complaints.append(cell.source)
    return complaints


def bands_stand_in_checks(notebook):
    """What depends on whether the images are those of full MNIST serves the tests."""
    return [
        cell.source
        for cell in code_cells(notebook)
        if "check" not in tags(cell)
        and any(
            isinstance(node, ast.If | ast.IfExp) and "full_mnist" in ast.unparse(node.test)
            for node in ast.walk(python(cell))
        )
    ]


# Figures.


def a_sentence_follows_each_figure(notebook):
    """At least eight words that say what to see, not a heading; stored as the figure's alt text."""
    complaints = []
    for index, cell in enumerate(notebook.cells):
        for output in figures(cell):
            sentence = sentence_behind(notebook, index)
            alt = output.metadata.get("image/png", {}).get("alt")
            if len(sentence.split()) < 8:
                complaints.append(f"behind the figure stands {sentence!r}: {cell.source}")
            elif alt != sentence:
                complaints.append(f"its alt text is {alt!r}, not {sentence!r}: {cell.source}")
    return complaints


# Form.


def no_line_of_code_ends_with_a_semicolon(notebook):
    lines = [line for cell in code_cells(notebook) for line in cell.source.splitlines()]
    return [line for line in lines if line.rstrip().endswith(";")]


def no_code_cell_is_longer_than_25_lines(notebook):
    return [c.source for c in code_cells(notebook) if len(c.source.splitlines()) > 25]


def the_main_path_has_at_most_25_code_cells(notebook):
    path = []
    for cell in notebook.cells:
        if {"Recap", "Exercises", "Look closer"} & set(headings([cell])):
            break
        if cell.cell_type == "code" and not COLLAPSED & tags(cell):
            path.append(cell)
    return [f"{len(path)} code cells on the main path"] if len(path) > 25 else []


def no_cell_of_prose_is_longer_than_120_words(notebook):
    counts = {source: len(without_code_and_tables(source).split()) for source in prose(notebook)}
    return [f"{count} words: {source[:80]}" for source, count in counts.items() if count > 120]


def no_two_spaces_stand_between_words(notebook):
    return [
        line
        for source in prose(notebook)
        for line in without_code_and_tables(source).splitlines()
        if re.search(r"\S  +\S", line)
    ]


def opens_with_its_title_and_what_is_in_it(notebook):
    first, second = (cell.source for cell in notebook.cells[:2])
    complaints = [] if first.startswith("# ") else ["the first cell is no title"]
    return complaints + ["no `In this notebook`"] * ("In this notebook" not in first + second)


def closes_with_recap_exercises_look_closer_next(notebook):
    """In this order; the two in the middle where there are any."""
    found = headings(notebook.cells)
    ending = [heading for heading in ENDING if heading in found]
    complete = {"Recap", "Next"} <= set(ending)
    return [] if complete and found[-len(ending) :] == ending else [f"it ends with {found[-4:]}"]


def asks_for_two_to_four_predictions(notebook):
    count = sum(source.count("**Predict") for source in prose(notebook))
    return [] if 2 <= count <= 4 else [f"{count} predictions"]


RULES = [
    executed_from_top_to_bottom,
    kernel_exists_everywhere,
    stores_no_widgets,
    names_no_folder_of_the_machine_that_ran_it,
    minutes_are_those_of_the_opening,
    every_stored_error_is_meant,
    tags_are_known,
    numbers_that_are_not_compared_are_held,
    what_is_for_others_is_collapsed,
    checks_stand_behind_what_they_hold,
    bands_stand_in_checks,
    a_sentence_follows_each_figure,
    no_line_of_code_ends_with_a_semicolon,
    no_code_cell_is_longer_than_25_lines,
    the_main_path_has_at_most_25_code_cells,
    no_cell_of_prose_is_longer_than_120_words,
    no_two_spaces_stand_between_words,
    opens_with_its_title_and_what_is_in_it,
    closes_with_recap_exercises_look_closer_next,
    asks_for_two_to_four_predictions,
]


# What the rules look at.


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(cells):
    """The headings `## ...` of text cells, those of sections."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.*)", without_code_and_tables(text), re.MULTILINE)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def leading_checks(cells):
    for index, cell in enumerate(cells):
        if "check" not in tags(cell):
            return cells[:index]
    return cells


def holds(cell):
    """Does it assert or expect anything?"""
    return any(
        isinstance(node, ast.Assert)
        or isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "expect"
        for node in ast.walk(python(cell))
    )


def variables(cell, notebook):
    """The names in a cell that are its own, and those that the notebook's functions in it use."""
    found = names(python(cell))
    for other in code_cells(notebook):
        for node in python(other).body:
            if isinstance(node, ast.FunctionDef) and node.name in found:
                found |= global_names(node)
    return found - COMMON_NAMES


def global_names(function):
    parameters = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return names(function) - names(function, ast.Store) - parameters


def names(tree, use=ast.expr_context):
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, use)}


def python(cell):
    """Parse a cell, without the lines that are IPython's own."""
    return ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE))


def texts(cell):
    """Everything readable in a cell's outputs, tracebacks without their colours."""
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        yield re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.get("traceback", [])))
        yield from (
            data for kind, data in output.get("data", {}).items() if kind.startswith("text")
        )


def without_code_and_tables(source):
    source = re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ *\|.*", "", source, flags=re.MULTILINE)
