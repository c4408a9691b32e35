"""`make faults`: what is changed, what is left alone, and that a run tells the caught ones."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from plant_faults import changed_code, draw, edited_outputs, is_caught


def notebook_of(*sources, tags=()):
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    return new_notebook(cells=cells)


def changes(source, tags=(), held=()):
    """The kind of each fault, and the line that it changes."""
    return [
        (fault.kind, fault.what) for fault in changed_code(notebook_of(source, tags=tags), held)
    ]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("y = a + b\ny", [("sign", "y = a - b")]),
        ("x -= rate", [("sign", "x += rate")]),
        ("f(path[-1])", [("number", "f(path[-2])")]),
        (
            "%time\nname = 'größer'; y = f(0.5)\n(name, y)",
            [("number", "name = 'größer'; y = f(1.0)")],
        ),
        ("for i in range(1_000):\n    f(i)", [("number", "for i in range(2000):")]),
        ("optimizer.zero_grad()", [("dropped statement", "- optimizer.zero_grad()")]),
        ("x.grad = None", [("dropped statement", "- x.grad = None")]),
        ("push(a, b, c)", [("arguments", "push(b, a, c)")]),
        ("f(a < b)", [("comparison", "f(a > b)")]),
        ("f(x.argmax(dim=d))", [("opposite function", "f(x.argmin(dim=d))")]),
        ("history = train(n)\nplot_loss(history)", []),
        (
            "history = train(n, epochs=4)\nplot_loss(history)",
            [("number", "history = train(n, epochs=8)")],
        ),
    ],
)
def test_a_fault_changes(before, found):
    assert changes(before) == found


@pytest.mark.parametrize(
    "source",
    [
        "assert a + 1 < 3",
        "torch.manual_seed(3)",
        "plt.figure(figsize=(3, 4))",
        "ax_left.set_ylim(0, 3)",
        "curve = linspace(0, 8)\nheights = curve + 1\nplt.plot(curve, heights)",
        "for ax in axes:\n    width = 3\n    ax.plot(lw=width)",
        "answer = 3\ncheck('01.1', answer)",
        "import torch",
    ],
)
def test_what_nobody_could_notice_is_left_alone(source):
    assert changes(source) == []


def test_what_is_masked_or_meant_to_fail_is_left_alone_and_what_a_band_takes_is_not():
    assert changes("print(3)") == [("number", "print(6)")]
    assert changes("print(3)", tags=["measured"]) == []
    assert changes("print(3)", tags=["raises-exception"]) == []
    assert changes("x = 3\nplt.plot(x)", held={"x"}) == [("number", "x = 6")]


def test_each_digit_of_a_compared_output_is_edited():
    notebook = notebook_of("f()", "f()")
    notebook.cells[0].outputs = [new_output("stream", text="it took 3 s, gave 29\n")]
    notebook.cells[1].update(
        outputs=[new_output("stream", text="1")], metadata={"tags": ["measured"]}
    )
    edited = [(fault.cell, fault.what) for fault in edited_outputs(notebook)]
    assert edited == [(0, "it took 3 s, gave 39"), (0, "it took 3 s, gave 20")]


@pytest.fixture
def path(tmp_path):
    """Cells: 0 gives x, 1 uses it unchecked, 2 shows it."""
    notebook = notebook_of("x = 3", "y = x * 5; len([y])", "x")
    for cell, (count, shown) in zip(notebook.cells[1:], ((2, "1"), (3, "3")), strict=True):
        result = {"data": {"text/plain": shown}, "execution_count": count}
        cell.update(execution_count=count, outputs=[new_output("execute_result", **result)])
    nbformat.write(notebook, tmp_path / "tiny.ipynb")
    return tmp_path / "tiny.ipynb"


def test_a_fault_is_caught_by_the_first_cell_that_shows_it(path, capsys):
    before = path.read_bytes()
    shown, unseen = draw(path, 2, seed=0)
    assert [shown, unseen] == draw(path, 2, seed=0)
    assert {shown.what, unseen.what} == {"x = 6", "y = x * 10; len([y])"}
    assert sum(is_caught(path, fault) for fault in (shown, unseen)) == 1
    printed = capsys.readouterr().out
    assert "[0]  caught in [2]    number: x = 6" in printed
    assert "[1]  SURVIVED         number: y = x * 10" in printed
    assert path.read_bytes() == before
