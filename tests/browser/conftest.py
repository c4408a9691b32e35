"""A real JupyterLab in a real browser. Without one the tests are skipped, with a line that says how to
get it; where COURSE_BROWSER is "required", as `.ci/run` sets it, they fail.
"""

import importlib.util
import os
import shutil

import pytest

from browser.lab import start_lab

NO_BROWSER = "no browser to test JupyterLab in: apt-get install chromium, then make browser"


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium."""
    path = shutil.which("chromium")
    if not path or not importlib.util.find_spec("playwright"):
        stop = pytest.fail if os.environ.get("COURSE_BROWSER") == "required" else pytest.skip
        stop(NO_BROWSER)
    return path


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """The running JupyterLab, one for all tests: lab.url, lab.token, lab.course (a folder)."""
    lab = start_lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.process.terminate()
    lab.process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(chromium):
    """Chromium, without a window. It is closed after each file: no other test shares its event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, lab):
    """An empty page for one test, which begins as a learner does: untouched copies, no progress."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(60_000)  # milliseconds
        page = context.new_page()
        page.lab = lab
        yield page
    lab.begin_again()
