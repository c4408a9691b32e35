"""A Markdown text as the blocks that a translation is made of: paragraphs, headings, items, rows of tables.

A block is one line, whatever its lines are in the file. Code and formulas that stand by themselves are none.
"""

import re

from course import ROOT

from helpers.exercises.language import language, messages

FENCE = re.compile(r"\s*(```|\$\$)")
BEGINS_A_BLOCK = re.compile(r"\s*([-*] |1\. |\||#|<!-- (not )?for a class)")
NUMBERED = re.compile(r"\s*\d+\. ")
ONE_LINE = re.compile(r"\s*([|#]|<!--)")  # what follows such a line is no part of its block
LETTER = re.compile(r"[^\W\d_]")
LINK = re.compile(r"\]\(([^):#\s]+)(#[^)\s]*)?\)")
SECTION = re.compile(r"^<!-- (readme|contributing): (.*) -->$", re.MULTILINE)
CAPTION = re.compile(r"(:caption: )(.*)")


def _(text):
    """The site's own words in the language that is being built."""
    return messages(language(), "site").get(text, text)


def translated(text, messages):
    """The text with what `messages` (dict) holds in place of its blocks."""
    return "".join(
        space + messages[block] + source[len(source.rstrip()) :] if block in messages else source
        for space, block, source in parts(text)
    )


def blocks(text):
    """The blocks of a text that are to be translated, in order, each once."""
    return list(dict.fromkeys(block for _, block, _ in parts(text) if block))


def parts(text):
    """Triples whose third parts join to the text: the space before a block, the block ("" if none), its source."""
    found, open_fence, paragraph = [], "", []

    def close():
        if paragraph:
            source = "".join(paragraph)
            block = " ".join(source.split())
            space = source[: len(source) - len(source.lstrip())]
            found.append((space, block if has_words(block) else "", source))
            paragraph.clear()

    lines = text.splitlines(keepends=True)
    if text.startswith("---\n"):  # settings of the page
        end = lines.index("---\n", 1) + 1
        found.append(("", "", "".join(lines[:end])))
        lines = lines[end:]
    for line in lines:
        fence = FENCE.match(line)
        if open_fence:
            caption = CAPTION.match(line)
            found.append((caption[1], caption[2], line) if caption else ("", "", line))
            if fence and fence[1] == open_fence:
                open_fence = ""
        elif fence:
            close()
            found.append(("", "", line))
            open_fence = "" if line.count(fence[1]) > 1 else fence[1]
        elif not line.strip():
            close()
            found.append(("", "", line))
        else:
            if begins_a_block(line, paragraph):
                close()
            paragraph.append(line)
    close()
    return found


def begins_a_block(line, paragraph):
    if not paragraph or BEGINS_A_BLOCK.match(line) or ONE_LINE.match(paragraph[-1]):
        return True
    return bool(NUMBERED.match(line) and NUMBERED.match(paragraph[0]))


def has_words(block):
    """Whether a block holds words outside of HTML's tags, code and formulas."""
    text = re.sub(r"<script.*?</script>|<[^>]*>|`[^`]*`|\$[^$]*\$", "", block)
    return bool(LETTER.search(text))


def with_sections(text):
    """The text of a page, with the sections of other files that it asks for."""
    return SECTION.sub(lambda mark: section(f"{mark[1].upper()}.md", mark[2]), text)


def section(file, heading):
    """A section of a file at the top, its headings one level up, its links as seen from docs/."""
    text = (ROOT / file).read_text("utf-8")
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    found = re.sub(r"^###", "##", found[1].strip(), flags=re.MULTILINE)
    return LINK.sub(lambda link: f"](../{link[1]}{link[2] or ''})", found)
