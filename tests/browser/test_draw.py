"""A person draws digits on the pad, with the mouse and with the keyboard, and they are read."""

import math

import pytest
from nbformat.v4 import new_code_cell

from browser.axe import faults
from browser.lab import keep_screenshot, open_cells, output, run_cell
from helpers.environment import ROOT

PAD = """\
from safetensors.torch import load_file

from helpers.draw import DigitPad
from helpers.recipes import Recipe

network = Recipe("bce", "leaky", "adam", "layernorm").network()
network.load_state_dict(load_file("../docs/networks/final.safetensors"))
pad = DigitPad(network)
pad
"""
# Lines of points in shares of the pad's sides, as in DigitPad.strokes.
DIGITS = {
    "1": [[(0.5, 0.15), (0.5, 0.85)]],
    "7": [[(0.25, 0.15), (0.75, 0.15), (0.5, 0.85)], [(0.4, 0.5), (0.75, 0.5)]],
    "0": [[(0.5, 0.15), (0.3, 0.3), (0.3, 0.7), (0.5, 0.85), (0.7, 0.7), (0.7, 0.3), (0.5, 0.15)]],
}
NOTHING = "Nothing is drawn, so there is no answer."
STATE = "pad.prepared, pad.image.view(28, 28)[:, 14:].any().item()"


@pytest.fixture
def pad(page):
    open_cells(page, new_code_cell(PAD), new_code_cell(STATE))
    run_cell(page, "pad = DigitPad(network)")
    page.locator(".digit-pad .paper").wait_for()
    return page.locator(".digit-pad")


def test_digits_drawn_with_the_mouse_are_read(page, pad):
    for digit, lines in DIGITS.items():
        draw(page, pad, lines)
        wait_for_answer(pad, f"The largest output is that of {digit}")
        keep_screenshot(page, f"pad_{digit}.png")
        pad.get_by_role("button", name="Clear").click()
        wait_for_answer(pad, NOTHING)


def test_a_line_can_be_taken_back_and_axe_finds_nothing(page, pad):
    draw(page, pad, DIGITS["7"])
    wait_for_answer(pad, "The largest output is that of 7")
    draw(page, pad, [[(0.1, 0.9), (0.9, 0.1)], [(0.1, 0.1), (0.9, 0.9)]])
    for _ in range(2):
        pad.get_by_role("button", name="Undo").click()
    wait_for_answer(pad, "The largest output is that of 7")
    assert faults(page) == []


def test_a_digit_can_be_drawn_with_the_keyboard(page, pad):
    pad.locator(".paper").focus()
    for key in ["ArrowUp"] * 9 + [" "] + ["ArrowDown"] * 18 + [" "]:
        page.keyboard.press(key)
    wait_for_answer(pad, "The largest output is that of 1")
    page.keyboard.press("Delete")
    wait_for_answer(pad, NOTHING)


def test_the_switch_turns_the_preparation_off(page, pad):
    draw(page, pad, [[(x / 2, y / 2) for x, y in line] for line in DIGITS["1"]])
    wait_for_answer(pad, "The largest output is that of 1")
    pad.get_by_label("prepare as MNIST was").uncheck()
    run_cell(page, STATE)
    assert "(False, False)" in output(page, STATE)  # the digit stays on its side


# The pad by itself, with neither a kernel nor a network.

ALONE = """
window.strokes = [];
window.pad = makePad(document.body, {
  brush: 0.1, onStrokes: (strokes) => (window.strokes = strokes), onPrepared() {} });
"""
INKED = """document.querySelector(".paper").getContext("2d").getImageData(0, 0, 252, 252)
    .data.filter((value, index) => index % 4 === 3 && value > 127).length"""


@pytest.fixture
def alone(browser):
    with browser.new_context() as context:
        page = context.new_page()
        script = (ROOT / "helpers/draw.js").read_text("utf-8") + ALONE
        page.add_script_tag(type="module", content=script)
        page.wait_for_function("window.pad")
        yield page


def test_a_dot_is_seen_as_a_disc_as_wide_as_the_brush(alone):
    alone.locator(".paper").click(position={"x": 100, "y": 60})
    assert [len(line) for line in alone.evaluate("window.strokes")] == [1]
    assert alone.evaluate(INKED) == pytest.approx(math.pi * 12.6**2, rel=0.05)


@pytest.mark.parametrize(
    ("outputs", "answer"),
    [
        ([0.02] * 7 + [0.93, 0.1, 0], "The largest output is that of 7: 0.93."),
        ([0.1] + [0] * 9, "The largest output is that of 0: 0.10."),
        ([0.001] * 6 + [0.004] + [0] * 3, "No output is large; the largest is that of 6: 0.00."),
        ([], NOTHING),
    ],
)
def test_the_sentence_changes_with_the_bars_and_is_spoken_later(alone, outputs, answer):
    """A screen reader speaks of what stays, not of every point of a line that is being drawn."""
    shown = """outputs => { pad.showOutputs([1]); pad.showOutputs(outputs);
        return [".answer", ".spoken"].map(part => document.querySelector(part).textContent) }"""
    assert alone.evaluate(shown, outputs) == [answer, ""]
    alone.locator(".spoken").filter(has_text=answer).wait_for(state="attached")


def draw(page, pad, lines):
    """Draw with the mouse, each line in one go."""
    paper = pad.locator(".paper").bounding_box()
    for line in lines:
        points = [
            (paper["x"] + x * paper["width"], paper["y"] + y * paper["height"]) for x, y in line
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()


def wait_for_answer(pad, text):
    pad.locator(".answer").filter(has_text=text).wait_for()
