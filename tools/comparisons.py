"""What of each notebook's outputs is compared how far, and the bands that hold the rest, as tables.

The site's page *How it is kept true* takes them when it is built: from the tags of the cells, and from
the bands in tests/notebooks/bands/.
"""

import bands
from cells import code_cells, read, tags
from course import ROOT
from texts import _, translated

from helpers.exercises.language import language, messages

# The columns, and the tag that makes a cell one of them; the last that fits counts.
COLUMNS = {
    "to the last digit, always": set(),
    "to the last digit, on full MNIST": {"mnist-output"},
    "all but the numbers": {"measured"},
    "not compared": {"nbval-ignore-output"},
}


def summary(notebooks):
    """How many cells that print something are compared how far, a row for each notebook."""
    lines = [[_("notebook"), *map(_, COLUMNS), _("bands")]]
    for path in notebooks:
        kinds = [kind(cell) for cell in code_cells(read(path)) if prints(cell)]
        counts = [kinds.count(column) for column in COLUMNS]
        link = f"[{path.stem}](../{path.relative_to(ROOT)})"
        lines.append([link, *counts, len(bands.read(path.stem))])
    return as_table(lines)


def all_bands(notebooks):
    """A section for each notebook that has bands: what must hold, on full MNIST and on the sample."""
    head = [_("what must hold"), _("on full MNIST"), _("on the sample")]
    sections = []
    for path in notebooks:
        if found := bands.read(path.stem):
            words = messages(language(), f"notebooks/{path.stem}")
            title = translated(read(path).cells[0].source, words).splitlines()[0].removeprefix("# ")
            rows = [[band.name, said(band.full), said(band.sample)] for band in found]
            sections.append(f"### {path.stem[:2]} {title}\n\n{as_table([head, *rows])}")
    return "\n\n".join(sections)


def kind(cell):
    """The column in which a cell counts."""
    return [column for column, needed in COLUMNS.items() if needed <= tags(cell)][-1]


def prints(cell):
    """Is there any text among its outputs? Images are never compared."""
    return any(
        "text" in output or "image/png" not in output.get("data", {}) for output in cell.outputs
    )


def said(limits):
    """Limits in words; those of a fact are that it is so."""
    if limits is None or limits is True:
        return _("so") if limits else ""
    if limits is bands.SAME:
        return _("the same")
    if isinstance(limits, dict):
        return "; ".join(f"{key}: {said(pair)}" for key, pair in limits.items())
    return bands.in_words(*limits)


def as_table(lines):
    """Lines of cells in Markdown; the first one is the head."""
    head, *rows = [[str(text).replace("|", r"\|") for text in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
