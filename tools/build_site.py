"""Build the site from docs/ and the stored notebooks, in each language: `make site`.

python tools/build_site.py [FOLDER]     into build/site, or into FOLDER; Korean into its folder ko

The pages of a language are gathered in build/, where Sphinx finds them: those of docs/, with what they take
from other files, and the notebooks, with what makes their figures readable. They are translated here, block by
block, so that Sphinx builds them all alike.
"""

import argparse
import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import torch
from accuracies import AXIS, FOUR_EPOCHS, place, stored_accuracy
from address import BINDER, COLAB, PROJECT
from alt_text import figures, sentence_behind
from comparisons import all_bands, summary
from course import ROOT
from finish_pages import finish
from make_networks import read
from safetensors.torch import save_file
from texts import LINK, _, translated, with_sections
from translations import LANGUAGES

from helpers import MnistDataset
from helpers.exercises import EXERCISES
from helpers.exercises.language import language, messages
from helpers.recipes import WORDS

DOCS = ROOT / "docs"
BUILD = ROOT / "build"
RESULTS = ROOT / "data/results"
FILES = PROJECT["urls"]["Repository"] + "/blob/main/"  # where the code host shows a file
LONG = 40  # rows of a table that stand on a page before a reader asks for them
MARK = re.compile(r"<!-- (\w+):? ?(\S*) -->")
CHECK = re.compile(r'^check\("(\d\d\.\d+)", ', re.MULTILINE)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=BUILD / "site")
    folder = parser.parse_args(arguments).folder
    shutil.rmtree(folder, ignore_errors=True)
    mathjax = fetch_mathjax()
    names, failed = {}, 0
    for each in ("en", *LANGUAGES):  # English first: docs/conf.py takes its anchors
        os.environ["LANGUAGE"] = each
        names[each] = _(PROJECT["description"])
        failed |= build(folder if each == "en" else folder / each)
    shutil.rmtree(folder / "jupyter_execute")  # MyST-NB leaves it beside the folder of a language
    finish(folder, mathjax, names)
    return failed


def build(folder):
    """Build the pages of the language that LANGUAGE names."""
    pages, doctrees = (BUILD / f"{kind}-{language()}" for kind in ("pages", "doctrees"))
    shutil.rmtree(pages, ignore_errors=True)
    gather(pages)
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    return subprocess.run([*sphinx, "-d", doctrees, "-E", pages, folder]).returncode


# The pages.


def gather(folder):
    """Write the site's sources into `folder`."""
    shutil.copytree(DOCS, folder)
    shutil.copy(ROOT / "helpers/draw.js", folder / "static")
    (folder / "networks").rename(folder / "static/networks")
    save_file({"images": real_digits().half()}, folder / "static/networks/real.safetensors")
    (folder / "static/sample").mkdir()
    for part in ("train", "test"):
        (folder / f"static/sample/{part}.bin").write_bytes(packed(part))
    (folder / "static/words.js").write_text(words_for_scripts(), "utf-8")
    for path in sorted(DOCS.glob("*.md")):
        text = with_sections(path.read_text("utf-8"))
        text = translated(text, messages(language(), path.stem))
        text = MARK.sub(lambda mark: MAKERS[mark[1]](*mark[2].split()), text)
        (folder / path.name).write_text(with_links(text, path), "utf-8")
    (folder / "notebooks").mkdir()
    for path in chapters():
        notebook = nbformat.read(path, as_version=4)
        as_chapter(notebook, path)
        nbformat.write(notebook, folder / "notebooks" / path.name)


def words_for_scripts():
    """The site's own words for draw.js, and what Sphinx's search says with a number, which is empty in its Korean."""
    words = json.dumps(messages(language(), "site"), ensure_ascii=False)
    return f"""globalThis.words = {words};
Documentation.TRANSLATIONS["Search finished, found one page matching the search query."] = [
  words["Search finished, found ${{resultCount}} pages matching the search query."],
];
"""


