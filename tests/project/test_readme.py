"""What the README and CONTRIBUTING.md name exists, what exists the README names, and its numbers are right."""

import re
import tomllib

import accuracies
import nbformat
import pytest
import yaml

from helpers.environment import ROOT

TEXTS = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md")}
README = TEXTS["README.md"]
ROW = re.compile(
    r"^\| \[(\w+)\]\((notebooks/.*?)\) \| (.*?) \| (.*?)\| (.*?)\| (.*?)\|$", re.MULTILINE
)
ROWS = {name: [text.strip() for text in rest] for name, _, *rest in ROW.findall(README)}


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file(name):
    links = re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", TEXTS[name])
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_that_it_names_is_there(name):
    named = re.findall(
        r"`((?:docs|helpers|tools|notebooks|tests|\.ci|\.binder)/[^` ]*)`", TEXTS[name]
    )
    assert [file for file in named if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_that_it_names_is_in_the_makefile(name):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    named = re.findall(r"(?:`|^|=\S+ )make ([a-z]+)", TEXTS[name], re.MULTILINE)
    assert named and set(named) <= set(targets)


# The table of notebooks, and the picture.


def test_the_table_lists_every_notebook_in_order():
    stored = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert list(ROWS) == stored
    assert all(link == f"notebooks/{name}.ipynb" for name, link, *_ in ROW.findall(README))


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_the_minutes_are_those_of_the_opening(path):
    opening = " ".join(nbformat.read(path, as_version=4).cells[0].source.split())
    read, run = re.search(
        r"(\d[\d to]*) minutes to read and (?:([\d to]+) minutes|.*?) to run", opening
    ).groups()
    assert ROWS[path.stem][1:3] == [read, run or "< 1"]


def test_the_accuracies_are_those_of_the_stored_outputs():
    shown = {name: row[3] for name, row in ROWS.items() if row[3]}
    stored = accuracies.FOUR_EPOCHS | accuracies.LATER
    assert shown == {name: f"{accuracies.stored_accuracy(name):.1f} %" for name in stored}


def test_the_picture_is_drawn_of_the_stored_outputs():
    drawn = accuracies.PICTURE.read_text("utf-8")
    assert drawn == accuracies.picture(), "python tools/accuracies.py"
    first, last = (ROWS[name][3] for name in ("03_baseline_network", "10_better_training"))
    (words,) = re.findall(r"!\[(.*?)\]\(docs/static/accuracies.svg\)", README)
    assert first in words and last in words and first in drawn and last in drawn


# How to cite it.


def test_citation_cff_says_what_pyproject_says():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (
        citation["cff-version"] == "1.2.0"
        and citation["message"]
        and citation["type"] == "software"
    )
    assert (citation["title"], citation["version"]) == (project["description"], project["version"])
    assert citation["authors"] == project["authors"] and citation["license"] == project["license"]
    assert citation["repository-code"] == project["urls"]["Repository"]


# What a reader can trust.


def test_what_is_not_so_yet_stands_in_one_section():
    before, status = README.split("## Status\n")
    for words in ("OWNER", "ntried", "not yet published"):
        assert words not in before and words in status, words


def test_a_picture_of_it_is_small():
    assert (ROOT / "docs/static/notebook.webp").stat().st_size < 200_000
