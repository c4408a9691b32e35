"""Choose each recipe's learning rate on validation images, then train at these rates.

make fair        networks that read digits: data/results/rates.csv and grid_fair.csv
make grid-gan    networks that write digits: data/results/rates_gan.csv and grid_gan.csv

Each recipe is trained once at each rate of RATES on the first 50,000 training images, and judged by the
other 10,000: the table of rates. At its best rate it is then trained on all of them from other seeds,
and judged by the test images: the grid. Stopped at any point, the same command goes on.
"""

import argparse
import csv
from dataclasses import dataclass
from itertools import product

import course  # noqa: F401  # its helpers come first
from distributed import as_completed
from tqdm import tqdm

from helpers.experiments import RECIPES, Images, connect, first_images, run, run_grid
from helpers.mnist import load_mnist
from helpers.recipes import WORDS, Recipe
from helpers.tables import RESULTS, write_rows
from helpers.tasks import Reading, Writing

RATES = {"sgd": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "adam": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3)}
SEED_OF_CHOICE = 100  # of none of the grids
FIRST = 50_000  # the training images of the choice; the others judge
ALL_FOUR = Recipe("bce", "leaky", "adam", "layernorm")


@dataclass(frozen=True)
class Plan:
    """A grid at chosen rates: what is trained, and by which measure a rate is the best."""

    task: object
    measure: str
    sign: int  # 1 where more is better, -1 where less is
    epochs: int
    seeds: range
    rates: str
    grid: str


READING = Plan(Reading(), "accuracy", 1, 2, range(5), "rates.csv", "grid_fair.csv")
WRITING = Plan(Writing(), "frechet", -1, 3, range(10), "rates_gan.csv", "grid_gan.csv")
# One thing changed, with all four ideas.
OTHERS = (
    Writing(seeds="1 uniform"),
    Writing(seeds="1 normal"),
    Writing(seeds="100 uniform"),
    Writing(batch_size=16),
    Writing(beta1=0.5),
    Writing(initialization="0.02"),
)
# As the book trains its GAN.
BOOK = Recipe(*ALL_FOUR.words.values(), learning_rate=1e-4), Writing(batch_size=1), 4


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("reading", "writing"))
    plan = {"reading": READING, "writing": WRITING}[parser.parse_args(arguments).task]
    with connect() as client:
        if not (RESULTS / plan.rates).exists():
            write_rows(RESULTS / plan.rates, try_rates(client, plan))
        with (RESULTS / plan.rates).open(newline="", encoding="utf-8") as file:
            recipes = best(list(csv.DictReader(file)), plan)
        grid = RESULTS / plan.grid
        run_grid(client, grid, recipes, plan.seeds, plan.epochs, task=plan.task)
        if plan is WRITING:
            (recipe,) = [recipe for recipe in recipes if recipe.words == ALL_FOUR.words]
            for task in OTHERS:
                run_grid(client, grid, [recipe], plan.seeds, plan.epochs, task=task)
            recipe, task, epochs = BOOK
            run_grid(client, grid, [recipe], plan.seeds, epochs, task=task)


def try_rates(client, plan):
    """Train each recipe once at each rate; returns a row for each, dicts.

    Where a training broke off, since its loss was no finite number, the measure is None.
    """
    validation = load_mnist("train")
    validation.images, validation.labels = validation.images[FIRST:], validation.labels[FIRST:]
    client.register_plugin(Images(first_images(load_mnist("train"), FIRST), validation))
    futures = {}
    for recipe in RECIPES:
        for rate in RATES[recipe.optimizer_word]:
            at_rate = Recipe(*recipe.words.values(), learning_rate=rate)
            arguments = plan.task, at_rate, SEED_OF_CHOICE, plan.epochs
            futures[client.submit(run, *arguments, pure=False)] = at_rate
    finished = tqdm(as_completed(futures), total=len(futures), unit=" runs")
    measured = {futures[future]: measured_by(future, plan.measure) for future in finished}
    return [
        recipe.words | {"learning_rate": recipe.learning_rate, plan.measure: measured[recipe]}
        for recipe in futures.values()
    ]


def measured_by(future, measure):
    try:
        return future.result()[measure]
    except FloatingPointError:
        return None


def best(rows, plan):
    """Keep each recipe's best rate, the smaller one of two that are equally good; returns recipes.

    `rows` are those of the table of rates, dicts of strings.
    """
    recipes = []
    for words in product(*WORDS.values()):
        tried = [
            row for row in rows if tuple(row[part] for part in WORDS) == words and row[plan.measure]
        ]
        row = max(
            tried,
            key=lambda row: (plan.sign * float(row[plan.measure]), -float(row["learning_rate"])),
        )
        recipes.append(Recipe(*words, learning_rate=float(row["learning_rate"])))
    return recipes


if __name__ == "__main__":
    main()
