"""`make faults`: what is changed, what is left alone, and that a run tells the caught ones."""

import nbformat
import plant_faults
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from plant_faults import changed_code, draw, edited_outputs, is_caught, unseen_names


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
        (
            "number",
            "%time\nname = 'größer'; y = 3\n(name, y)",
            ["%time\nname = 'größer'; y = 6\n(name, y)"],
        ),
        ("dropped statement", "optimizer.zero_grad()\nx", ["pass\nx"]),
        ("dropped statement", "x.grad = None", ["pass"]),
        ("axis", "x.mean(dim=0)", ["x.mean(dim=1)"]),
        ("arguments", "push(a, b, c)", ["push(b, a, c)"]),
        ("arguments", "zeros(9, 9)", []),
        ("comparison", "y = a < b\ny", ["y = (a > b)\ny"]),
        ("opposite function", "x.argmax()", ["x.argmin()"]),
        ("number", "train(n, epochs=4, progress=4)", ["train(n, epochs=8, progress=4)"]),
    ],
)
def test_a_fault_changes(kind, before, after):
    assert changes(before, kind) == after


@pytest.mark.parametrize(
    "source",
    [
        "assert a + 1 < 3",
        "torch.manual_seed(3)",
        "plt.figure(figsize=(3, 4))",
        "ax_left.set_ylim(0, 3)",
        "curve = linspace(0, 8)\nheights = curve + 1\nplt.plot(curve, heights)",
        "import torch",
    ],
)
def test_what_nobody_could_notice_is_left_alone(source):
    assert list(changed_code(notebook_of(source))) == []


def test_what_is_printed_where_numbers_are_not_compared_is_left_alone():
    assert changes("print(3)", "number") == ["print(6)"]
    assert changes("print(3)", "number", tags=["measured"]) == []
    assert changes("x = 3\nx", "number", tags=["raises-exception"]) == []


def test_what_a_band_or_an_assert_holds_is_seen():
    notebook = notebook_of("x = 3\nplt.plot(x)")
    assert unseen_names(notebook) == {"x"} and unseen_names(notebook, held={"x"}) == set()
    assert unseen_names(notebook_of("x = 3\nplt.plot(x)", "assert x > 2")) == set()


def test_each_digit_of_a_compared_output_is_edited():
    texts = {"it took 3 s, gave 29\n": [], "1": ["measured"], "tensor(8.)": []}
    notebook = notebook_of(*["f()"] * 3)
    for cell, (text, tags) in zip(notebook.cells, texts.items(), strict=True):
        cell.outputs, cell.metadata.tags = [new_output("stream", text=text)], tags
    assert [(fault.cell, fault.what) for fault in edited_outputs(notebook)] == [
        (0, "it took 3 s, gave 39"),
        (0, "it took 3 s, gave 20"),
        (2, "tensor(9.)"),
    ]


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
    faults = {fault.what: fault for fault in draw(path, 3, seed=0)}
    assert draw(path, 3, seed=0) == list(faults.values())
    known = {fault.what: fault for fault in changed_code(nbformat.read(path, as_version=4))}
    assert is_caught(path, known["x = 6"])
    assert "[0]  caught in [2]    number: x = 6" in capsys.readouterr().out
    assert not is_caught(path, known["y = x * 10; len([y])"])
    assert "[1]  SURVIVED         number: y = x * 10" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_fewer_images_than_mnists_are_refused(path, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    with pytest.raises(SystemExit, match="needs full MNIST"):
        plant_faults.main([str(path)])
