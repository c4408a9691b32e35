"""Fetch the official files of MNIST: the mirrors and the sums, by pooch."""

import sys

from tqdm import tqdm

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

OFFICIAL = {  # the SHA-256 of each file
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

PATIENCE = 10  # seconds that a mirror has to connect, and to send anything


def download(name, folder, mirrors):
    """Fetch the official file `name` into `folder`, from the first mirror that gives it.

    It gets its name once all of it is there and its SHA-256 is right. Raises OSError: what each mirror
    did wrong, or why the file cannot be written.
    """
    import pooch  # here alone: reading images needs neither
    import requests  # comes with pooch

    pooch.get_logger().setLevel("WARNING")  # the rest, on stderr, would be red in Jupyter
    problems = []
    for mirror in mirrors:
        print(f"Downloading {name} from {mirror}")
        # pooch ignores a bar without a total, and then sets the right one.
        with tqdm(total=1, unit="B", unit_scale=True, file=sys.stdout) as bar:
            fetch = pooch.HTTPDownloader(progressbar=bar, timeout=PATIENCE)
            try:
                pooch.retrieve(mirror + name, OFFICIAL[name], name, folder, downloader=fetch)
                (folder / name).chmod(0o644)  # pooch's temporary file was for its owner alone
                return
            except requests.RequestException as error:
                problems.append(f"{mirror}: {_first_cause(error)}")
            except ValueError:
                problems.append(f"{mirror}: the SHA-256 of {name} is not the official one")
    raise OSError("; ".join(problems))


def _first_cause(error):
    """Follow `error` to where it began: "Connection refused", which requests and urllib3 wrap in more."""
    while error.__context__:
        error = error.__context__
    return error
