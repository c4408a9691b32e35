"""What a reader would notice of a stored notebook: each rule takes one and returns what is wrong, a list."""

import re

from alt_text import figures, sentence_behind
from cells import code_cells, tags

TAGS = {"mnist-output", "measured", "nbval-ignore-output", "raises-exception"}
FOLDERS = re.compile(r"/(?:home|Users|root|work|tmp|private|opt)/|[A-Za-z]:\\+Users|file://")
ENDING = ["Recap", "Exercises", "Look closer", "Next"]


# How it was run.


def executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts {counts}"]


def kernel_exists_everywhere(notebook):
    name = notebook.metadata.kernelspec.name
    return [] if name == "python3" else [f"kernel {name}"]


def stores_no_widgets(notebook):
    kinds = [kind for output in outputs(notebook) for kind in output.get("data", {})]
    return [kind for kind in [*kinds, *notebook.metadata] if "widget" in kind]


def names_no_folder_of_the_machine_that_ran_it(notebook):
    texts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        texts += [output.get("text", ""), *output.get("traceback", [])]
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text")]
    texts = [re.sub(r"\x1b\[[\d;]*m", "", text) for text in texts]  # without colours
    return [text for text in texts if FOLDERS.search(text)]


def minutes_are_those_of_the_opening(notebook):
    """`It takes` gives a range; where the stored run took a time, the range is about it."""
    found = re.search(
        r"(?:(\d+) to (\d+) minutes|seconds|half a minute) to run", notebook.cells[0].source
    )
    if not found:
        return ["the opening gives no range, like `2 to 5 minutes to run` or `ten seconds to run`"]
    low, high = map(float, found.groups()) if found[1] else (0, 0.5)
    minutes = notebook.metadata.get("minutes", low)
    plausible = low / 2 <= minutes <= high * 2  # machines differ
    return [] if plausible else [f"the opening says {found[0]}, the stored run took {minutes}"]


def every_stored_error_is_meant(notebook):
    cells = [cell for cell in code_cells(notebook) if "raises-exception" not in tags(cell)]
    return [cell.source for cell in cells if any("ename" in output for output in cell.outputs)]


def tags_are_known(notebook):
    return [f"{tags(cell)}: {cell.source}" for cell in notebook.cells if tags(cell) - TAGS]


# How it reads.


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


def no_code_cell_is_longer_than_25_lines(notebook):
    return [c.source for c in code_cells(notebook) if len(c.source.splitlines()) > 25]


def the_main_path_has_at_most_25_code_cells(notebook):
    count = 0
    for cell in notebook.cells:
        if {"Recap", "Exercises", "Look closer"} & set(headings([cell])):
            break
        count += cell.cell_type == "code"
    return [f"{count} code cells on the main path"] if count > 25 else []


def no_cell_of_prose_is_longer_than_120_words(notebook):
    counts = {source: len(without_code_and_tables(source).split()) for source in prose(notebook)}
    return [f"{count} words: {source[:80]}" for source, count in counts.items() if count > 120]


def opens_with_its_title_and_what_is_in_it(notebook):
    opening = notebook.cells[0].source
    return [] if re.match(r"# .*\*\*In this notebook\*\*", opening, re.DOTALL) else [opening]


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
    a_sentence_follows_each_figure,
    no_code_cell_is_longer_than_25_lines,
    the_main_path_has_at_most_25_code_cells,
    no_cell_of_prose_is_longer_than_120_words,
    opens_with_its_title_and_what_is_in_it,
    closes_with_recap_exercises_look_closer_next,
    asks_for_two_to_four_predictions,
]


# What the rules look at.


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(cells):
    """The headings `## ...` of text cells, those of sections."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.*)", without_code_and_tables(text), re.MULTILINE)


def without_code_and_tables(source):
    source = re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ *\|.*", "", source, flags=re.MULTILINE)
