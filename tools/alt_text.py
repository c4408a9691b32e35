"""Give each figure of a notebook its alt text, which says what to see.

It is what the cell has in its metadata under `alt`; where it has none, the sentence in the text behind the
figure. It is stored where nbconvert's `classic` template reads it, in the output's metadata under
`image/png`, `alt`. JupyterLab and nbconvert's `lab` template show no alt text of a PNG.
"""

import re


def describe_figures(notebook):
    """Store the alt text of every figure; a figure without a sentence behind it gets none."""
    for index, cell in enumerate(notebook.cells):
        for output in figures(cell):
            image = output.metadata.setdefault("image/png", {})
            image.pop("alt", None)
            if sentence := sentence_behind(notebook, index):
                image["alt"] = sentence


def figures(cell):
    """The outputs of a cell that are images."""
    return [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def sentence_behind(notebook, index):
    """The `alt` of cell `index`, or the first sentence of the text right behind it; '' if there is none."""
    if alt := notebook.cells[index].metadata.get("alt"):
        return alt
    following = notebook.cells[index + 1 : index + 2]
    texts = [cell.source for cell in following if cell.cell_type == "markdown"]
    return first_sentence(texts[0]) if texts else ""


def first_sentence(markdown):
    """The first sentence of a text that begins with one, without its markup; '' before a heading."""
    paragraph = " ".join(re.split(r"\n\s*\n", markdown.strip())[0].split())
    if paragraph.startswith("#"):
        return ""
    return re.match(r".*?[.!?](?=\s|$)|.*", without_markup(paragraph)).group()


def without_markup(text):
    """Links become their texts; asterisks, backticks and the signs of formulas go."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    parts = re.split(r"(`[^`]*`|\$[^$]*\$)", text)  # code and formulas stand at odd places
    parts[::2] = [part.replace("*", "") for part in parts[::2]]
    parts[1::2] = [re.sub(r"\\(?:[,;! ]|(?=\w))|[{}`$]", "", part) for part in parts[1::2]]
    return "".join(parts)
