"""The exercises of 11_evidence."""

import math
from itertools import product

import numpy as np
import torch

from helpers.exercises.core import Exercise, Mistake, random_tensor

# 11.1


def paired_interval(a, b):
    differences = b - a
    return differences.mean(), 2.262 * differences.std() / len(differences) ** 0.5


def ten_seeds():
    """Accuracies in percent of two recipes: one seed is good or bad for both."""
    shared, one, other = (random_tensor(10, seed=seed) for seed in range(3))
    return 97 + 0.3 * shared + 0.05 * one, 97.2 + 0.3 * shared + 0.05 * other


def interval_by_sums(a, b):
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    differences = [later - earlier for earlier, later in pairs]
    mean = math.fsum(differences) / 10
    variance = math.fsum((difference - mean) ** 2 for difference in differences) / 9
    return mean, 2.262 * math.sqrt(variance / 10)


# 11.2


def interaction(neither, only_a, only_b, both):
    return (both - only_b) - (only_a - neither)


def last_coefficient(neither, only_a, only_b, both):
    """That of the straight model 1, a, b, a * b that goes through all four."""
    rows = [[1, a, b, a * b] for b, a in product((0, 1), (0, 1))]
    return np.linalg.solve(np.array(rows, float), [neither, only_a, only_b, both])[3]


# 11.3


def honest_accuracy(validation, test):
    return test[validation.argmax()]


def by_sorting(validation, test):
    return max(zip(validation.tolist(), test.tolist(), strict=True))[1]


# 11.4


def seeds_needed(difference, deviation):
    return math.ceil((2 * deviation / difference) ** 2)


def count_up(difference, deviation):
    seeds = 1
    while difference * math.sqrt(seeds) < 2 * deviation:
        seeds += 1
    return seeds


def reach_of(deviation):
    """The half-width of an interval around the mean of the differences, from their deviations."""
    return lambda a, b: ((b - a).mean(), 2.262 * deviation(a, b))


