"""The exercises of 11_evidence."""

import functools
import math
from itertools import product

import numpy as np
import torch

from helpers.exercises.core import (
    Exercise,
    Mistake,
    Outcome,
    is_finite,
    numbers_and_reason,
    reason_does_not_fit,
    show,
)
from helpers.exercises.language import _

# 11.1


def paired_interval(a, b):
    differences = b - a
    return differences.mean(), 2.776 * differences.std() / len(differences) ** 0.5


def five_seeds():
    return torch.tensor([97.0, 97.2, 97.3, 97.1, 97.4]), torch.tensor(
        [97.5, 97.4, 97.5, 97.8, 97.3]
    )


def interval_by_sums(a, b):
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    differences = [later - earlier for earlier, later in pairs]
    mean = math.fsum(differences) / 5
    variance = math.fsum((difference - mean) ** 2 for difference in differences) / 4
    return mean, 2.776 * math.sqrt(variance / 5)


def reach_of(deviation):
    """The half-width of an interval around the mean of the differences, from their deviations."""
    return lambda a, b: ((b - a).mean(), 2.776 * deviation(a, b))


def fault_of_an_interval(answer):
    given = answer(*five_seeds())
    if not isinstance(given, tuple | list):
        return None
    mean, reach = map(float, given)
    right_mean, right_reach = interval_by_sums(*five_seeds())
    if abs(mean - right_mean) > 1e-3:
        return _(
            "The five differences are 0.5, 0.2, 0.2, 0.7, -0.1. Their mean is {right:.3g}; yours is {mean:.3g}.",
            right=right_mean,
            mean=mean,
        )
    return _(
        "The five differences are 0.5, 0.2, 0.2, 0.7, -0.1, and their mean is in order. Their standard deviation is "
        "0.308, their standard error 0.138. Your interval reaches {reach:.3g} standard errors to each side; expected 2.776.",
        reach=reach * 2.776 / right_reach,
    )


# 11.2


def interaction(neither, only_a, only_b, both):
    return (both - only_b) - (only_a - neither)


def last_coefficient(neither, only_a, only_b, both):
    """That of the straight model 1, a, b, a * b that goes through all four."""
    rows = [[1, a, b, a * b] for b, a in product((0, 1), (0, 1))]
    return np.linalg.solve(np.array(rows, float), [neither, only_a, only_b, both])[3]


def how_often_each_counts(answer):
    """Where the answer is a sum of the four, how often each of them is in it."""
    at_0, *at_1 = (float(answer(*map(float, place))) for place in [[0] * 4, *np.eye(4)])
    counts = [value - at_0 for value in at_1]
    tried = (88.0, 91.0, 97.0, 97.5)
    if abs(float(answer(*tried)) - at_0 - np.dot(counts, tried)) > 1e-6:
        return _(
            "Your answer does not just add and subtract the four accuracies. An effect is a difference of two of them, and an "
            "interaction the difference of two effects, with its sign."
        )
    names = ("neither", "only_a", "only_b", "both")
    shown = ", ".join(
        f"{name} {count:+.3g}" for name, count in zip(names, counts, strict=True)
    ).replace("+0", "0")
    if at_0 or abs(sum(counts)) > 1e-6:
        return _(
            "Your answer counts {shown} times. If all four accuracies were higher by a point, no difference would change; yours would.",
            shown=shown,
        )
    return _(
        "Your answer counts {shown} times. The effect of A where B is used counts both and only_b, the one where B is not "
        "used only_a and neither: take one from the other.",
        shown=shown,
    )


# 11.3

luck = [0.253, 0.464, "b"]
SLOWLY = "more tries have more luck to choose, ever more slowly"


def compare_with_simulated_luck(answer):
    six, sixty, reason = numbers_and_reason(answer)
    for count, given in ((6, six), (60, sixty)):
        if abs(given - luck_of_the_best(count)) > 0.012:
            return Outcome(fault_of_luck(given, count))
    return SLOWLY if reason == "b" else reason_does_not_fit(reason)


