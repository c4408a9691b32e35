"""Train the two networks that the site's pad asks, on full MNIST: docs/networks/*.safetensors.

python tools/make_networks.py       about five minutes on two cores

Each file holds the weights in half precision, and says how they were trained and how well they read.
"""

import argparse
import ast
import sys

import torch
from cells import code_cells, parse
from cells import read as read_notebook
from course import ROOT
from safetensors import safe_open
from safetensors.torch import save_file

from helpers import accuracy, load_mnist, train
from helpers.mnist import FULL_SIZE
from helpers.recipes import Recipe

NETWORKS = ROOT / "docs/networks"
NOTEBOOK = ROOT / "notebooks/10_better_training.ipynb"
RECIPES = {
    "baseline": Recipe("mse", "sigmoid", "sgd", "none"),  # of 03_baseline_network
    "final": Recipe("bce", "leaky", "adam", "layernorm"),  # of 10_better_training
}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args(arguments)
    train_set, test_set = load_mnist("train"), load_mnist("test")
    if len(train_set) != FULL_SIZE:
        sys.exit(
            "The networks are those of full MNIST: make data, or name its folder in MNIST_DIR."
        )
    NETWORKS.mkdir(exist_ok=True)
    for name, learn in {"baseline": learn_baseline, "final": learn_final}.items():
        network = learn(train_set).half().float()
        share = accuracy(network, test_set)
        store(NETWORKS / f"{name}.safetensors", network, RECIPES[name], share)
        print(f"{name}: test accuracy {share:.2%}")


def learn_baseline(train_set):
    """As 03_baseline_network trains it."""
    recipe = RECIPES["baseline"]
    torch.manual_seed(0)
    network = recipe.network()
    optimizer = recipe.optimizer(network)
    train(network, train_set, loss_function=recipe.loss_function(), optimizer=optimizer, epochs=4)
    return network


def learn_final(train_set):
    """As 10_better_training trains it at the end, by its own functions."""
    settings = {"combined": RECIPES["final"]}
    notebook = functions_of(NOTEBOOK, {"part", "one_cycle", "wiggle", "fit"}, settings)
    size = len(train_set) // 12
    fit_set = notebook["part"](train_set, 0, len(train_set) - size)
    notebook["validation_set"] = notebook["part"](train_set, len(fit_set), len(train_set))
    network, _ = notebook["fit"](fit_set, 40, notebook["one_cycle"], notebook["wiggle"])
    return network


def functions_of(path, names, settings):
    """The functions of a notebook that are named, among its imports and `settings`."""
    nodes = [
        node
        for cell in code_cells(read_notebook(path))
        for node in parse(cell).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or isinstance(node, ast.FunctionDef)
        and node.name in names
    ]
    found = dict(settings)
    exec(compile(ast.Module(nodes, []), path.name, "exec"), found)
    return found


def store(path, network, recipe, share):
    """Write the weights of a network in half precision, and what is known of it."""
    weights = {name: values.half() for name, values in network.state_dict().items()}
    about = {"recipe": recipe.name, "test_accuracy": f"{share:.4f}", "torch": torch.__version__}
    save_file(weights, path, metadata=about)


def read(path):
    """Return the network of a file, and what the file says of it."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        weights = {name: file.get_tensor(name).float() for name in file.keys()}
    network = Recipe(*about["recipe"].split("-")).network()
    network.load_state_dict(weights)
    return network, about


if __name__ == "__main__":
    main()
