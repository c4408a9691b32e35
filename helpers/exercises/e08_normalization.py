"""The exercises of 08_normalization."""

import torch
from torch import nn

from helpers.exercises.core import (
    ByHand,
    Exercise,
    Mistake,
    Outcome,
    capitalized,
    numbers_and_reason,
    reason_does_not_fit,
)
from helpers.exercises.language import _

# 08.1

what_stays = [0.0, 0.0, 3.207, 2.640, "a"]

MEASURED = (
    "the first two changes leave the output, since they go into the mean and the spread alone"
)


def compare_with_layer_norm(answer):
    *given, reason = numbers_and_reason(answer)
    changes = ("h + 5", "3 * h", "-h", _("10 added to the first value"))
    faults = [
        _(
            "under {change} the largest move of an output is not {number:.3g}: {slip}",
            change=change,
            number=number,
            slip=slip_in(number, moves),
        )
        for change, number, moves in zip(changes, given, moves_of_the_output(), strict=True)
        if abs(number - moves.abs().max()) > 0.01
    ]
    if faults:
        return Outcome(". ".join(map(capitalized, faults)))
    return MEASURED if reason == "a" else reason_does_not_fit(reason)


def slip_in(number, moves):
    """Say what else the number may be of these moves of the four outputs."""
    slips = {
        _("that is the mean of their sizes"): moves.abs().mean(),
        _("that is the sum of their sizes"): moves.abs().sum(),
        _("the largest of them is taken without its sign, abs() before max()"): moves.max(),
        _("a size is never below 0"): -moves.abs().max(),
    }
    near = [slip for slip, value in slips.items() if abs(number - value) < 0.01]
    if moves.abs().max() < 0.01:
        return _("the mean, or the spread, takes it up, and no output moves")
    return _(
        "the four outputs move by {moves}; {slip}",
        moves=", ".join(f"{move:.2f}" for move in moves.tolist()),
        slip=near[0] if near else _("look for the largest, without its sign"),
    )


def moves_of_the_output():
    """By how much each of the changes moves each output of LayerNorm."""
    h = torch.tensor([1.0, 2.0, 3.0, 6.0])
    normalize = nn.LayerNorm(4, elementwise_affine=False)
    changes = [h + 5, 3 * h, -h, h + torch.tensor([10.0, 0.0, 0.0, 0.0])]
    return [normalize(change) - normalize(h) for change in changes]


# 08.2


def undo(h):
    weight = (h.var(correction=0) + 1e-5).sqrt()
    return weight, h.mean()


def weight_and_bias_by_two_values(h):
    """Two entries before and after LayerNorm fix the straight line that leads back."""
    normal = nn.LayerNorm(len(h), elementwise_affine=False)(h)
    weight = (h[0] - h[1]) / (normal[0] - normal[1])
    return weight, h[0] - weight * normal[0]


def what_comes_back(answer):
    """Put the two numbers to use, and say which property of h does not come back."""
    h = torch.tensor([1.0, 2.0, 6.0])
    weight, bias = answer(h)
    back = weight * nn.LayerNorm(3, elementwise_affine=False)(h) + bias
    if isinstance(weight, torch.Tensor) and weight.dim():
        return _("Your weight is a tensor; for all values of h together one number is enough.")
    values = [round(value, 2) for value in back.tolist()]
    shown = _("For h = [1, 2, 6] you get {values} back.", values=values)
    if abs(back.mean() - h.mean()) > 0.01:
        return _(
            "{shown} Their mean is {mean:.3g} in place of {right:.3g}, and LayerNorm(h) has the mean 0: the bias is to bring it.",
            shown=shown,
            mean=back.mean(),
            right=h.mean(),
        )
    spread, right = back.std(correction=0), h.std(correction=0)
    if abs(spread - right) > 0.01:
        return _(
            "{shown} Their spread is {spread:.3g} in place of {right:.3g}, and LayerNorm(h) has the spread 1: the weight is to bring it.",
            shown=shown,
            spread=spread,
            right=right,
        )
    return None