def real_digits():
    """Fifty digits (50, 784) in 0..1 that people wrote: the first test images of the sample."""
    sample = MnistDataset(ROOT / "data/sample/mnist_test.csv.gz")
    return sample.images[:50] / 255


def packed(part):
    """The sample's "train" or "test" images for train.js: each a label and its pixels, in bytes; gzipped."""
    sample = MnistDataset(ROOT / f"data/sample/mnist_{part}.csv.gz")
    rows = torch.cat([sample.labels.to(torch.uint8)[:, None], sample.images], dim=1)
    return gzip.compress(rows.numpy().tobytes(), mtime=0)


def chapters():
    """The notebooks that store outputs; one that was not executed yet has nothing to show."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return [path for path in paths if has_outputs(path)]


@cache  # asked again for each link
def has_outputs(path):
    return any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def as_chapter(notebook, path):
    """Translate texts and verdicts, give figures their texts, and lead links where they belong."""
    words = messages(language(), f"notebooks/{path.stem}")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = with_links(translated(cell.source, words), path)
        elif exercise := CHECK.search(cell.source):
            show_verdict(cell, EXERCISES[exercise[1]])
        if "alt" in cell.metadata:
            cell.metadata["alt"] = words.get(cell.metadata["alt"], cell.metadata["alt"])
    for index, cell in enumerate(notebook.cells):
        if figures(cell):
            cell.metadata["mystnb"] = {"image": {"alt": sentence_behind(notebook, index)}}
    title = notebook.cells[0]
    title.source = title.source.replace(
        "# ", f"# {path.name[:2]} ", 1
    )  # texts call it by its number
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(places(path.relative_to(ROOT))))


def show_verdict(cell, exercise):
    """What `check` says of the answer that is still to be given."""
    for output in cell.outputs:
        output.data["text/html"] = exercise.check(...)._repr_html_()


def places(file):
    """Where a reader can open a notebook."""
    text = _("Open it [on the code host]({host}), [on Binder]({binder}), [on Colab]({colab}).")
    return text.format(host=f"{FILES}{file}", binder=f"{BINDER}{file}", colab=f"{COLAB}{file}")


def with_links(text, path):
    """The links of a file of ours as the site needs them: to a page, or else to the code host."""
    pages = {*chapters(), *DOCS.glob("*.md")}

    def lead(link):
        target = Path(os.path.normpath(path.parent / link[1]))
        if not target.exists():
            sys.exit(f"{path.relative_to(ROOT)} has a link to {link[1]}, where nothing is.")
        if target in pages:
            place = os.path.relpath(place_of(target), place_of(path).parent)
        else:
            place = FILES + str(target.relative_to(ROOT))
        return f"]({place}{link[2] or ''})"

    return LINK.sub(lead, text)


def place_of(path):
    """Where a page stands among the gathered ones."""
    return path.relative_to(DOCS if path.is_relative_to(DOCS) else ROOT)


# What stands in place of <!-- name: value --> in a page.


def table(name):
    """A table of data/results; what is the same in all of its rows stands above it."""
    if not (RESULTS / name).exists():
        return _("Not measured yet.")
    with (RESULTS / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    same = {key for key in rows[0] if len(rows) > 1 and len({row[key] for row in rows}) == 1}
    common = ", ".join(
        f"{titled(key)} {rows[0][key]}" for key in rows[0] if key in same and rows[0][key]
    )
    keys = [key for key in rows[0] if key not in same]
    lines = [map(titled, keys), ["---"] * len(keys), *([row[key] for key in keys] for row in rows)]
    lines = ["| " + " | ".join(text.replace("|", r"\|") for text in line) + " |" for line in lines]
    if len(rows) > LONG:
        summary = _("All {count} rows").format(count=len(rows))
        lines = [f"<details><summary>{summary}</summary>\n", *lines, "\n</details>"]
    above = _("All rows: {values}.").format(values=common)
    return "\n".join([f"{above}\n"] * bool(common) + lines)


def means():
    """What each recipe reads on average, at the notebooks' learning rates and at its own."""
    usual, fair = (pd.read_csv(RESULTS / name) for name in ("grid.csv", "grid_fair.csv"))
    usual["two"] = [float(each.split()[1]) for each in usual["accuracies"]]
    heads = (
        _("recipe"),
        _("4 epochs, notebooks' rate"),
        _("2 epochs, the same"),
        _("2 epochs, its own rate"),
        _("that rate"),
    )
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- | --- |"]
    for words, runs in usual.groupby(list(WORDS), sort=False):
        own = fair[(fair[list(WORDS)] == list(words)).all(axis=1)]
        shares = (runs["accuracy"], runs["two"], own["accuracy"])
        shares = [
            f"{100 * all.mean():.1f}&nbsp;%&nbsp;±&nbsp;{100 * all.std():.1f}" for all in shares
        ]
        lines.append(
            f"| {' '.join(words)} | {' | '.join(shares)} | {own['learning_rate'].iloc[0]:g} |"
        )
    return "\n".join(lines)


