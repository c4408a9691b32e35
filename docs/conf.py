"""Sphinx's settings for the site; tools/build_site.py gathers its pages."""

import tomllib

from helpers.environment import ROOT

pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
project = "A first neural network in PyTorch"
author = pyproject["authors"][0]["name"]
version = pyproject["version"]
project_copyright = f"{author}, MIT licence"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the stored outputs are the course's
nb_ipywidgets_js = {}  # would be loaded from another site
myst_enable_extensions = ["attrs_inline", "dollarmath"]
myst_heading_anchors = 3
mathjax_path = "mathjax"  # no page loads it: tools/finish_pages.py sets the formulas

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/seven.svg"
templates_path = ["templates"]
html_sidebars = {"**": ["brand.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "repository_url": pyproject["urls"]["Repository"],
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],  # the search field stands in the sidebar
    "footer_content_items": ["copyright"],
    "show_toc_level": 2,
}
