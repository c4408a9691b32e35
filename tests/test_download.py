"""Whatever a mirror, the network, the disk or the user does to a download: one line, nothing left over."""

import _thread
import contextlib
import gzip
import hashlib
import http.server
import io
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest

from helpers import download as download_module
from helpers import load_mnist
from helpers import mnist as mnist_module
from helpers.download import OFFICIAL, PATIENCE, SLOWEST, download, work_folder
from helpers.environment import ROOT
from helpers.formats import write_csv

# urllib itself leaves a connection open where the redirect is malformed.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

DEAD = "http://127.0.0.1:9/"  # nothing listens there
NAME = "train-images-idx3-ubyte.gz"


def small_mnist():
    """The four official files, but with five images each: a name and its bytes."""
    rng = np.random.default_rng(0)
    files = {}
    for split in ("train", "t10k"):
        images = struct.pack(">4I", 2051, 5, 28, 28) + rng.integers(0, 256, 5 * 784, "u1").tobytes()
        labels = struct.pack(">2I", 2049, 5) + rng.integers(0, 10, 5, "u1").tobytes()
        files[f"{split}-images-idx3-ubyte.gz"] = gzip.compress(images)
        files[f"{split}-labels-idx1-ubyte.gz"] = gzip.compress(labels)
    return files


FILES = small_mnist()
SUMS = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items()}


class Mirror(http.server.ThreadingHTTPServer):
    """A web server with `FILES`, which notes what it is asked for; `answer` may be replaced by a fault."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.answer, self.requests = send, []
        self.left = threading.Event()  # the client closed the connection before the answer's end
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_):
        self.left.set()

    def end(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.answer(self, FILES[self.path.rpartition("/")[2]])

    def log_message(self, *_):
        pass


def send(request, content, length=None):
    request.send_response(200)
    request.send_header("Content-Length", len(content) if length is None else length)
    request.end_headers()
    request.wfile.write(content)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror to download from, no proxy, and an empty data folder beside the sample."""
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("MNIST_DIR", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(ROOT / "data" / "sample")
    mirror = Mirror()
    monkeypatch.setattr(mnist_module, "DATA", tmp_path / "data")
    monkeypatch.setattr(mnist_module, "MIRRORS", (mirror.url,))
    monkeypatch.setattr(mnist_module, "_why_sample", "")
    monkeypatch.setattr(download_module, "OFFICIAL", SUMS)
    yield mirror
    mirror.end()


@pytest.fixture
def second():
    mirror = Mirror()
    yield mirror
    mirror.end()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def is_one_short_line(text):
    return text.isascii() and text.isprintable() and len(text) < 600


# A download that succeeds.


def test_a_download_is_converted_to_csv_and_kept(mirror):
    dataset = load_mnist("train")
    assert dataset.images.numpy().tobytes() == gzip.decompress(FILES[NAME])[16:]
    assert len(load_mnist("train")) == 5 and len(mirror.requests) == 2
    assert names_in(mnist_module.DATA) == ["mnist_train.csv", "sample"]


def test_make_data_fetches_both_sets(mirror, capsys):
    mnist_module.download_mnist()
    assert names_in(mnist_module.DATA) == ["mnist_test.csv", "mnist_train.csv", "sample"]
    assert capsys.readouterr().out.endswith(f"MNIST is in {mnist_module.DATA}.\n")


def test_a_line_is_printed_before_connecting(mirror, folder, monkeypatch):
    shown = []

    def look_up(*_, **__):
        shown.append(sys.stdout.getvalue())
        raise socket.gaierror("no such name")

    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    download([NAME], folder, (mirror.url,))
    assert f"Downloading {NAME} from {mirror.url}\n" in shown[0]


def test_the_bar_moves_with_the_bytes_and_with_the_time(mirror, folder, capsys):
    def in_quarters(request, content):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        quarter = len(content) // 4 + 1
        for number, pause in enumerate((0.3, 0.3, 1.3, 0.3)):
            time.sleep(pause)
            request.wfile.write(content[number * quarter : (number + 1) * quarter])

    mirror.answer = in_quarters
    assert download([NAME], folder, (mirror.url,)) is None
    bars = capsys.readouterr().out.split("\r")
    assert {bar[:4] for bar in bars} >= {"  0%", " 25%", " 50%", " 75%", "100%"}
    assert len({re.search(r"\[(.*?)<", bar)[1] for bar in bars if bar.startswith(" 50%")}) > 1


def test_a_length_that_is_no_number_does_not_matter(mirror, folder):
    mirror.answer = lambda request, content: send(request, content, length="plenty")
    assert download([NAME], folder, (mirror.url,)) is None


@pytest.mark.skipif(
    not (Path(os.environ.get("MNIST_DIR", "")) / NAME).exists(),
    reason="needs the official IDX files in MNIST_DIR",
)
@pytest.mark.parametrize("name", OFFICIAL)
def test_the_sizes_and_sums_are_those_of_the_official_files(name):
    content = (Path(os.environ["MNIST_DIR"]) / name).read_bytes()
    assert OFFICIAL[name] == (len(content), hashlib.sha256(content).hexdigest())


# A mirror that answers wrongly.


def raw(answer):
    return lambda request, _: request.wfile.write(answer)


def redirect(address):
    return raw(f"HTTP/1.0 302 Found\r\nLocation: {address}\r\n\r\n".encode())


def reset(request, _):
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=request.connection.detach()).close()


