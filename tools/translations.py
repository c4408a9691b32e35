"""The translations of the course: `make translations`, after a change of an English text.

docs/locale/ko/ has a PO file for each page, each notebook, and the exercises of each. Its messages are the blocks
of the English text (see texts.py). A message whose text has changed keeps its translation, marked as fuzzy, until
someone has looked at it and taken the mark away; until then the English stands in its place.
"""

import re
import sys
from collections import Counter

import nbformat
from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from course import ROOT
from texts import blocks, with_sections

from helpers.exercises import EXERCISES
from helpers.exercises.core import OPENINGS, WITH_THE_TEACHER
from helpers.exercises.errors import IN_WORDS
from helpers.exercises.language import LOCALE

LANGUAGES = ("ko",)
CODE = re.compile(r"`[^`]*`")
FORMULA = re.compile(r"\$[^$]*\$")
TARGET = re.compile(r"\]\(([^)]*)\)")
TAG = re.compile(r"<(?!!)(/?\w+)[^>]*>|(<!--.*?-->)")
PLACE = re.compile(r"\{\w*[^}]*\}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
MARKER = re.compile(r"(#+ |[-*] |\d+\. )?")
EMPHASIS = re.compile(r"(?<!\*)(\*{1,2})(?=[^\s*])(.+?)(?<=[^\s*])\1(?!\*)")
HANGUL = re.compile(r"[가-힣]")


def main():
    for language in LANGUAGES:
        for name, texts in sources().items():
            catalog = updated(language, name, texts)
            write(language, name, catalog)
            missing = sum(not message.string for message in catalog if message.id)
            fuzzy = sum(message.fuzzy for message in catalog if message.id)
            if missing or fuzzy:
                print(f"{place(language, name)}: {missing} missing, {fuzzy} fuzzy")


# Which texts there are.


def sources():
    """The texts to translate (lists) of each PO file, by its name, such as "start"."""
    found = {}
    for path in sorted((ROOT / "docs").glob("*.md")):
        found[path.stem] = blocks(with_sections(path.read_text("utf-8")))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        found[f"notebooks/{path.stem}"] = texts_of_a_notebook(path)
    modules = sorted((ROOT / "helpers/exercises").glob("e[0-9]*.py"))
    for path in modules:
        found[f"exercises/{path.stem[1:]}"] = texts_of_exercises(path)
    found["exercises/verdicts"] = [*OPENINGS.values(), WITH_THE_TEACHER, *IN_WORDS.values()]
    found["exercises/verdicts"] += called(*sorted((ROOT / "helpers/exercises").glob("*.py")))
    scripts = sorted((ROOT / "docs/static").glob("*.js"))
    found["site"] = called(
        *scripts, ROOT / "helpers/draw.js", ROOT / "tools/build_site.py", ROOT / "docs/conf.py"
    )
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


def texts_of_a_notebook(path):
    cells = nbformat.read(path, as_version=4).cells
    written = [
        text for cell in cells if cell.cell_type == "markdown" for text in blocks(cell.source)
    ]
    return written + [cell.metadata["alt"] for cell in cells if "alt" in cell.metadata]


def texts_of_exercises(path):
    texts = []
    for name, exercise in EXERCISES.items():
        if name[:2] == path.stem[1:3]:
            texts += [exercise.task, *exercise.hints]
            for mistake, known in exercise.known.items():
                texts += [mistake, known.explanation]
            texts.append(exercise.why)
    return texts


def called(*paths):
    """The texts of the calls `_("…")` in these files."""
    methods = {".py": "python", ".js": "javascript"}
    return [
        text
        for path in paths
        for _, text, *_ in extract_from_file(
            methods[path.suffix],
            path,
            keywords={"_": None},
            options={"parse_template_string": True},
        )
    ]


# The PO files.


def place(language, name):
    return LOCALE / language / f"{name}.po"


def read(language, name):
    path = place(language, name)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language, name, texts):
    template = Catalog()
    for text in texts:
        template.add(text)
    catalog = read(language, name)
    catalog.update(template)
    return catalog


def write(language, name, catalog):
    path = place(language, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, omit_header=True, ignore_obsolete=True)


# What can be wrong with them.


def faults(language, name, texts):
    """What is wrong with a PO file, a line for each message."""
    catalog = read(language, name)
    known = {message.id: message for message in catalog if message.id}
    for text in texts:
        message = known.pop(text, None)
        if message is None or not message.string:
            yield f"is not translated: {text}"
        elif message.fuzzy:
            yield f"is marked as fuzzy, as its English has changed: {text}"
        else:
            for fault in differences(text, message.string):
                yield f"{fault}: {message.string}"
    for text in known:
        yield f"is no longer in the course: {text}"


def differences(text, translation):
    """What a translation has less or more of than its text, in words."""
    ours, theirs = kept(text), kept(translation)
    for what in ours:
        lacking, added = (
            Counter(ours[what]) - Counter(theirs[what]),
            Counter(theirs[what]) - Counter(ours[what]),
        )
        if lacking or added:
            changes = [f"lacks {' '.join(lacking)}"] * bool(lacking) + [
                f"adds {' '.join(added)}"
            ] * bool(added)
            yield f"{what}: {', '.join(changes)}"
    for span in EMPHASIS.finditer(translation):
        before, after = translation[: span.start()][-1:], translation[span.end() :][:1]
        if (not span[2][-1].isalnum() and after.isalnum()) or (
            not span[2][0].isalnum() and before.isalnum()
        ):
            yield f"emphasis: between a sign and a letter {span[0]} is shown with its asterisks"
    bare = TAG.sub("", TARGET.sub("", FORMULA.sub("", CODE.sub("", translation))))
    if not HANGUL.search(bare) and len(re.findall(r"[a-z]{2,}", bare)) > 3:
        yield "language: is English still"


def kept(text):
    """What a translation keeps as it is, by kind."""
    found = {"begins": [MARKER.match(text)[0]], "code": CODE.findall(text)}
    text = CODE.sub("", text)
    found["formulas"] = FORMULA.findall(text)
    text = FORMULA.sub("", text)
    found["links"] = TARGET.findall(text)
    text = TARGET.sub("]", text)
    found["tags"] = ["".join(parts) for parts in TAG.findall(text)]
    text = TAG.sub("", text)
    found["placeholders"] = PLACE.findall(text)
    text = PLACE.sub("", text)
    found["numbers"] = NUMBER.findall(text[len(found["begins"][0]) :])
    found["emphasis"] = [span[0] for span in EMPHASIS.findall(text)]
    found["columns"] = ["|"] * text.count("|")
    return found


if __name__ == "__main__":
    sys.exit(main())
