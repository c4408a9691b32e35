"""Take the README's picture: the end of notebook 10 in JupyterLab, where the pad's digit is read.

PYTHONPATH=.:tools:tests python tests/browser/picture.py      docs/static/notebook.webp

The notebook is the stored one; its network is that of docs/networks, which was trained as there.
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from browser.lab import open_notebook, run_cell, start_lab
from browser.test_draw import PAD
from helpers.environment import ROOT

PICTURE = ROOT / "docs/static/notebook.webp"
NOTEBOOK = "10_better_training.ipynb"
NETWORK = PAD.partition("pad = ")[0] + "augmented = network"


def main():
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = start_lab(Path(folder))
        shutil.copy(ROOT / "notebooks" / NOTEBOOK, lab.course / "work" / NOTEBOOK)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.lab = lab
        open_notebook(page, "10")
        execute(page, NETWORK)
        place = page.evaluate(
            """() => [...jupyterapp.shell.currentWidget.content.model.cells].findIndex(
                cell => cell.sharedModel.getSource().includes("pad = DigitPad"))"""
        )
        page.evaluate(
            """place => {
                const {content} = jupyterapp.shell.currentWidget;
                content.activeCellIndex = place;
                content.scrollToItem(place, "center");
            }""",
            place,
        )
        run_cell(page, "pad = DigitPad")
        pad = page.locator(".digit-pad .answer")
        pad.filter(has_text="largest output").wait_for()
        page.locator("h3", has_text="Draw a digit yourself").evaluate("it => it.scrollIntoView()")
        page.wait_for_timeout(2000)
        seen = {"x": 0, "y": 0, "width": 1280, "height": 728}  # without what comes below the pad
        shot = Image.open(io.BytesIO(page.screenshot(clip=seen)))
        shot.save(PICTURE, quality=80, method=6)
        lab.process.terminate()
        lab.process.wait(timeout=30)


def execute(page, code):
    page.evaluate(
        """async code => {
            const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
            await kernel.requestExecute({code, silent: true}).done;
        }""",
        code,
    )


if __name__ == "__main__":
    main()
