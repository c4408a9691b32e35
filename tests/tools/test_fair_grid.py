"""The fair grid: validation images alone choose each recipe's learning rate."""

from dataclasses import replace

import fair_grid
import pytest
import torch
from fair_grid import RATES, READING, WRITING, best, try_rates

from helpers import accuracy, load_mnist, train
from helpers.environment import ROOT
from helpers.recipes import RATES as RATES_OF_THE_NOTEBOOKS
from helpers.recipes import Recipe

pytest_plugins = "grid"

BASELINE = {"loss": "mse", "activation": "sigmoid", "optimizer": "sgd", "normalization": "none"}


def rows(measure, *pairs):
    """Fifteen recipes were tried at rate 1, and the baseline at these rates."""
    others = [recipe.words for recipe in fair_grid.RECIPES if recipe.words != BASELINE]
    others = [words | {"learning_rate": "1.0", measure: "1"} for words in others]
    return others + [BASELINE | {"learning_rate": rate, measure: value} for rate, value in pairs]


@pytest.mark.parametrize(
    ("pairs", "kept"),
    [
        ([("0.1", "0.95"), ("0.3", "0.97"), ("3.0", "0.9")], 0.3),
        ([("0.3", "0.97"), ("0.1", "0.97")], 0.1),  # of two equal rates the smaller one
        ([("0.1", "0.95"), ("3.0", "")], 0.1),  # at 3.0 the training broke off
    ],
)
def test_the_rate_with_the_highest_accuracy_is_kept(pairs, kept):
    recipes = best(rows("accuracy", *pairs), READING)
    assert len(recipes) == 16
    assert [recipe.learning_rate for recipe in recipes if recipe.words == BASELINE] == [kept]


def test_the_rate_with_the_least_distance_is_kept():
    recipes = best(rows("frechet", ("0.1", "250"), ("0.3", "90.5"), ("1.0", "")), WRITING)
    assert [recipe.learning_rate for recipe in recipes if recipe.words == BASELINE] == [0.3]


def test_the_rates_of_the_notebooks_are_among_those_tried():
    assert all(rate in RATES[kind] for kind, rate in RATES_OF_THE_NOTEBOOKS.items())


def test_a_training_that_breaks_off_is_a_row_without_accuracy(monkeypatch, client):
    monkeypatch.setenv("MNIST_DIR", str(ROOT / "data/sample"))
    monkeypatch.setattr(fair_grid, "RATES", {"sgd": (1e30,)})
    monkeypatch.setattr(fair_grid, "RECIPES", [Recipe("mse", "leaky", "sgd", "none")])
    monkeypatch.setattr(fair_grid, "FIRST", 300)
    (row,) = try_rates(client, READING)
    assert row["accuracy"] is None and row["learning_rate"] == 1e30


def test_a_rate_is_judged_by_training_images_that_it_was_not_trained_on(monkeypatch, client):
    monkeypatch.setenv("MNIST_DIR", str(ROOT / "data/sample"))
    monkeypatch.setattr(fair_grid, "FIRST", 300)
    monkeypatch.setattr(fair_grid, "RATES", {"sgd": (0.1, 1.0)})
    monkeypatch.setattr(fair_grid, "RECIPES", [Recipe(*BASELINE.values())])
    tried = try_rates(client, replace(READING, epochs=1))

    train_set, others = load_mnist("train"), load_mnist("train")
    others.images, others.labels = others.images[300:], others.labels[300:]
    for row, rate in zip(tried, (0.1, 1.0), strict=True):
        torch.manual_seed(fair_grid.SEED_OF_CHOICE)
        network = Recipe(*BASELINE.values()).network()
        optimizer = torch.optim.SGD(network.parameters(), lr=rate)
        items = torch.utils.data.Subset(train_set, range(300))
        train(network, items, loss_function=torch.nn.MSELoss(), optimizer=optimizer, epochs=1,
              progress=False)  # fmt: skip
        expected = {"learning_rate": rate, "accuracy": accuracy(network, others)}
        assert row == BASELINE | expected
