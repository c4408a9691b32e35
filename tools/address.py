"""Pass the repository's address on: from pyproject.toml to the texts that repeat it.

python tools/address.py     after Repository or version has changed there
"""

import re
import sys
import tomllib

from course import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
OWNER, NAME = REPOSITORY.removeprefix("https://github.com/").split("/")
VERSION = PROJECT["version"]
TAG = f"v{VERSION}"

BINDER = f"https://mybinder.org/v2/gh/{OWNER}/{NAME}/{TAG}?urlpath=lab/tree/"
COLAB = f"https://colab.research.google.com/github/{OWNER}/{NAME}/blob/{TAG}/"
TEXTS = (
    *("README.md", "CITATION.cff", "docs/start.md"),
    *("docs/locale/ko/start.po", "docs/locale/ko/contributing.po"),
)


def main():
    for name in TEXTS:
        path = ROOT / name
        path.write_text(with_address(path.read_text("utf-8")), "utf-8")


def with_address(text):
    """A text in which the owner, the tag and the version are those of pyproject.toml."""
    text = re.sub(rf"(?<!lab/)\b[\w.-]+/{NAME}\b", f"{OWNER}/{NAME}", text)
    text = re.sub(rf"({NAME}/(?:blob/)?|--branch )v\d[\d.]*\d", rf"\g<1>{TAG}", text)
    return re.sub(r"^version: .*", f"version: {VERSION}", text, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