def fault_of_luck(given, count):
    """Say what else was computed, if it can be seen, for the best of so many."""
    other = 66 - count
    slips = {
        _(
            "so much is the best of {other} too high, not that of {count}", other=other, count=count
        ): luck_of_the_best(other),
        _("that is how far a single training is off, up or down"): 0.2 * (2 / math.pi) ** 0.5,
        _("that is one deviation; the best of several is chosen for being high"): 0.2,
        _("that is two deviations, where one training in forty lies"): 0.4,
        _("a mean gets steadier with more values, and the largest of them does not"): 0.2
        / count**0.5,
        _(
            "chance adds up with the root of the number, but you take one of them, not their sum"
        ): 0.2 * count**0.5,
        _("the best is the largest of each round; you have the smallest"): -luck_of_the_best(count),
        _("subtract the truth, 97"): 97 + luck_of_the_best(count),
        _("these are deviations, and one is 0.2 points"): luck_of_the_best(count) / 0.2,
        _("that is a share, of which 0.01 is a point"): luck_of_the_best(count) / 100,
        _(
            "that is {times:g} times that of {other}; the best is one of them, not their sum",
            times=count / other,
            other=other,
        ): count / other * luck_of_the_best(other),
    }
    for slip, value in slips.items():
        if abs(given - value) < 0.05 * abs(value):
            return _(
                "for the best of {count} you give {given:.3g}: {slip}",
                count=count,
                given=given,
                slip=slip,
            )
    return _(
        "the best of {count} is not {given:.3g} points too high on average: take the largest of each round, subtract 97, and "
        "take the mean of 10,000 rounds, since a single one scatters",
        count=count,
        given=given,
    )


@functools.cache
def luck_of_the_best(count):
    """The mean of the largest of `count` normal numbers of deviation 0.2, by their distribution."""
    x = np.linspace(-8, 8, 40_001)
    below = 0.5 * (1 + torch.erf(torch.from_numpy(x) / 2**0.5).numpy())
    chance = np.diff(below**count)
    return 0.2 * float((chance * (x[1:] + x[:-1]) / 2).sum())


# 11.4


def seeds_needed(difference, deviation):
    return math.ceil((2 * deviation / difference) ** 2)


def count_up(difference, deviation):
    seeds = 1
    while difference * math.sqrt(seeds) < 2 * deviation:
        seeds += 1
    return seeds


def try_the_number(answer):
    """Put the number of seeds to the test that the task names."""
    difference, deviation = 0.1, 0.26
    n = answer(difference, deviation)
    shown = _(
        "For difference = {difference}, deviation = {deviation}",
        difference=difference,
        deviation=deviation,
    )
    if not is_finite(n) or n <= 0:
        return _(
            "{shown} your answer is {found}; expected a number of seeds.",
            shown=shown,
            found=show(n),
        )
    reach, one_less = (2 * deviation / root for root in (n**0.5, max(n - 1, 1e-9) ** 0.5))
    if n != round(n):
        return _(
            "{shown} your answer is {n:.4g}; seeds come whole: expected the next whole number.",
            shown=shown,
            n=n,
        )
    if reach > difference + 1e-9:
        return _(
            "{shown} your n is {n:g}. Two standard errors are then {reach:.3g}, still more than the difference.",
            shown=shown,
            n=n,
            reach=reach,
        )
    if one_less <= difference:
        return _(
            "{shown} your n is {n:g}. With {less:g} two standard errors are {reach:.3g}, and that is enough already.",
            shown=shown,
            n=n,
            less=n - 1,
            reach=one_less,
        )
    return _(
        "The number is right where nothing has to be rounded up or down. Try difference = 0.5, deviation = 0.5: it is 4."
    )


