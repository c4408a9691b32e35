"""The exercises of 06_activation_function."""

import functools
import math

import torch
from torch import nn
from torch.utils.data import Subset

from helpers.environment import ROOT
from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    numbers_and_reason,
    reason_does_not_fit,
)
from helpers.exercises.language import _
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


def fault_of_a_slope(answer):
    """Try the answer where the slope of tanh is known."""

    def at(o):
        return answer(torch.tensor([o])).item()

    if answer(torch.zeros(3)).shape != (3,):
        return _(
            "Each output has a slope of its own: return as many as there are in o, without a mean or a sum."
        )
    o = torch.tensor([-0.5, 0.1, 0.8])
    ratios = answer(o) / slope_by_autograd(o)
    if torch.allclose(ratios, ratios[0], rtol=1e-3):
        return _(
            "All slopes are {factor:.3g} times what they should be. tanh(z) is 2 sigmoid(2z) - 1: one factor 2 "
            "stands outside, and by the chain rule the one inside counts too.",
            factor=ratios[0],
        )
    if abs(at(0.6) - at(-0.6)) > 1e-3:
        return _(
            "tanh is symmetric, so its slope is the same at o and -o. Yours is {above:.3g} at 0.6 and {below:.3g} at -0.6.",
            above=at(0.6),
            below=at(-0.6),
        )
    if abs(at(1.0)) > 1e-3:
        return _(
            "Where the output is at its end, 1, tanh is flat: the slope is 0. Yours is {slope:.3g}.",
            slope=at(1.0),
        )
    if abs(at(0.0) - 1) > 1e-3:
        return _(
            "At the output 0 tanh is steepest, with slope 1. Yours is {slope:.3g}.", slope=at(0.0)
        )
    return _(
        "At 0 and at the ends your slope is right. Halfway, at 0.5, yours is {slope:.3g}; autograd gives {right:.3g}.",
        slope=at(0.5),
        right=slope_by_autograd(torch.tensor(0.5)),
    )


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


def as_one_bias(answer, weights, images):
    bias = answer(weights, images)
    if isinstance(bias, torch.Tensor) and bias.dim():
        count = bias.numel()
        raise Failure(
            _(
                "Your function gives {count} numbers; a unit has one bias for all images.",
                count=count,
            )
        )
    return bias


def fault_of_a_bias(answer):
    """Say for the first of the inputs what the unit does with this bias."""
    for weights, images in kill_inputs():
        bias = float(answer(weights, images))
        sums = images @ weights
        shown = _(
            "For weights = {weights}, images = {images} the sums are {sums}.",
            weights=weights.tolist(),
            images=images.tolist(),
            sums=sums.tolist(),
        )
        alive = int((sums + bias > 1e-6).sum())
        if alive:
            return _(
                "{shown} With your bias, {bias:.4g}, the unit still gives more than 0 for {alive} of {count} images.",
                shown=shown,
                bias=bias,
                alive=alive,
                count=len(sums),
            )
        if (sums + bias).max() < -1e-4:
            return _(
                "{shown} With your bias, {bias:.4g}, the unit is dead, but a larger bias would do: asked for is the largest.",
                shown=shown,
                bias=bias,
            )
    return None


def kill_inputs():
    return [
        (torch.tensor([1.0, -2.0]), torch.tensor([[0.5, 0.0], [0.75, 0.0625]])),
        (torch.tensor([0.5, 2.0]), torch.tensor([[1.0, 0.25], [0.5, 0.5], [0.0, 0.0]])),
        (torch.tensor([-1.0, -0.5]), torch.tensor([[0.5, 1.0], [1.0, 0.5]])),
    ]


# 06.3

rate_for_sigmoids = [1.0, "b"]
REACHED = "the two sigmoids come within five points of LeakyReLU, with longer steps"


def compare_with_leaky_relu(answer):
    rate, reason = numbers_and_reason(answer)
    if rate <= 0:
        return Outcome(_("a rate of 0 or less never goes downhill"))
    if leaky_relus_accuracy() - sigmoids_accuracy(round(rate, 6)) <= 0.05:
        return REACHED if reason == "b" else reason_does_not_fit(reason)
    if rate < 1:
        return Outcome(
            _("the two sigmoids are more than five points behind LeakyReLU, with short steps")
        )
    return Outcome(
        _("the two sigmoids are more than five points behind LeakyReLU, with long steps")
    )


@functools.cache
def leaky_relus_accuracy():
    return train_on_sample(lambda: nn.LeakyReLU(0.02), 0.01)


