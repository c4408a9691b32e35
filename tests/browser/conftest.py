"""A real JupyterLab, and the site, in a real browser. Without one the tests are skipped, with a line that says how to
get it; where COURSE_BROWSER is "required", as `.ci/run` sets it, they fail.
"""

import importlib.util
import os
import shutil

import pytest

from browser.lab import start_lab
from browser.site import build, serve

NO_BROWSER = "no browser to test JupyterLab in: apt-get install chromium, then make browser"
NO_SPHINX = "nothing to build the site with: install npm, then make site"


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium."""
    path = shutil.which("chromium")
    if not path or not importlib.util.find_spec("playwright"):
        stop(NO_BROWSER)
    return path


def stop(reason):
    """Skip a test, or fail it where it is required."""
    (pytest.fail if os.environ.get("COURSE_BROWSER") == "required" else pytest.skip)(reason)


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """The running JupyterLab, one for all tests: lab.url, lab.token, lab.course (a folder)."""
    lab = start_lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.process.terminate()
    lab.process.wait(timeout=30)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The built site, one for all tests: site.url, site.folder."""
    if not importlib.util.find_spec("sphinx") or not shutil.which("npm"):
        stop(NO_SPHINX)
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    with serve(folder) as site:
        yield site


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
