"""The exercises of 07_optimizer."""

import functools
import math
from unittest.mock import patch

import numpy as np
import torch

from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    numbers_and_reason,
    reason_does_not_fit,
)
from helpers.exercises.language import _

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


def walk_at_that_rate(answer):
    """Say for the first of the inputs what SGD does at this rate."""
    for a, b in RATE_INPUTS:
        rate = float(answer(a, b))
        steep, name = max((a, "x"), (b, "y"))
        shown = _("For a = {a:g}, b = {b:g} your rate is {rate:.4g}", a=a, b=b, rate=rate)
        factor = 1 - rate * steep
        if rate <= 0:
            return _("{shown}: it never goes downhill.", shown=shown)
        if rate > 2.02 / steep:
            return _(
                "{shown}: a step multiplies {name} by {factor:.3g}, and the walk runs away.",
                shown=shown,
                name=name,
                factor=factor,
            )
        if rate < 1.98 / steep:
            return _(
                "{shown}: a step multiplies {name} by {factor:.3g}. The walk comes closer, but so it does at a larger "
                "rate: asked for is the limit.",
                shown=shown,
                name=name,
                factor=factor,
            )
    return None


RATE_INPUTS = ((1.0, 25.0), (4.0, 0.5), (3.0, 3.0))

# 07.2

steeper_walls = [2.545, 0.0, "b"]
FITS = "SGD ends far higher, Adam where it ended before, since it divides by each gradient's size"


def compare_with_walks(answer):
    height, distance, reason = numbers_and_reason(answer)
    sgd, old_sgd, apart, heights_apart = measured_walks()
    if abs(height - old_sgd) < 0.1 * old_sgd:
        return Outcome(_("so low SGD ends in the old valley"))
    if abs(height - sgd) > 0.02 * sgd:
        return Outcome(
            _(
                "in the steeper valley SGD with rate 0.0095 does not end at a height of {height:.3g}: let it walk there, and put "
                "the last point of its path into the new valley's formula",
                height=height,
            )
        )
    if abs(distance - heights_apart) < 0.1 * heights_apart:
        return Outcome(
            _("so far apart are Adam's two heights; asked for is the distance of the points")
        )
    if abs(distance - apart) > 0.005:
        return Outcome(
            _(
                "Adam's two walks do not end {distance:.3g} apart: take the last points of both, and (one - other).norm()",
                distance=distance,
            )
        )
    return FITS if reason == "b" else reason_does_not_fit(reason)


@functools.cache
def measured_walks():
    """SGD's height with steep walls and with the old; how far Adam's ends and heights with both are apart."""
    sgd = end_of_walk(200, torch.optim.SGD, lr=0.0095)
    old_sgd = end_of_walk(50, torch.optim.SGD, lr=0.038)
    old_adam, adam = (end_of_walk(steep, torch.optim.Adam, lr=0.1) for steep in (50, 200))
    heights_apart = abs(height_of(adam, 200) - height_of(old_adam, 50))
    return (
        height_of(sgd, 200),
        height_of(old_sgd, 50),
        (adam - old_adam).norm().item(),
        heights_apart,
    )


def height_of(point, steep):
    x, y = point.tolist()
    return (x**2 + steep * y**2) / 2


def end_of_walk(steep, optimizer_class, steps=60, **settings):
    point = torch.tensor([-4.0, 1.0], requires_grad=True)
    optimizer = optimizer_class([point], **settings)
    for _ in range(steps):
        point.grad = point.detach() * torch.tensor([1.0, steep])
        optimizer.step()
    return point.detach()


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


def without_optim(answer, *arguments):
    no_optimizer = Failure(_("Your function uses torch.optim: write the steps without it."))
    with patch.object(torch.optim.Optimizer, "__init__", side_effect=no_optimizer):
        return answer(*arguments)


