"""A recipe's four words make the network, the loss and the optimizer that they name."""

import pickle
from dataclasses import FrozenInstanceError
from itertools import product

import pytest
import torch
from torch import nn

from helpers.recipes import Recipe

BASELINE = ("mse", "sigmoid", "sgd", "none")
ALL = list(product(("mse", "bce"), ("sigmoid", "leaky"), ("sgd", "adam"), ("none", "layernorm")))

# What stands behind the hidden layer and at the end, in the models of notebooks 05 to 09.
LEAKY, NORM = nn.LeakyReLU(0.02), nn.LayerNorm(200)
MODELS = {
    "baseline": (BASELINE, [nn.Sigmoid()], nn.Sigmoid()),
    "another loss": (("bce", "sigmoid", "sgd", "none"), [nn.Sigmoid()], nn.Sigmoid()),
    "another activation": (("mse", "leaky", "sgd", "none"), [LEAKY], LEAKY),
    "another optimizer": (("mse", "sigmoid", "adam", "none"), [nn.Sigmoid()], nn.Sigmoid()),
    "normalized": (("mse", "sigmoid", "sgd", "layernorm"), [nn.Sigmoid(), NORM], nn.Sigmoid()),
    "leaky, normalized": (("mse", "leaky", "sgd", "layernorm"), [LEAKY, NORM], LEAKY),
    "combined": (("bce", "leaky", "adam", "layernorm"), [LEAKY, NORM], nn.Sigmoid()),
}


@pytest.mark.parametrize("model", MODELS)
def test_a_network_has_the_layers_that_the_notebooks_describe(model):
    words, hidden, at_the_end = MODELS[model]
    expected = nn.Sequential(nn.Linear(784, 200), *hidden, nn.Linear(200, 10), at_the_end)
    assert str(Recipe(*words).network()) == str(expected)


@pytest.mark.parametrize("words", ALL)
def test_a_network_computes_what_its_words_say(words):
    """Written out with tensors alone."""
    torch.manual_seed(0)
    network, images = Recipe(*words).network(), torch.rand(5, 784)
    with torch.no_grad():
        h = images @ network[0].weight.T + network[0].bias
        h = 1 / (1 + torch.exp(-h)) if words[1] == "sigmoid" else torch.where(h > 0, h, 0.02 * h)
        if words[3] == "layernorm":
            variance = h.var(dim=1, correction=0, keepdim=True)
            h = (h - h.mean(dim=1, keepdim=True)) / torch.sqrt(variance + 1e-5)
        o = h @ network[-2].weight.T + network[-2].bias
        sigmoid_at_the_end = "bce" in words or "sigmoid" in words
        o = 1 / (1 + torch.exp(-o)) if sigmoid_at_the_end else torch.where(o > 0, o, 0.02 * o)
        torch.testing.assert_close(network(images), o)


@pytest.mark.parametrize("words", ALL)
def test_the_loss_function_is_the_mean_over_the_ten_outputs(words):
    o, t = torch.linspace(0.05, 0.95, 10), torch.eye(10)[3]
    squares = (o - t) ** 2
    entropies = -(t * torch.log(o) + (1 - t) * torch.log(1 - o))
    expected = squares.mean() if words[0] == "mse" else entropies.mean()
    torch.testing.assert_close(Recipe(*words).loss_function()(o, t), expected)


@pytest.mark.parametrize("words", ALL)
def test_the_optimizer_is_plain(words):
    recipe = Recipe(*words)
    network = recipe.network()
    optimizer = recipe.optimizer(network)
    if words[2] == "sgd":
        plain = torch.optim.SGD(network.parameters(), lr=0.01)
    else:
        plain = torch.optim.Adam(network.parameters())
    assert type(optimizer) is type(plain)
    assert optimizer.state_dict() == plain.state_dict()
    assert optimizer.param_groups[0]["params"] == list(network.parameters())


def test_the_words_can_be_given_by_name():
    named = {
        "loss": "bce",
        "activation": "leaky",
        "optimizer": "adam",
        "normalization": "layernorm",
    }
    assert Recipe(**named) == Recipe(*named.values())
    assert list(Recipe(**named).words.items()) == list(named.items())


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_another_learning_rate_is_the_optimizers_and_makes_another_recipe(optimizer):
    recipe = Recipe("mse", "leaky", optimizer, "none", learning_rate=0.3)
    network = recipe.network()
    assert recipe.optimizer(network).param_groups[0]["lr"] == recipe.learning_rate == 0.3
    assert recipe != Recipe(*recipe.words.values()) and eval(repr(recipe)) == recipe
    assert recipe.name == f"mse-leaky-{optimizer}-none"


def test_the_same_seed_gives_the_same_first_weights_whatever_the_recipe():
    first = []
    for words in ALL:
        torch.manual_seed(0)
        network = Recipe(*words).network()
        first.append(torch.cat([network[0].weight.flatten(), network[-2].weight.flatten()]))
    assert all(torch.equal(weights, first[0]) for weights in first)


def test_each_network_is_a_new_one():
    recipe = Recipe("bce", "leaky", "adam", "layernorm")
    one, other = recipe.network(), recipe.network()
    assert not {id(module) for module in one.modules()} & {id(module) for module in other.modules()}


@pytest.mark.parametrize("words", ALL)
def test_the_name_is_the_four_words_and_makes_the_recipe_again(words):
    recipe = Recipe(*words)
    assert recipe.name == str(recipe) == "-".join(words)
    assert Recipe(*recipe.name.split("-")) == recipe
    assert eval(repr(recipe)) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_a_recipe_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Recipe(*BASELINE).loss = "bce"


@pytest.mark.parametrize(
    ("place", "word", "message"),
    [
        (0, "MSE", "loss is 'MSE'; expected 'mse' or 'bce'"),
        (1, "relu", "activation is 'relu'; expected 'sigmoid' or 'leaky'"),
        (2, None, "optimizer is None; expected 'sgd' or 'adam'"),
        (3, ["none"], "normalization is ['none']; expected 'none' or 'layernorm'"),
    ],
)
def test_a_wrong_word_is_named(place, word, message):
    words = list(BASELINE)
    words[place] = word
    with pytest.raises(ValueError) as error:
        Recipe(*words)
    assert str(error.value) == message
