"""The networks of the site's pad: small files of plain numbers, which read as well as they say."""

import json

import pytest

pytest.importorskip("safetensors", reason="not installed: make site")
import make_networks
import torch
from make_networks import NETWORKS, NOTEBOOK, RECIPES, functions_of, read, store

from helpers import accuracy, load_mnist
from helpers.mnist import FULL_SIZE
from helpers.recipes import Recipe

FILES = sorted(NETWORKS.glob("*.safetensors"))


def stored(path):
    """The header of a file: the numbers behind it are all that is left of the format."""
    length = int.from_bytes(path.read_bytes()[:8], "little")
    return json.loads(path.read_bytes()[8 : 8 + length])


def test_there_is_a_file_for_each_network_and_no_other():
    assert sorted(path.name for path in NETWORKS.iterdir()) == [
        f"{name}.safetensors" for name in sorted(RECIPES)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_small_and_holds_half_precision_alone(path):
    assert path.stat().st_size < 400_000
    about = stored(path).pop("__metadata__")
    assert about["recipe"] == RECIPES[path.stem].name
    numbers = [part for name, part in stored(path).items() if name != "__metadata__"]
    assert {part["dtype"] for part in numbers} == {"F16"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_network_reads_as_well_as_its_file_says(path):
    if len(load_mnist("train")) != FULL_SIZE:
        pytest.skip("the accuracy is that on full MNIST, which is not at hand")
    network, about = read(path)
    assert accuracy(network, load_mnist("test")) == pytest.approx(
        float(about["test_accuracy"]), abs=2e-4
    )


def test_the_final_network_errs_on_one_digit_in_a_hundred_and_the_baseline_on_twelve():
    """So says the landing page."""
    errors = {path.stem: 100 * (1 - float(read(path)[1]["test_accuracy"])) for path in FILES}
    assert {name: round(share) for name, share in errors.items()} == {"baseline": 12, "final": 1}


def test_what_is_stored_is_read_again(tmp_path):
    recipe = Recipe("bce", "leaky", "adam", "layernorm")
    network = recipe.network().half().float()
    store(tmp_path / "some.safetensors", network, recipe, 0.5)
    again, about = read(tmp_path / "some.safetensors")
    for name, values in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], values), name
    assert about["test_accuracy"] == "0.5000"


def test_the_functions_are_those_of_the_notebook():
    found = functions_of(NOTEBOOK, {"part", "wiggle"}, {})
    cut = found["part"](load_mnist("test"), 2, 7)
    assert len(cut) == 5 and "fit" not in found
    torch.manual_seed(0)
    assert found["wiggle"](cut.images / 255).shape == (5, 784)


def test_without_full_mnist_nothing_is_trained(monkeypatch, tmp_path):
    monkeypatch.setattr(make_networks, "FULL_SIZE", -1)
    monkeypatch.setattr(make_networks, "NETWORKS", tmp_path)
    with pytest.raises(SystemExit, match="those of full MNIST"):
        make_networks.main([])
    assert not list(tmp_path.iterdir())