def slip(start=1, mean_keeps=0.9, square_keeps=0.999, correct=(True, True), eps=1e-8, root=0.5, rate=None,
         average=True, sum_up=False, keep_corrected=False, square_of_mean=False, eps_under_root=0):  # fmt: skip
    """Adam's steps, written with one slip or the other."""

    def steps(gradients, lr=0.001):
        mean, square, position, found = 0.0, 0.0, 0.0, []
        for t, gradient in enumerate(gradients, start=start):
            mean = mean_keeps * mean + ((1 - mean_keeps) if average else 1) * gradient
            new = mean if square_of_mean else gradient
            square = square_keeps * square + ((1 - square_keeps) if average else 1) * new**2
            corrected = mean / (1 - mean_keeps**t) if correct[0] else mean
            corrected_square = square / (1 - square_keeps**t) if correct[1] else square
            if keep_corrected:
                mean, square = corrected, corrected_square
            step = -(rate or lr) * corrected / ((corrected_square + eps_under_root) ** root + eps)
            position += step
            found.append(position if sum_up else step)
        return found

    return steps


def look_at_single_steps(answer):
    """Say which of the moves is the first that is not Adam's, and what Adam does there."""
    one = answer([2.0])
    if not isinstance(one, list | tuple) or len(one) != 1:
        return None
    if abs(one[0] + 0.001) > 1e-6:
        return _(
            "For gradients = [2.0] your move is {move:.4g}; Adam's is -0.001, one learning rate downhill: both corrected "
            "averages are those of a single gradient then.",
            move=one[0],
        )
    steady = answer([2.0, 2.0, 2.0])
    if any(abs(step + 0.001) > 1e-6 for step in steady):
        place = [abs(step + 0.001) > 1e-6 for step in steady].index(True) + 1
        return _(
            "For gradients = [2.0, 2.0, 2.0] each of Adam's moves is -0.001, as long as the gradient stays. Yours is "
            "{move:.4g} at step {place}: look at what is kept from step to step, and at t.",
            move=steady[place - 1],
            place=place,
        )
    if all(
        abs(a - b) < 1e-7
        for a, b in zip(answer([2.0, -1.0]), steps_of_torch([2.0, -1.0]), strict=True)
    ):
        return _(
            "Your moves are right where gradients are not tiny. Look at eps: it is added to the root."
        )
    return _(
        "Your moves are right as long as the gradient stays the same. For gradients = [2.0, -1.0] the second is "
        "{move:.4g}, Adam's {right:.4g}: look at the shares that the averages keep.",
        move=answer([2.0, -1.0])[1],
        right=steps_of_torch([2.0, -1.0])[1],
    )


