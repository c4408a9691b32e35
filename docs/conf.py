"""Sphinx's settings for the site; tools/build_site.py gathers its pages, and sets the language in LANGUAGE."""

import pickle
import re
import tomllib

from docutils import nodes
from sphinx.locale import translators
from sphinx.search import SearchEnglish

from helpers.environment import ROOT
from helpers.exercises.language import language as asked_language
from helpers.exercises.language import messages

language = asked_language()
words = messages(language, "site")


def _(text):
    return words.get(text, text)


pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
project = _("A first neural network in PyTorch")
author = _(pyproject["authors"][0]["name"])
version = pyproject["version"]
project_copyright = _("{author}, MIT licence").format(author=author)

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
html_js_files = [] if language == "en" else ["words.js"]
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
    "article_header_end": ["language.html", "article-header-buttons.html"],
    "footer_content_items": ["copyright"],
    "show_toc_level": 2,
}


# The other languages.


class SearchKorean(SearchEnglish):
    """The beginnings of Korean words are found, too: their ends are particles, as in 학습률은."""

    lang = "ko"
    js_splitter_code = r"""
var splitQuery = (query) => query.match(/[가-힣]+|(?:(?![가-힣])[\p{Letter}\p{Number}_])+/gu) ?? [];
"""

    def split(self, text):
        words = re.findall(r"[가-힣]+|[^\W가-힣]+", text)
        return [
            part for word in words for part in (beginnings(word) if word[0] >= "가" else [word])
        ]


def beginnings(word):
    return [word[:end] for end in range(1, len(word) + 1)]


def take_english_anchors(app, doctree):
    """So a link with an anchor leads to the same heading in each language."""
    page = app.env.docname
    english = pickle.loads((ROOT / f"build/doctrees-en/{page}.doctree").read_bytes())
    sections = zip(doctree.findall(nodes.section), english.findall(nodes.section), strict=True)
    slugs = app.env.metadata[page]["myst_slugs"] = {}
    for ours, theirs in sections:
        ours["ids"] = theirs["ids"]
        slugs |= {name: (None, ours["ids"][0], ours[0].astext()) for name in ours["ids"]}


# What the themes have in no Korean, or in none that a reader would say.
WORDS_OF_THE_THEMES = (
    *(_("Skip to main content"), _("Back to top"), _("Contents"), _("On this page")),
    *(_("previous"), _("next"), _("previous page"), _("next page"), _("Home"), _("By")),
    *(_("Color mode"), _("Light"), _("Dark"), _("System Settings"), _("Breadcrumb"), _("Page")),
    *(_("Site navigation"), _("Section Navigation"), _("Main"), _("Version warning"), _("Search")),
    *(_("Toggle primary sidebar"), _("Toggle secondary sidebar"), _("Source repository")),
    *(_("Expand Sidebar"), _("Collapse Sidebar"), _("Link to this heading")),
    _("Please activate JavaScript to enable the search functionality."),
    _("Search finished, found ${resultCount} pages matching the search query."),
)


def mend_words_of_the_theme(app):
    for catalog in ("sphinx", "booktheme"):
        translators["general", catalog]._catalog.update(words)


def setup(app):
    if language != "en":
        app.add_search_language(SearchKorean)
        app.connect("doctree-read", take_english_anchors, priority=400)  # before Sphinx notes them
        app.connect("builder-inited", mend_words_of_the_theme)
