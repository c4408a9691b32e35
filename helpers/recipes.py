"""The networks of notebooks 05 to 08, and all that mix them: a `Recipe` is four words."""

from dataclasses import astuple, dataclass, fields

import torch
from torch import nn

WORDS = {
    "loss": ("mse", "bce"),
    "activation": ("sigmoid", "leaky"),
    "optimizer": ("sgd", "adam"),
    "normalization": ("none", "layernorm"),
}
RATES = {"sgd": 0.01, "adam": 0.001}  # Adam's is PyTorch's default


@dataclass(frozen=True, init=False, repr=False)
class Recipe:
    """One of the sixteen ways to train the 784-200-10 network; ValueError for a word not in `WORDS`."""

    loss: str
    activation: str  # after the hidden layer and at the end; with "bce", a sigmoid at the end
    optimizer_word: str  # `optimizer` makes the optimizer
    normalization: str  # after the hidden activation
    learning_rate: float

    def __init__(self, loss, activation, optimizer, normalization, learning_rate=None):
        """Without a learning rate, it is that of `RATES`."""
        words = (loss, activation, optimizer, normalization)
        for (part, known), word in zip(WORDS.items(), words, strict=True):
            if word not in known:
                expected = " or ".join(map(repr, known))
                raise ValueError(f"{part} is {word!r}; expected {expected}")
        rate = RATES[optimizer] if learning_rate is None else learning_rate
        for field, value in zip(fields(self), (*words, rate), strict=True):
            object.__setattr__(self, field.name, value)

    def __str__(self):
        return "-".join(self.words.values())

    name = property(__str__)

    def __repr__(self):
        words = ", ".join(map(repr, self.words.values()))
        return f"Recipe({words}, learning_rate={self.learning_rate})"

    @property
    def words(self) -> dict:
        return dict(zip(WORDS, astuple(self)[:4], strict=True))

    def network(self) -> nn.Sequential:
        """Make a new network, images (n, 784) to outputs (n, 10); its weights are random."""
        layers = [nn.Linear(784, 200), self._activation()]
        if self.words["normalization"] == "layernorm":
            layers.append(nn.LayerNorm(200))
        at_the_end = nn.Sigmoid() if self.words["loss"] == "bce" else self._activation()
        return nn.Sequential(*layers, nn.Linear(200, 10), at_the_end)

    def generator(self, seed_size=100) -> nn.Sequential:
        """Make a network that turns seeds (n, seed_size) into images (n, 784) in 0..1."""
        _, *hidden, _, _ = self.network()
        return nn.Sequential(nn.Linear(seed_size, 200), *hidden, nn.Linear(200, 784), nn.Sigmoid())

    def discriminator(self) -> nn.Sequential:
        """Make a network from images (n, 784) to one output each, (n, 1): is the image a real one?"""
        *hidden, _, at_the_end = self.network()
        return nn.Sequential(*hidden, nn.Linear(200, 1), at_the_end)

    def _activation(self):
        return nn.Sigmoid() if self.words["activation"] == "sigmoid" else nn.LeakyReLU(0.02)

    def loss_function(self) -> nn.Module:
        return nn.MSELoss() if self.words["loss"] == "mse" else nn.BCELoss()

    def optimizer(self, network) -> torch.optim.Optimizer:
        """Make the optimizer of `network`, as PyTorch sets it but for the learning rate."""
        kind = torch.optim.SGD if self.words["optimizer"] == "sgd" else torch.optim.Adam
        return kind(network.parameters(), lr=self.learning_rate)