def titled(key):
    return _(key.replace("_", " "))


def accuracies():
    """The six accuracies as a picture: a table whose middle column shows each as a dot on a line."""
    lines = []
    for name, (change, _pattern) in FOUR_EPOCHS.items():
        share = stored_accuracy(name)
        lines.append(
            f'<tr><th scope="row"><a href="notebooks/{name}.html">{name[:2]}</a> {_(change)}</th>'
            f'<td class="line"><span style="left: {100 * place(share):.1f}%"></span></td><td>{share:.1f} %</td></tr>'
        )
    ends = "".join(f"<span>{end} %</span>" for end in AXIS)
    chapter, accuracy = _("chapter"), _("accuracy")
    head = f'<tr><th scope="col">{chapter}</th><th scope="col" class="ends">{ends}</th>'
    head += f'<th scope="col">{accuracy}</th></tr>'
    return "\n".join(['<table class="accuracies">', head, *lines, "</table>"])


def networks():
    """The choice between the stored networks, the last one chosen."""
    lines = []
    labels = {
        "baseline": _("baseline: reads {share} % of the test images"),
        "final": _("final: reads {share} % of the test images"),
        "convolutional": _("convolutional: reads {share} % of the test images"),
    }
    for name, label in labels.items():
        share = 100 * float(read(name)[1]["test_accuracy"])
        lines.append(
            f'<label><input type="radio" name="network" value="{name}" checked> '
            f"{label.format(share=f'{share:.1f}')}</label>"
        )
    legend = _("Ask the network")
    return "\n".join([f"<fieldset><legend>{legend}</legend>", *lines, "</fieldset>"])


def read_as_told():
    """How often the conditional generator writes what the final network reads as the digit asked for."""
    count = 100 * float(read("conditional")[1]["read_as_told"])
    return _("{count} of 100").format(count=f"{count:.0f}")


def citation():
    """The course as an entry of a bibliography."""
    entry = {
        "title": "{" + PROJECT["description"] + "}",
        "author": "{" + " and ".join(author["name"] for author in PROJECT["authors"]) + "}",
        "version": "{" + PROJECT["version"] + "}",
        "url": "{" + PROJECT["urls"]["Repository"] + "}",
    }
    lines = [f"  {key} = {value}," for key, value in entry.items()]
    return "\n".join(["```bibtex", "@software{pytorch-mnist-course,", *lines, "}", "```"])


MAKERS = {
    "bands": lambda: all_bands(chapters()),
    "citation": citation,
    "compared": lambda: summary(chapters()),
    "table": table,
    "means": means,
    "accuracies": accuracies,
    "networks": networks,
    "read_as_told": read_as_told,
}


# MathJax.


def fetch_mathjax():
    """Where MathJax lies; npm fetches it in the version that docs/package-lock.json holds."""
    if not shutil.which("npm"):
        sys.exit(
            "The site's formulas need MathJax, which npm fetches: install npm, then make site."
        )
    home = BUILD / "mathjax"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(DOCS / name, home)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=home, check=True)
    return home / "node_modules/mathjax"


if __name__ == "__main__":
    sys.exit(main())
