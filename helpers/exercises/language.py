"""The exercises in the reader's language, which the environment variable LANGUAGE names; else in English."""

import os
from functools import cache

from babel.messages.pofile import read_po

from helpers.environment import ROOT

LOCALE = ROOT / "docs/locale"


def language():
    """The reader's language, such as "ko"; "en" if the course is not translated to it."""
    asked = os.environ.get("LANGUAGE", "")[:2]
    return asked if (LOCALE / asked).is_dir() and asked else "en"


@cache
def messages(language, name):
    """The translations (dict) that the PO files of this name hold: "start", "exercises/*"."""
    found = {}
    for path in sorted(LOCALE.glob(f"{language}/{name}.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        found |= {one.id: one.string for one in catalog if one.id and one.string and not one.fuzzy}
    return found


def _(text, /, **values):
    """`text` in the reader's language, with the values where it holds their names in braces."""
    text = messages(language(), "exercises/*").get(text, text)
    return text.format(**values) if values else text
