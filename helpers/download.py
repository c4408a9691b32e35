"""Fetch the official files of MNIST: mirrors, sums, a temporary file, then its name."""

import hashlib
import sys
import urllib.request
from http.client import HTTPException

from tqdm import tqdm

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def download(names, folder, mirrors):
    """Fetch the official files `names` into `folder`; returns what went wrong, or None."""
    for name in names:
        problem = _download_file(folder / name, mirrors)
        if problem:
            return problem


def _download_file(file, mirrors):
    """Try each mirror until one gives the official file; returns what went wrong, or None."""
    problems = []
    for mirror in mirrors:
        try:
            _copy_from(mirror + file.name, file)
        except (OSError, HTTPException) as error:  # no network, a time-out, a broken transfer
            problems.append(f"{mirror}: {error}")
            continue
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found == SHA256[file.name]:
            return None
        problems.append(f"{mirror}: {file.name} has SHA-256 {found[:12]}…, not the official one")
    return "; ".join(problems)


def _copy_from(url, file):
    with urllib.request.urlopen(url, timeout=10) as response, file.open("wb") as target:
        size = int(response.headers.get("Content-Length", 0)) or None
        with tqdm(total=size, unit="B", unit_scale=True, desc=file.name, file=sys.stdout) as bar:
            while block := response.read(1 << 16):
                target.write(block)
                bar.update(len(block))
