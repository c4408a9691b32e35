"""What Sphinx's pages lack: set formulas, a description for those who link to them, and less to load."""

import html
import json
import re
import subprocess
import sys

from course import ROOT

from helpers.exercises.language import messages

FORMULA = re.compile(
    r'(<(?:span|div) class="math [^>]*>)\s*\\([(\[])(.*?)\\[)\]]\s*(</)', re.DOTALL
)
# Formulas are set before anyone reads them, and the theme has its icons as a font, too.
SPARED = re.compile(r"<script[^>]*(?:fontawesome\.js|mathjax|>window\.MathJax).*?</script>\s*")
LANGUAGE = re.compile(r'<html[^>]* lang="(\w+)"')
LABEL = re.compile(r'((?:aria-label|title)=")([^"]*)')
TITLE = re.compile(r"<title>(.*?)(?: &#8212; .*?)?</title>")
FIRST_PARAGRAPH = re.compile(r"<article.*?<p>(.*?)</p>", re.DOTALL)


def finish(folder, mathjax, names):
    """Finish the pages in `folder`; `mathjax` is where MathJax lies, `names` what the site is called in each language."""
    paths = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    pages = {path: SPARED.sub("", path.read_text("utf-8")) for path in paths}
    formulas = [found for text in pages.values() for found in FORMULA.findall(text)]
    asked = [(html.unescape(tex), kind == "[") for _, kind, tex, _ in formulas]
    answer = subprocess.run(
        ["node", ROOT / "tools/formulas.cjs", mathjax],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(answer.stdout)
    for (tex, _), done in zip(asked, answer["set"], strict=True):
        if "data-mjx-error" in done:
            sys.exit(f"MathJax does not understand the formula {tex}")
    done = iter(answer["set"])
    head = f"<style>{answer['style']}</style>"
    for path, text in pages.items():
        text, count = FORMULA.subn(lambda formula: formula[1] + next(done) + formula[4], text)
        language = LANGUAGE.search(text)[1]
        words = messages(language, "site")
        text = LABEL.sub(lambda label, words=words: label[1] + words.get(label[2], label[2]), text)
        parts = described(text, names[language]) + [head] * bool(count)
        path.write_text(text.replace("</head>", "\n".join([*parts, "</head>"]), 1), "utf-8")


def described(text, course):
    """What search engines and messengers show of a page. A picture would need the site's address."""
    title = TITLE.search(text)[1]
    first = FIRST_PARAGRAPH.search(text)
    first = " ".join(re.sub("<[^>]*>", "", first[1]).split()) if first else course
    first = first if len(first) < 200 else first[:200].rpartition(" ")[0] + " …"
    first = first.replace('"', "&quot;")
    return [
        f'<meta name="description" content="{first}">',
        f'<meta property="og:title" content="{title}">',
        f'<meta property="og:description" content="{first}">',
        f'<meta property="og:site_name" content="{course}">',
        '<meta property="og:type" content="website">',
    ]