# 08.3


def normalize(h):
    centred = h - h.mean(dim=1, keepdim=True)
    return centred / (h.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()


def by_hand(answer, h):
    with ByHand("layer_norm", "batch_norm", "group_norm", "instance_norm"):
        return answer(h)


def means_and_spreads(answer):
    """Say what each row of the answer has in place of mean 0 and spread 1."""
    h = torch.tensor([[1.0, 2.0, 6.0], [4.0, 4.0, 7.0]])
    result = answer(h)
    if result.shape != h.shape:
        return _(
            "For h of shape (2, 3) your answer has the shape {shape}: each value stays in its place.",
            shape=tuple(result.shape),
        )
    means, spreads = result.mean(dim=1), result.std(dim=1, correction=0)
    if means.abs().max() > 0.01:
        return _(
            "For h = {h} the rows of your answer have the means {one:.3g} and {other:.3g}; expected 0 and 0: from each row goes its own mean.",
            h=h.tolist(),
            one=means[0],
            other=means[1],
        )
    if (spreads - 1).abs().max() > 0.01:
        return _(
            "For h = {h} the rows of your answer have the spreads {one:.3g} and {other:.3g}; expected 1 and 1: look at what you divide by.",
            h=h.tolist(),
            one=spreads[0],
            other=spreads[1],
        )
    return _(
        "Means and spreads are right where the values lie apart. Look at eps: it is added to the variance, under the root."
    )


EXERCISES = {
    "08.1": Exercise(
        task="Give what_stays = [four numbers, reason]: by how much each of the four changes of h moves the output of "
        'LayerNorm at most, and why: "a", "b" or "c".',
        solution=what_stays,
        use=compare_with_layer_norm,
        expected=lambda: MEASURED,
        why="Subtracting the mean takes out whatever is added to all, dividing by the spread takes out every "
        "positive factor. A change of sign, or of one value against the others, remains.",
        known={
            "gave the change of h": Mistake(
                [5.0, 12.0, 12.0, 10.0, "a"],
                "so far h moves. Put the old and the new h through LayerNorm, and subtract the outputs.",
            ),
            "took the sign for a scale": Mistake(
                [0.0, 0.0, 0.0, 2.640, "a"],
                "the spread is never negative, so dividing by it leaves the sign: the output turns around.",
            ),
            "thought that everything is ignored": Mistake(
                [0.0, 0.0, 0.0, 0.0, "a"],
                "then no information would be left. Relations between the values, and the sign, stay. Measure it.",
            ),
            "trusted weight and bias": Mistake(
                [0.0, 0.0, 3.207, 2.640, "b"],
                "they start at 1 and 0, where they do nothing.",
            ),
            "trusted the order": Mistake(
                [0.0, 0.0, 3.207, 2.640, "c"],
                "7 in place of 6 keeps the order of the values, and moves the output.",
            ),
        },
        hints=(
            "layer_norm = nn.LayerNorm(4); then (layer_norm(h + 5) - layer_norm(h)).abs().max(), and so on.",
            "What do the mean and the spread become when 5 is added to all values? And when all are tripled?",
        ),
    ),
    "08.2": Exercise(
        task="Write undo(h): a weight and a bias, two numbers, with which LayerNorm gives this one h (n,) back: "
        "weight * LayerNorm(h) + bias equals h.",
        solution=undo,
        expected=weight_and_bias_by_two_values,
        diagnose=what_comes_back,
        inputs=lambda: [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([0.004, 0.002, -0.001]),)],
        tolerance=1e-3,
        why="For one image the learnable weight and bias can undo it all. But each image has its own mean and "
        "spread, and there is one weight and one bias for all of them: for the others it does not.",
        known={
            "divided by n - 1": Mistake(
                lambda h: ((h.var() + 1e-5).sqrt(), h.mean()),
                "LayerNorm divides the sum of squares by n, torch's var and std by n - 1: use correction=0.",
            ),
            "divided by n - 1, and left out eps": Mistake(
                lambda h: (h.std(), h.mean()),
                "LayerNorm divides the sum of squares by n: use correction=0. And it adds eps, 0.00001, to the variance.",
            ),
            "left out eps": Mistake(
                lambda h: (h.std(correction=0), h.mean()),
                "LayerNorm adds 0.00001 to the variance before it takes the root. Where values lie close together, that counts.",
            ),
            "put eps outside the root": Mistake(
                lambda h: (h.std(correction=0) + 1e-5, h.mean()),
                "it is added to the variance, under the root.",
            ),
            "forgot the root": Mistake(
                lambda h: (h.var(correction=0) + 1e-5, h.mean()),
                "LayerNorm divides by the root of the variance, so the weight is that root.",
            ),
            "forgot the root and eps": Mistake(
                lambda h: (h.var(correction=0), h.mean()),
                "LayerNorm divides by the root of the variance plus 0.00001, so the weight is that root.",
            ),
            "gave what LayerNorm does": Mistake(
                lambda h: (1 / undo(h)[0], -undo(h)[1] / undo(h)[0]),
                "this leads from h to LayerNorm(h). Asked for is the way back: multiply by the spread, add the mean.",
            ),
            "divided in place of multiplying": Mistake(
                lambda h: (1 / undo(h)[0], h.mean()),
                "LayerNorm has divided by the spread; to undo it, multiply by it.",
            ),
            "turned the sign of the bias": Mistake(
                lambda h: (undo(h)[0], -h.mean()),
                "LayerNorm has subtracted the mean; to undo it, add it.",
            ),
            "divided the bias by the spread": Mistake(
                lambda h: (undo(h)[0], h.mean() / undo(h)[0]),
                "the bias is added behind the weight, where the values have their old spread already.",
            ),
            "left out the bias": Mistake(
                lambda h: (undo(h)[0], 0.0),
                "LayerNorm(h) has the mean 0. The bias brings the old one back.",
            ),
            "kept weight and bias at their start": Mistake(
                lambda h: (1.0, 0.0),
                "with 1 and 0 they do nothing, and LayerNorm(h) stays as it is.",
            ),
            "took the median": Mistake(
                lambda h: (undo(h)[0], h.median()),
                "LayerNorm subtracts the mean, not the value in the middle.",
            ),
            "left out a number": Mistake(
                lambda h: undo(h)[0],
                "return two numbers with a comma between them, weight and bias.",
            ),
            "gave tensors": Mistake(
                lambda h: (undo(h)[0] * torch.ones_like(h), h.mean() * torch.ones_like(h)),
                "here one number does for all values of h.",
            ),
            "swapped weight and bias": Mistake(
                lambda h: undo(h)[::-1], "the weight brings back the spread, the bias the mean."
            ),
        },
        hints=(
            "LayerNorm(h) is (h - mean) / spread. Solve for h.",
            "The spread is what LayerNorm has divided by, eps included; the notebook wrote it by hand.",
        ),
    ),
    "08.3": Exercise(
        task="Write normalize(h) for a batch h (n, features), by hand: what nn.LayerNorm without learnable "
        "weights gives.",
        solution=normalize,
        use=by_hand,
        expected=lambda h: nn.functional.layer_norm(h, h.shape[1:]),
        diagnose=means_and_spreads,
        inputs=lambda: [
            (torch.tensor([[1.0, 3.0], [6.0, 2.0]]),),
            (torch.tensor([[1.0, 2.0, 4.0], [5.0, 5.0, 8.0]]),),
            (torch.tensor([[0.004, 0.002, -0.001]]),),  # here eps counts
        ],
        tolerance=1e-3,
        why="Each row is brought to mean 0 and spread 1 by itself. So what an image becomes does not depend on "
        "which others stand in the batch, and a batch of one works too.",
        known={
            "normalized over the batch": Mistake(
                lambda h: (h - h.mean(0)) / (h.var(0, correction=0) + 1e-5).sqrt(),
                "this is BatchNorm: each feature over the images. LayerNorm takes each image over its "
                "features, dim=1.",
            ),
            "normalized all at once": Mistake(
                lambda h: (h - h.mean()) / (h.var(correction=0) + 1e-5).sqrt(),
                "each image has a mean and a spread of its own: dim=1, keepdim=True.",
            ),
            "lost the column": Mistake(
                lambda h: (h - h.mean(dim=1)) / (h.var(dim=1, correction=0) + 1e-5).sqrt(),
                "without keepdim=True the means are a row, and are subtracted from the wrong values.",
            ),
            "forgot to centre": Mistake(
                lambda h: h / (h.var(1, keepdim=True, correction=0) + 1e-5).sqrt(),
                "subtract the mean of each row before you divide.",
            ),
            "subtracted the mean of all": Mistake(
                lambda h: (h - h.mean()) / (h.var(1, keepdim=True, correction=0) + 1e-5).sqrt(),
                "from each row goes its own mean: dim=1, keepdim=True.",
            ),
            "subtracted the mean of the batch": Mistake(
                lambda h: (h - h.mean(0)) / (h.var(1, keepdim=True, correction=0) + 1e-5).sqrt(),
                "from each row goes its own mean: dim=1, keepdim=True.",
            ),
            "divided by n - 1": Mistake(
                lambda h: (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True) + 1e-5).sqrt(),
                "LayerNorm divides the sum of squares by n, torch's var and std by n - 1: use correction=0.",
            ),
            "divided by n - 1, with eps outside the root": Mistake(
                lambda h: (h - h.mean(1, keepdim=True)) / (h.std(1, keepdim=True) + 1e-5),
                "use correction=0, and add eps to the variance, under the root.",
            ),
            "put eps outside the root": Mistake(
                lambda h: (
                    (h - h.mean(1, keepdim=True)) / (h.std(1, keepdim=True, correction=0) + 1e-5)
                ),
                "it is added to the variance, under the root.",
            ),
            "left out eps": Mistake(
                lambda h: (h - h.mean(1, keepdim=True)) / h.std(1, keepdim=True, correction=0),
                "where values lie close together it counts, and equal values would give 0 / 0: add 0.00001 to the variance.",
            ),
            "forgot the root": Mistake(
                lambda h: (
                    (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True, correction=0) + 1e-5)
                ),
                "this divides by the variance. The spread is its root.",
            ),
            "forgot to divide the squares by n": Mistake(
                lambda h: (
                    (c := h - h.mean(1, keepdim=True)) / ((c**2).sum(1, keepdim=True) + 1e-5).sqrt()
                ),
                "the variance is the mean of the squared distances, not their sum.",
            ),
            "took the mean distance": Mistake(
                lambda h: (
                    (c := h - h.mean(1, keepdim=True)) / (c.abs().mean(1, keepdim=True) + 1e-5)
                ),
                "the spread is the root of the mean of the squared distances.",
            ),
            "brought it to length 1": Mistake(
                lambda h: h / (h.norm(dim=1, keepdim=True) + 1e-5),
                "LayerNorm brings each row to mean 0 and spread 1.",
            ),
            "brought it to 0..1": Mistake(
                lambda h: (
                    (h - h.amin(1, keepdim=True))
                    / (h.amax(1, keepdim=True) - h.amin(1, keepdim=True) + 1e-5)
                ),
                "that is another way to scale. LayerNorm brings each row to mean 0 and spread 1.",
            ),
            "took the first image alone": Mistake(
                lambda h: normalize(h[:1])[0],
                "normalize all rows of h: dim=1 works on each of them.",
            ),
            "left out the spread": Mistake(
                lambda h: h - h.mean(1, keepdim=True), "the mean is 0 now, the spread not yet 1."
            ),
        },
        hints=(
            "mean(dim=1, keepdim=True) gives one mean for each image, as a column.",
            "The variance is the mean of the squares: correction=0. eps is added to it, before the root.",
        ),
    ),
}
