"""The networks of the site's first page: small files of plain numbers, as good as they say."""

import json

import pytest

pytest.importorskip("safetensors", reason="not installed: make site")
import make_networks
import torch
from make_networks import NETWORKS, NEW, NOTEBOOK, READERS, functions_of, path_of, read
from torch.utils.data import Subset

from helpers import accuracy, load_mnist, outputs_of
from helpers.mnist import FULL_SIZE


@pytest.fixture
def test_set():
    """MNIST's test images."""
    if len(load_mnist("train")) != FULL_SIZE:
        pytest.skip("full MNIST is not at hand")
    return load_mnist("test")


def stored(path):
    """The header of a file: the numbers behind it are all that is left of the format."""
    length = int.from_bytes(path.read_bytes()[:8], "little")
    return json.loads(path.read_bytes()[8 : 8 + length])


def test_there_is_a_file_for_each_network_and_no_other():
    assert set(NETWORKS.iterdir()) == {path_of(name) for name in NEW}


@pytest.mark.parametrize("path", sorted(NETWORKS.iterdir()), ids=lambda path: path.stem)
def test_a_file_is_small_and_holds_half_precision_alone(path):
    assert path.stat().st_size <= 400_000
    numbers = [part for name, part in stored(path).items() if name != "__metadata__"]
    assert {part["dtype"] for part in numbers} == {"F16"}


@pytest.mark.parametrize("name", READERS)
def test_a_network_reads_as_well_as_its_file_says(name, test_set):
    network, about = read(name)
    assert accuracy(network, test_set) == pytest.approx(float(about["test_accuracy"]), abs=2e-4)


def test_of_200_digits_the_baseline_misreads_24_the_final_network_2_the_convolutional_one_1():
    """So says the landing page."""
    errors = {name: 200 * (1 - float(read(name)[1]["test_accuracy"])) for name in READERS}
    expected = {"baseline": 24, "final": 2, "convolutional": 1}
    assert {name: round(count) for name, count in errors.items()} == expected


def test_the_convolutional_network_learns_from_any_images_and_answers_in_shares():
    part = functions_of(NOTEBOOK, {"part"}, {})["part"]
    few = part(load_mnist("test"), 0, 500)
    network = make_networks.learn_convolutional(few)
    assert accuracy(network, few) > 0.5
    torch.testing.assert_close(outputs_of(network, few.images / 255).sum(dim=1), torch.ones(500))


def test_what_is_told_is_read_as_often_as_the_file_says():
    conditional, about = read("conditional")
    told = make_networks.read_as_told(conditional)
    assert told == pytest.approx(float(about["read_as_told"]), abs=2e-4)


def test_the_writers_are_made_of_any_images(tmp_path, monkeypatch):
    """A few, here: each part fits the next."""
    monkeypatch.setattr(make_networks, "NETWORKS", tmp_path)
    monkeypatch.setattr(make_networks, "WRITING", {"batch_size": 8, "epochs": 1, "progress": False})
    monkeypatch.setattr(make_networks, "read_as_told", lambda conditional: 0.5)
    few = load_mnist("test")
    make_networks.make_writers(Subset(few, range(24)), few)
    assert {path.stem for path in tmp_path.iterdir()} == {*NEW} - {*READERS}
    assert read("conditional")[0](torch.zeros(3, 110)).shape == (3, 784)


def test_the_functions_are_those_of_the_notebook():
    found = functions_of(NOTEBOOK, {"part", "wiggle"}, {})
    cut = found["part"](load_mnist("test"), 2, 7)
    assert len(cut) == 5 and "fit" not in found
    torch.manual_seed(0)
    assert found["wiggle"](cut.images / 255).shape == (5, 784)
