"""The exercises of 07_optimizer."""

import math

import torch

from helpers.exercises.core import Exercise, Mistake

# 07.1


def largest_rate(a, b):
    return 2 / max(a, b)


def limit_by_halving(a, b):
    """Narrow down the rate at which SGD in the valley turns from coming closer to running away."""
    low, high = 0.0, 100.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if comes_closer(middle, a, b) else (low, middle)
    return low


def comes_closer(rate, a, b, steps=100):
    x, y = 1.0, 1.0
    for _ in range(steps):
        x, y = x - rate * a * x, y - rate * b * y
    return max(abs(x), abs(y)) < 1


# 07.2


def turned_height(x, y, a, b):
    along, across = (x + y) / 2**0.5, (y - x) / 2**0.5
    return (a * along**2 + b * across**2) / 2


def height_by_rotation(x, y, a, b):
    """Turn the point back by 45 degrees as a complex number, and take the height there."""
    point = complex(x, y) * complex(math.cos(math.pi / 4), -math.sin(math.pi / 4))
    return (a * point.real**2 + b * point.imag**2) / 2


# 07.3


def adam_steps(gradients, lr=0.001):
    mean, square, steps = 0.0, 0.0, []
    for t, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        unbiased_mean = mean / (1 - 0.9**t)
        unbiased_square = square / (1 - 0.999**t)
        steps.append(-lr * unbiased_mean / (unbiased_square**0.5 + 1e-8))
    return steps


def steps_of_torch(gradients, lr=0.001):
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([parameter], lr=lr)
    steps = []
    for gradient in gradients:
        before = parameter.item()
        parameter.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        steps.append(parameter.item() - before)
    return steps


def adam_without_correction(gradients, lr=0.001):
    mean, square, steps = 0.0, 0.0, []
    for gradient in gradients:
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        steps.append(-lr * mean / (square**0.5 + 1e-8))
    return steps


def adam_without_root(gradients, lr=0.001):
    mean, square, steps = 0.0, 0.0, []
    for t, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        steps.append(-lr * mean / (1 - 0.9**t) / (square / (1 - 0.999**t) + 1e-8))
    return steps


EXERCISES = {
    "07.1": Exercise(
        task="Write largest_rate(a, b): the largest rate with which SGD without momentum still comes closer "
        "to the lowest point of (a x^2 + b y^2) / 2; a and b are above 0.",
        solution=largest_rate,
        expected=limit_by_halving,
        tolerance=0.01,
        inputs=lambda: [(1.0, 25.0), (4.0, 0.5), (3.0, 3.0)],
        why="In each direction a step multiplies the distance by 1 minus the rate times a, or b. The steepest "
        "direction sets the limit, and the flattest then waits: that is the narrow valley's trouble.",
        known={
            "let the flat direction decide": Mistake(
                lambda a, b: 2 / min(a, b),
                "with this rate the walk runs away in the steep direction. The steepest sets the limit.",
            ),
            "took the mean of both": Mistake(
                lambda a, b: 4 / (a + b),
                "the directions do not share a limit: each has its own, and the smallest counts.",
            ),
            "stopped at the rate that arrives in one step": Mistake(
                lambda a, b: 1 / max(a, b),
                "there the factor is 0. It may go down to -1 before the walk runs away.",
            ),
        },
        hints=(
            "For x alone: by what factor does a step change x? The slope is a * x.",
            "The factor 1 - rate * a must lie between -1 and 1.",
            "The same holds for y, and both must hold.",
        ),
    ),
    "07.2": Exercise(
        task="Write turned_height(x, y, a, b): the height of the valley (a x^2 + b y^2) / 2 after it was turned "
        "by 45 degrees counter-clockwise, at the point (x, y); a belongs to the direction (1, 1).",
        solution=turned_height,
        expected=height_by_rotation,
        inputs=lambda: [(1.0, 1.0, 1.0, 25.0), (1.0, -1.0, 1.0, 25.0), (0.3, -2.0, 2.0, 7.0)],
        why="Turned or not, the valley is the same to SGD and to momentum, which know no axes. Adam divides "
        "each coordinate by a size of its own, so for Adam it is another valley.",
        known={
            "turned it the other way": Mistake(
                lambda x, y, a, b: turned_height(x, -y, a, b),
                "now a belongs to the direction (1, -1). Along (1, 1) the height must be a / 2 * distance^2.",
            ),
            "twice too high": Mistake(
                lambda x, y, a, b: 2 * turned_height(x, y, a, b),
                "the root of 2 in (x + y) / sqrt(2), or the half in (a x^2 + b y^2) / 2, is missing.",
            ),
            "left the valley as it was": Mistake(
                lambda x, y, a, b: (a * x**2 + b * y**2) / 2,
                "measure the way along (1, 1) and across it, in place of x and y.",
            ),
        },
        hints=(
            "How far is (x, y) along the direction (1, 1)? (x + y) / sqrt(2).",
            "And across it? (y - x) / sqrt(2).",
            "Put these two in place of x and y.",
        ),
    ),
    "07.3": Exercise(
        task="Write adam_steps(gradients, lr=0.001): the list of the moves that Adam makes with a parameter, "
        "given the list of its gradients, numbers; beta 0.9 and 0.999, eps 1e-8, without torch.optim.",
        solution=adam_steps,
        expected=steps_of_torch,
        tolerance=1e-3,
        inputs=lambda: [
            ([1.0],),
            ([0.5, -0.2, 0.1],),
            ([0.0] * 30 + [3.0, 0.0],),
            ([1e-3] * 5, 0.1),
        ],
        why="A steady gradient of any size moves the parameter by lr a step, since mean and root of the squares "
        "are then equal. One gradient after a long silence moves it by more, up to about three times lr.",
        known={
            "forgot the correction for the start": Mistake(
                adam_without_correction,
                "both averages begin at 0 and are too small at first: divide them by 1 - 0.9 ** t and "
                "1 - 0.999 ** t.",
            ),
            "corrected without the power": Mistake(
                lambda gradients, lr=0.001: [
                    step * (0.001**0.5 / 0.1) for step in adam_without_correction(gradients, lr)
                ],
                "1 - 0.9 and 1 - 0.999 are right for the first step alone. Later it is 1 - 0.9 ** t and "
                "1 - 0.999 ** t.",
            ),
            "forgot the root": Mistake(
                adam_without_root,
                "divide by the root of the mean square, which has the unit of a gradient.",
            ),
            "turned the sign": Mistake(
                lambda gradients, lr=0.001: [-step for step in adam_steps(gradients, lr)],
                "the moves go against the gradient: downhill.",
            ),
        },
        hints=(
            "Two running averages: of the gradient (keep 0.9) and of its square (keep 0.999).",
            "Divide both by 1 - beta ** t, where t counts the steps from 1.",
            "The move is -lr * mean / (square ** 0.5 + 1e-8).",
        ),
    ),
}
