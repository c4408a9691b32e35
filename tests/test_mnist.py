"""MnistDataset gives what is in the file; load_mnist finds the file, or fetches it."""

import gzip
import hashlib
import os
import struct
import zlib
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from helpers import MnistDataset, load_mnist, mnist
from helpers.download import MIRRORS
from helpers.environment import ROOT
from helpers.formats import write_csv
from helpers.mnist import files_of

SAMPLE = ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, 10, 5), rng.integers(0, 256, (5, 784))])


def write(path, rows):
    np.savetxt(path, rows, fmt="%d", delimiter=",")  # gzip, if the name ends so
    return path


def write_idx(path, array):
    header = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture(params=["mnist_train.csv", "mnist_train.csv.gz"])
def dataset(request, tmp_path, rows):
    return MnistDataset(write(tmp_path / request.param, rows))


def test_an_item_is_label_pixels_in_0_to_1_and_one_hot_target(dataset, rows):
    label, image, target = dataset[2]
    assert type(label) is int and label == rows[2, 0]
    assert image.dtype == torch.float32 and image.shape == (784,)
    assert torch.equal(image, torch.tensor(rows[2, 1:], dtype=torch.float32) / 255)
    assert target.dtype == torch.float32 and target.shape == (10,)
    assert target.sum() == 1 and target.argmax() == label


def test_items_are_copies(dataset):
    _, image, target = dataset[0]
    image.zero_()
    target.fill_(7)
    assert dataset[0][1].any() and dataset[0][2].sum() == 1


def test_images_and_labels_are_whole_tensors(dataset, rows):
    assert dataset.images.dtype == torch.uint8 and dataset.labels.dtype == torch.int64
    assert np.array_equal(dataset.images, rows[:, 1:])
    assert np.array_equal(dataset.labels, rows[:, 0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_batch_is_the_items_at_its_indices_stacked(dataset, dtype):
    torch.set_default_dtype(dtype)
    try:
        images, targets = dataset.batch(torch.tensor([3, 0, 3]))
        items = [dataset[3], dataset[0], dataset[3]]
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(images, torch.stack([image for _, image, _ in items]))
    assert torch.equal(targets, torch.stack([target for _, _, target in items]))
    assert images.dtype == targets.dtype == torch.float32


def test_indices_work_as_for_a_list(dataset):
    assert len(dataset) == len(list(dataset)) == 5
    assert torch.equal(dataset[-1][1], dataset[4][1])
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} .* size 5"):
            dataset[index]


def test_plot_image_shows_the_image_upright_with_its_label(dataset):
    ax = dataset.plot_image(0)
    drawn = ax.images[0]
    assert np.allclose(drawn.get_array(), dataset[0][1].reshape(28, 28))
    assert drawn.cmap.name == "Blues" and drawn.get_interpolation() == "none"
    assert ax.get_title() == f"label = {dataset[0][0]}"
    assert dataset.plot_image(1, ax=ax) is ax and ax.get_title() == f"label = {dataset[1][0]}"
    plt.close(ax.figure)


PLACES = {
    "official": "{}-{}-idx{}-ubyte.gz",
    "unpacked": "{}-{}-idx{}-ubyte",
    "with a dot": "{}-{}.idx{}-ubyte",
    "in a folder of its name": "{0}-{1}-idx{2}-ubyte/{0}-{1}-idx{2}-ubyte",
    "in a folder of its name, gzip": "{0}-{1}-idx{2}-ubyte/{0}-{1}-idx{2}-ubyte.gz",
    "torchvision, gzip": "MNIST/raw/{}-{}-idx{}-ubyte.gz",
    "torchvision": "MNIST/raw/{}-{}-idx{}-ubyte",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("split", "prefix"), [("train", "train"), ("test", "t10k")])
def test_idx_files_are_found_where_people_have_them(
    tmp_path, monkeypatch, rows, place, split, prefix
):
    images = tmp_path / PLACES[place].format(prefix, "images", 3)
    labels = tmp_path / PLACES[place].format(prefix, "labels", 1)
    for file in (images, labels):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_idx(images, rows[:, 1:].reshape(-1, 28, 28))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    assert not files_of(split, tmp_path)
    write_idx(labels, rows[:, 0])
    assert files_of(split, tmp_path) == [images, labels]
    loaded = load_mnist(split)
    assert np.array_equal(loaded.images, rows[:, 1:]) and np.array_equal(loaded.labels, rows[:, 0])


@pytest.mark.parametrize("name", ["mnist_test.csv", "mnist_test.csv.gz"])
def test_csv_files_are_found_and_read_before_idx_files(tmp_path, monkeypatch, rows, name):
    write(tmp_path / name, rows)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((1, 28, 28)))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.zeros(1))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    assert np.array_equal(load_mnist("test").labels, rows[:, 0])


