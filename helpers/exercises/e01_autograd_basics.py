"""The exercises of 01_autograd_basics."""

import torch

from helpers.exercises.core import Exercise, Mistake


def walk(start, rate, steps):
    x = torch.tensor(start, requires_grad=True)
    path = [start]
    for _ in range(steps):
        y = (x + 2) ** 2
        y.backward()
        with torch.no_grad():
            x -= rate * x.grad
        x.grad = None
        path.append(x.item())
    return path


def _walk_without_reset(start, rate, steps):
    x, total, path = start, 0.0, [start]
    for _ in range(steps):
        total += 2 * (x + 2)
        x -= rate * total
        path.append(x)
    return path


def _walk_uphill(start, rate, steps):
    return [-2 + (start + 2) * (1 + 2 * rate) ** k for k in range(steps + 1)]


def _walk_without_start(start, rate, steps):
    return walk(start, rate, steps)[1:]


def _walk_formula(start, rate, steps):
    """Each step multiplies the distance to the lowest point by 1 - 2 rate."""
    return [-2 + (start + 2) * (1 - 2 * rate) ** k for k in range(steps + 1)]


EXERCISES = {
    "01.1": Exercise(
        task="Write walk(start, rate, steps): the list of x from the start on, after each step "
        "downhill on y = (x + 2)^2, with the gradient from PyTorch.",
        solution=walk,
        expected=_walk_formula,
        inputs=lambda: [(3.0, 0.1, 1), (3.0, 0.1, 6), (-7.0, 0.4, 4), (0.0, 0.25, 0)],
        why="Each step multiplies the distance to the lowest point, x = -2, by 1 - 2 * rate; with a "
        "rate of 0.1 it shrinks by a fifth each time.",
        known={
            "forgot to reset the gradient": Mistake(
                _walk_without_reset,
                "backward adds to x.grad, so from the second step on you walk by the sum of all "
                "gradients so far. Set x.grad to None, or to zero, after each step.",
            ),
            "walked uphill": Mistake(
                _walk_uphill, "the gradient points to where y grows; a step down subtracts it."
            ),
            "left out the start": Mistake(
                _walk_without_start, "the path begins with the start, so it has steps + 1 values."
            ),
        },
        hints=(
            "The three lines of a step stand in the section on walking downhill.",
            "Begin with path = [start] and append x.item() after each step.",
            "A step: backward, then under no_grad x -= rate * x.grad, then x.grad = None.",
        ),
    ),
}
