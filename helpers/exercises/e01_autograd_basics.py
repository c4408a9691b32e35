"""The exercises of 01_autograd_basics."""

import warnings
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode

from helpers.exercises.core import (
    ByHand,
    Exercise,
    Failure,
    Mistake,
    Outcome,
    difference,
    numbers_and_reason,
    random_tensor,
    reason_does_not_fit,
)
from helpers.exercises.language import _

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


def walk_by_formula(start, rate, steps, lowest=-2):
    """Each step multiplies the distance to the lowest point by 1 - 2 rate."""
    return [lowest + (start - lowest) * (1 - 2 * rate) ** k for k in range(steps + 1)]


class Grads(TorchFunctionMode):
    """Within it, `asked` says whether PyTorch was asked for a gradient."""

    asked = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.asked |= function.__name__ in ("backward", "grad")
        return function(*args, **(kwargs or {}))


def with_autograd(answer, start, rate, steps):
    """The path that an answer walks; a right one by hand is none."""
    backward = torch.autograd.backward  # what x.backward() calls
    with Grads() as grads, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTorch, about the gradient of what is no leaf
        with patch.object(torch.autograd, "backward", side_effect=backward) as called:
            try:
                path = answer(start, rate, steps)
            except TypeError as error:
                if "NoneType" not in str(error) or not (grads.asked or called.called):
                    raise
                raise Failure(
                    _(
                        "Found x.grad empty: either it is emptied before the step, or x is no longer the tensor that "
                        "you made. x = x - ... makes another one; x -= ... under no_grad changes x itself. "
                        "*Look closer* shows both."
                    )
                ) from None
    asked = grads.asked or called.called or steps < 2
    if not asked and difference(path, walk_by_formula(start, rate, steps), 1e-4) is None:
        raise Failure(
            _("The walk is right, but its slope is yours: ask PyTorch for it, with y.backward().")
        )
    return path


def walk_without_no_grad(start, rate, steps):
    x = torch.tensor(start, requires_grad=True)
    for _ in range(steps):
        ((x + 2) ** 2).backward()
        x -= rate * x.grad


def walk_with_a_new_x(start, rate, steps):
    x, path = torch.tensor(start, requires_grad=True), [start]
    for _ in range(steps):
        ((x + 2) ** 2).backward()
        with torch.no_grad():
            x = x - rate * x.grad
        path.append(x.item())
    return path


def heights(start, rate, steps):
    return [start] + [(x + 2) ** 2 for x in walk_by_formula(start, rate, steps)[:-1]]


def walk_by_height(start, rate, steps):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * (path[-1] + 2) ** 2)
    return path


def slopes(start, rate, steps):
    return [start] + [2 * (x + 2) for x in walk_by_formula(start, rate, steps)[:-1]]


def look_at_the_first_step(answer):
    path = with_autograd(answer, 3.0, 0.1, 1)
    if not isinstance(path, list | tuple) or len(path) != 2:
        return None
    first, second = (float(x.detach() if torch.is_tensor(x) else x) for x in path)
    if first != 3:
        return _(
            "For start = 3.0 your path begins with {first:.4g}; its first number is the start.",
            first=first,
        )
    if abs(second - 2) > 1e-4:
        return _(
            "From 3 the first step with rate = 0.1 leads to {second:.4g}. y = (x + 2)^2 has the slope 10 there, so "
            "the step is 0.1 * 10 downhill, to 2.",
            second=second,
        )
    return _(
        "Your first step is right, a later one is not: what is left over from the step before?"
    )


def walk_without_reset(start, rate, steps):
    x, total, path = start, 0.0, [start]
    for _ in range(steps):
        total += 2 * (x + 2)
        x -= rate * total
        path.append(x)
    return path


# 01.2

steeper_curve = [0.2, "a"]


