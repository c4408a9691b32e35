"""Train what the site's first page asks, on full MNIST: docs/networks/*.safetensors.

python tools/make_networks.py [readers | writers]       about eleven minutes on two cores

The readers are the three networks of the pad; the writers are two generators and a discriminator. Each file holds
weights in half precision, and says how they were trained, to which layers they belong and, where that is a number, how
good they are.
"""

import argparse
import ast
import sys
from functools import partial

import torch
from cells import code_cells, parse
from cells import read as read_notebook
from course import ROOT
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from helpers import accuracy, load_mnist, outputs_of, train, train_gan
from helpers.mnist import FULL_SIZE
from helpers.recipes import Recipe

NETWORKS = ROOT / "docs/networks"
NOTEBOOK = ROOT / "notebooks/10_better_training.ipynb"
NOTEBOOK_OF_CONVOLUTION = ROOT / "notebooks/15_convolution.ipynb"
NOTEBOOK_OF_WRITERS = ROOT / "notebooks/14_what_makes_it_write.ipynb"
READERS = {
    "baseline": Recipe("mse", "sigmoid", "sgd", "none"),  # of 03_baseline_network
    "final": Recipe("bce", "leaky", "adam", "layernorm"),  # of 10_better_training
    "convolutional": NOTEBOOK_OF_CONVOLUTION.stem,
}
# As 14_what_makes_it_write trains the one that is told the digit.
WRITER = Recipe("bce", "leaky", "adam", "layernorm")
SEED_SIZE, WRITING = 100, {"batch_size": 64, "epochs": 4}
ADAM = {"lr": 0.001, "betas": (0.5, 0.999)}


def new_convolutional():
    """As 15_convolution builds it; a softmax turns its outputs into shares, which the pad can show as bars."""
    notebook = functions_of(NOTEBOOK_OF_CONVOLUTION, {"stage", "convolutional"}, {})
    return nn.Sequential(*notebook["convolutional"](0), nn.Softmax(dim=1))


# For each file, what makes its network.
NEW = {
    "baseline": READERS["baseline"].network,
    "final": READERS["final"].network,
    "convolutional": new_convolutional,
    "generator": partial(WRITER.generator, SEED_SIZE),
    "discriminator": WRITER.discriminator,
    "conditional": partial(WRITER.generator, SEED_SIZE + 10),
}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=MAKERS, help="only these")
    what = parser.parse_args(arguments).what
    train_set, test_set = load_mnist("train"), load_mnist("test")
    if len(train_set) != FULL_SIZE:
        sys.exit(
            "The networks are those of full MNIST: make data, or name its folder in MNIST_DIR."
        )
    for make in [MAKERS[what]] if what else MAKERS.values():
        make(train_set, test_set)


# The readers.


def make_readers(train_set, test_set):
    learners = {
        "baseline": learn_baseline,
        "final": learn_final,
        "convolutional": learn_convolutional,
    }
    for name, learn in learners.items():
        network = learn(train_set).half().float()
        store(name, network, READERS[name], test_accuracy=accuracy(network, test_set))


def learn_baseline(train_set):
    """As 03_baseline_network trains it."""
    recipe = READERS["baseline"]
    torch.manual_seed(0)
    network = recipe.network()
    optimizer = recipe.optimizer(network)
    train(network, train_set, loss_function=recipe.loss_function(), optimizer=optimizer, epochs=4)
    return network


def learn_final(train_set):
    """As 10_better_training trains it at the end, by its own functions."""
    settings = {"combined": READERS["final"]}
    notebook = functions_of(NOTEBOOK, {"part", "one_cycle", "wiggle", "fit"}, settings)
    size = len(train_set) // 12
    fit_set = notebook["part"](train_set, 0, len(train_set) - size)
    notebook["validation_set"] = notebook["part"](train_set, len(fit_set), len(train_set))
    network, _ = notebook["fit"](fit_set, 40, notebook["one_cycle"], notebook["wiggle"])
    return network


