"""Fetch the official files of MNIST: the mirrors, the sums, and a folder to work in."""

import contextlib
import hashlib
import shutil
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from tqdm import tqdm

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

OFFICIAL = {  # bytes and SHA-256 of each file
    "train-images-idx3-ubyte.gz": (
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "train-labels-idx1-ubyte.gz": (
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "t10k-images-idx3-ubyte.gz": (
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    "t10k-labels-idx1-ubyte.gz": (
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}

# A mirror is given up when PATIENCE seconds, connecting included, bring less than SLOWEST bytes a
# second: silence ends soon, a slow line of 256 kbit/s passes, and no file takes over 17 minutes.
PATIENCE = 20
SLOWEST = 10_000
BLOCK = 1 << 16  # bytes taken at once, at most

PREFIX = "download-"  # of the folders that `work_folder` makes
LOCK = "at-work"  # the file in them that says so


def download(names, folder, mirrors):
    """Fetch the official files `names` into `folder`; returns what the mirrors did wrong, or None.

    A file is written once all of it is there and its sum is right; OSError where that fails.
    """
    for name in names:
        problem = _download_file(folder / name, mirrors)
        if problem:
            return problem


def _download_file(file, mirrors):
    """Try each mirror until one gives the official file; returns what went wrong, or None."""
    size, sha256 = OFFICIAL[file.name]
    problems = []
    for mirror in mirrors:
        print(f"Downloading {file.name} from {mirror}", flush=True)
        try:
            content = _fetch(mirror + file.name, size)
        except OSError as error:
            problem = error
        else:
            if hashlib.sha256(content).hexdigest() == sha256:
                file.write_bytes(content)  # not in the try: a full disk is not the mirror's fault
                return None
            problem = f"{file.name} has {len(content):,} bytes; expected {size:,}"
            if len(content) == size:
                problem = f"{file.name} has a SHA-256 that is not the official one"
        problems.append(_short(f"{mirror}{_through_proxy(mirror)}: {problem}"))
    return "; ".join(problems)


def _fetch(url, size):
    """Return the first `size` bytes at `url`; raises OSError.

    A thread of its own talks to the mirror: looking up the name, trying one address after another,
    the handshake and the headers can all hang, and no time-out of the library covers them together.
    """
    received, errors, stop = bytearray(), [], threading.Event()

    def talk():
        try:
            with urllib.request.build_opener().open(url, timeout=PATIENCE) as response:
                while len(received) < size and not stop.is_set():
                    block = response.read1(min(BLOCK, size - len(received)))
                    if not block:
                        break
                    received.extend(block)
        except Exception as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the answer as well
            errors.append(error)

    thread = threading.Thread(target=talk, daemon=True)  # daemon: it may hang when Python ends
    try:
        thread.start()
        _watch(thread, received, size)
    finally:
        stop.set()
    if errors:
        raise OSError(_reason(errors[0]))
    return bytes(received)


def _watch(thread, received, size):
    """Show a bar of the bytes in `received` until `thread` ends; TimeoutError where it is too slow."""
    before, until = 0, time.monotonic() + PATIENCE
    with tqdm(total=size, unit="B", unit_scale=True, miniters=0, file=sys.stdout) as bar:
        working = True
        while working:
            thread.join(0.1)
            working = thread.is_alive()
            bar.update(len(received) - bar.n)
            if working and time.monotonic() > until:
                new = len(received) - before
                if new < SLOWEST * PATIENCE:
                    raise TimeoutError(f"too slow, {new:,} bytes in {PATIENCE} seconds")
                before, until = len(received), until + PATIENCE


def _reason(error):
    """What to say of `error`: a broken answer or proxy makes urllib raise all kinds."""
    if type(error) is URLError:
        return error.reason
    return error if isinstance(error, OSError) else f"{type(error).__name__}: {error}"


def _through_proxy(mirror):
    """Name the proxy that stands between, without its password; "" where there is none."""
    parts = urlsplit(mirror)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.netloc):
        return ""
    return f" through the proxy {proxy.rpartition('@')[2]}"


def _short(text):
    """`text` in one line of ASCII, of 180 characters at most: servers send what they like."""
    line = " ".join(text.split()).encode("unicode_escape").decode("ascii")
    return line if len(line) <= 180 else line[:177] + "..."


@contextlib.contextmanager
def work_folder(parent):
    """Make a folder in `parent`, and remove it at the end. Raises OSError where that cannot be done.

    What a killed process left there is removed first. A process at work keeps the file `LOCK` in its
    folder locked, and the system unlocks it when the process ends, however that comes about.
    """
    _clear(parent)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True) as name,
        Path(name, LOCK).open("wb", buffering=0) as file,
    ):
        with contextlib.suppress(OSError):  # a disk without locks: nobody clears this folder
            _lock(file)
            file.write(b"locked")
        yield Path(name)


def _clear(parent):
    for path in parent.glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError):  # locked: its process is at work
            if path.stat().st_size > 0:  # empty: about to be locked
                with path.open("r+b") as file:
                    _lock(file)
                shutil.rmtree(path.parent, ignore_errors=True)


def _lock(file):
    """Lock `file` until it is closed or the process ends; OSError where another has locked it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