EXERCISES = {
    "07.1": Exercise(
        task="Write largest_rate(a, b): the rate below which SGD without momentum comes closer "
        "to the lowest point of (a x^2 + b y^2) / 2, and above which it runs away; a and b are above 0.",
        solution=largest_rate,
        expected=limit_by_halving,
        tolerance=0.01,
        diagnose=walk_at_that_rate,
        inputs=lambda: list(RATE_INPUTS),
        why="In each direction a step multiplies the distance by 1 minus the rate times a, or b. The steepest "
        "direction sets the limit, and the flattest then waits: that is the narrow valley's trouble.",
        known={
            "let the flat direction decide": Mistake(
                lambda a, b: 2 / min(a, b),
                "with this rate the walk runs away in the steep direction. The steepest sets the limit.",
            ),
            "looked at y alone": Mistake(
                lambda a, b: 2 / b,
                "in the notebook's valley the walls rise along y. Where a is larger than b, they rise along x.",
            ),
            "looked at x alone": Mistake(
                lambda a, b: 2 / a, "x and y have a limit each, and the smaller one counts."
            ),
            "took the mean of both": Mistake(
                lambda a, b: 4 / (a + b),
                "the directions do not share a limit: each has its own, and the smallest counts.",
            ),
            "added both": Mistake(
                lambda a, b: 2 / (a + b),
                "the directions do not add up: each has a limit of its own, and the smallest counts.",
            ),
            "stopped at the rate that arrives in one step": Mistake(
                lambda a, b: 1 / max(a, b),
                "there the factor is 0. It may go down to -1 before the walk runs away.",
            ),
            "forgot the half": Mistake(
                lambda a, b: 4 / max(a, b),
                "the slope of a x^2 / 2 is a x: the 2 of the square and the half cancel.",
            ),
            "gave np.max two numbers": Mistake(
                lambda a, b: 2 / np.max(a, b),
                "it takes one array, and its second argument is an axis. max(a, b) compares two numbers.",
            ),
            "gave a limit for each": Mistake(
                lambda a, b: (2 / a, 2 / b),
                "one rate serves both directions: which of the two limits?",
            ),
        },
        hints=(
            "For x alone: by what factor does a step change x? The slope is a * x.",
            "The factor 1 - rate * a must lie between -1 and 1.",
            "The same holds for y, and both must hold.",
        ),
    ),
    "07.2": Exercise(
        task="Give steeper_walls = [height, distance, reason]: where SGD with rate 0.0095 ends with walls four times as "
        'steep, how far Adam\'s end is from its old one, and why: "a", "b" or "c".',
        solution=steeper_walls,
        use=compare_with_walks,
        expected=lambda: FITS,
        why="Steeper walls force SGD to a smaller rate, and the floor, as gentle as before, then takes it longer. Adam "
        "divides each gradient by its usual size, in which the factor 4 cancels: step for step it goes the same way.",
        known={
            "left SGD in the old valley": Mistake(
                [0.077, 0.0, "b"],
                "that is its height with rate 0.038 and the old walls. Use steep_valley and 0.0095.",
            ),
            "took the old rate": Mistake(
                [math.inf, 0.0, "b"],
                "with 0.038 a step multiplies y by 1 - 0.038 * 200 = -6.6. The limit is 2 / 200 now.",
            ),
            "expected Adam to move": Mistake(
                [2.545, 1.0, "b"],
                "its two walks end at the same point. Compare the last points of both, not their heights.",
            ),
            "compared heights": Mistake(
                [2.545, 0.092, "b"],
                "the same point lies higher where the walls are steeper. Compare the points: (first[-1] - second[-1]).norm().",
            ),
            "praised the small rate": Mistake(
                [2.545, 0.0, "a"],
                "0.1 is ten times SGD's. A small rate alone would change the way, not keep it.",
            ),
            "praised the momentum": Mistake(
                [2.545, 0.0, "c"],
                "an average of gradients four times as large is four times as large. What it is divided by is, too.",
            ),
        },
        hints=(
            "def steep_valley(point): x, y = point; return (x**2 + 200 * y**2) / 2, each part on a line of its own.",
            "walk(steep_valley, torch.optim.Adam, lr=0.1)[-1] is where Adam ends. Of two ends at one place the distance is tiny "
            "or 0.",
            "By what does Adam divide the average gradient? How does that change when all gradients of y are four times as large?",
        ),
    ),
    "07.3": Exercise(
        task="Write adam_steps(gradients, lr=0.001): the list of the moves that Adam makes with a parameter, "
        "given the list of its gradients, numbers; beta 0.9 and 0.999, eps 1e-8, without torch.optim.",
        solution=adam_steps,
        use=without_optim,
        expected=steps_of_torch,
        tolerance=1e-3,
        diagnose=look_at_single_steps,
        inputs=lambda: [
            ([1.0],),
            ([0.5, -0.2, 0.1],),
            ([1e-8, 3e-8],),
            ([2.0, 3.0], 0.1),
        ],
        why="A steady gradient of any size moves the parameter by lr a step, since mean and root of the squares "
        "are then equal. One gradient after a silence moves it by more, the longer the silence the more, up to about three times lr "
        "(in *Look closer*, once in 500 steps, by 1.88 times).",
        known={
            "forgot the correction for the start": Mistake(
                slip(correct=(False, False)),
                "both averages begin at 0 and are too small at first: divide them by 1 - 0.9 ** t and "
                "1 - 0.999 ** t.",
            ),
            "corrected the mean alone": Mistake(
                slip(correct=(True, False)),
                "the mean of the squares begins at 0 too: divide it by 1 - 0.999 ** t.",
            ),
            "corrected without the power": Mistake(
                lambda gradients, lr=0.001: [
                    step * (0.001**0.5 / 0.1)
                    for step in slip(correct=(False, False))(gradients, lr)
                ],
                "1 - 0.9 and 1 - 0.999 are right for the first step alone. Later it is 1 - 0.9 ** t and "
                "1 - 0.999 ** t.",
            ),
            "carried the correction on": Mistake(
                slip(keep_corrected=True),
                "the next step starts from the averages as they are; correct a copy, for this step alone.",
            ),
            "counted the steps from 0": Mistake(
                slip(start=0), "at t = 0 the correction divides by 1 - 1. Let t begin at 1."
            ),
            "forgot the root": Mistake(
                slip(root=1),
                "divide by the root of the mean square, which has the unit of a gradient.",
            ),
            "left out eps": Mistake(
                slip(eps=0), "for gradients as small as 1e-8 it counts: add it behind the root."
            ),
            "put eps under the root": Mistake(
                slip(eps_under_root=1e-8, eps=0),
                "it is added to the root: square ** 0.5 + 1e-8.",
            ),
            "added up in place of averaging": Mistake(
                slip(average=False),
                "an average keeps the share beta and takes 1 - beta of what is new.",
            ),
            "swapped the betas": Mistake(
                slip(mean_keeps=0.999, square_keeps=0.9),
                "the mean keeps 0.9 of its old value, the mean square 0.999.",
            ),
            "swapped old and new": Mistake(
                slip(mean_keeps=0.1, square_keeps=0.001),
                "an average keeps 0.9 (or 0.999) of its old value and takes the rest from the new one.",
            ),
            "left out the mean": Mistake(
                slip(mean_keeps=0.0),
                "Adam steps along the average gradient, not along the latest one.",
            ),
            "squared the mean": Mistake(
                slip(square_of_mean=True), "the second average is that of the gradient's square."
            ),
            "gave positions": Mistake(
                slip(sum_up=True), "asked for are the moves: each new value minus the old one."
            ),
            "wrote SGD with momentum": Mistake(
                slip(square_keeps=1.0, average=False, correct=(False, False), root=0, eps=0),
                "so long as the gradients are, so long are these moves. Adam divides by their usual size.",
            ),
            "wrote SGD": Mistake(
                lambda gradients, lr=0.001: [-lr * gradient for gradient in gradients],
                "Adam divides by the gradient's usual size, and averages.",
            ),
            "took the sign alone": Mistake(
                lambda gradients, lr=0.001: [
                    -lr * ((gradient > 0) - (gradient < 0)) for gradient in gradients
                ],
                "so long is the first step. Later ones are shorter where the gradient changes.",
            ),
            "ignored lr": Mistake(
                slip(rate=0.001), "the rate is an argument: lr, not always 0.001."
            ),
            "stopped after the first move": Mistake(
                lambda gradients, lr=0.001: adam_steps(gradients[:1], lr),
                "`return` inside the loop ends the function; put it behind the loop.",
            ),
            "gave the last move": Mistake(
                lambda gradients, lr=0.001: adam_steps(gradients, lr)[-1],
                "collect the moves in a list, one for each gradient.",
            ),
            "turned the sign": Mistake(
                lambda gradients, lr=0.001: [-step for step in adam_steps(gradients, lr)],
                "the moves go against the gradient: downhill.",
            ),
        },
        hints=(
            "Two running averages: of the gradient (keep 0.9) and of its square (keep 0.999).",
            "Both begin at 0. By what does the notebook divide them after t steps?",
            "The rest stands in the notebook, for a whole walk; yours collects the moves of one parameter.",
        ),
    ),
}
