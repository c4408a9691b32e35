"""What the README names exists, and what exists it names."""

import re

from helpers.environment import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_table_lists_every_notebook_in_order():
    listed = re.findall(r"^\| \[\w+\]\((notebooks/.*?)\)", README, re.MULTILINE)
    stored = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [link.removeprefix("notebooks/") for link in listed] == stored


def test_every_command_that_it_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    named = re.findall(r"(?:`|^|=\S+ )make ([a-z]+)", README, re.MULTILINE)
    assert named and set(named) <= set(targets)