EXERCISES = {
    "11.1": Exercise(
        task="Write paired_interval(a, b): for the accuracies of two recipes, tensors (10,) with one entry for each seed, "
        "the mean of b - a and how far its 95 % interval reaches to each side, with 2.262 for ten seeds.",
        solution=paired_interval,
        expected=interval_by_sums,
        inputs=lambda: [ten_seeds()],
        why="A seed that is good for one recipe tends to be good for the other, and the difference of the two does not "
        "contain that. So the paired interval is often much narrower than those of the two means.",
        known={
            "took a minus b": Mistake(
                lambda a, b: paired_interval(b, a),
                "the mean has the wrong sign: subtract a from b.",
            ),
            "forgot the root of the number of seeds": Mistake(
                reach_of(lambda a, b: (b - a).std()),
                "that is how far single differences scatter. Their mean scatters less: divide by the root of 10.",
            ),
            "did not pair": Mistake(
                reach_of(lambda a, b: ((a.var() + b.var()) / 10) ** 0.5),
                "the variances of a and b add up where they are independent. Here they share seeds: take the "
                "deviation of b - a.",
            ),
            "divided by the number of seeds": Mistake(
                reach_of(lambda a, b: (b - a).std() / 10),
                "the deviation of a mean shrinks with the root of the number.",
            ),
            "took the deviation with n": Mistake(
                reach_of(lambda a, b: (b - a).std(correction=0) / 10**0.5),
                "the mean was fitted to the same ten numbers, so their squares are divided by 9: "
                "std() without correction=0.",
            ),
            "took 1.96 for 2.262": Mistake(
                reach_of(lambda a, b: 1.96 / 2.262 * (b - a).std() / 10**0.5),
                "ten differences leave their own deviation uncertain, and 2.262 allows for that.",
            ),
        },
        hints=(
            "Make the ten differences first; all else is about them alone.",
            "Their deviation, divided by the root of 10, times 2.262.",
        ),
    ),
    "11.2": Exercise(
        task="Write interaction(neither, only_a, only_b, both): from four mean accuracies, how much larger the effect of A "
        "is where B is used than where it is not.",
        solution=interaction,
        expected=last_coefficient,
        inputs=lambda: [(88.0, 91.0, 97.0, 97.5), (90.0, 92.0, 93.0, 96.0)],
        why="It is the same whether you ask A about B or B about A. Below 0, each takes away a part of what the other has to "
        "give; at 0 the two add up.",
        known={
            "took the effect of both together": Mistake(
                lambda neither, only_a, only_b, both: both - neither,
                "that is what A and B bring together. How much of it is more than the sum of the two?",
            ),
            "turned the sign": Mistake(
                lambda neither, only_a, only_b, both: (only_a - neither) - (both - only_b),
                "subtract the effect without B from the one with B.",
            ),
            "took the mean effect of A": Mistake(
                lambda neither, only_a, only_b, both: ((only_a - neither) + (both - only_b)) / 2,
                "that is the effect, averaged over B. An interaction is a difference of two effects.",
            ),
            "forgot what both start from": Mistake(
                lambda neither, only_a, only_b, both: both - only_a - only_b,
                "an effect is a difference from the baseline: `neither` must come in.",
            ),
            "took half": Mistake(
                lambda neither, only_a, only_b, both: (both - only_a - only_b + neither) / 2,
                "some books define it so; here it is the whole difference of the two effects.",
            ),
            "compared the two alone": Mistake(
                lambda neither, only_a, only_b, both: only_a - only_b,
                "that says which of the two is better alone. Bring in `both` and `neither`.",
            ),
        },
        hints=(
            "The effect of A where B is used is both - only_b.",
            "Subtract from it the effect of A where B is not used.",
        ),
    ),
    "11.3": Exercise(
        task="Several learning rates were tried. Write honest_accuracy(validation, test): from their accuracies on validation "
        "and on test images, tensors (n,), the test accuracy that you may report for the best rate.",
        solution=honest_accuracy,
        expected=by_sorting,
        inputs=lambda: [
            (torch.tensor([0.90, 0.95, 0.93]), torch.tensor([0.91, 0.94, 0.96])),
            (torch.tensor([0.97, 0.96, 0.95]), torch.tensor([0.95, 0.97, 0.96])),
        ],
        why="The validation images choose, the test images judge the one that was chosen. The best of several test accuracies is "
        "partly luck, and too high on average.",
        known={
            "took the best test accuracy": Mistake(
                lambda validation, test: test.max(),
                "then the test images have chosen, and can no longer judge.",
            ),
            "gave the validation accuracy": Mistake(
                lambda validation, test: validation.max(),
                "that number was chosen for being high. Report what the same rate gave on the test images.",
            ),
            "took the mean of all rates": Mistake(
                lambda validation, test: test.mean(),
                "one rate was chosen: report its accuracy.",
            ),
            "gave the place of the rate": Mistake(
                lambda validation, test: validation.argmax(),
                "that is where the best rate stands. Read the test accuracy there.",
            ),
        },
        hints=(
            "Which of the two may choose?",
            "argmax says where the largest entry stands.",
        ),
    ),
    "11.4": Exercise(
        task="Write seeds_needed(difference, deviation): the smallest number of seeds for which two standard errors, "
        "2 * deviation / sqrt(n), are no more than the difference.",
        solution=seeds_needed,
        expected=count_up,
        inputs=lambda: [(0.1, 0.26), (0.4, 0.3), (1.0, 0.3), (0.05, 0.31)],
        why="For half the difference you need four times the seeds. That many make it visible in about every second "
        "attempt only; to see it four times out of five you need about twice as many. (For fewer than a dozen seeds, more than these: their "
        "own deviation is then poorly known.)",
        known={
            "did not square": Mistake(
                lambda difference, deviation: math.ceil(2 * deviation / difference),
                "the error shrinks with the root of n, so n grows with the square of what you ask for.",
            ),
            "rounded down": Mistake(
                lambda difference, deviation: math.floor((2 * deviation / difference) ** 2),
                "with a seed less the errors are still too large: round up.",
            ),
            "took one standard error": Mistake(
                lambda difference, deviation: math.ceil((deviation / difference) ** 2),
                "two standard errors, so the factor 2 is squared as well.",
            ),
            "left the 2 outside the square": Mistake(
                lambda difference, deviation: math.ceil(2 * (deviation / difference) ** 2),
                "the factor 2 is squared as well.",
            ),
            "turned the fraction over": Mistake(
                lambda difference, deviation: math.ceil((difference / (2 * deviation)) ** 2),
                "a smaller difference needs more seeds.",
            ),
        },
        hints=(
            "Solve 2 * deviation / sqrt(n) = difference for n.",
            "math.ceil rounds up.",
        ),
    ),
}