def endless(request, _):
    request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(1000):
        request.wfile.write(bytes(100_000))


FAULTS = {
    "404": (lambda request, _: request.send_error(404), "HTTP Error 404: Not Found"),
    "500": (lambda request, _: request.send_error(500), "HTTP Error 500"),
    "HTML with 200": (
        lambda request, _: send(request, b"<html>Log in"),
        "gz has 12 bytes; expected 3,9",
    ),
    "other bytes": (lambda request, content: send(request, content[::-1]), "not the official one"),
    "gzip twice": (
        lambda request, content: send(request, gzip.compress(content)),
        "not the official one",
    ),
    "wrong length": (lambda request, content: send(request, content[:99]), "99 bytes; expected"),
    "cut short": (
        lambda request, content: send(request, content[:99], len(content)),
        "99 bytes; expected",
    ),
    "endless body": (endless, "not the official one"),
    "reset": (reset, "reset"),
    "no answer": (raw(b""), "closed connection without response"),
    "no HTTP": (raw(b"\0\xff\x1b[31m\r\n\r\n"), r"BadStatusLine: \\x00"),
    "a colour and an accent": (
        raw(b"HTTP/1.0 404 \x1b[31mn\xe4!\r\n\r\n"),
        r"404: \\x1b\[31mn\\xe4",
    ),
    "an endless header": (raw(b"HTTP/1.0 200 OK\r\nA: " + b"a" * 70_000), "more than 65536 bytes"),
    "no end of headers": (raw(b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 200), "more than 100 headers"),
    "redirect to no address": (redirect("http://[::1"), "ValueError: Invalid IPv6 URL"),
    "redirect to no port": (redirect("http://127.0.0.1:http/"), "nonnumeric port: 'http'"),
    "redirect to a file": (
        redirect("file:///etc/hostname"),
        "'file:///etc/hostname' is not allowed",
    ),
    "redirect to no host": (redirect("ftp://\0"), "TypeError: "),
    "redirect for ever": (redirect("/" + NAME), "HTTP Error 302: .* infinite loop. The last"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_answer_is_one_line_and_the_next_mirror_is_tried(mirror, second, folder, fault):
    mirror.answer, message = FAULTS[fault]
    problem = download([NAME], folder, (mirror.url,))
    assert is_one_short_line(problem) and problem.startswith(mirror.url)
    assert re.search(message, problem)
    assert names_in(folder) == []
    assert download([NAME], folder, (mirror.url, second.url)) is None
    assert (folder / NAME).read_bytes() == FILES[NAME] and names_in(folder) == [NAME]


def test_a_body_that_does_not_end_is_taken_up_to_the_known_size(mirror, folder):
    def without_end(request, content):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + content)
        endless(request, content)

    mirror.answer = without_end
    assert download([NAME], folder, (mirror.url,)) is None
    assert mirror.left.wait(6)


def test_a_connection_that_stays_open_after_the_last_byte_is_not_waited_for(
    mirror, folder, impatient
):
    def stay_open(request, content):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(content)
        request.wfile.write(head + content + b"\r\n")
        silence(request, content)

    mirror.answer = stay_open
    assert download([NAME], folder, (mirror.url,)) is None


def test_a_dead_mirror_is_passed_over(mirror, folder):
    assert download([NAME], folder, (DEAD, mirror.url)) is None
    assert re.match(
        rf"{DEAD}: \[Errno \d+\] Connection refused$", download([NAME], folder, (DEAD,))
    )


def test_two_long_reasons_still_make_one_short_line(mirror, monkeypatch, capsys):
    mirror.answer = raw(b"HTTP/1.0 404 " + b"no " * 500 + b"\r\n\r\n")
    monkeypatch.setattr(mnist_module, "MIRRORS", (mirror.url, mirror.url))
    load_mnist("train")
    assert is_one_short_line(capsys.readouterr().out.splitlines()[-1])


# A mirror, or a network, that keeps the user waiting.


def test_the_limits_are_what_their_comment_says():
    assert PATIENCE <= 20 and SLOWEST * 8 < 256_000
    assert max(size for size, _ in OFFICIAL.values()) / SLOWEST < 17 * 60


@pytest.fixture
def impatient(monkeypatch):
    """Half a second, and 100 bytes in it, in place of 20 seconds; returns a clock that starts now."""
    monkeypatch.setattr(download_module, "PATIENCE", 0.5)
    monkeypatch.setattr(download_module, "SLOWEST", 200)
    start = time.monotonic()
    return lambda: time.monotonic() - start


def silence(request, _):
    request.connection.recv(1)  # until the client closes
    raise ConnectionError


def drip(request, block):
    """Send `block` again and again, in all for longer than any test may take."""
    for _ in range(100):
        time.sleep(0.1)
        request.wfile.write(block)


def drip_body(request, content):
    request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    drip(request, b"a")


def drip_after_half(request, content):
    request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + content[: len(content) // 2])
    drip(request, b"a")


WAITS = {
    "no answer": silence,
    "a dripping header": lambda request, _: drip(request, b"A"),
    "a dripping body": drip_body,
    "dripping after half": drip_after_half,
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_mirror_that_is_too_slow_is_given_up_and_left(mirror, folder, impatient, wait):
    mirror.answer = WAITS[wait]
    problem = download([NAME], folder, (mirror.url,))
    assert impatient() < 6 and names_in(folder) == []
    assert is_one_short_line(problem) and re.search("timed out|too slow, [0-9]+ bytes in", problem)
    if wait != "a dripping header":  # that one ends by itself, when the header is too long
        assert mirror.left.wait(6)


def test_a_slow_line_is_waited_for(mirror, folder, impatient):
    def slowly(request, content):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        for start in range(0, len(content), 250):
            time.sleep(0.1)
            request.wfile.write(content[start : start + 250])

    mirror.answer = slowly
    assert download([NAME], folder, (mirror.url,)) is None
    assert impatient() > 3 * download_module.PATIENCE


def test_eight_addresses_that_drop_packets_are_one_wait(mirror, folder, impatient, monkeypatch):
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # the queue is full with these: the next is not answered
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        if answers(full.getsockname()):
            pytest.skip("this system answers where the queue is full")
        addresses = socket.getaddrinfo(*full.getsockname(), type=socket.SOCK_STREAM) * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        problem = download([NAME], folder, ("http://one/", "http://two/"))
    assert impatient() < 6
    assert re.fullmatch("http://one/: too slow, 0 bytes .*; http://two/: too slow, 0 .*", problem)


def answers(address):
    try:
        socket.create_connection(address, timeout=0.2).close()
    except TimeoutError:
        return False
    return True


def test_a_name_that_is_looked_up_for_ever_is_given_up(mirror, folder, impatient, monkeypatch):
    enough = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: enough.wait(8))
    assert "too slow, 0 bytes" in download([NAME], folder, ("http://nowhere/",))
    enough.set()
    assert impatient() < 6


# A proxy.


@pytest.mark.parametrize(
    ("proxy", "named", "reason"),
    [
        ("http://me:secret@127.0.0.1:9", "127.0.0.1:9", "Connection refused"),
        ("http://127.0.0.1:port", "http://127.0.0.1:port", "nonnumeric port"),
        ("http:/localhost", "http:/localhost", "no authority"),
    ],
)
def test_a_proxy_that_does_not_work_is_named(mirror, folder, monkeypatch, proxy, named, reason):
    monkeypatch.setenv("http_proxy", proxy)
    problem = download([NAME], folder, (mirror.url,))
    assert problem.startswith(f"{mirror.url} through the proxy {named}: ")
    assert reason in problem and "secret" not in problem and is_one_short_line(problem)


def test_a_proxy_that_is_passed_by_is_not_named(mirror, folder, monkeypatch):
    monkeypatch.setenv("http_proxy", DEAD)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    mirror.answer = FAULTS["404"][0]
    assert download([NAME], folder, (mirror.url,)).startswith(f"{mirror.url}: ")


# Where a download fails, the sample.


def test_without_a_network_the_sample_is_used_and_one_line_says_so(mirror, monkeypatch, capsys):
    monkeypatch.setattr(mnist_module, "MIRRORS", (DEAD,))
    assert len(load_mnist("train")) == 6000
    *_, line = capsys.readouterr().out.splitlines()
    assert is_one_short_line(line) and "Connection refused" in line
    assert line.startswith("MNIST could not be downloaded (")
    assert line.endswith(
        "): run `make data` to try again and restart Python, or let MNIST_DIR name a folder that "
        "has it. sample holds 6,000 training images, not MNIST's 60,000: your numbers will differ "
        "from those in the text."
    )
    assert names_in(mnist_module.DATA) == ["sample"]


def test_a_failed_download_is_not_tried_again(mirror, monkeypatch):
    monkeypatch.setattr(mnist_module, "MIRRORS", (DEAD,))
    load_mnist("train")
    monkeypatch.setattr(mnist_module, "MIRRORS", (mirror.url,))
    assert len(load_mnist("train")) == 6000 and len(load_mnist("test")) == 500
    assert mirror.requests == []


def put_mnist(split):
    images, labels = np.zeros((5, 784), "u1"), np.zeros(5, int)
    write_csv(mnist_module.DATA / f"mnist_{split}.csv", images, labels)


def test_a_training_set_in_data_that_is_not_all_of_mnist_is_told(mirror, capsys):
    put_mnist("train")
    load_mnist("train")
    assert capsys.readouterr().out == (
        f"{mnist_module.DATA.name} holds 5 training images, not MNIST's 60,000: your numbers will "
        "differ from those in the text.\n"
    )


def test_half_mnist_and_half_sample_are_never_mixed(mirror, monkeypatch):
    put_mnist("train")
    monkeypatch.setattr(mnist_module, "MIRRORS", (DEAD,))
    with pytest.raises(FileNotFoundError) as error:
        load_mnist("test")
    message = str(error.value)
    assert message.startswith(
        f"{mnist_module.DATA} has the train set of MNIST alone, and the test set could not be "
        "downloaded ("
    )
    assert message.endswith("); expected both: run `make data` to try again")
    assert len(load_mnist("train")) == 5


def test_half_sample_and_half_mnist_of_another_process_neither(mirror, monkeypatch):
    monkeypatch.setattr(mnist_module, "MIRRORS", (DEAD,))
    assert len(load_mnist("train")) == 6000
    put_mnist("test")
    assert len(load_mnist("test")) == 500


def test_what_another_process_brought_meanwhile_is_used(mirror):
    def meanwhile(request, _):
        put_mnist("train")
        request.send_error(404)

    mirror.answer = meanwhile
    assert len(load_mnist("train")) == 5


def test_make_data_fails_without_a_network(mirror, monkeypatch, capsys):
    monkeypatch.setattr(mnist_module, "MIRRORS", (DEAD,))
    with pytest.raises(
        SystemExit, match="could not be downloaded .*127.0.0.1:9.*make data"
    ) as exit:
        mnist_module.download_mnist()
    assert is_one_short_line(exit.value.code)
    assert exit.value.code.endswith(
        "): run `make data` to try again, or let MNIST_DIR name a folder that has it."
    )


# A disk that takes nothing.


def no_space(path, *_, **__):
    with path.open("wb") as file:
        file.write(b"all that the disk takes")
    raise OSError(28, "No space left on device")


def read_only(*_, **__):
    raise OSError(30, "Read-only file system")


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        (download_module.tempfile, "mkdtemp", read_only),  # at the beginning
        (Path, "write_bytes", no_space),  # where a file is there
        (mnist_module, "write_csv", no_space),  # where both are
    ],
)
def test_a_disk_that_takes_nothing_is_named_not_a_mirror(
    mirror, second, monkeypatch, capsys, owner, name, fault
):
    monkeypatch.setattr(mnist_module, "MIRRORS", (mirror.url, second.url))
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fault)
        assert len(load_mnist("train")) == 6000
    *_, line = capsys.readouterr().out.splitlines()
    assert re.search(r"data: (No space|Read-only).*sample holds 6,000", line)
    assert mirror.url not in line and second.requests == []
    assert names_in(mnist_module.DATA) == ["sample"]
    mnist_module.download_mnist()