EXERCISES = {
    "11.1": Exercise(
        task="Write paired_interval(a, b): for the accuracies of two recipes, tensors (5,) with one entry for each seed, "
        "the mean of b - a and how far its 95 % interval reaches to each side, with 2.776 for five seeds.",
        solution=paired_interval,
        expected=interval_by_sums,
        diagnose=fault_of_an_interval,
        tolerance=1e-3,
        inputs=lambda: [five_seeds()],
        why="Whatever a seed does to both recipes alike is not in the differences, and what it does to each alone is. So they "
        "need no assumption about what the two share. In the grid they share nothing that you could see: there the paired "
        "interval is no narrower than the other one.",
        known={
            "took a minus b": Mistake(
                lambda a, b: paired_interval(b, a),
                "the mean has the wrong sign: subtract a from b.",
            ),
            "forgot the root of the number of seeds": Mistake(
                reach_of(lambda a, b: (b - a).std()),
                "that is how far single differences scatter. Their mean scatters less: divide by the root of 5.",
            ),
            "did not pair": Mistake(
                reach_of(lambda a, b: ((a.var() + b.var()) / 5) ** 0.5),
                "the variances of a and b add up if the two share nothing. The deviation of the differences b - a holds without that "
                "if.",
            ),
            "added the deviations": Mistake(
                reach_of(lambda a, b: (a.std() + b.std()) / 5**0.5),
                "chances do not add up like that, and here they need not: take the deviation of b - a.",
            ),
            "took the deviation of one": Mistake(
                reach_of(lambda a, b: b.std() / 5**0.5),
                "that is the interval around the mean of b. Make the five differences first.",
            ),
            "divided by the number of seeds": Mistake(
                reach_of(lambda a, b: (b - a).std() / 5),
                "the deviation of a mean shrinks with the root of the number.",
            ),
            "divided by the root of 4": Mistake(
                reach_of(lambda a, b: (b - a).std() / 2),
                "the 4 stands in the deviation, and std() has put it there. The mean is one of 5 numbers.",
            ),
            "took the deviation with n": Mistake(
                reach_of(lambda a, b: (b - a).std(correction=0) / 5**0.5),
                "the mean was fitted to the same five numbers, so their squares are divided by 4: "
                "std() without correction=0.",
            ),
            "took the variance": Mistake(
                reach_of(lambda a, b: (b - a).var() / 5**0.5),
                "the deviation, its root, is as long as the differences are.",
            ),
            "gave the standard error": Mistake(
                reach_of(lambda a, b: (b - a).std() / 5**0.5 / 2.776),
                "an interval of 95 % reaches 2.776 of them to each side.",
            ),
            "took 2 for 2.776": Mistake(
                reach_of(lambda a, b: 2 / 2.776 * (b - a).std() / 5**0.5),
                "that is for many values. Five leave their own deviation uncertain, and 2.776 allows for that.",
            ),
            "took 1.96 for 2.776": Mistake(
                reach_of(lambda a, b: 1.96 / 2.776 * (b - a).std() / 5**0.5),
                "that is for many values. Five leave their own deviation uncertain, and 2.776 allows for that.",
            ),
            "took 2.262 for 2.776": Mistake(
                reach_of(lambda a, b: 2.262 / 2.776 * (b - a).std() / 5**0.5),
                "that is for ten seeds; five leave their deviation less certain.",
            ),
            "gave the two ends": Mistake(
                lambda a, b: (
                    paired_interval(a, b)[0] - paired_interval(a, b)[1],
                    paired_interval(a, b)[0] + paired_interval(a, b)[1],
                ),
                "asked for are the mean, and how far the interval reaches from it to each side.",
            ),
            "gave the whole width": Mistake(
                reach_of(lambda a, b: 2 * (b - a).std() / 5**0.5),
                "from end to end it is twice as wide as it reaches to each side.",
            ),
            "lost the signs": Mistake(
                lambda a, b: paired_interval(torch.zeros(5), (b - a).abs()),
                "a seed for which a is ahead counts against b.",
            ),
            "gave the reach first": Mistake(
                lambda a, b: paired_interval(a, b)[::-1], "first the mean, then the reach."
            ),
        },
        hints=(
            "Make the five differences first; all else is about them alone.",
            "How far is the mean of five numbers off, as a standard deviation? And how many of those does 95 % take?",
        ),
    ),
    "11.2": Exercise(
        task="Write interaction(neither, only_a, only_b, both): from four mean accuracies, how much larger the effect of A "
        "is where B is used than where it is not.",
        solution=interaction,
        expected=last_coefficient,
        diagnose=how_often_each_counts,
        inputs=lambda: [(88.0, 91.0, 97.0, 97.5), (90.0, 93.0, 92.0, 96.0)],
        why="It is the same whether you ask A about B or B about A. Below 0, each takes away a part of what the other has to "
        "give; at 0 the two add up.",
        known={
            "took the effect of A beside B": Mistake(
                lambda neither, only_a, only_b, both: both - only_b,
                "that is the first half. An interaction says by how much it is larger than the effect without B.",
            ),
            "took the effect of B beside A": Mistake(
                lambda neither, only_a, only_b, both: both - only_a,
                "that is how much B adds to A. By how much is it larger than what B brings alone?",
            ),
            "took the effect of A alone": Mistake(
                lambda neither, only_a, only_b, both: only_a - neither,
                "that is A's effect without B. Compare it with the one beside B.",
            ),
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
            "added the two effects": Mistake(
                lambda neither, only_a, only_b, both: (only_a - neither) + (both - only_b),
                "an interaction is the difference of the two effects of A.",
            ),
            "forgot what both start from": Mistake(
                lambda neither, only_a, only_b, both: both - only_a - only_b,
                "an effect is a difference from the baseline: `neither` must come in.",
            ),
            "subtracted the start twice": Mistake(
                lambda neither, only_a, only_b, both: both - only_a - only_b - neither,
                "each of the two effects starts from one accuracy: `neither` is added again.",
            ),
            "took half": Mistake(
                lambda neither, only_a, only_b, both: (both - only_a - only_b + neither) / 2,
                "some books define it so; here it is the whole difference of the two effects.",
            ),
            "compared the two alone": Mistake(
                lambda neither, only_a, only_b, both: only_a - only_b,
                "that says which of the two is better alone. Bring in `both` and `neither`.",
            ),
            "compared with the better one": Mistake(
                lambda neither, only_a, only_b, both: both - max(only_a, only_b),
                "that says whether both are worth it. An interaction asks what the two effects would add up to.",
            ),
            "divided the effects": Mistake(
                lambda neither, only_a, only_b, both: (both - only_b) / (only_a - neither),
                "here an interaction is a difference, in points.",
            ),
        },
        hints=(
            "What is the effect of A where B is used? And where it is not? Each is a difference of two of the four.",
            "By how much is the first larger than the second?",
        ),
    ),
    "11.3": Exercise(
        task="Give luck = [points, points, reason]: by how much the best of 6 equal rates is too high on average, and the best of "
        '60, and why: "a", "b" or "c".',
        solution=luck,
        use=compare_with_simulated_luck,
        expected=lambda: SLOWLY,
        why="All are equal, and yet the best of six looks a quarter of a point better, which is pure luck. So whoever chooses by "
        "one training needs other images, or another training, to say how good the choice is; and whoever has tried ten times "
        "as many rates has more of that luck, though not ten times as much.",
        known={
            "expected ten times the luck": Mistake(
                [0.253, 2.53, "b"], "the best of sixty is still one normal number: play it."
            ),
            "expected no luck": Mistake(
                [0.0, 0.0, "b"], "so much is the mean too high. The best of them is asked for."
            ),
            "forgot the deviation": Mistake(
                [1.267, 2.319, "b"], "these are deviations. One is 0.2 points."
            ),
            "gave the accuracy": Mistake(
                [97.253, 97.464, "b"], "by how much is it above 97? Subtract the truth."
            ),
            "took one deviation": Mistake(
                [0.2, 0.2, "b"],
                "so far is a single one off, up or down. The best of six is chosen for being high.",
            ),
            "let the luck shrink with the root": Mistake(
                [0.0816, 0.0258, "b"],
                "a mean gets steadier with more values. The largest of them does not: it grows.",
            ),
            "took the luck for ten times as many": Mistake(
                [0.253, 0.464, "a"], "ten times as many tries less than double it, as you measured."
            ),
            "took the luck for skill": Mistake(
                [0.253, 0.464, "c"],
                "all sixty are equally good, by construction. Another training of the best would be at 97 again.",
            ),
        },
        hints=(
            "torch.normal(97.0, 0.2, size=(10_000, 6)) is 10,000 rounds of six trainings.",
            "Which number of each round do you report? And what is its mean over all rounds?",
        ),
    ),
    "11.4": Exercise(
        task="Write seeds_needed(difference, deviation): the smallest number of seeds for which two standard errors, "
        "2 * deviation / sqrt(n), are no more than the difference.",
        solution=seeds_needed,
        expected=count_up,
        diagnose=try_the_number,
        inputs=lambda: [(0.1, 0.26), (0.3, 0.25), (0.5, 0.5), (1.0, 0.3)],
        why="For half the difference you need four times the seeds. That many make it visible in about every second "
        "attempt only; to see it four times out of five, as in the notebook, you need about twice as many. (For fewer than a "
        "dozen seeds, more than these: their own deviation is then poorly known.)",
        known={
            "did not round up": Mistake(
                lambda difference, deviation: (2 * deviation / difference) ** 2,
                "seeds come whole: the next whole number is the smallest that is enough.",
            ),
            "rounded to the nearest": Mistake(
                lambda difference, deviation: round((2 * deviation / difference) ** 2),
                "where that is down, the errors are still too large: always up.",
            ),
            "rounded down": Mistake(
                lambda difference, deviation: math.floor((2 * deviation / difference) ** 2),
                "with a seed less the errors are still too large: round up.",
            ),
            "took 1.96 for 2": Mistake(
                lambda difference, deviation: math.ceil((1.96 * deviation / difference) ** 2),
                "the task says two standard errors.",
            ),
            "always added one": Mistake(
                lambda difference, deviation: int((2 * deviation / difference) ** 2) + 1,
                "where the number is whole already, as for 0.5 and 0.5, one less is enough: math.ceil.",
            ),
            "did not square": Mistake(
                lambda difference, deviation: math.ceil(2 * deviation / difference),
                "the error shrinks with the root of n, so n grows with the square of what you ask for.",
            ),
            "took one standard error": Mistake(
                lambda difference, deviation: math.ceil((deviation / difference) ** 2),
                "two standard errors, so the factor 2 is squared as well.",
            ),
            "left the 2 outside the square": Mistake(
                lambda difference, deviation: math.ceil(2 * (deviation / difference) ** 2),
                "the factor 2 is squared as well.",
            ),
            "took the root in place of the square": Mistake(
                lambda difference, deviation: math.ceil((2 * deviation / difference) ** 0.5),
                "sqrt(n) = 2 * deviation / difference: to be rid of the root, square both sides.",
            ),
            "turned the fraction over": Mistake(
                lambda difference, deviation: math.ceil((difference / (2 * deviation)) ** 2),
                "a smaller difference needs more seeds.",
            ),
            "doubled it for the power": Mistake(
                lambda difference, deviation: math.ceil(2 * (2 * deviation / difference) ** 2),
                "that is about what a power of 80 % needs. Asked for is where two standard errors fit.",
            ),
        },
        hints=(
            "At the border, 2 * deviation / sqrt(n) is equal to the difference. Solve it for n.",
            "Is one seed less still enough? math.ceil, round and int differ in that.",
        ),
    ),
}
