"""The exercises of 09_combined_model."""

import math

import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake, Outcome
from helpers.recipes import Recipe

# 09.1


def standard_error(share, n):
    return (share * (1 - share) / n) ** 0.5


def spread_of_shares(share, n):
    """The exact spread of the share of right answers: the sum over all possible counts."""
    counts = range(n + 1)
    chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in counts]
    mean = sum(p * k / n for p, k in zip(chances, counts, strict=True))
    return sum(p * (k / n - mean) ** 2 for p, k in zip(chances, counts, strict=True)) ** 0.5


# 09.2


def paired(right_a, right_b):
    difference = right_a.double() - right_b.double()
    return difference.mean(), difference.std(correction=0) / len(difference) ** 0.5


def made_up_results(n, seed):
    """Whether two networks read each of n images rightly; they fail mostly on the same ones."""
    generator = torch.Generator().manual_seed(seed)
    hard = torch.rand(n, generator=generator) < 0.1
    easy_a, easy_b = torch.rand(2, n, generator=generator) < torch.tensor([[0.02], [0.04]])
    return ~(hard | easy_a), ~(hard | easy_b)


def paired_by_counting(right_a, right_b):
    """From the images on which only one of the two is right, as in McNemar's test (1947)."""
    n, only_a, only_b = len(right_a), (right_a & ~right_b).sum(), (right_b & ~right_a).sum()
    mean = (only_a - only_b).double() / n
    return mean, (((only_a + only_b).double() / n - mean**2) / n) ** 0.5


# 09.3

without_normalization = Recipe("bce", "leaky", "adam", "none")


def compare_with_layers(recipe):
    layers = [nn.Linear(784, 200), nn.LeakyReLU(0.02), nn.Linear(200, 10), nn.Sigmoid()]
    network = recipe.network()
    optimizer = type(recipe.optimizer(network))
    if str(network) == str(nn.Sequential(*layers)) and optimizer is torch.optim.Adam:
        return "named"
    wrong = [
        part for part, word in without_normalization.words.items() if recipe.words[part] != word
    ]
    return Outcome(f"that is {recipe}; look at its {' and '.join(wrong)}")


EXERCISES = {
    "09.1": Exercise(
        task="Write standard_error(share, n): how far, as a standard deviation, the measured share of right "
        "answers among n images is from the share among very many images.",
        solution=standard_error,
        expected=spread_of_shares,
        inputs=lambda: [(0.9, 100), (0.5, 40), (0.97, 500)],
        why="Each image is a draw that is right with a chance of `share`. For four times the images the error "
        "halves; at 97 % of 10,000 images it is 0.17 points.",
        known={
            "forgot the root of n": Mistake(
                lambda share, n: (share * (1 - share)) ** 0.5 / n,
                "the spread of a mean shrinks with the root of the number of draws.",
            ),
            "forgot the root": Mistake(
                lambda share, n: share * (1 - share) / n,
                "this is the variance. Its root is the error.",
            ),
            "left out n": Mistake(
                lambda share, n: (share * (1 - share)) ** 0.5,
                "this is the spread of one image. That of a mean of n is smaller by the root of n.",
            ),
            "took the error of one half for every share": Mistake(
                lambda share, n: 0.5 / n**0.5,
                "right for a share of a half alone. Near 100 % there is less to vary.",
            ),
        },
        hints=(
            "One image: right with chance p. The variance of such a draw is p (1 - p).",
            "The variance of the mean of n draws is that, divided by n.",
        ),
    ),
    "09.2": Exercise(
        task="Two networks have read the same n images; right_a and right_b (n,) say which ones rightly. Write "
        "paired(right_a, right_b): the difference of their shares, a minus b, and its standard error, image "
        "by image.",
        solution=paired,
        expected=paired_by_counting,
        tolerance=2e-3,
        inputs=lambda: [made_up_results(500, 0), made_up_results(2000, 1)],
        why="Images that both read, or both fail, say nothing about which is better, and drop out. So the error "
        "of the difference is smaller than for two sets of images.",
        known={
            "took the two for independent": Mistake(
                lambda a, b: (
                    a.double().mean() - b.double().mean(),
                    (
                        a.double().var(correction=0) / len(a)
                        + b.double().var(correction=0) / len(b)
                    ).sqrt(),
                ),
                "both read the same images and fail on many of the same. Take the difference first, image by "
                "image, then its spread.",
            ),
            "forgot the root of n": Mistake(
                lambda a, b: (
                    (a.double() - b.double()).mean(),
                    (a.double() - b.double()).std(correction=0),
                ),
                "this is the spread of one image's difference. That of the mean is smaller by the root of n.",
            ),
            "took b minus a": Mistake(
                lambda a, b: (-paired(a, b)[0], paired(a, b)[1]),
                "above 0 means here that a is better.",
            ),
        },
        hints=(
            "right_a.double() - right_b.double() is 1, 0 or -1 for each image.",
            "Its mean is the difference; its standard deviation divided by the root of n is the standard error.",
        ),
    ),
    "09.3": Exercise(
        task="Name the combined model without its normalization, by Recipe(...).",
        solution=without_normalization,
        use=compare_with_layers,
        expected=lambda: "named",
        why="Leaving one part out of the whole asks another question than adding it to the baseline: what does "
        "it bring, given the others?",
        known={
            "left the normalization in": Mistake(
                Recipe("bce", "leaky", "adam", "layernorm"), "that is the combined model, whole."
            ),
            "added the rest to nothing": Mistake(
                Recipe("mse", "sigmoid", "sgd", "none"),
                "that is the baseline: it has none of the four.",
            ),
            "left the normalization alone in": Mistake(
                Recipe("mse", "sigmoid", "sgd", "layernorm"),
                "that is the baseline with a LayerNorm. Keep the other three changes instead.",
            ),
        },
        hints=(
            "The four words are loss, activation, optimizer and normalization.",
            'The combined model is Recipe("bce", "leaky", "adam", "layernorm").',
        ),
    ),
}
