"""The exercises of 06_activation_function."""

import functools

import torch
from torch import nn
from torch.utils.data import Subset

from helpers.environment import ROOT
from helpers.exercises.core import Exercise, Mistake, Outcome, random_tensor
from helpers.mnist import MnistDataset
from helpers.training import accuracy, train

SAMPLE = ROOT / "data" / "sample"

# 06.1


def slope_of_tanh(o):
    return 1 - o**2


def slope_by_autograd(o):
    x = torch.atanh(o).requires_grad_()
    torch.tanh(x).sum().backward()
    return x.grad


# 06.2


def bias_that_kills(weights, images):
    return -(images @ weights).max().item()


def largest_bias_without_life(weights, images):
    """Narrow down the bias from which on ReLU lets something through for one of the images."""
    low, high = -1e3, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        alive = torch.relu(images.double() @ weights.double() + middle).any()
        low, high = (low, middle) if alive else (middle, high)
    return low


# 06.3

rate_for_sigmoids = 1.0
REACHED = "the two sigmoids come within five points of LeakyReLU"


def compare_with_leaky_relu(rate):
    if rate <= 0:
        return Outcome("a rate of 0 or less never goes downhill")
    if leaky_relus_accuracy() - sigmoids_accuracy(round(float(rate), 6)) <= 0.05:
        return REACHED
    if rate < 1:
        return Outcome(
            "the two sigmoids are more than five points behind LeakyReLU, with short steps"
        )
    return Outcome("the two sigmoids are more than five points behind LeakyReLU, with long steps")


@functools.cache
def leaky_relus_accuracy():
    return train_on_sample(lambda: nn.LeakyReLU(0.02), 0.01)


@functools.cache
def sigmoids_accuracy(rate):
    return train_on_sample(nn.Sigmoid, rate)


def train_on_sample(make_activation, rate):
    """Train the baseline's layers with an activation on 2,000 images; returns the test accuracy."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(784, 200), make_activation(), nn.Linear(200, 10), make_activation()
    )
    settings = {
        "loss_function": nn.MSELoss(),
        "optimizer": torch.optim.SGD(network.parameters(), lr=rate),
        "epochs": 4,
        "progress": False,
    }
    train(network, Subset(MnistDataset(SAMPLE / "mnist_train.csv.gz"), range(2000)), **settings)
    return accuracy(network, MnistDataset(SAMPLE / "mnist_test.csv.gz"))


EXERCISES = {
    "06.1": Exercise(
        task="Write slope_of_tanh(o): the slope of tanh, from its output o alone (a tensor), as the sigmoid's "
        "is o * (1 - o).",
        solution=slope_of_tanh,
        expected=slope_by_autograd,
        inputs=lambda: [(torch.linspace(-0.95, 0.95, 7),), (torch.tensor([0.0, 0.5]),)],
        why="At 0 tanh is four times as steep as the sigmoid, and it saturates at -1 and 1 all the same: where "
        "the output is near its end, the slope is near 0.",
        known={
            "took the sigmoid's slope": Mistake(
                lambda o: o * (1 - o),
                "tanh runs from -1 to 1, so its slope is 0 at both, and 1 at o = 0.",
            ),
            "took tanh once more": Mistake(
                lambda o: 1 - torch.tanh(o) ** 2,
                "1 - tanh(x) ** 2 is right for the input x. The output is tanh(x) already.",
            ),
            "forgot the square": Mistake(
                lambda o: 1 - o, "the slope is the same at o and at -o, since tanh is symmetric."
            ),
        },
        hints=(
            "The slope is 0 where tanh ends: at the outputs -1 and 1.",
            "It is 1 at the output 0.",
            "Try it: autograd gives the slope, compare it with your formula.",
        ),
    ),
    "06.2": Exercise(
        task="Write bias_that_kills(weights, images): the largest bias with which a ReLU unit with these "
        "weights (784,) gives 0 for every one of the images (n, 784).",
        solution=bias_that_kills,
        expected=largest_bias_without_life,
        inputs=lambda: [
            (random_tensor(784) / 28, random_tensor(20, 784, seed=1).sigmoid()),
            (-random_tensor(784, seed=3) / 28, random_tensor(5, 784, seed=4).sigmoid()),
            (-random_tensor(784, seed=5).sigmoid() / 28, random_tensor(9, 784, seed=6).sigmoid()),
        ],
        why="Below this bias every input of the ReLU is negative, its slope is 0 for every image, and no "
        "gradient ever reaches the unit: it stays dead. LeakyReLU's small slope is its way back.",
        known={
            "made it dead for one image alone": Mistake(
                lambda weights, images: -(images @ weights).min().item(),
                "the image with the largest sum must stay below 0 too: take the maximum.",
            ),
            "made it dead on average": Mistake(
                lambda weights, images: -(images @ weights).mean().item(),
                "about half of the images still get through. Take the maximum, not the mean.",
            ),
            "went further than needed": Mistake(
                lambda weights, images: -(images.abs() @ weights.abs()).max().item(),
                "the unit is dead, but not by the largest such bias: a larger one kills it, too.",
            ),
            "turned the sign": Mistake(
                lambda weights, images: (images @ weights).max().item(),
                "the bias is added: it must take away what the sum brings.",
            ),
        },
        hints=(
            "A unit gives relu(images @ weights + bias).",
            "Which of the images is the last to fall silent when the bias sinks?",
        ),
    ),
    "06.3": Exercise(
        task="On 2,000 images of the course's small sample LeakyReLU, trained with rate 0.01, is far ahead of two sigmoids with "
        "the same rate. Find a rate with which the sigmoids come within five points of it. (A try takes "
        "a few seconds.)",
        solution=rate_for_sigmoids,
        use=compare_with_leaky_relu,
        expected=lambda: REACHED,
        why="With a longer step the sigmoids catch up: at the small rate they were slow, not unable. Compare "
        "two activations only when each has a rate that suits it.",
        known={
            "stepped too little": Mistake(
                0.02,
                "the two sigmoids are far behind: their slopes, at most 1/4, shorten every step. Think in "
                "factors of ten.",
            ),
            "stepped too far": Mistake(
                1000.0,
                "the two sigmoids are far behind. With such steps the sigmoids are driven to their flat ends.",
            ),
        },
        hints=(
            "Try 0.01, 0.1, 1, 10.",
            "Between 0.5 and 2 there is a broad range that works.",
        ),
    ),
}
