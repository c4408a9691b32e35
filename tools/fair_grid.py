"""Choose each recipe's learning rate on validation images, then train at these rates: `make fair`.

Each recipe is trained once at each rate of RATES on the first 50,000 training images, and judged by the
other 10,000: data/results/rates.csv. At its best rate it is then trained on all of them from five
seeds, and tested: data/results/grid_fair.csv. Stopped at any point, the same command goes on.
"""

import csv
from dataclasses import replace
from itertools import product

from distributed import as_completed
from tqdm import tqdm

from helpers.experiments import RECIPES, Images, connect, first_images, run, run_grid
from helpers.mnist import load_mnist
from helpers.recipes import WORDS, Recipe
from helpers.tables import RESULTS, write_rows

RATES = {"sgd": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "adam": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3)}
EPOCHS = 2
SEEDS = range(5)
SEED_OF_CHOICE = 100  # none of SEEDS
FIRST = 50_000  # the training images of the choice; the others judge


def main():
    with connect() as client:
        if not (RESULTS / "rates.csv").exists():
            write_rows(RESULTS / "rates.csv", try_rates(client))
        with (RESULTS / "rates.csv").open(newline="", encoding="utf-8") as file:
            recipes = best(list(csv.DictReader(file)))
        run_grid(client, RESULTS / "grid_fair.csv", recipes, SEEDS, epochs=EPOCHS)


def try_rates(client):
    """Train each recipe once at each rate; returns a row for each, dicts.

    Where a training broke off, since its loss was no finite number, the accuracy is None.
    """
    validation = load_mnist("train")
    validation.images, validation.labels = validation.images[FIRST:], validation.labels[FIRST:]
    client.register_plugin(Images(first_images(load_mnist("train"), FIRST), validation))
    futures = {}
    for recipe in RECIPES:
        for rate in RATES[recipe.optimizer_word]:
            at_rate = replace(recipe, learning_rate=rate)
            futures[client.submit(run, at_rate, SEED_OF_CHOICE, EPOCHS, pure=False)] = at_rate
    finished = tqdm(as_completed(futures), total=len(futures), unit=" runs")
    accuracies = {futures[future]: accuracy_of(future) for future in finished}
    return [
        recipe.words | {"learning_rate": recipe.learning_rate, "accuracy": accuracies[recipe]}
        for recipe in futures.values()
    ]


def accuracy_of(future):
    try:
        return future.result()["accuracy"]
    except FloatingPointError:
        return None


def best(rows):
    """Keep each recipe's rate with the highest accuracy, the smaller one of two; returns recipes.

    `rows` are those of rates.csv, dicts of strings.
    """
    recipes = []
    for words in product(*WORDS.values()):
        tried = [
            row for row in rows if tuple(row[part] for part in WORDS) == words and row["accuracy"]
        ]
        row = max(tried, key=lambda row: (float(row["accuracy"]), -float(row["learning_rate"])))
        recipes.append(Recipe(*words, learning_rate=float(row["learning_rate"])))
    return recipes


if __name__ == "__main__":
    main()
