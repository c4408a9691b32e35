"""A Markdown text as blocks: what is a message of its own, and what stays as it is."""

from texts import blocks, translated

TEXT = """\
---
setting: 1
---

# Title

Two lines
of one paragraph, of which
62. is no item.

- an item
  of two lines
- another

1. one
2. two

```python
code = "is left alone"
```

$$x + y$$

| a | row |
| --- | --- |
| `code` | 12 |
| another | row |

<script>no.text()</script>

```{toctree}
:caption: Chapters
notebooks/*
```
"""
BLOCKS = [
    "# Title",
    "Two lines of one paragraph, of which 62. is no item.",
    "- an item of two lines",
    "- another",
    "1. one",
    "2. two",
    "| a | row |",
    "| another | row |",
    "Chapters",
]


def test_paragraphs_headings_items_and_rows_are_blocks_and_code_and_formulas_are_not():
    assert blocks(TEXT) == BLOCKS


def test_only_what_is_translated_is_other_than_in_the_text():
    assert translated(TEXT, {}) == TEXT
    assert translated(TEXT, {"# Title": "# 제목"}) == TEXT.replace("Title", "제목")
    upper = translated(TEXT, {block: block.upper() for block in BLOCKS})
    assert blocks(upper) == [block.upper() for block in BLOCKS]
    assert 'code = "is left alone"' in upper and "setting: 1" in upper
