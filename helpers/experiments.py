"""Train many recipes from many seeds, on all cores or on many machines: the grid.

python -m helpers.experiments --out grid.csv --recipes mse-sigmoid-sgd-none --seeds 0 1 2
python -m helpers.experiments --task writing --out grid_gan.csv

The table holds a row for each finished run; after an interruption the same command continues from there.
Dask (https://distributed.dask.org) distributes the runs: to one process per core here, or to the
workers of the scheduler that `--scheduler` names. Only one grid at a time may write to a table.
"""

import argparse
import contextlib
import csv
import logging
import platform
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from multiprocessing import resource_tracker
from pathlib import Path

import torch
from distributed import Client, LocalCluster, as_completed, get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from tqdm import tqdm

from helpers.mnist import load_mnist
from helpers.quality import train_reader
from helpers.recipes import WORDS, Recipe
from helpers.tables import write_rows
from helpers.tasks import TASKS

RECIPES = tuple(Recipe(*words) for words in product(*WORDS.values()))
PATIENCE = 20  # seconds to wait for a scheduler's answer
ELSEWHERE = "write to another table: --out FILE"


def columns(task):
    """The columns of a task's table: what identifies a run, what it gave, and where."""
    run = *WORDS, "learning_rate", *task.settings, "seed", "epochs", "images"
    return *run, *task.measures, "seconds", "worker", "versions", "error"


def main(arguments=None):
    command, description = "python -m helpers.experiments", __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(command, description=description)
    add = parser.add_argument
    add("--task", choices=TASKS, default="reading", help="default: reading; writing trains GANs")
    add("--out", type=Path, required=True, help="the table, a CSV file")
    add("--recipes", nargs="+", type=_recipe, default=RECIPES, metavar="NAME", help="default: all")
    add("--seeds", nargs="+", type=int, default=range(10), metavar="SEED", help="default: 0 to 9")
    add("--epochs", type=int, default=4, help="default: 4")
    add("--images", type=int, help="train on the first so many; default: all")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, help="processes here; default: one per core")
    where.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="use its workers")
    options = parser.parse_args(arguments)
    settings = options.recipes, options.seeds, options.epochs, options.images
    try:
        with connect(options.scheduler, options.workers) as client:
            run_grid(client, options.out, *settings, task=TASKS[options.task])
    except (ValueError, OSError) as error:
        sys.exit(f"{command}: {error}")
    except KeyboardInterrupt:
        path = options.out
        kept = f"What is finished is in {path}" if path.exists() else "No run has finished yet"
        print(f"\nStopped. {kept}; the same command goes on.")
        sys.exit(130)  # what a shell reports for a command that Ctrl-C ended


def _recipe(name):
    try:
        loss, activation, optimizer, normalization = name.split("-")
        return Recipe(loss, activation, optimizer, normalization)
    except ValueError:
        expected = "four words such as mse-sigmoid-sgd-none or bce-leaky-adam-layernorm"
        raise argparse.ArgumentTypeError(f"{name!r} is not a recipe; expected {expected}") from None


@contextlib.contextmanager
def connect(scheduler=None, workers=None):
    """Yield a `distributed.Client`, for `run_grid`; at the end it and its local workers are closed.

    scheduler  the address of a running one, "tcp://host:port"; OSError if none answers there
    workers    without a scheduler: the number of processes here, each with one thread; if None,
               one per core that this process may use
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}; expected at least 1")
    cluster = contextlib.nullcontext(scheduler)
    if scheduler is None:
        # The start cannot be interrupted halfway: leaving this block waits for it.
        with ThreadPoolExecutor(1) as thread:
            cluster = thread.submit(_start_workers, workers).result()
    with cluster as address:
        try:
            client = Client(address, timeout=PATIENCE)
        except OSError:
            cure = "start one there: dask scheduler"
            raise OSError(f"no Dask scheduler answers at {scheduler}; {cure}") from None
        with client:
            yield client


def _start_workers(count):
    """Start `count` processes that ignore Ctrl-C: it reaches every process of a terminal.

    A process inherits the signal mask of the thread that starts it.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()  # started later, it would unblock them in this thread
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    return LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # any free port; 8787 may be taken
        silence_logs=logging.ERROR,
    )