def test_a_name_is_a_text_or_a_path_and_may_begin_with_a_tilde(tmp_path, monkeypatch, rows):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    file = write(tmp_path / "digits.csv", rows)
    for name in (file, str(file), "~/digits.csv", Path("~/digits.csv")):
        assert np.array_equal(MnistDataset(name).labels, rows[:, 0])


def test_mnist_dir_that_is_no_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError) as error:
        load_mnist("train")
    assert str(error.value) == (
        f"MNIST_DIR is {str(tmp_path / 'nowhere')!r}, which is not a folder; expected one with the "
        "MNIST files"
    )


def test_mnist_dir_without_files_is_an_error_that_names_what_is_expected(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    some, many = "mnist.npz, test.csv", "0, 1, 2, 3, 4, mnist.npz"  # six are named
    for more, found in (([], "nothing"), (["test.csv", "mnist.npz"], some), ("01234", many)):
        for name in more:
            (tmp_path / name).touch()
        with pytest.raises(FileNotFoundError) as error:
            load_mnist("test")
        assert str(error.value) == (
            f"{tmp_path}: no MNIST test set; expected mnist_test.csv, or t10k-images-idx3-ubyte "
            f"and t10k-labels-idx1-ubyte, each plain or with .gz; found {found}. Unpack a ZIP "
            "archive; save arrays with helpers.formats.write_csv"
        )


def test_mnist_dir_with_a_broken_file_is_an_error(monkeypatch, tmp_path, rows):
    write(tmp_path / "mnist_test.csv", rows[:, :-1])
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="784 columns"):
        load_mnist("test")


def line_of(folder, images, expected):
    return (
        f"{folder.name} holds {images} images, not the {expected} of MNIST: your numbers will "
        "differ from those in the text.\n"
    )


def square(images):
    return images.reshape(-1, 28, 28)


OTHERS = {
    "transposed": lambda images, labels: (square(images).swapaxes(1, 2), labels),
    "inverted": lambda images, labels: (square(255 - images), labels),
    "in another order": lambda images, labels: (square(images)[::-1], labels[::-1]),
    "labels of other images": lambda images, labels: (square(images), np.roll(labels, 1)),
    "other labels": lambda images, labels: (square(images), (labels + 3) % 10),
    "one pixel": lambda images, labels: (np.maximum(square(images), np.eye(28, k=27)), labels),
}


