"""MnistDataset gives what is in the file; load_mnist finds the file, or fetches it."""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from helpers import MnistDataset, load_mnist, mnist
from helpers.environment import ROOT
from helpers.formats import write_csv

SAMPLE = ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, 10, 5), rng.integers(0, 256, (5, 784))])


def write(path, rows):
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def write_idx(path, array, magic):
    header = struct.pack(f">{1 + array.ndim}I", magic, *array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


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
    assert np.array_equal(dataset.images, rows[:, 1:]) and np.array_equal(
        dataset.labels, rows[:, 0]
    )


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
        with pytest.raises(IndexError, match=f"index {index} .* 5 images"):
            dataset[index]


def test_plot_image_shows_the_image_upright_with_its_label(dataset):
    ax = dataset.plot_image(0)
    drawn = ax.images[0]
    assert np.allclose(drawn.get_array(), dataset[0][1].reshape(28, 28))
    assert drawn.cmap.name == "Blues" and drawn.get_interpolation() == "none"
    assert ax.get_title() == f"label = {dataset[0][0]}"
    assert dataset.plot_image(1, ax=ax) is ax and ax.get_title() == f"label = {dataset[1][0]}"
    plt.close(ax.figure)


def test_memory_at_rest_is_an_eighth_of_pandas(tmp_path, rows):
    file = write(tmp_path / "mnist_train.csv", rows)
    pandas_bytes = pd.read_csv(file, header=None).memory_usage(index=False).sum()
    dataset = MnistDataset(file)
    assert dataset.images.nbytes + dataset.labels.nbytes < pandas_bytes / 7.9  # 792 bytes for 6,280


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_give_the_same_dataset_as_csv(tmp_path, monkeypatch, rows, ending):
    write_idx(tmp_path / f"train-images-idx3-ubyte{ending}", rows[:, 1:].reshape(-1, 28, 28), 2051)
    write_idx(tmp_path / f"train-labels-idx1-ubyte{ending}", rows[:, 0], 2049)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    loaded = load_mnist("train")
    assert np.array_equal(loaded.images, rows[:, 1:]) and np.array_equal(loaded.labels, rows[:, 0])


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
    with pytest.raises(FileNotFoundError) as error:
        load_mnist("test")
    assert str(error.value) == (
        f"{tmp_path}: no MNIST test set; expected mnist_test.csv, or t10k-images-idx3-ubyte and "
        "t10k-labels-idx1-ubyte, each plain or with .gz"
    )


def test_mnist_dir_with_a_broken_file_is_an_error(monkeypatch, tmp_path, rows):
    write(tmp_path / "mnist_test.csv", rows[:, :-1])
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="784 columns"):
        load_mnist("test")


def test_a_relative_mnist_dir_may_start_at_the_course(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    assert len(load_mnist("test")) == 500


def test_a_training_set_that_is_not_mnists_60_000_is_told_and_a_test_set_is_not(
    monkeypatch, capsys
):
    monkeypatch.setenv("MNIST_DIR", "data/sample")
    load_mnist("train")
    assert capsys.readouterr().out == (
        "sample holds 6,000 training images, not MNIST's 60,000: your numbers will differ from "
        "those in the text.\n"
    )
    load_mnist("test")
    monkeypatch.setattr(mnist, "FULL_SIZE", 6_000)
    load_mnist("train")
    assert capsys.readouterr().out == ""


def test_only_train_and_test_exist():
    with pytest.raises(ValueError, match="split is 'validation'; expected 'train' or 'test'"):
        load_mnist("validation")


def test_the_sample_is_what_its_script_makes(monkeypatch):
    monkeypatch.syspath_prepend(SAMPLE)
    import make_sample

    for split, made in make_sample.sample().items():
        shipped = gzip.decompress((SAMPLE / f"mnist_{split}.csv.gz").read_bytes())
        assert shipped == make_sample.as_csv(made)


OFFICIAL = Path(os.environ.get("MNIST_DIR", "")) / "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("split", "md5"),
    [("train", "5b49cf1b57fb9d6102b559d59d99df7c"), ("test", "c807df8d6d804ab2647fc15c3d40f543")],
)
@pytest.mark.skipif(not OFFICIAL.exists(), reason="needs the official IDX files in MNIST_DIR")
def test_the_official_files_become_the_well_known_csv_files(tmp_path, split, md5):
    dataset = load_mnist(split)
    write_csv(tmp_path / "mnist.csv", dataset.images.numpy(), dataset.labels.numpy())
    assert hashlib.md5((tmp_path / "mnist.csv").read_bytes()).hexdigest() == md5
    assert torch.equal(MnistDataset(tmp_path / "mnist.csv").images, load_mnist(split).images)