@functools.cache
def sigmoids_accuracy(rate):
    try:
        return train_on_sample(nn.Sigmoid, rate)
    except FloatingPointError:
        return 0.0


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
        diagnose=fault_of_a_slope,
        inputs=lambda: [(torch.tensor([-0.8, 0.0, 0.5]),), (torch.tensor([0.9, -0.1]),)],
        why="At 0 tanh is four times as steep as the sigmoid, and it saturates at -1 and 1 all the same: where "
        "the output is near its end, the slope is near 0.",
        known={
            "took the sigmoid's slope": Mistake(
                lambda o: o * (1 - o),
                "tanh runs from -1 to 1, so its slope is 0 at both, and 1 at o = 0.",
            ),
            "enlarged the sigmoid's slope": Mistake(
                lambda o: 4 * o * (1 - o),
                "this is 0 at o = 0, where tanh is steepest. Put (o + 1) / 2, which runs from 0 to 1, in the sigmoid's place.",
            ),
            "took tanh once more": Mistake(
                lambda o: 1 - torch.tanh(o) ** 2,
                "1 - tanh(x) ** 2 is right for the input x. The output is tanh(x) already.",
            ),
            "took the sigmoid of the output": Mistake(
                lambda o: torch.sigmoid(o) * (1 - torch.sigmoid(o)),
                "that is the slope of another function, the sigmoid, at the input o. Find one for tanh, with its output o.",
            ),
            "forgot the square": Mistake(
                lambda o: 1 - o, "the slope is the same at o and at -o, since tanh is symmetric."
            ),
            "took the size in place of the square": Mistake(
                lambda o: 1 - o.abs(),
                "the ends and the middle are right, but tanh is steeper than that between them.",
            ),
            "squared the difference": Mistake(
                lambda o: (1 - o) ** 2,
                "the square belongs to o alone: at o = -1 the slope is 0 too.",
            ),
            "turned the sign": Mistake(
                lambda o: o**2 - 1, "tanh only rises, so its slope is never below 0."
            ),
            "took math.tanh of a tensor": Mistake(
                lambda o: 1 - math.tanh(o) ** 2,
                "functions of math take one number. And o is the output already: no tanh is needed.",
            ),
            "added the square": Mistake(
                lambda o: 1 + o**2, "then tanh would be steepest where it ends. It is flat there."
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
        "weights, one for each pixel, gives 0 for every one of the images (n, pixels).",
        solution=bias_that_kills,
        use=as_one_bias,
        expected=largest_bias_without_life,
        diagnose=fault_of_a_bias,
        inputs=kill_inputs,
        why="At this bias the largest input of the ReLU is 0, where its slope is 0 already; so it is for every image, and "
        "no gradient reaches the unit's weights: it stays dead. LeakyReLU's small slope is its way back.",
        known={
            "made it dead for one image alone": Mistake(
                lambda weights, images: -(images @ weights).min().item(),
                "the image with the largest sum must not come above 0 either: take the maximum.",
            ),
            "made it dead on average": Mistake(
                lambda weights, images: -(images @ weights).mean().item(),
                "some of the images still get through. Take the maximum, not the mean.",
            ),
            "went further than needed": Mistake(
                lambda weights, images: -(images.abs() @ weights.abs()).max().item(),
                "the unit is dead, but not by the largest such bias: a larger one kills it, too.",
            ),
            "reckoned with the brightest image there could be": Mistake(
                lambda weights, images: -weights.clamp(min=0).sum().item(),
                "these images need less: multiply them by the weights, and look for the largest sum.",
            ),
            "allowed no bias above 0": Mistake(
                lambda weights, images: min(0.0, -(images @ weights).max().item()),
                "where all sums are below 0, even a bias above 0 leaves the unit dead.",
            ),
            "left out the weights": Mistake(
                lambda weights, images: -images.sum(dim=1).max().item(),
                "what comes in is the sum of pixels times weights: images @ weights.",
            ),
            "left out the images": Mistake(
                lambda weights, images: -weights.max().item(),
                "what comes in is the sum of pixels times weights: images @ weights.",
            ),
            "multiplied in the wrong order": Mistake(
                lambda weights, images: -(weights @ images).max().item(),
                "images (n, pixels) @ weights (pixels,) gives n sums, one for each image.",
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
        task="Give rate_for_sigmoids = [rate, reason]: a rate with which two sigmoids come within five points of LeakyReLU "
        'with rate 0.01, on 2,000 images of the course\'s small sample, and what that shows: "a", "b" or "c". (A try '
        "takes a few seconds.)",
        solution=rate_for_sigmoids,
        use=compare_with_leaky_relu,
        expected=lambda: REACHED,
        why="The network, its weights at the start and its images are the same; only the steps are longer. At the small "
        "rate the sigmoids were slow, not unable. Compare two activations only when each has a rate that suits it.",
        known={
            "stepped too little": Mistake(
                [0.02, "b"],
                "the two sigmoids are far behind: their slopes, at most 1/4, shorten every step. Think in "
                "factors of ten.",
            ),
            "stepped too far": Mistake(
                [1000.0, "b"],
                "the two sigmoids are far behind. With such steps the sigmoids are driven to their flat ends.",
            ),
            "blamed the network": Mistake(
                [1.0, "a"],
                "the same network, with your rate, comes close. So it is able to read them.",
            ),
            "blamed saturation": Mistake(
                [1.0, "c"],
                "longer steps drive a sigmoid towards its flat ends, not away from them. And before training no unit was there.",
            ),
        },
        hints=(
            "Try 0.01, 0.1, 1, 10.",
            "Which of the three reasons speaks of the only thing that you changed?",
        ),
    ),
}