@pytest.mark.parametrize("change", OTHERS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_set_as_large_as_mnist_is_known_by_its_content(
    monkeypatch, tmp_path, capsys, split, change
):
    """Here the sample stands for MNIST: the other sets have as many images, and most of them its labels."""
    monkeypatch.setenv("MNIST_DIR", str(SAMPLE))
    sample = load_mnist(split)
    images, labels = sample.images.numpy(), sample.labels.numpy()
    checksum = zlib.crc32(images.tobytes() + labels.astype(np.uint8).tobytes())
    monkeypatch.setitem(mnist.MNIST, split, (len(labels), checksum))
    capsys.readouterr()
    load_mnist(split)
    assert capsys.readouterr().out == ""

    others, other_labels = OTHERS[change](images, labels)
    files = [tmp_path / name for name in mnist.IDX_FILES[split]]
    write_idx(files[0], others)
    write_idx(files[1], other_labels)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    load_mnist(split)
    name, size = ("training", "6,000") if split == "train" else ("test", "500")
    assert capsys.readouterr().out == line_of(tmp_path, f"{size} {name}", size)


def test_only_train_and_test_exist():
    with pytest.raises(ValueError, match="split is 'validation'; expected 'train' or 'test'"):
        load_mnist("validation")


def test_the_sample_is_what_its_script_makes(monkeypatch):
    monkeypatch.syspath_prepend(SAMPLE)
    import make_sample

    for split, made in make_sample.sample().items():
        shipped = gzip.decompress((SAMPLE / f"mnist_{split}.csv.gz").read_bytes())
        assert shipped == make_sample.as_csv(made)


# What load_mnist does in data/; a fake stands for the download, which tests/test_download.py is about.


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder data/ with nothing but the sample in it."""
    monkeypatch.delenv("MNIST_DIR")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(SAMPLE)
    monkeypatch.setattr(mnist, "DATA", tmp_path / "data")
    monkeypatch.setattr(mnist, "_offline", False)
    return tmp_path / "data"


@pytest.fixture
def downloads(monkeypatch, rows):
    """A network, and the names of what is downloaded."""
    names = []

    def download(name, folder, mirrors):
        assert mirrors == MIRRORS
        names.append(name)
        if "images" in name:
            write_idx(folder / name, rows[:, 1:].reshape(-1, 28, 28))
        else:
            write_idx(folder / name, rows[:, 0])

    monkeypatch.setattr(mnist, "download", download)
    return names


def go_offline(monkeypatch):
    monkeypatch.setattr(mnist, "download", mock.Mock(side_effect=OSError("no network")))


FAILED = (
    "MNIST could not be downloaded (no network): run `make data` to try again and restart Python, "
    "or let MNIST_DIR name a folder that has it."
)


def test_what_data_lacks_is_downloaded_once(data, downloads, rows, capsys):
    for _ in range(2):
        assert np.array_equal(load_mnist("train").labels, rows[:, 0])
        assert capsys.readouterr().out == line_of(data, "5 training", "60,000")
    assert downloads == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]


def test_make_data_fetches_what_is_missing_alone(data, downloads, rows, capsys):
    write(data / "mnist_test.csv", rows)  # as earlier versions kept it
    write_idx(data / "train-images.idx3-ubyte", rows[:, 1:].reshape(-1, 28, 28))
    mnist.download_mnist()
    assert downloads == ["train-labels-idx1-ubyte.gz"]
    assert capsys.readouterr().out == f"MNIST is in {data}.\n"


def test_without_a_network_both_sets_are_the_samples_and_say_so(data, monkeypatch, capsys, request):
    go_offline(monkeypatch)
    assert len(load_mnist("test")) == 500
    assert capsys.readouterr().out == f"{FAILED} " + line_of(SAMPLE, "500 test", "10,000")
    request.getfixturevalue("downloads")  # the network is back, too late for the other set
    assert len(load_mnist("train")) == 6000
    assert capsys.readouterr().out == line_of(SAMPLE, "6,000 training", "60,000")


def test_after_one_set_of_mnist_the_other_is_not_the_samples(data, downloads, monkeypatch):
    load_mnist("train")
    go_offline(monkeypatch)
    with pytest.raises(FileNotFoundError) as error:
        load_mnist("test")
    assert str(error.value) == f"{data} has only one of MNIST's sets. {FAILED}"
    assert len(load_mnist("train")) == 5


def test_make_data_says_why_it_fails_and_how_to_go_on(data, monkeypatch, capsys):
    go_offline(monkeypatch)
    with pytest.raises(SystemExit) as end:
        mnist.download_mnist()
    assert end.value.code == FAILED


def test_an_interrupted_make_data_says_how_to_go_on(data, monkeypatch, capsys):
    monkeypatch.setattr(mnist, "download", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(SystemExit) as end:
        mnist.download_mnist()
    assert end.value.code == 130
    assert capsys.readouterr().err == "Stopped: run `make data` to fetch what is missing.\n"


# MNIST itself, where it is at hand.

OFFICIAL = Path(os.environ.get("MNIST_DIR", "")) / "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("split", "md5"),
    [("train", "5b49cf1b57fb9d6102b559d59d99df7c"), ("test", "c807df8d6d804ab2647fc15c3d40f543")],
)
@pytest.mark.skipif(not OFFICIAL.exists(), reason="needs the official IDX files in MNIST_DIR")
def test_the_official_files_are_known_and_become_the_well_known_csv_files(
    tmp_path, capsys, split, md5
):
    dataset = load_mnist(split)
    assert capsys.readouterr().out == ""
    write_csv(tmp_path / "mnist.csv", dataset.images.numpy(), dataset.labels.numpy())
    assert hashlib.md5((tmp_path / "mnist.csv").read_bytes()).hexdigest() == md5
    assert torch.equal(MnistDataset(tmp_path / "mnist.csv").images, dataset.images)