def run_grid(
    client, path, recipes=RECIPES, seeds=range(10), epochs=4, images=None, task=TASKS["reading"]
):
    """Train each of `recipes` from each of `seeds`; add a row to the table `path` as each run ends.

    client   a `distributed.Client`; its workers are sent the images once
    path     a `pathlib.Path`; runs that have a row there are not repeated
    epochs   how long each trains, in file order
    images   the number of training images, from the first; all, if None
    task     what each trains and measures: `helpers.tasks.Reading` or `Writing`

    If a worker dies, another repeats its run. A run that fails is a row with its `error`; to repeat it,
    delete the row. Raises ValueError for a file that is not such a table, or whose rows have other
    settings, and ConnectionError when the scheduler is gone.
    """
    train_set = load_mnist("train")
    if images is not None:
        train_set = first_images(train_set, images)
    settings = {"epochs": epochs, "images": len(train_set)}
    runs = _runs(task, recipes, seeds, settings)
    rows = _read(path, task)
    _refuse_other_settings(path, rows, task, recipes, settings)
    done = {_key(row, task) for row in rows}

    client.register_plugin(Images(train_set, load_mnist("test")))
    if not client.scheduler_info()["workers"]:
        print("No worker has come yet; the grid waits for one.", flush=True)
    futures = {
        client.submit(run, task, recipe, row["seed"], epochs, pure=False): row
        for key, (recipe, row) in runs.items()
        if key not in done
    }
    bar = {"total": len(runs), "initial": len(runs) - len(futures), "unit": " runs"}
    for future in tqdm(as_completed(futures), **bar, file=sys.stdout):
        rows.append(dict.fromkeys(columns(task)) | futures.pop(future) | _outcome(future))
        write_rows(path, rows)


def _runs(task, recipes, seeds, settings):
    """All runs, seed by seed: under the key of its row each recipe, and the row as far as it is known."""
    if settings["epochs"] < 1:
        raise ValueError(f"epochs is {settings['epochs']}; expected at least 1")
    runs = {}
    for seed, recipe in product(seeds, recipes):
        own = {"learning_rate": recipe.learning_rate} | task.settings | {"seed": seed}
        row = recipe.words | own | settings
        key = _key(row, task)
        if key in runs:
            raise ValueError(f"{recipe} with seed {seed} is requested twice; expected it once")
        runs[key] = recipe, row
    return runs


def _key(row, task):
    """What identifies a row: the recipe's four words, the task's settings, and the seed."""
    return (*(str(row[part]) for part in (*WORDS, *task.settings)), int(row["seed"]))


def first_images(dataset, count):
    """Keep the first `count` images of a `MnistDataset`; ValueError if it has fewer."""
    if not 10 <= count <= len(dataset):
        raise ValueError(f"images is {count}; expected 10 to {len(dataset):,}, what this set has")
    dataset.images, dataset.labels = dataset.images[:count], dataset.labels[:count]
    return dataset


class Images(WorkerPlugin):
    """What each worker is sent once: the images to train with, and those to test with."""

    name = "images"

    def __init__(self, train_set, test_set):
        self.train_set, self.test_set, self._reader = train_set, test_set, None

    @property
    def reader(self):
        """The judge of what is written: each worker trains the same one, once."""
        if self._reader is None:
            self._reader = train_reader(self.train_set)
        return self._reader


def run(task, recipe, seed, epochs):
    """Train a recipe on the worker that runs this; returns a part of its row, a dict."""
    worker = get_worker()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    results = task.run(recipe, seed, epochs, worker.plugins[Images.name])
    return results | {"worker": worker.name, "versions": versions}


def _outcome(future):
    """What a finished run adds to its row: its results, or its error in a line."""
    if future.cancelled():
        raise ConnectionError("the scheduler is gone, and the unfinished runs with it")
    error = future.exception()
    if error is None:
        return future.result()
    return {"error": " ".join(f"{type(error).__name__}: {error}".split())}


def _read(path, task):
    """Return the rows of a table, dicts of strings; none if there is no such file."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            header, rows = reader.fieldnames or [], list(reader)
    except (UnicodeDecodeError, csv.Error):
        header, rows = [], []
    if tuple(header) != columns(task):
        expected = f"the columns {','.join(columns(task))}"
        raise ValueError(f"{path} is not a grid's table; expected {expected}; {ELSEWHERE}")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values() or not row["seed"].lstrip("-").isdecimal():
            cure = f"expected {len(header)} fields and an integer seed; delete the row"
            raise ValueError(f"{path}: row {number} is damaged; {cure}")
    if len({_key(row, task) for row in rows}) < len(rows):
        raise ValueError(f"{path} has a run twice; expected each recipe and seed once; delete one")
    return rows


def _refuse_other_settings(path, rows, task, recipes, settings):
    """Rows of other settings in the same table would be compared as if they were the same.

    Only the task's own settings tell rows apart.
    """
    rates = {recipe.name: recipe.learning_rate for recipe in recipes}
    for number, row in enumerate(rows, start=2):
        if any(row[name] != str(value) for name, value in task.settings.items()):
            continue
        rate = rates.get("-".join(row[part] for part in WORDS), row["learning_rate"])
        for name, value in ({"learning_rate": rate} | settings).items():
            if row[name] != str(value):
                found = f"row {number} has {name} {row[name]}"
                raise ValueError(f"{path}: {found}, and you ask for {value}; {ELSEWHERE}")


if __name__ == "__main__":
    main()
