"""All cells of notebook 01 run from the menu; then its slider moves the tangent, by keyboard and by mouse."""

import pytest

from browser.lab import open_notebook, run_all


@pytest.fixture
def tangent(page):
    """The slider and what it draws, as the notebook first shows them."""
    open_notebook(page, "01")
    run_all(page)
    cell = page.locator(".jp-CodeCell").filter(has_text="def show_tangent")
    cell.scroll_into_view_if_needed()
    tangent = cell.locator(".widget-interact")
    tangent.get_by_text("slope at 0.0: -6.0").wait_for()
    return tangent


def picture(tangent):
    """The one picture below the slider, as text."""
    return tangent.get_by_role("img").get_attribute("src")


def wait_for_another_picture(page, tangent, before):
    """Another one that is not empty; an empty one is a tenth as long."""
    for _ in range(50):
        now = picture(tangent)
        if now != before and len(now) > len(before) / 2:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the picture is {'the same' if now == before else 'empty'}")


def test_an_arrow_key_and_the_mouse_move_the_tangent(page, tangent):
    before = picture(tangent)
    tangent.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    tangent.get_by_text("slope at 0.1: -5.8").wait_for()
    wait_for_another_picture(page, tangent, before)

    before = picture(tangent)
    tangent.get_by_role("slider").hover()
    page.mouse.down()
    track = tangent.locator(".noUi-base").bounding_box()
    page.mouse.move(track["x"] + track["width"] / 2, track["y"], steps=5)
    page.mouse.up()
    tangent.get_by_text("slope at 3.0: 0.0").wait_for()
    wait_for_another_picture(page, tangent, before)
