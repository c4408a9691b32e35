"""Each rule for stored notebooks finds the fault that it is there for, in an otherwise good one."""

import hygiene
import pytest
from cells import code_cells
from hygiene import RULES
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

SENTENCE = "One line rises from nought to one within ten steps."
KERNEL = {"name": "python3", "display_name": "Python 3"}
OPENING = "# Title\n\n**In this notebook**\n\n- **It takes** 2 to 5 minutes to run."


def good_notebook():
    """Cells by position: 0 opens, 1 and 2 predict, 3 draws, 4 says what to see, 5 fails, 6 ends."""
    picture = new_output(
        "display_data", {"image/png": ""}, metadata={"image/png": {"alt": SENTENCE}}
    )
    cells = [
        new_markdown_cell(OPENING),
        new_markdown_cell("## Load\n\n**Predict:** how many?"),
        new_markdown_cell("**Predict:** the score."),
        new_code_cell("plt.show()", outputs=[picture]),
        new_markdown_cell(f"{SENTENCE} More of it.\n\n## Recap\n\n- One.\n\n## Look closer"),
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        new_markdown_cell("## Next\n\nThe end."),
    ]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "minutes": 3})
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count
    return notebook


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule):
    assert rule(good_notebook()) == []


def source(index, text):
    return lambda cells: cells[index].update(source=text)


def output(index, *outputs):
    return lambda cells: cells[index].update(outputs=list(outputs))


def insert(index, *new):
    return lambda cells: cells.__setitem__(slice(index, index), new)


def replace(index, old, new):
    return lambda cells: cells[index].update(source=cells[index].source.replace(old, new))


A_FOLDER = new_output("stream", text="saved in /home/me/course/file")
A_WIDGET = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
AN_ERROR = new_output("error", ename="E", evalue="", traceback=["in /ho\x1b[1mme/me/x.py"])


@pytest.mark.parametrize(
    ("rule", "plant"),
    [
        ("executed_from_top_to_bottom", lambda cells: cells[3].update(execution_count=9)),
        ("stores_no_widgets", output(3, A_WIDGET)),
        ("names_no_folder_of_the_machine_that_ran_it", output(3, A_FOLDER)),
        ("names_no_folder_of_the_machine_that_ran_it", output(5, AN_ERROR)),
        ("names_no_folder_of_the_machine_that_ran_it", source(4, "In C:\\Users\\me")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "2 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "10 to 15 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "0 to 1 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "ten seconds")),
        ("every_stored_error_is_meant", output(3, AN_ERROR)),
        ("tags_are_known", lambda cells: cells[3].metadata.update(tags=["measurd"])),
        ("tags_are_known", lambda cells: cells[3].metadata.update(tags=["solution"])),
        ("a_sentence_follows_each_figure", insert(4, new_code_cell("1 + 1"))),
        ("a_sentence_follows_each_figure", source(4, "## Recap")),
        ("a_sentence_follows_each_figure", source(4, "One line rises. " + SENTENCE)),
        ("a_sentence_follows_each_figure", replace(4, "nought", "zero")),
        ("a_sentence_follows_each_figure", lambda cells: cells[3].outputs[0].update(metadata={})),
        ("no_code_cell_is_longer_than_25_lines", source(5, "1\n" * 26)),
        ("the_main_path_has_at_most_25_code_cells", insert(2, *[new_code_cell("1")] * 25)),
        ("no_cell_of_prose_is_longer_than_120_words", source(2, "word " * 121)),
        ("opens_with_its_title_and_what_is_in_it", replace(0, "# Title", "Title")),
        ("opens_with_its_title_and_what_is_in_it", replace(0, "In this notebook", "Here")),
        ("closes_with_recap_exercises_look_closer_next", replace(4, "## Recap", "")),
        ("closes_with_recap_exercises_look_closer_next", replace(6, "## Next", "")),
        ("closes_with_recap_exercises_look_closer_next", source(6, "## Next\n\n## Recap")),
        ("closes_with_recap_exercises_look_closer_next", source(6, "## Exercises\n\n## Next")),
        ("asks_for_two_to_four_predictions", replace(1, "**Predict", "Predict")),
        ("asks_for_two_to_four_predictions", replace(1, "**Predict", "**Predict" * 4)),
    ],
)
def test_a_planted_fault_breaks_its_rule(rule, plant):
    notebook = good_notebook()
    plant(notebook.cells)
    assert getattr(hygiene, rule)(notebook) != []


def test_another_kernel_and_widgets_in_the_metadata_break_theirs():
    notebook = good_notebook()
    notebook.metadata.update(kernelspec=KERNEL | {"name": "conda-env-x-py"}, widgets={})
    assert hygiene.kernel_exists_everywhere(notebook) and hygiene.stores_no_widgets(notebook)


def test_look_closer_is_not_on_the_main_path_and_exercises_may_stand_before_it():
    notebook = good_notebook()
    notebook.cells[-1:-1] = [new_code_cell("1")] * 30
    notebook.cells[4].source = notebook.cells[4].source.replace(
        "## Look", "## Exercises\n\n## Look"
    )
    assert hygiene.the_main_path_has_at_most_25_code_cells(notebook) == []
    assert hygiene.closes_with_recap_exercises_look_closer_next(notebook) == []


def test_code_and_tables_are_no_prose():
    notebook = good_notebook()
    words = "word " * 100
    notebook.cells[2].source = f"{words}\n\n```sh\n{words}\n```\n\n| {words} |\n| --- |"
    assert hygiene.no_cell_of_prose_is_longer_than_120_words(notebook) == []
