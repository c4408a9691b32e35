"""axe-core finds nothing in what is ours, in JupyterLab and in an exported page.

Ours are the text and the outputs. Around them, and not ours, are Lab and nbconvert's template:
NOT_OURS names what those do to our text, and why we cannot help it.
"""

import json
import subprocess
import sys

import pytest
from alt_text import figures
from lab import cells, choose, open_file

from helpers.environment import ROOT

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
OURS = {
    "include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]],
    # tracebacks, in the colours of IPython on Lab's red
    "exclude": [['.jp-OutputArea-output[data-mime-type$="stderr"]']],
}
NOT_OURS = {
    "image-alt": "Lab shows no alt text of a PNG; each figure's text stands behind it instead",
    "link-in-text-block": "whether links are underlined, Lab's and nbconvert's stylesheets say",
}


def faults(page):
    """What axe finds, a line for each element; and that it looked at the contrast of our text."""
    from axe_playwright_python.sync_playwright import Axe

    # Lab's body has no height, which axe takes for hidden, with all that is in it.
    page.add_style_tag(content="body { overflow: visible !important }")
    rules = {rule: {"enabled": False} for rule in NOT_OURS}
    found = Axe().run(page, context=OURS, options={"rules": rules}).response
    (contrast,) = (rule for rule in found["passes"] if rule["id"] == "color-contrast")
    assert len(contrast["nodes"]) > 20
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_in_lab_axe_finds_nothing(page, name):
    open_file(page, f"notebooks/{name}")
    print(*faults(page), sep="\n")
    choose(page, "Settings", "Theme", "JupyterLab Dark")
    page.locator("body[data-jp-theme-light=false]").wait_for()
    page.wait_for_timeout(1000)
    print(*faults(page), sep="\n")