def learn_convolutional(train_set):
    """As 15_convolution trains it for eight epochs, by its own functions, without the softmax at the end."""
    settings = {"labels": train_set.labels, "loss_function": nn.CrossEntropyLoss()}
    notebook = functions_of(NOTEBOOK_OF_CONVOLUTION, {"unchanged", "moved", "fit"}, settings)
    network = new_convolutional()
    notebook["fit"](network[:-1], train_set.images / 255, 8, notebook["moved"])
    return network


def functions_of(path, names, settings):
    """The functions and classes of a notebook that are named, among its imports and `settings`."""
    nodes = [
        node
        for cell in code_cells(read_notebook(path))
        for node in parse(cell).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.name in names
    ]
    found = dict(settings)
    exec(compile(ast.Module(nodes, []), path.name, "exec"), found)
    return found


# The writers.


def make_writers(train_set, test_set):
    torch.manual_seed(0)
    generator, discriminator = WRITER.generator(SEED_SIZE), WRITER.discriminator()
    learn_to_write(generator, discriminator, train_set, SEED_SIZE)
    store("generator", generator, WRITER)
    store("discriminator", discriminator, WRITER)

    torch.manual_seed(0)
    notebook = functions_of(NOTEBOOK_OF_WRITERS, {"WithDigit", "seeds_for"}, {})
    told = notebook["WithDigit"](WRITER.generator(SEED_SIZE + 10))
    _, *layers = WRITER.discriminator()
    told_discriminator = nn.Sequential(nn.Linear(784 + 10, 200), *layers)
    items = [(label, torch.cat([image, target]), target) for label, image, target in train_set]
    learn_to_write(
        told, told_discriminator, items, lambda n: notebook["seeds_for"](torch.randint(10, (n,)))
    )
    conditional = told.generator.half().float()
    store("conditional", conditional, WRITER, read_as_told=read_as_told(conditional))


def learn_to_write(generator, discriminator, dataset, seeds):
    optimizers = {
        "generator_optimizer": torch.optim.Adam(generator.parameters(), **ADAM),
        "discriminator_optimizer": torch.optim.Adam(discriminator.parameters(), **ADAM),
    }
    settings = {"loss_function": WRITER.loss_function(), "seeds": seeds}
    train_gan(generator, discriminator, dataset, **settings, **optimizers, **WRITING)


def read_as_told(conditional):
    """The share of 10,000 digits that the final network reads as the generator was told to write."""
    torch.manual_seed(1)
    told = torch.arange(10_000) % 10
    seeds = torch.cat([torch.randn(10_000, SEED_SIZE), torch.eye(10)[told]], dim=1)
    final, _ = read("final")
    answers = outputs_of(final, outputs_of(conditional, seeds)).argmax(dim=1)
    return (answers == told).float().mean().item()


MAKERS = {"readers": make_readers, "writers": make_writers}


# The files.


def path_of(name):
    return NETWORKS / f"{name}.safetensors"


def store(name, network, recipe, **measured):
    """Write the weights of a network in half precision, and what is known of it."""
    weights = {part: values.half() for part, values in network.state_dict().items()}
    shares = {key: f"{share:.4f}" for key, share in measured.items()}
    layers = " ".join(type(layer).__name__ for layer in network)
    about = {"recipe": str(recipe), "layers": layers, "torch": torch.__version__}
    save_file(weights, path_of(name), metadata=about | shares)
    print(
        name, *(f"{key.replace('_', ' ')} {share:.2%}" for key, share in measured.items()), sep=": "
    )


def read(name):
    """Return the network of a file, and what the file says of it."""
    with safe_open(path_of(name), "pt") as file:
        about = file.metadata()
        weights = {part: file.get_tensor(part).float() for part in file.keys()}
    network = NEW[name]()
    network.load_state_dict(weights)
    return network, about


if __name__ == "__main__":
    main()
