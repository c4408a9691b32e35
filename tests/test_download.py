"""Whatever a mirror, the network, the disk or the user does: the official file, or one line and nothing."""

import _thread
import gzip
import hashlib
import http.server
import os
import re
import signal
import stat
import threading
from pathlib import Path

import pytest

from helpers import download as download_module
from helpers import load_mnist
from helpers import mnist as mnist_module
from helpers.download import OFFICIAL, PATIENCE, download

DEAD = "http://127.0.0.1:9/"  # nothing listens there
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
CONTENT = {  # two images
    IMAGES: gzip.compress(bytes.fromhex("00000803 00000002 0000001c 0000001c") + bytes(range(98)) * 16),
    LABELS: gzip.compress(bytes.fromhex("00000801 00000002 0307")),
}  # fmt: skip


class Mirror(http.server.ThreadingHTTPServer):
    """A web server with `CONTENT`, which notes what it is asked for; `answer` may be replaced by a fault."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.answer, self.requests, self.ended = send, [], threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_):
        pass


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path[1:])
        self.server.answer(self, CONTENT[self.path[1:]])

    def log_message(self, *_):
        pass


def send(request, content, length=None):
    request.send_response(200)
    request.send_header("Content-Length", str(length or len(content)))
    request.end_headers()
    request.wfile.write(content)


@pytest.fixture
def mirrors(monkeypatch):
    """Two mirrors, and no proxy before them."""
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(download_module, "OFFICIAL", sums)
    mirrors = Mirror(), Mirror()
    yield mirrors
    for mirror in mirrors:
        mirror.ended.set()
        mirror.shutdown()
        mirror.server_close()


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_load_mnist_keeps_the_official_files_as_they_are(mirrors, tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("MNIST_DIR")
    monkeypatch.setattr(mnist_module, "DATA", tmp_path)
    monkeypatch.setattr(mnist_module, "MIRRORS", [mirror.url for mirror in mirrors])
    assert load_mnist("train").labels.tolist() == load_mnist("train").labels.tolist() == [3, 7]
    assert mirrors[0].requests == [IMAGES, LABELS] and mirrors[1].requests == []
    assert files_in(tmp_path) == CONTENT
    assert (tmp_path / IMAGES).stat().st_mode & stat.S_IROTH, "a class may share the folder"
    out, err = capfd.readouterr()
    assert out.startswith(f"Downloading {IMAGES} from {mirrors[0].url}\n") and "100%|" in out
    assert err == "", "it would be red in Jupyter"


@pytest.mark.skipif(
    not (Path(os.environ.get("MNIST_DIR", "")) / IMAGES).exists(),
    reason="needs the official IDX files in MNIST_DIR",
)
@pytest.mark.parametrize("name", OFFICIAL)
def test_the_sums_are_those_of_the_official_files(name):
    content = (Path(os.environ["MNIST_DIR"]) / name).read_bytes()
    assert OFFICIAL[name] == hashlib.sha256(content).hexdigest()


FAULTS = {
    "404": (lambda request, _: request.send_error(404), "404 Client Error: Not Found"),
    "a page to log in": (lambda request, _: send(request, b"<html>"), "SHA-256 of .* not the official"),
    "cut short": (lambda request, content: send(request, content[:99], len(content)), "IncompleteRead"),
    "no answer": (lambda *_: None, "closed connection without response"),
    "silence": (lambda request, _: request.server.ended.wait(10), "timed out"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_wrong_answer_the_next_mirror_is_tried(mirrors, tmp_path, monkeypatch, fault):
    first, second = mirrors
    first.answer, reason = FAULTS[fault]
    assert 2 * PATIENCE <= 20, "a silence of 20 seconds: connecting, then no answer"
    monkeypatch.setattr(download_module, "PATIENCE", 0.5)
    with pytest.raises(OSError) as error:
        download(IMAGES, tmp_path, [first.url, DEAD])
    line = str(error.value)
    assert re.fullmatch(f"{first.url}: .*{reason}.*; {DEAD}: .*Connection refused", line)
    assert line.isascii() and line.isprintable() and len(line) < 300
    assert files_in(tmp_path) == {}
    download(IMAGES, tmp_path, [first.url, second.url])
    assert files_in(tmp_path) == {IMAGES: CONTENT[IMAGES]}


def test_a_disk_that_takes_nothing_is_not_a_mirrors_fault(mirrors, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.move", full)
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device$"):
        download(IMAGES, tmp_path, [mirror.url for mirror in mirrors])
    assert files_in(tmp_path) == {} and mirrors[1].requests == []


def test_an_interrupt_leaves_nothing_half_written(mirrors, tmp_path):
    def interrupt(request, content):
        send(request, content[:99], len(content))
        _thread.interrupt_main()  # as Ctrl-C does
        request.server.ended.wait(10)

    mirrors[0].answer = interrupt
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells ignore it
    with pytest.raises(KeyboardInterrupt):
        download(IMAGES, tmp_path, [mirror.url for mirror in mirrors])
    signal.signal(signal.SIGINT, before)
    assert files_in(tmp_path) == {}


def test_two_downloads_at_once_do_not_disturb_each_other(mirrors, tmp_path):
    def with_another_in_between(request, content):
        mirrors[0].answer = send
        send(request, content[:50], len(content))
        download(IMAGES, tmp_path, [mirrors[0].url])
        request.wfile.write(content[50:])

    mirrors[0].answer = with_another_in_between
    download(IMAGES, tmp_path, [mirrors[0].url])
    assert mirrors[0].requests == [IMAGES, IMAGES]
    assert files_in(tmp_path) == {IMAGES: CONTENT[IMAGES]}