# An interrupt, a kill, and two at once.


@pytest.fixture
def interruptible():
    """A shell starts what it runs in the background with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(request, _):
    request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nabc")
    _thread.interrupt_main()  # as Ctrl-C does
    drip(request, b"a")


def test_an_interrupted_load_leaves_nothing_and_can_be_repeated(mirror, interruptible):
    mirror.answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        load_mnist("train")
    assert names_in(mnist_module.DATA) == ["sample"] and mirror.left.wait(6)
    mirror.answer = send
    assert len(load_mnist("train")) == 5


def test_an_interrupted_make_data_is_told_in_one_line(mirror, interruptible, capsys):
    mirror.answer = interrupt
    with pytest.raises(SystemExit) as exit:
        mnist_module.download_mnist()
    assert exit.value.code == 130 and names_in(mnist_module.DATA) == ["sample"]
    assert capsys.readouterr().err == "Stopped: run `make data` to fetch what is missing.\n"


AT_WORK = """
import pathlib, sys, download
with download.work_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "half").write_bytes(b"half a file")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def process_at_work(folder):
    """Another process that works in `folder` until its input ends; gives it and its folder's name."""
    with subprocess.Popen(
        [sys.executable, "-c", AT_WORK, folder],
        env={**os.environ, "PYTHONPATH": str(ROOT / "helpers")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process, process.stdout.readline().strip()


@pytest.mark.parametrize("end", [subprocess.Popen.kill, subprocess.Popen.terminate])
def test_what_a_killed_download_left_is_cleared_and_one_at_work_is_not(folder, end):
    (folder / "download-of-mine").mkdir()
    with process_at_work(folder) as (killed, left), process_at_work(folder) as (_, other):
        end(killed)
        killed.wait()
        assert names_in(folder) == sorted(["download-of-mine", left, other])
        with work_folder(folder) as own:
            assert names_in(folder) == sorted(["download-of-mine", own.name, other])
        assert names_in(folder) == sorted(["download-of-mine", other])
        assert (folder / other / "half").read_bytes() == b"half a file"
    assert names_in(folder) == ["download-of-mine"]


def test_a_folder_that_is_about_to_be_locked_is_not_cleared(folder):
    (folder / "download-new").mkdir()
    (folder / "download-new" / download_module.LOCK).touch()
    with work_folder(folder):
        pass
    assert names_in(folder) == ["download-new"]


def test_a_disk_without_locks_will_do(folder, monkeypatch):
    def no_locks(_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(download_module, "_lock", no_locks)
    with work_folder(folder) as first, work_folder(folder) as second:
        assert names_in(folder) == sorted([first.name, second.name])
    assert names_in(folder) == []


def test_on_windows_the_lock_is_the_one_that_windows_has(folder, monkeypatch):
    calls = []
    windows = types.SimpleNamespace(LK_NBLCK=2, locking=lambda *arguments: calls.append(arguments))
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    monkeypatch.setattr(sys, "platform", "win32")
    with (folder / "file").open("wb") as file:
        download_module._lock(file)
        assert calls == [(file.fileno(), windows.LK_NBLCK, 1)]


def test_two_downloads_at_once_do_not_disturb_each_other(mirror):
    sizes = []

    def second_meanwhile(request, content):
        mirror.answer = send
        sizes.append(len(load_mnist("train")))
        send(request, content)

    mirror.answer = second_meanwhile
    sizes.append(len(load_mnist("train")))
    assert sizes == [5, 5] and len(mirror.requests) == 4
    assert names_in(mnist_module.DATA) == ["mnist_train.csv", "sample"]
