"""The exercises of 01_autograd_basics."""

import torch

from helpers.exercises.core import Exercise, Mistake, Outcome, random_tensor

# 01.1


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


def walk_by_formula(start, rate, steps):
    """Each step multiplies the distance to the lowest point, x = -2, by 1 - 2 rate."""
    return [-2 + (start + 2) * (1 - 2 * rate) ** k for k in range(steps + 1)]


def walk_without_reset(start, rate, steps):
    x, total, path = start, 0.0, [start]
    for _ in range(steps):
        total += 2 * (x + 2)
        x -= rate * total
        path.append(x)
    return path


# 01.2

largest_rate = 0.2


def try_rate(rate):
    """Walk on 5 (x - 3)^2 a little below and a little above `rate`, and say what happens."""
    if rate <= 0:
        return [Outcome("with a rate of 0 or less the walk never goes downhill"), rate]
    below, above = distance_after_walk(0.98 * rate), distance_after_walk(1.02 * rate)
    if not below < 1:  # it may even have left the range of numbers
        return [Outcome("with a rate a little smaller than yours the walk runs away already"), rate]
    if above < 1:
        return [Outcome("with a rate a little larger than yours the walk still comes closer"), rate]
    return ["closer below, away above", rate]


def distance_after_walk(rate, steps=200):
    """The distance to x = 3 after `steps` steps from a distance of 1."""
    x = torch.tensor(4.0, dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(5 * (x - 3) ** 2, x)
        x = (x - rate * gradient).detach().requires_grad_()
    return abs(x.item() - 3)


def limit_by_halving():
    """Narrow down the rate at which the walk turns from coming closer to running away."""
    low, high = 0.0, 4.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if distance_after_walk(middle, 20) < 1 else (low, middle)
    return ["closer below, away above", low]


# 01.3


def gradient(table, w, t):
    error = table @ w - t
    return 2 * table.T @ error / len(t)


def gradient_by_autograd(table, w, t):
    w = w.clone().requires_grad_()
    ((table @ w - t) ** 2).mean().backward()
    return w.grad


EXERCISES = {
    "01.1": Exercise(
        task="Complete walk(start, rate, steps): the list of all x, from the start on, of a walk "
        "downhill on y = (x + 2)^2, with PyTorch's gradient.",
        solution=walk,
        expected=walk_by_formula,
        inputs=lambda: [(3.0, 0.1, 1), (3.0, 0.1, 6), (-7.0, 0.4, 4), (0.0, 0.25, 0)],
        why="Each step multiplies the distance to the lowest point, x = -2, by 1 - 2 * rate: with a "
        "rate of 0.1 it shrinks by a fifth each time.",
        known={
            "forgot to reset the gradient": Mistake(
                walk_without_reset,
                "backward adds to x.grad, so from the second step on you walk by the sum of all "
                "gradients so far. Set x.grad to None, or to zero, in each step.",
            ),
            "walked uphill": Mistake(
                lambda start, rate, steps: walk_by_formula(start, -rate, steps),
                "the gradient points to where y grows. A step downhill subtracts it.",
            ),
            "appended the tensor": Mistake(
                lambda start, rate, steps: [walk_by_formula(start, rate, steps)[-1]] * (steps + 1),
                "x is one and the same tensor all the time, so the list shows its last value everywhere. "
                "Append the number: x.item().",
            ),
            "forgot the rate": Mistake(
                lambda start, rate, steps: walk_by_formula(start, 1.0, steps),
                "a step is the rate times the gradient.",
            ),
            "left out the start": Mistake(
                lambda start, rate, steps: walk_by_formula(start, rate, steps)[1:],
                "the path begins with the start, so it holds steps + 1 numbers.",
            ),
        },
        hints=(
            "The lines of one step stand in the section that walks downhill.",
            "Begin with path = [start], and append x.item() after each step.",
            "A step: backward, then under no_grad x -= rate * x.grad, then x.grad = None.",
        ),
    ),
    "01.2": Exercise(
        task="Find the largest rate with which the walk on y = 5 (x - 3)^2 still comes closer.",
        solution=largest_rate,
        use=try_rate,
        expected=limit_by_halving,
        tolerance=0.02,
        why="The slope is 10 (x - 3), so a step multiplies the distance by 1 - 10 * rate. At 0.2 that is "
        "-1: the walk jumps from side to side and never comes closer. The steeper the valley, "
        "the smaller the limit.",
        known={
            "the limit of another valley": Mistake(
                1.0, "1 is the limit for (x - 3)^2. This valley is five times as steep."
            ),
            "the rate that arrives in one step": Mistake(
                0.1, "there 1 - 10 * rate is 0. Larger rates overshoot, and still come closer."
            ),
            "lost the 2 of the square's slope": Mistake(
                0.4, "the slope of 5 (x - 3)^2 is 10 (x - 3), not 5 (x - 3)."
            ),
        },
        hints=(
            "By what factor does one step multiply the distance x - 3?",
            "The walk comes closer as long as that factor lies between -1 and 1.",
            "The factor is 1 - 10 * rate.",
        ),
    ),
    "01.3": Exercise(
        task="Write gradient(table, w, t): the gradient of ((table @ w - t) ** 2).mean() for the vector "
        "w, by hand, without backward.",
        solution=gradient,
        expected=gradient_by_autograd,
        inputs=lambda: [
            (random_tensor(4, 3), random_tensor(3, seed=1), random_tensor(4, seed=2)),
            (random_tensor(7, 2), random_tensor(2, seed=1), random_tensor(7, seed=2)),
        ],
        why="Each row's error, doubled and shared among the n rows, is carried back to the weights by the "
        "table turned on its side. PyTorch does the same for the weights of a layer, in notebook 03.",
        known={
            "lost the 1/n of the mean": Mistake(
                lambda table, w, t: 2 * table.T @ (table @ w - t),
                "the mean divides the sum by the number of rows, so the gradient is divided too.",
            ),
            "lost the 2 of the square's slope": Mistake(
                lambda table, w, t: table.T @ (table @ w - t) / len(t),
                "the slope of error ** 2 is 2 * error.",
            ),
            "divided by the number of weights": Mistake(
                lambda table, w, t: 2 * table.T @ (table @ w - t) / len(w),
                "the mean is over the rows, one error each: divide by len(t).",
            ),
            "turned the sign": Mistake(
                lambda table, w, t: 2 * table.T @ (t - table @ w) / len(t),
                "the error is table @ w - t. With t - table @ w a step downhill becomes one uphill.",
            ),
        },
        hints=(
            "Begin with the errors, one for each row: table @ w - t.",
            "How much does error number i change when w[j] grows by 1? By table[i, j].",
            "Sum over the rows: table.T @ error. Then the factors: 2 from the square, 1/n from the mean.",
        ),
    ),
}
