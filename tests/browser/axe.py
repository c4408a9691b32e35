"""What axe-core finds in a page: `faults` in one of Lab's, `faults_of_site` in the site's.

In the former ours are the text and the outputs. What stands around them is Lab's; NOT_OURS names what Lab,
and pandas, do to ours. Of the site everything is ours.
"""

TRACEBACK = (
    '[data-mime-type$="jupyter.error"], [data-mime-type$="jupyter.stderr"]'  # IPython's colours
)
OURS = [".jp-RenderedMarkdown", f".jp-OutputArea-output:not({TRACEBACK})"]
NOT_OURS = {
    "image-alt": "Lab gives a PNG no alt text; the figure's text stands behind it instead",
    "link-in-text-block": "Lab tells links from text by their colour alone",
    "empty-table-header": "pandas leaves the corner above its index empty",
}
FAULTS_ALONE = {"resultTypes": ["violations", "incomplete"]}  # to list what is good takes as long
EVERYTHING = """
    body { overflow: visible !important }
    * { content-visibility: visible !important }
"""


def faults(page):
    """What axe finds or cannot judge, one text for each element."""
    # Axe passes over what is scrolled away, and over all of Lab, whose body has no height. Lab guesses
    # the height of a cell that is out of sight: a cell that grows while axe looks covers the next one.
    page.add_style_tag(content=EVERYTHING)
    page.set_viewport_size({"width": 1280, "height": 40_000})
    page.locator(".jp-WindowedPanel-outer").evaluate_all("all => all.map(one => one.scrollTop = 0)")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    found = run(page, {"include": [[part] for part in OURS]}, NOT_OURS)
    (contrast,) = (rule for rule in found["passes"] if rule["id"] == "color-contrast")
    assert len(contrast["nodes"]) > page.locator(".jp-RenderedMarkdown").count()
    return described(found)


def faults_of_site(page, rules=None):
    """The same of a page of the site, as wide as it is."""
    height = page.evaluate("document.documentElement.scrollHeight")
    size = page.viewport_size
    page.set_viewport_size(size | {"height": max(height, 1600)})  # the sidebar has a height, too
    found = run(page, None, ["empty-table-header"], FAULTS_ALONE | (rules or {}))
    page.set_viewport_size(size)
    return described(found)


def run(page, parts, without, rules=None):
    from axe_playwright_python.sync_playwright import Axe

    options = {"rules": {rule: {"enabled": False} for rule in without}, "preload": False}
    return Axe().run(page, context=parts, options=options | (rules or {})).response


def described(found):
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"] + found["incomplete"]
        for node in rule["nodes"]
    ]
