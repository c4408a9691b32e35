"""The translations of the course: `make translations`, after a change of an English text.

docs/locale/ko/ has a PO file for each page, each notebook, and the exercises of each. Its messages are the blocks
of the English text (see texts.py). A message whose text has changed keeps its translation, marked as fuzzy, until
someone has looked at it and taken the mark away; until then the English stands in its place.
"""

import json
import re
import sys
from collections import Counter

import nbformat
from accuracies import FOUR_EPOCHS
from address import PROJECT
from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from comparisons import COLUMNS
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
DIGITS = "zero one two three four five six seven eight nine".split()
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
CALL = re.compile(rf"\b_\(\s*({STRING.pattern}(?:\s*\+\s*{STRING.pattern})*)")
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
    others = ("helpers/draw.js", "tools/build_site.py", "tools/comparisons.py", "docs/conf.py")
    found["site"] = called(*scripts, *(ROOT / path for path in others)) + named()
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
    return [
        text
        for path in paths
        for text in (in_script(path) if path.suffix == ".js" else in_python(path))
    ]


def in_python(path):
    return [text for _, text, *_ in extract_from_file("python", path, keywords={"_": None})]


def in_script(path):
    """By hand: Babel passes over what stands in the attributes of a template string."""
    calls = CALL.findall(path.read_text("utf-8"))
    return ["".join(json.loads(part) for part in STRING.findall(call)) for call in calls]


def named():
    """What the site shows of names that stand elsewhere: the course, its chapters' changes, heads of tables."""
    changes = [change for change, _ in FOUR_EPOCHS.values()]
    heads = [
        key.replace("_", " ")
        for path in sorted((ROOT / "data/results").glob("*.csv"))
        for key in path.read_text("utf-8").partition("\n")[0].split(",")
    ]
    return [PROJECT["description"], PROJECT["authors"][0]["name"], *changes, *COLUMNS, *heads]


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
        write_po(file, catalog, width=0, omit_header=True, ignore_obsolete=True)


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
    """What a translation lacks or adds, in words, and what Markdown would show otherwise than it is meant."""
    theirs = kept(translation)
    for what, ours in kept(text).items():
        lacking, added = (
            Counter(ours) - Counter(theirs[what]),
            Counter(theirs[what]) - Counter(ours),
        )
        if what == "numbers":
            added -= Counter(digits_in_words(text))
        if lacking or added:
            yield f"{what}: lacks {list(lacking)}, adds {list(added)}"
    for span in EMPHASIS.finditer(translation):
        before, after = translation[: span.start()][-1:], translation[span.end() :][:1]
        inside = span[2][0].isalnum(), span[2][-1].isalnum()
        if (before.isalnum() and not inside[0]) or (after.isalnum() and not inside[1]):
            yield f"emphasis: between a sign and a letter {span[0]} is shown with its asterisks"
    if translation.count("~") > max(1, text.count("~")):
        yield "tildes: the text between two is struck through"
    bare = TAG.sub("", TARGET.sub("", FORMULA.sub("", CODE.sub("", translation))))
    if not HANGUL.search(bare) and len(re.findall(r"[a-z]{2,}", bare)) > 3:
        yield "language: is English still"


def digits_in_words(text):
    """The digits that a text writes as words: 8 for "eights"."""
    return [
        str(digit)
        for digit, word in enumerate(DIGITS)
        for _ in re.findall(rf"\b{word}(?:e?s)?\b", text, re.IGNORECASE)
    ]


def kept(text):
    """What a translation keeps as it is, by kind; code and formulas as often as it likes."""
    found = {"begins": [MARKER.match(text)[0]], "code": {*CODE.findall(text)}}
    text = CODE.sub("", text)
    found["formulas"] = {*FORMULA.findall(text)}
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