def try_rate(answer):
    """Walk on 5 (x - 3)^2 a little below and a little above the rate, and say what happens."""
    rate, reason = numbers_and_reason(answer)
    if rate <= 0:
        return [Outcome(_("with a rate of 0 or less the walk never goes downhill")), rate]
    below, above = distance_after_walk(0.98 * rate), distance_after_walk(1.02 * rate)
    if not below < 1:  # it may even have left the range of numbers
        text = _("with a rate a little smaller than yours the walk runs away already")
        return [Outcome(text), rate]
    if above < 1:
        text = _("with a rate a little larger than yours the walk still comes closer")
        return [Outcome(text), rate]
    if reason != "a":
        return [reason_does_not_fit(reason), rate]
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


def without_autograd(answer, *arguments):
    with ByHand("backward", "grad", "vjp", "jacobian"):
        return answer(*arguments)


def look_at_the_factor(answer):
    for arguments in small_tables():
        given, right = answer(*arguments), gradient_by_autograd(*arguments)
        if given.shape != right.shape:
            return None
        ratios = given / right
        if not torch.allclose(ratios, ratios[0].expand_as(ratios), rtol=1e-3):
            return _(
                "The entries are not those of the gradient, nor in proportion to them. Entry j is made of column j "
                "of the table, each number times the error of its row."
            )
    return _(
        "Every entry is {factor:.3g} times what it should be: look at the factors.",
        factor=ratios[0],
    )


def small_tables():
    table = torch.tensor([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0]])
    w, t = torch.tensor([1.0, -1.0]), torch.tensor([0.0, 1.0, 2.0])
    return [
        (table, w, t),
        (random_tensor(7, 2), random_tensor(2, seed=1), random_tensor(7, seed=2)),
    ]


def gradient_by_autograd(table, w, t):
    w = w.clone().requires_grad_()
    ((table @ w - t) ** 2).mean().backward()
    return w.grad


