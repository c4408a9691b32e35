"""Each rule for stored notebooks finds the fault that it is there for, in an otherwise good one."""

import hygiene
import pytest
from hygiene import RULES
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

SENTENCE = "One line rises from nought to one within ten steps."
KERNEL = {"name": "python3", "display_name": "Python 3"}


def good_notebook():
    """Cells by position: 2 loads, 3 its check, 5 measures, 6 its check, 7 draws, 9 look closer."""
    collapsed = {"tags": ["check"], "jupyter": {"source_hidden": True}}
    picture = new_output(
        "display_data", {"image/png": ""}, metadata={"image/png": {"alt": SENTENCE}}
    )
    cells = [
        new_markdown_cell(
            "# Title\n\n**In this notebook**\n\n- **It takes** 2 to 5 minutes to run."
        ),
        new_markdown_cell("## Load\n\n**Predict:** how many?"),
        new_code_cell("train_set = load_mnist('train')", metadata={"tags": ["mnist-output"]}),
        new_code_cell("full_mnist = len(train_set) == 60_000", metadata=dict(collapsed)),
        new_markdown_cell("**Predict:** the score."),
        new_code_cell(
            "score = accuracy(network)\nprint(score)",
            outputs=[new_output("stream", text="0.9\n")],
            metadata={"tags": ["measured"]},
        ),
        new_code_cell(
            "low, high = (0.8, 0.9) if full_mnist else (0.2, 0.9)\n"
            "expect('a score', score, at_least=low, at_most=high)",
            metadata=dict(collapsed),
        ),
        new_code_cell("plt.plot(history.losses)\nplt.show()", outputs=[picture]),
        new_markdown_cell(f"{SENTENCE} More of it.\n\n## Recap\n\n- One.\n\n## Look closer"),
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        new_markdown_cell("## Next\n\nThe end."),
    ]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "minutes": 3})
    for count, cell in enumerate(hygiene.code_cells(notebook), start=1):
        cell.execution_count = count
    return notebook


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule):
    assert rule(good_notebook()) == []


def source(index, text):
    return lambda cells: cells[index].update(source=text)


def output(index, *outputs):
    return lambda cells: cells[index].update(outputs=list(outputs))


def metadata(index, **values):
    return lambda cells: cells[index].metadata.update(values)


def insert(index, *new):
    return lambda cells: cells.__setitem__(slice(index, index), new)


def replace(index, old, new):
    return lambda cells: cells[index].update(source=cells[index].source.replace(old, new))


A_FOLDER = new_output("stream", text="saved in /home/me/course/file")
A_WIDGET = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
AN_ERROR = new_output("error", ename="E", evalue="", traceback=[])


@pytest.mark.parametrize(
    ("rule", "plant"),
    [
        ("executed_from_top_to_bottom", lambda cells: cells[2].update(execution_count=9)),
        ("stores_no_widgets", output(5, A_WIDGET)),
        ("names_no_folder_of_the_machine_that_ran_it", output(5, A_FOLDER)),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "2 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "10 to 15 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "0 to 1 minutes")),
        ("minutes_are_those_of_the_opening", replace(0, "2 to 5 minutes", "ten seconds")),
        ("every_stored_error_is_meant", output(2, AN_ERROR)),
        ("tags_are_known", metadata(5, tags=["measurd"])),
        ("numbers_that_are_not_compared_are_held", replace(6, "expect(", "print(")),
        ("numbers_that_are_not_compared_are_held", replace(6, "score,", "other,")),
        ("numbers_that_are_not_compared_are_held", insert(6, new_code_cell("1 + 1"))),
        ("what_is_for_others_is_collapsed", metadata(6, jupyter={})),
        ("checks_stand_behind_what_they_hold", insert(6, new_markdown_cell("Text."))),
        ("checks_stand_behind_what_they_hold", replace(6, "score,", "other,")),
        ("bands_stand_in_checks", source(7, "high = 1 if full_mnist else 2")),
        ("bands_stand_in_checks", source(7, "if full_mnist:\n    assert high > 1")),
        ("a_sentence_follows_each_figure", insert(8, new_code_cell("1 + 1"))),
        ("a_sentence_follows_each_figure", source(8, "## Recap")),
        ("a_sentence_follows_each_figure", source(8, "One line rises. " + SENTENCE)),
        ("a_sentence_follows_each_figure", replace(8, "nought", "zero")),
        ("a_sentence_follows_each_figure", lambda cells: cells[7].outputs[0].update(metadata={})),
        ("no_line_of_code_ends_with_a_semicolon", source(7, "plt.plot();")),
        ("no_code_cell_is_longer_than_25_lines", source(2, "1\n" * 26)),
        ("the_main_path_has_at_most_25_code_cells", insert(2, *[new_code_cell("1")] * 23)),
        ("no_cell_of_prose_is_longer_than_120_words", source(4, "word " * 121)),
        ("no_two_spaces_stand_between_words", source(4, "**Predict:** the  score.")),
        ("opens_with_its_title_and_what_is_in_it", replace(0, "# Title", "Title")),
        ("opens_with_its_title_and_what_is_in_it", replace(0, "In this notebook", "Here")),
        ("closes_with_recap_exercises_look_closer_next", replace(8, "## Recap", "")),
        ("closes_with_recap_exercises_look_closer_next", replace(10, "## Next", "")),
        ("closes_with_recap_exercises_look_closer_next", source(10, "## Next\n\n## Recap")),
        ("closes_with_recap_exercises_look_closer_next", source(10, "## Exercises\n\n## Next")),
        ("closes_with_recap_exercises_look_closer_next", source(10, "## More\n\n## Next")),
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


def test_checks_and_what_stands_in_look_closer_are_not_on_the_main_path():
    notebook = good_notebook()
    checks = [new_code_cell("1", metadata={"tags": ["check"]})] * 30
    notebook.cells[3:3] = checks
    notebook.cells[-1:-1] = [new_code_cell("1")] * 30
    assert hygiene.the_main_path_has_at_most_25_code_cells(notebook) == []


def test_an_exercises_section_may_stand_between():
    notebook = good_notebook()
    notebook.cells[8].source = notebook.cells[8].source.replace(
        "## Look", "## Exercises\n\n## Look"
    )
    assert hygiene.closes_with_recap_exercises_look_closer_next(notebook) == []


def test_several_checks_hold_one_cell():
    notebook = good_notebook()
    another = new_code_cell("assert score", metadata=notebook.cells[6].metadata)
    notebook.cells[6:6] = [another]
    assert hygiene.numbers_that_are_not_compared_are_held(notebook) == []
    assert hygiene.checks_stand_behind_what_they_hold(notebook) == []


def test_what_a_function_uses_is_held_where_it_is_called():
    notebook = good_notebook()
    define = "def learn(name, score):\n    other = scores[name] = score"
    notebook.cells[4:4] = [new_code_cell(define)]
    notebook.cells[6].source = "learn('a', network)"
    notebook.cells[7].source = "expect('a', scores['a'])"
    assert hygiene.numbers_that_are_not_compared_are_held(notebook) == []
    assert hygiene.checks_stand_behind_what_they_hold(notebook) == []
    notebook.cells[7].source = "expect('a', other)"  # the function's own, not what it leaves
    assert hygiene.numbers_that_are_not_compared_are_held(notebook) != []


def test_columns_in_code_and_tables_are_no_prose():
    notebook = good_notebook()
    notebook.cells[
        4
    ].source = "```sh\nmake    # all\n```\n\n| a   | b   |\n\n- an item\n  of two lines"
    assert hygiene.no_two_spaces_stand_between_words(notebook) == []
