"""The exercises of 08_normalization."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake, random_tensor

# 08.1

ignored = [True, True, False, False]


def changes_ignored():
    """Which of four changes of h leave the output of LayerNorm as it is."""
    h = random_tensor(200)
    one_larger = h.clone()
    one_larger[0] += 10
    normalize = nn.LayerNorm(200, elementwise_affine=False, eps=0)
    changes = [h + 5, 3 * h, -h, one_larger]
    return [torch.allclose(normalize(change), normalize(h), atol=1e-4) for change in changes]


# 08.2


def undo(h):
    weight = (h.var(correction=0) + 1e-5).sqrt()
    return weight, h.mean()


def weight_and_bias_by_two_values(h):
    """Two entries before and after LayerNorm fix the straight line that leads back."""
    normal = nn.LayerNorm(len(h), elementwise_affine=False)(h)
    weight = (h[0] - h[1]) / (normal[0] - normal[1])
    return weight, h[0] - weight * normal[0]


# 08.3


def normalize(h):
    centred = h - h.mean(dim=1, keepdim=True)
    return centred / (h.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()


EXERCISES = {
    "08.1": Exercise(
        task="Predict which changes of h LayerNorm ignores, so that its output stays: ignored = [h + 5, 3 * h, "
        "-h, h with 10 added to its first entry alone], each True or False.",
        solution=ignored,
        use=lambda answer: answer,
        expected=changes_ignored,
        why="Subtracting the mean takes out whatever is added to all, dividing by the spread takes out every "
        "positive factor. A change of sign, or of one entry against the others, remains.",
        known={
            "took the sign for a scale": Mistake(
                [True, True, True, False],
                "the spread is never negative, so dividing by it leaves the sign: the output turns around.",
            ),
            "thought that only sums are ignored": Mistake(
                [True, False, False, False],
                "three times h has three times the spread, and is divided by it.",
            ),
            "thought that only factors are ignored": Mistake(
                [False, True, False, False],
                "h + 5 has a mean larger by 5, and the mean is subtracted.",
            ),
            "thought that everything is ignored": Mistake(
                [True, True, True, True],
                "then no information would be left. Relations between the entries, and the sign, stay.",
            ),
        },
        hints=(
            "LayerNorm: subtract the mean of the entries, divide by their spread.",
            "Try it: nn.LayerNorm(200)(h) against nn.LayerNorm(200)(3 * h).",
        ),
    ),
    "08.2": Exercise(
        task="Write undo(h): a weight and a bias, two numbers, with which LayerNorm gives this one h (n,) back: "
        "weight * LayerNorm(h) + bias equals h.",
        solution=undo,
        expected=weight_and_bias_by_two_values,
        inputs=lambda: [(3 * random_tensor(12) + 2,), (0.1 * random_tensor(5, seed=1),)],
        tolerance=1e-3,
        why="For one image the learnable weight and bias can undo it all. But each image has its own mean and "
        "spread, and there is one weight and one bias for all of them: for the others it does not.",
        known={
            "divided by n - 1": Mistake(
                lambda h: (h.std(), h.mean()),
                "LayerNorm divides the sum of squares by n, torch's std by n - 1: use correction=0.",
            ),
            "forgot the root": Mistake(
                lambda h: (h.var(correction=0) + 1e-5, h.mean()),
                "LayerNorm divides by the root of the variance, so the weight is that root.",
            ),
            "swapped weight and bias": Mistake(
                lambda h: undo(h)[::-1], "the weight brings back the spread, the bias the mean."
            ),
        },
        hints=(
            "LayerNorm(h) is (h - mean) / spread. Solve for h.",
            "The spread is (h.var(correction=0) + 1e-5).sqrt().",
        ),
    ),
    "08.3": Exercise(
        task="Write normalize(h) for a batch h (n, features), by hand: what nn.LayerNorm without learnable "
        "weights gives.",
        solution=normalize,
        expected=lambda h: nn.functional.layer_norm(h, h.shape[1:]),
        inputs=lambda: [
            (random_tensor(6, 4) + 3,),
            (5 * random_tensor(3, 20, seed=1),),
            (0.001 * random_tensor(3, 20, seed=2),),  # here eps counts
            (torch.ones(2, 5),),
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
            "divided by n - 1": Mistake(
                lambda h: (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True) + 1e-5).sqrt(),
                "LayerNorm divides the sum of squares by n, torch's std by n - 1: use correction=0.",
            ),
            "forgot the root": Mistake(
                lambda h: (
                    (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True, correction=0) + 1e-5)
                ),
                "this divides by the variance. The spread is its root.",
            ),
            "left out the spread": Mistake(
                lambda h: h - h.mean(1, keepdim=True), "the mean is 0 now, the spread not yet 1."
            ),
        },
        hints=(
            "mean(dim=1, keepdim=True) gives one mean for each image, as a column.",
            "Divide by the root of the variance (correction=0) plus 1e-5.",
        ),
    ),
}