EXERCISES = {
    "01.1": Exercise(
        task="Complete walk(start, rate, steps): the list of all x, from the start on, of a walk "
        "downhill on y = (x + 2)^2, with PyTorch's gradient.",
        solution=walk,
        use=with_autograd,
        diagnose=look_at_the_first_step,
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
                lambda start, rate, steps: (
                    [start] + [walk_by_formula(start, rate, steps)[-1]] * steps
                ),
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
            "appended before the step": Mistake(
                lambda start, rate, steps: [start, *walk_by_formula(start, rate, steps)[:-1]],
                "the start stands there twice, and where the last step leads is missing. Append after the step.",
            ),
            "walked to another lowest point": Mistake(
                lambda start, rate, steps: walk_by_formula(start, rate, steps, lowest=2),
                "you walk to x = 2. (x + 2)^2 is 0 where x is -2.",
            ),
            "took the curve of the section above": Mistake(
                lambda start, rate, steps: walk_by_formula(start, rate, steps, lowest=3),
                "you walk to x = 3, on f. Here y = (x + 2)^2.",
            ),
            "took the height for the slope": Mistake(
                walk_by_height, "a step is the rate times the gradient, x.grad, not times y."
            ),
            "appended the gradient": Mistake(
                slopes, "the path holds the x, so append x.item() after the step."
            ),
            "appended the height": Mistake(
                heights, "the path holds the x, so append x.item() after the step, not y."
            ),
            "appended nothing": Mistake(
                lambda start, rate, steps: [start],
                "the path still holds the start alone. In each pass, after the step: path.append(x.item()).",
            ),
            "gave the last x alone": Mistake(
                lambda start, rate, steps: walk_by_formula(start, rate, steps)[-1],
                "asked for is the list of all x on the way: return the path.",
            ),
            "left out no_grad": Mistake(
                walk_without_no_grad,
                "PyTorch refuses, since x -= ... would become part of the calculation. Put the line under "
                "with torch.no_grad(). *Look closer* shows it.",
            ),
            "made a new x": Mistake(
                walk_with_a_new_x,
                "under no_grad x = x - ... makes a tensor without requires_grad, so the next backward has nothing to "
                "do. x -= ... changes x itself. (The same happens if x was made without requires_grad=True.)",
            ),
        },
        hints=(
            "The lines of one step stand in the section that walks downhill.",
            "Begin with path = [start], and append x.item() after each step.",
            "A step has four parts: compute y, ask for its gradient, move x while nothing is recorded, empty the "
            "gradient. `descend` has them for another curve.",
        ),
    ),
    "01.2": Exercise(
        task="Give steeper_curve = [rate, reason]: the rate below which the walk on 5 * f(x), with f(x) = (x - 3)^2, comes "
        'closer, and above which it runs away, and why it is not 1, as for f: "a", "b" or "c".',
        solution=steeper_curve,
        use=try_rate,
        expected=limit_by_halving,
        tolerance=0.02,
        why="The slope is 10 (x - 3), so a step multiplies the distance by 1 - 10 * rate. At 0.2 that is "
        "-1: the walk jumps from side to side and never comes closer. The steeper the valley, "
        "the smaller the limit.",
        known={
            "the limit of another valley": Mistake(
                [1.0, "a"], "1 is the limit for (x - 3)^2. This valley is five times as steep."
            ),
            "the rate that arrives in one step": Mistake(
                [0.1, "a"],
                "there 1 - 10 * rate is 0. Larger rates overshoot, and still come closer.",
            ),
            "lost the 2 of the square's slope": Mistake(
                [0.4, "a"], "the slope of 5 (x - 3)^2 is 10 (x - 3), not 5 (x - 3)."
            ),
            "blamed the height": Mistake(
                [0.2, "b"],
                "a step goes by the slope, not by the height. Add 100 to f, and the walk stays the same.",
            ),
            "moved the lowest point": Mistake(
                [0.2, "c"], "5 (x - 3)^2 is 0 where x is 3, as f is."
            ),
        },
        hints=(
            "By what factor does one step multiply the distance x - 3?",
            "The walk comes closer as long as that factor lies between -1 and 1.",
            "A step subtracts the rate times the slope, 10 (x - 3): write the new distance as a factor times the old.",
        ),
    ),
    "01.3": Exercise(
        task="Write gradient(table, w, t): the gradient of ((table @ w - t) ** 2).mean() for the vector "
        "w, by hand, without backward.",
        solution=gradient,
        use=without_autograd,
        diagnose=look_at_the_factor,
        expected=gradient_by_autograd,
        inputs=small_tables,
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
            "did not turn the table": Mistake(
                lambda table, w, t: 2 * table @ (table @ w - t) / len(t),
                "the table has a row for each error; a product with the errors needs it on its side: table.T.",
            ),
            "multiplied entry by entry": Mistake(
                lambda table, w, t: 2 * table.T * (table @ w - t) / len(t),
                "that is what each row adds, not yet added up. @ multiplies and sums over the rows.",
            ),
            "stopped at the errors": Mistake(
                lambda table, w, t: 2 * (table @ w - t) / len(t),
                "this is the slope for each error. By the chain rule it is multiplied by how much the error changes "
                "with each w: by the table.",
            ),
            "kept the square": Mistake(
                lambda table, w, t: 2 * table.T @ (table @ w - t) ** 2 / len(t),
                "the slope of error ** 2 is 2 * error, without a square.",
            ),
            "left out the answers t": Mistake(
                lambda table, w, t: 2 * table.T @ (table @ w) / len(t),
                "the error is table @ w - t.",
            ),
            "took means before multiplying": Mistake(
                lambda table, w, t: 2 * table.mean(0) * (table @ w - t).mean(),
                "each row's error belongs to that row's numbers: multiply first, then sum.",
            ),
            "gave the loss": Mistake(
                lambda table, w, t: ((table @ w - t) ** 2).mean(),
                "that is what is to be differentiated. Its gradient has an entry for each w.",
            ),
        },
        hints=(
            "Begin with the errors, one for each row: table @ w - t.",
            "How much does error number i change when w[j] grows by 1? By table[i, j].",
            "Entry j sums, over the rows i, table[i, j] times error i: a matrix product. Two factors remain, one from "
            "the square, one from the mean.",
        ),
    ),
}
