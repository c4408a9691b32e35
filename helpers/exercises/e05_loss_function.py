"""The exercises of 05_loss_function."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Failure, Mistake, Outcome, random_tensor, show

# 05.1


def push_of_fourth_power(z, t):
    o = torch.sigmoid(z)
    return 4 * (o - t) ** 3 * o * (1 - o)


def push_by_autograd(z, t):
    z = z.clone().requires_grad_()
    ((torch.sigmoid(z) - t) ** 4).sum().backward()
    return z.grad


# 05.2

most_pushed = 1 / 3


def compare_with_neighbours(o):
    if not 0 <= o <= 1:
        return [Outcome("a sigmoid never gives your output; expected a number from 0 to 1"), o]
    if strength(o - 0.01) > strength(o):
        return [Outcome("an output a little smaller than yours is pushed harder"), o]
    if strength(o + 0.01) > strength(o):
        return [Outcome("an output a little larger than yours is pushed harder"), o]
    return ["no neighbour is pushed harder", o]


def strength(o):
    """How hard (o - 1)^2 pushes a sigmoid's output o towards its target 1, without the sign."""
    return 2 * (1 - o) * o * (1 - o)


def most_pushed_of_many():
    z = torch.linspace(-8, 8, 100_001, dtype=torch.float64, requires_grad=True)
    ((torch.sigmoid(z) - 1) ** 2).sum().backward()
    return ["no neighbour is pushed harder", torch.sigmoid(z[z.grad.abs().argmax()]).item()]


# 05.3


def loss_and_yes(z, targets):
    loss = nn.BCEWithLogitsLoss()(z, targets)
    return loss, z > 0


def with_sigmoid_and_bce(z, targets):
    o = torch.sigmoid(z)
    return nn.BCELoss()(o, targets), (o > 0.5).float()


def as_numbers(answer, z, targets):
    both = answer(z, targets)
    if not isinstance(both, tuple | list) or len(both) != 2:
        raise Failure(f"Your function gives {show(both)}; expected two things, loss and tensor.")
    loss, yes = both
    return loss, torch.as_tensor(yes).float()


EXERCISES = {
    "05.1": Exercise(
        task="Write push_of_fourth_power(z, t): the gradient of (sigmoid(z) - t) ** 4 with respect to z, by hand; z and t are "
        "tensors of one shape.",
        solution=push_of_fourth_power,
        expected=push_by_autograd,
        inputs=lambda: [
            (random_tensor(5), torch.ones(5)),
            (3 * random_tensor(8, seed=1), torch.zeros(8)),
        ],
        why="The chain rule again: the slope of the fourth power times the slope of the sigmoid. The fourth "
        "power hardly pushes outputs that are nearly right, and a sigmoid that is sure of itself is hardly "
        "pushed at all.",
        known={
            "forgot the slope of the sigmoid": Mistake(
                lambda z, t: 4 * (torch.sigmoid(z) - t) ** 3,
                "this is the gradient for the output o. To reach z, multiply by o * (1 - o).",
            ),
            "kept the push of the square": Mistake(
                lambda z, t: 2 * (o := torch.sigmoid(z), o - t)[1] * o * (1 - o),
                "the slope of u ** 4 is 4 * u ** 3.",
            ),
            "lost the factor 4": Mistake(
                lambda z, t: ((o := torch.sigmoid(z)) - t) ** 3 * o * (1 - o),
                "the slope of u ** 4 is 4 * u ** 3.",
            ),
            "turned the sign": Mistake(
                lambda z, t: -push_of_fourth_power(z, t),
                "a gradient points to where the loss grows. Below its target an output has a negative one.",
            ),
        },
        hints=(
            "Two factors: the slope of (o - t) ** 4 for o, and the slope of the sigmoid, o for z.",
            "The sigmoid's slope is o * (1 - o).",
            "4 * (o - t) ** 3 * o * (1 - o)",
        ),
    ),
    "05.2": Exercise(
        task="The target is 1, the loss (o - 1) ** 2, and o comes out of a sigmoid. Which output o is pushed "
        "hardest? Give a number; a percent off is fine.",
        solution=most_pushed,
        use=compare_with_neighbours,
        expected=most_pushed_of_many,
        tolerance=0.02,
        why="The push is 2 (1 - o) times the slope o (1 - o). At 0 the error is largest and the slope gone; "
        "the product has its top at 1/3. Whoever is most wrong is not pushed most.",
        known={
            "most wrong, most pushed": Mistake(
                0.0,
                "at o = 0 the error is largest, but the sigmoid is flat there: nothing gets through.",
            ),
            "looked at the slope alone": Mistake(
                0.5, "there the sigmoid is steepest, but the error already has shrunk to a half."
            ),
            "looked at the finished output": Mistake(
                1.0, "at o = 1 there is no error left to push."
            ),
        },
        hints=(
            "Write the push as a product of error and slope: 2 (1 - o) and o (1 - o).",
            "Compute it for o = 0, 0.1, 0.2, ... and look for the largest, then closer around it.",
        ),
    ),
    "05.3": Exercise(
        task="Write loss_and_yes(z, targets) for outputs z without a sigmoid: the loss by "
        "nn.BCEWithLogitsLoss, and a tensor that says where the network means yes, that is, where the "
        "sigmoid of z is above a half.",
        solution=loss_and_yes,
        use=as_numbers,
        expected=with_sigmoid_and_bce,
        inputs=lambda: [
            (3 * random_tensor(4, 10), torch.eye(10)[:4]),
            (random_tensor(2, 10, seed=1), torch.eye(10)[5:7]),
        ],
        why="The sigmoid moves into the loss, where large z are handled with care. Half as output of the "
        "sigmoid means z = 0, and the largest z is the largest output: the answers stay the same.",
        known={
            "took the sigmoid twice": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(torch.sigmoid(z), targets), z > 0),
                "BCEWithLogitsLoss has the sigmoid inside. Give it z itself.",
            ),
            "kept 0.5 as the border": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), z > 0.5),
                "the sigmoid is 0.5 where z is 0, so z itself is compared with 0.",
            ),
            "forgot the sigmoid": Mistake(
                lambda z, targets: (nn.MSELoss()(z, targets), z > 0),
                "this is the squared error of z. The loss asked for is nn.BCEWithLogitsLoss.",
            ),
        },
        hints=(
            "nn.BCEWithLogitsLoss()(z, targets): nothing else is needed for the loss.",
            "For which z is the sigmoid 0.5?",
        ),
    ),
}
