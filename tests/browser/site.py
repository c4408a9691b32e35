"""The site as `make site` builds it, on a server of its own."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import bs4

from helpers.environment import ROOT


@dataclass
class Site:
    """A built site: its folder, and the address where it is served."""

    folder: Path
    url: str

    def pages(self):
        """The English pages from the folder on, such as notebooks/05_loss_function.html."""
        return [page for page in self.all_pages() if not page.startswith("ko/")]

    def korean(self):
        """The Korean ones, such as ko/notebooks/05_loss_function.html."""
        return [page for page in self.all_pages() if page.startswith("ko/")]

    def all_pages(self):
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*.html")
            if "_static" not in path.parts  # parts of the theme's pages
        )

    def chapters(self):
        return [page for page in self.pages() if page.startswith("notebooks/")]

    def elements(self, page):
        return elements(self.folder / page)


@contextmanager
def serve(folder):
    """Serve a folder to this machine alone, from a thread."""
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(folder, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def build(folder):
    """Build the site into a folder; a warning is a failure."""
    command = [sys.executable, ROOT / "tools/build_site.py", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


BLOCKS = (
    "title, h1, h2, h3, h4, p, li, th, td, dt, dd, a, button, label, legend, summary, figcaption"
)
LABELS = ("aria-label", "title", "alt", "placeholder")


def texts(path):
    """What stands on a page to be read, block by block, without code, outputs and formulas; and its labels."""
    soup = bs4.BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for part in soup.select("script, style, pre, code, .math, .cell_output, :not(html)[lang]"):
        if not part.decomposed:
            part.decompose()
    found = [" ".join(block.get_text().split()) for block in soup.select(BLOCKS)]
    return found + [each[name] for name in LABELS for each in soup.select(f"[{name}]")]


@functools.cache
def elements(path):
    """The elements of a page with their attributes: [("a", {"href": ...}), …]."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(re.sub(r"<script.*?</script>", "", path.read_text("utf-8"), flags=re.DOTALL))
    return found
