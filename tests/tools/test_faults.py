"""The faults that `make faults` plants: what each operator changes, and what is left alone."""

import pytest
from faults import changed_code, edited_outputs, plant, unseen_names
from nbformat.v4 import new_code_cell, new_notebook, new_output


def notebook_of(*sources, tags=()):
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    return new_notebook(cells=cells)


def changes(source, kind, tags=()):
    faults = changed_code(notebook_of(source, tags=tags))
    return [fault.changes["source"] for fault in faults if fault.kind == kind]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("sign", "y = a + b\ny", ["y = (a - b)\ny"]),
        ("sign", "x -= rate", ["x += rate"]),
        ("sign", "last = path[-1]\nlast", ["last = path[1]\nlast"]),
        ("number", "x = 3\nx", ["x = 6\nx"]),
        ("number", "x = 0\nx", ["x = 1\nx"]),
        ("number", "x = 0.5\nx", ["x = 1.0\nx", "x = 0.25\nx"]),
        ("changed setting", "SGD(w, lr=0.01)", ["SGD(w, lr=0.02)", "SGD(w, lr=0.005)"]),
        ("changed setting", "train(n, epochs=4)", ["train(n, epochs=8)"]),
        ("dropped statement", "optimizer.zero_grad()\nx", ["pass\nx"]),
        ("dropped statement", "x.grad = None", ["pass"]),
        ("swapped axis", "x.mean(dim=0)", ["x.mean(dim=1)"]),
        ("swapped arguments", "push(a, b, c)", ["push(b, a, c)"]),
        ("swapped arguments", "zeros(9, 9)", []),
        ("turned comparison", "y = a < b\ny", ["y = (a > b)\ny"]),
        ("turned comparison", "y = a == b\ny", ["y = (a != b)\ny"]),
        ("opposite function", "x.argmax()", ["x.argmin()"]),
        ("opposite function", "f = nn.Sigmoid()\nf", ["f = nn.Tanh()\nf"]),
    ],
)
def test_an_operator_changes(kind, before, after):
    assert sorted(changes(before, kind)) == sorted(after)


def test_a_change_stands_at_its_place_behind_other_letters_and_magic():
    source = "%matplotlib inline\nname = 'größer'; y = 3\n(name, y)"
    assert changes(source, "number") == [source.replace("3", "6")]


@pytest.mark.parametrize(
    "source",
    [
        "assert a + 1 < 3",
        "expect('a', a, at_least=3)",
        "low, high = 1 + 2, 3",
        "torch.manual_seed(3)",
        "plt.figure(figsize=(3, 4))",
        "ax_left.set_ylim(0, 3)",
        "plot_loss(history, ax=axes[1])",
        "curve = linspace(0, 8)\nplt.plot(curve)",
        "curve = linspace(0, 8)\nheights = curve + 1\nplt.plot(curve, heights)",
        "train(network, few, progress=1)",
        "import torch",
    ],
)
def test_what_nobody_could_notice_is_left_alone(source):
    few = {"swapped arguments", "changed setting"}
    assert {fault.kind for fault in changed_code(notebook_of(source))} <= few


def test_what_is_printed_where_numbers_are_not_compared_is_left_alone():
    assert changes("print(3)", "number") == ["print(6)"]
    assert changes("print(3)", "number", tags=["measured"]) == []


def test_checks_and_meant_errors_are_left_alone():
    assert changes("x = 3\nx", "number", tags=["check"]) == []
    assert changes("x = 3\nx", "number", tags=["raises-exception"]) == []


def test_a_training_counts_even_where_only_its_chart_is_looked_at():
    source = "history = train(network, few, epochs=4)\nplot_loss(history)"
    assert unseen_names(notebook_of(source)) == {"history"}
    assert changes(source, "changed setting") == [source.replace("4", "8")]


def test_a_variable_that_is_held_is_seen():
    assert unseen_names(notebook_of("x = 3\nplt.plot(x)", "assert x > 2")) == set()
    assert unseen_names(notebook_of("x = 3\nplt.plot(x)", "expect('x', x, at_least=2)")) == set()


def cell_with(text, tags=()):
    outputs = [new_output("stream", text=text)]
    return new_code_cell("f()", outputs=outputs, metadata={"tags": list(tags)})


def test_each_digit_of_a_compared_output_is_edited():
    notebook = new_notebook(
        cells=[cell_with("it took 3 s, gave 29\n"), cell_with("1", ["measured"])]
    )
    table = new_output("execute_result", {"text/plain": "tensor(8.)"})
    notebook.cells.append(new_code_cell("f()", outputs=[table]))
    faults = list(edited_outputs(notebook, masked=lambda text: text.split("took 3")[-1]))
    assert [(fault.cell, fault.what) for fault in faults] == [
        (0, "it took 4 s, gave 29"),
        (0, "it took 3 s, gave 39"),
        (0, "it took 3 s, gave 20"),
        (2, "tensor(9.)"),
    ]


def test_a_digit_that_is_masked_is_not_edited():
    notebook = new_notebook(cells=[cell_with("2 s")])
    assert list(edited_outputs(notebook, masked=lambda text: "TIME")) == []


def test_planting_leaves_the_notebook_itself_alone():
    notebook = notebook_of("x = 3\nx")
    (fault,) = changed_code(notebook)
    assert plant(notebook, [fault]).cells[0].source == "x = 6\nx"
    assert notebook.cells[0].source == "x = 3\nx"
