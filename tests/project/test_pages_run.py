"""The code on docs/errors.md and docs/summary.md runs, and what stands below it is what comes."""

import contextlib
import io
import re

import pytest

from helpers import accuracy
from helpers.environment import ROOT
from helpers.recipes import Recipe

BLOCK = re.compile(r"^```(python|text)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def sections(name):
    """The parts of a page by their headings, and what stands above the first one."""
    top, *parts = re.split(r"^## ", (ROOT / "docs" / name).read_text("utf-8"), flags=re.MULTILINE)
    return top, {part.partition("\n")[0]: part for part in parts}


TOP, ERRORS = sections("errors.md")


def come(code, variables):
    """What a learner sees: what the code prints, or the error that stops it."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, variables)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return printed.getvalue().strip()


def told(blocks):
    """Each piece of code with the lines below it: [(code, lines), …]."""
    pairs = zip(blocks, [*blocks[1:], ("python", "")], strict=True)
    return [
        (code, text.splitlines() if follows == "text" else [""])
        for (kind, code), (follows, text) in pairs
        if kind == "python"
    ]


@pytest.mark.parametrize("heading", ERRORS)
def test_an_error_comes_as_the_page_says_and_goes(heading):
    """Where two lines stand below it, it is one of them: versions differ. The end may be left out."""
    variables = {}
    for code, lines in told(BLOCK.findall(TOP) + BLOCK.findall(ERRORS[heading])):
        seen = come(code, variables)
        assert seen.startswith(tuple(line for line in lines if line)) if any(lines) else not seen, (
            f"{code}\ngives: {seen}"
        )


@pytest.mark.parametrize("heading", ERRORS)
def test_an_entry_is_short_and_leads_to_a_notebook(heading):
    entry = ERRORS[heading]
    assert re.search(r"\[(\d\d_\w+)\]\(\.\./notebooks/\1\.ipynb\)", " ".join(entry.split()))
    assert len(BLOCK.sub("", entry).split()) < 90
    assert "text" in dict(BLOCK.findall(entry))


# The summary.


def test_the_summary_runs_and_its_parts_are_the_courses():
    _, parts = sections("summary.md")
    here = {}
    recipes = {
        "The network": Recipe("mse", "sigmoid", "sgd", "none"),
        "Four changes": Recipe("bce", "leaky", "adam", "layernorm"),
    }
    for heading, part in parts.items():
        for _, code in BLOCK.findall(part):
            assert max(map(len, code.splitlines())) <= 57, "wider than a column of the sheet"
            exec(code, here)
        if heading in recipes:
            recipe = recipes[heading]
            assert str(here["network"]) == str(recipe.network())
            assert str(here["loss_function"]) == str(recipe.loss_function())
            assert str(here["optimizer"]) == str(recipe.optimizer(here["network"]))
        if heading == "Gradients":
            assert here["w"].item() == pytest.approx(2 + 0.1 * 6)
        if heading == "Accuracy":
            assert here["accuracy"] == accuracy(here["network"], here["test_set"])
    assert here["made"].shape == here["real"].shape
