"""The networks of notebooks 05 to 08, and all that mix them: a `Recipe` is four words."""

import torch
from torch import nn

WORDS = {
    "loss": ("mse", "bce"),
    "activation": ("sigmoid", "leaky"),
    "optimizer": ("sgd", "adam"),
    "normalization": ("none", "layernorm"),
}
RATES = {"sgd": 0.01, "adam": 0.001}  # Adam's is PyTorch's default


class Recipe:
    """One of the sixteen ways to train the 784-200-10 network; the baseline is the first word of each.

    >>> recipe = Recipe("bce", "leaky", "adam", "layernorm")
    >>> recipe.name
    'bce-leaky-adam-layernorm'

    loss           "mse" or "bce"
    activation     "sigmoid" or "leaky", behind the hidden layer and at the end; with "bce", which
                   needs outputs in 0..1, a sigmoid stands at the end in any case
    optimizer      "sgd" or "adam"
    normalization  "none" or "layernorm", behind the hidden activation
    learning_rate  the optimizer's; if it is left out, 0.01 for "sgd" and 0.001 for "adam"

    Any other word is a ValueError. `words` maps these four names to the words, in this order.
    """

    def __init__(self, loss, activation, optimizer, normalization, learning_rate=None):
        self.words = {
            "loss": loss,
            "activation": activation,
            "optimizer": optimizer,
            "normalization": normalization,
        }
        for part, word in self.words.items():
            if word not in WORDS[part]:
                expected = " or ".join(map(repr, WORDS[part]))
                raise ValueError(f"{part} is {word!r}; expected {expected}")
        self.learning_rate = RATES[optimizer] if learning_rate is None else learning_rate

    @property
    def name(self) -> str:
        return "-".join(self.words.values())

    def network(self) -> nn.Sequential:
        """Make a new network, images (n, 784) to outputs (n, 10); its weights are random."""
        layers = [nn.Linear(784, 200), self._activation()]
        if self.words["normalization"] == "layernorm":
            layers.append(nn.LayerNorm(200))
        at_the_end = nn.Sigmoid() if self.words["loss"] == "bce" else self._activation()
        return nn.Sequential(*layers, nn.Linear(200, 10), at_the_end)

    def _activation(self):
        return nn.Sigmoid() if self.words["activation"] == "sigmoid" else nn.LeakyReLU(0.02)

    def loss_function(self) -> nn.Module:
        return nn.MSELoss() if self.words["loss"] == "mse" else nn.BCELoss()

    def optimizer(self, network) -> torch.optim.Optimizer:
        """Make the optimizer of `network`, as PyTorch sets it but for the learning rate."""
        kind = torch.optim.SGD if self.words["optimizer"] == "sgd" else torch.optim.Adam
        return kind(network.parameters(), lr=self.learning_rate)

    def __str__(self):
        return self.name

    def __repr__(self):
        words = ", ".join(map(repr, self.words.values()))
        return f"Recipe({words}, learning_rate={self.learning_rate})"

    def __eq__(self, other):
        return isinstance(other, Recipe) and repr(self) == repr(other)

    def __hash__(self):
        return hash(repr(self))
