"""What a run of the grid of GANs trains and measures; tests/test_experiments.py has the other task."""

import csv

import pytest
import torch
from torch import nn

from helpers import load_mnist, train_gan
from helpers.environment import ROOT
from helpers.experiments import Images, first_images, main, run_grid
from helpers.quality import digit_counts, features_of, frechet_distance, train_reader
from helpers.recipes import Recipe
from helpers.tasks import SEED_OF_JUDGEMENT, Writing

pytest_plugins = "grid"

ALL_FOUR = Recipe("bce", "leaky", "adam", "layernorm", learning_rate=0.002)
BASELINE = Recipe("mse", "sigmoid", "sgd", "none")


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(ROOT / "data/sample"))


@pytest.fixture(scope="module")
def images():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_DIR", str(ROOT / "data/sample"))
        return Images(first_images(load_mnist("train"), 700), load_mnist("test"))


def read(table):
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_row_is_what_the_same_training_by_hand_gives(client, tmp_path, images):
    run_grid(client, tmp_path / "gan.csv", [ALL_FOUR], [3], 2, 700, task=Writing(batch_size=10))
    (row,) = read(tmp_path / "gan.csv")

    reader, test_images = train_reader(images.train_set), images.test_set.images / 255
    torch.manual_seed(3)
    generator, discriminator = ALL_FOUR.generator(), ALL_FOUR.discriminator()
    history = train_gan(
        generator,
        discriminator,
        images.train_set,
        loss_function=nn.BCELoss(),
        generator_optimizer=torch.optim.Adam(generator.parameters(), lr=0.002),
        discriminator_optimizer=torch.optim.Adam(discriminator.parameters(), lr=0.002),
        batch_size=10,
        epochs=2,
        progress=False,
    )
    seeds = torch.randn(500, 100, generator=torch.Generator().manual_seed(SEED_OF_JUDGEMENT))
    with torch.no_grad():
        made = generator(seeds)
    distance = frechet_distance(features_of(reader, test_images), features_of(reader, made))
    assert float(row["frechet"]) == pytest.approx(distance, rel=1e-3)
    assert row["frechets"].split()[-1] == row["frechet"] and len(row["frechets"].split()) == 2
    counts = torch.tensor([int(count) for count in row["counts"].split()])
    assert (counts - digit_counts(reader, made)).abs().max() <= 1  # rounding, at most
    second_epoch = history.generator_losses[7:]
    assert float(row["generator_loss"]) == pytest.approx(sum(second_epoch) / 7, rel=1e-3)
    settings = {"seeds": "100 normal", "batch_size": "10", "beta1": "0.9", "seed": "3"}
    assert (ALL_FOUR.words | settings).items() <= row.items() and row["error"] == ""


def test_rows_that_differ_in_a_setting_stand_in_one_table(client, tmp_path):
    table = tmp_path / "gan.csv"
    for beta1, rate in ((0.9, 0.002), (0.5, 0.001)):
        recipe = Recipe(*ALL_FOUR.words.values(), learning_rate=rate)
        run_grid(client, table, [recipe], [0], 1, 700, task=Writing(beta1=beta1))
    assert [row["beta1"] for row in read(table)] == ["0.9", "0.5"]
    with pytest.raises(ValueError, match="row 3 has learning_rate 0.001, and you ask for 0.002"):
        run_grid(client, table, [ALL_FOUR], [1], 1, 700, task=Writing(beta1=0.5))


def test_too_few_images_for_ten_steps_are_an_error_in_the_row(client, tmp_path):
    run_grid(client, tmp_path / "gan.csv", [ALL_FOUR], [0], 1, 600, task=Writing())
    (row,) = read(tmp_path / "gan.csv")
    assert row["error"] == "ValueError: images is 600; expected ten batches of 64 or more"


def test_the_command_takes_the_task(tmp_path, capsys):
    command = ["--recipes", "mse-sigmoid-sgd-none", "--seeds", "0", "--epochs", "1"]
    main([*command, "--task", "writing", "--images", "640", "--out", str(tmp_path / "gan.csv")])
    (row,) = read(tmp_path / "gan.csv")
    assert row["learning_rate"] == "0.01" and float(row["spread"]) < 0.05


# What is not in the recipe.


@pytest.mark.parametrize(
    ("law", "width", "lowest"), [("100 normal", 100, -5), ("1 uniform", 1, 0), ("7 normal", 7, -5)]
)
def test_seeds_follow_their_law(law, width, lowest):
    seeds = Writing(seeds=law).draw(10_000)
    mean, deviation = (0, 1) if "normal" in law else (0.5, 12**-0.5)
    assert seeds.shape == (10_000, width) and seeds.min() >= lowest
    assert seeds.mean().item() == pytest.approx(mean, abs=0.05)
    assert seeds.std().item() == pytest.approx(deviation, abs=0.05)
    generator, _, _ = Writing(seeds=law).pair(BASELINE)
    assert generator(seeds[:2]).shape == (2, 784)


def test_initialization_and_beta1_are_set():
    torch.manual_seed(0)
    generator, discriminator, settings = Writing(initialization="0.02", beta1=0.5).pair(ALL_FOUR)
    for layer in (generator[0], generator[-2], discriminator[0]):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05) and not layer.bias.any()
    for name, network in {"generator": generator, "discriminator": discriminator}.items():
        (group,) = settings[f"{name}_optimizer"].param_groups
        assert group["betas"] == (0.5, 0.999) and group["lr"] == 0.002
        assert [id(one) for one in group["params"]] == [id(one) for one in network.parameters()]
