"""The exercises of 09_combined_model."""

import functools
import math

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.data import Subset

from helpers.environment import ROOT
from helpers.exercises.core import (
    Exercise,
    Mistake,
    Outcome,
    numbers_and_reason,
    reason_does_not_fit,
)
from helpers.exercises.language import _
from helpers.mnist import MnistDataset
from helpers.recipes import Recipe
from helpers.training import accuracy, train

# 09.1


def standard_error(share, n):
    return (share * (1 - share) / n) ** 0.5


def spread_of_shares(share, n):
    """The exact spread of the share of right answers: the sum over all possible counts."""
    counts = range(n + 1)
    chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in counts]
    mean = sum(p * k / n for p, k in zip(chances, counts, strict=True))
    return sum(p * (k / n - mean) ** 2 for p, k in zip(chances, counts, strict=True)) ** 0.5


def fault_of_a_standard_error(answer):
    """Try the answer where one part of the formula shows alone."""
    if isinstance(answer(0.9, 100), complex):
        return _(
            "For share = 0.9 and n = 100 something negative stands under your root: look at the signs."
        )
    ratios = [answer(*pair) / spread_of_shares(*pair) for pair in ((0.9, 100), (0.5, 36))]
    if abs(ratios[0] - ratios[1]) < 1e-3:
        return _(
            "Your answer is {factor:.3g} times the right one, for every share and every n: a factor is too much, or missing.",
            factor=ratios[0],
        )
    times = answer(0.9, 100) / answer(0.9, 400)
    if abs(times - 2) > 0.005:
        return _(
            "From n = 100 to n = 400 your answer becomes {times:.3g} times smaller. Four times the images halve the error: look at how n enters.",
            times=times,
        )
    few, many = answer(0.1, 100), answer(0.9, 100)
    if abs(few - many) > 1e-4:
        return _(
            "For share = 0.1 your answer is {few:.3g}, and for 0.9 it is {many:.3g}. Whoever counts the wrong answers in place of the right ones meets the same chance: both must be equal.",
            few=few,
            many=many,
        )
    return _(
        "n enters as it should. For share = 0.5 and n = 100 the error is 0.05; yours is {error:.3g}: look at how the share enters.",
        error=answer(0.5, 100),
    )


# 09.2


def paired(right_a, right_b):
    difference = right_a.double() - right_b.double()
    return difference.mean(), difference.std(correction=0) / len(difference) ** 0.5


def paired_by_counting(right_a, right_b):
    """From the images on which only one of the two is right, as in McNemar's test (1947)."""
    n, only_a, only_b = len(right_a), (right_a & ~right_b).sum(), (right_b & ~right_a).sum()
    mean = (only_a - only_b).double() / n
    return mean, (((only_a + only_b).double() / n - mean**2) / n) ** 0.5


class DividedByN(TorchFunctionMode):
    """Within it, std and var divide by n where nothing else is said; here both ways are right."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        said = {"correction", "unbiased"} & set(kwargs or {}) or any(a is True for a in args)
        if function.__name__ in ("std", "var") and not said and not any(a is False for a in args):
            kwargs = {**(kwargs or {}), "correction": 0}
        return function(*args, **(kwargs or {}))


def with_n(answer, right_a, right_b):
    """The answer; where it divides by n - 1, the error that it would give with n."""
    with DividedByN():
        given = answer(right_a.clone(), right_b.clone())
    if not isinstance(given, tuple | list) or len(given) != 2:
        return given
    with_one_less = paired(right_a, right_b)[1] * (len(right_a) / (len(right_a) - 1)) ** 0.5
    is_number = isinstance(given[1], float) or getattr(given[1], "ndim", 1) == 0
    if is_number and abs(given[1] - with_one_less) < 1e-5:
        return given[0], paired(right_a, right_b)[1]
    return given


def answers_of_two():
    """Which of five or six images each of two networks reads rightly."""
    pairs = [("110100", "100111"), ("11110", "00101")]
    return [tuple(torch.tensor([d == "1" for d in one]) for one in pair) for pair in pairs]


def fault_of_a_pair(answer):
    a, b = answers_of_two()[1]
    if not isinstance(answer(a, b), tuple | list):
        return None
    given, right = [
        [float(part) for part in f(a, b)]
        for f in (lambda *pair: with_n(answer, *pair), paired_by_counting)
    ]
    shown = _(
        "Where a reads images 1, 2, 3 and 4 of five, and b images 3 and 5, the differences are 1, 1, 0, 1, -1."
    )
    if abs(given[0] - right[0]) > 1e-3:
        return _(
            "{shown} Their mean is {right:.2f}; yours is {mean:.3g}.",
            shown=shown,
            right=right[0],
            mean=given[0],
        )
    return _(
        "{shown} The mean is in order. Their standard error comes from their standard deviation, {deviation:.3g}, and from how many they are; yours is {error:.3g}.",
        shown=shown,
        deviation=right[1] * 5**0.5,
        error=given[1],
    )


# 09.3

longer_steps = [0.686, 0.102, 0.0, "b"]
IMAGES = 2000
FLAT = "at a rate of 100 the sigmoids are flat, and no gradient gets through"


def compare_with_longer_steps(answer):
    at_1, at_100, gradient, reason = numbers_and_reason(answer)
    if at_1 > 1 or at_100 > 1:
        return Outcome(_("a share lies between 0 and 1; write 0.5 for 50 %"))
    if at_100 > 0.3 and at_1 < 0.3:
        return Outcome(_("the first share is far too small, and the second far too large"))
    if fault := fault_of_share(at_1, 1.0):
        return Outcome(fault)
    if at_100 > 0.3:
        return Outcome(_("a rate of 100 reads far less than you say"))
    if fault := fault_of_share(at_100, 100.0):
        return Outcome(fault)
    if not 0 <= gradient < 1e-6:
        return Outcome(
            _(
                "at a rate of 100 you found a gradient of {gradient:.3g}; take the largest of the first layer's weights, "
                "for the mean loss over test images, in the network after its training",
                gradient=gradient,
            )
        )
    return FLAT if reason == "b" else reason_does_not_fit(reason)


def fault_of_share(share, rate):
    """Say what else the share may be of, if it is not that after training at this rate."""
    if abs(share - after_training(rate)[0]) < (0.06 if rate == 1 else 0.03):
        return None
    others = {
        _("the notebooks' rate, 0.01,"): 0.01,
        _("a rate of 0.1"): 0.1,
        _("a rate of 10"): 10.0,
    }
    for words, other in others.items():
        if abs(share - after_training(other)[0]) < 0.003:
            return _("so much does {words} bring, not one of {rate:g}", words=words, rate=rate)
    if abs(share - after_training(rate, 3 * IMAGES)[0]) < 0.01:
        return _("so much do all 6,000 images bring; take the first {count:,}", count=IMAGES)
    return _(
        "with the first {count:,} images of the sample, one epoch, seed 0, a rate of {rate:g} reads another share than {share:.3g}; make a new network for each rate, right after torch.manual_seed(0)",
        count=IMAGES,
        rate=rate,
        share=share,
    )


@functools.cache
def after_training(rate, images=IMAGES):
    """The test share of the baseline after these images of the sample, and its largest gradient."""
    train_set, test_set = (
        MnistDataset(ROOT / f"data/sample/mnist_{part}.csv.gz") for part in ("train", "test")
    )
    baseline = Recipe("mse", "sigmoid", "sgd", "none", learning_rate=rate)
    torch.manual_seed(0)
    network = baseline.network()
    settings = {"loss_function": nn.MSELoss(), "optimizer": baseline.optimizer(network)}
    train(network, Subset(train_set, range(images)), **settings, epochs=1, progress=False)
    outputs = network(test_set.images / 255)
    nn.functional.mse_loss(outputs, torch.eye(10)[test_set.labels]).backward()
    return accuracy(network, test_set), network[0].weight.grad.abs().max().item()


EXERCISES = {
    "09.1": Exercise(
        task="Write standard_error(share, n): how far, as a standard deviation, the measured share of right "
        "answers among n images is from the share among very many images.",
        solution=standard_error,
        expected=spread_of_shares,
        diagnose=fault_of_a_standard_error,
        inputs=lambda: [(0.9, 100), (0.5, 36), (0.8, 400)],
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
            "took the root of n alone": Mistake(
                lambda share, n: share * (1 - share) / n**0.5,
                "the root belongs over all of the variance, share * (1 - share) / n.",
            ),
            "left out n": Mistake(
                lambda share, n: (share * (1 - share)) ** 0.5,
                "this is the spread of one image. That of a mean of n is smaller by the root of n.",
            ),
            "gave the spread of the count": Mistake(
                lambda share, n: (share * (1 - share) * n) ** 0.5,
                "so far the number of right answers moves. Their share is the number divided by n.",
            ),
            "left out the wrong answers": Mistake(
                lambda share, n: (share / n) ** 0.5,
                "at a share of 1 there is no chance left: a factor 1 - share is missing.",
            ),
            "forgot the share": Mistake(
                lambda share, n: 1 / n**0.5,
                "chance also depends on the share: near 100 % there is less to vary.",
            ),
            "took the error of one half for every share": Mistake(
                lambda share, n: 0.5 / n**0.5,
                "right for a share of a half alone. Near 100 % there is less to vary.",
            ),
            "gave percent": Mistake(
                lambda share, n: 100 * standard_error(share, n),
                "the share is a number from 0 to 1, and so is its error.",
            ),
            "went two deviations": Mistake(
                lambda share, n: 2 * standard_error(share, n),
                "twice the standard error is where a difference counts. The error itself is one.",
            ),
            "gave the deviation of a difference": Mistake(
                lambda share, n: (2 * share * (1 - share) / n) ** 0.5,
                "the root of 2 belongs to a difference of two shares on images of their own. Here is one share.",
            ),
            "took ^ for a power": Mistake(
                lambda share, n: (share * (1 - share) / n) ^ 0.5,  # type: ignore[operator]
                "in Python a power is **, and ^ is something else.",
            ),
        },
        hints=(
            "One image: right with chance p. The variance of such a draw is p (1 - p).",
            "What becomes of the variance when you take the mean of n draws? And which of the two is a distance?",
        ),
    ),
    "09.2": Exercise(
        task="Two networks have read the same n images; right_a and right_b (n,) say which ones rightly. Write "
        "paired(right_a, right_b): the difference of their shares, a minus b, and its standard error, from the n "
        "differences 1, 0 or -1.",
        solution=paired,
        use=with_n,
        expected=paired_by_counting,
        diagnose=fault_of_a_pair,
        inputs=answers_of_two,
        why="Images that both read, or both fail, say nothing about which is better, and add no chance. Where few "
        "images change sides, this is nearly the root of gained + lost, divided by n; and it takes other numbers "
        "than 1, 0 and -1, too.",
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
            "took the root of gained and lost": Mistake(
                lambda a, b: (paired(a, b)[0], (a ^ b).sum().double().sqrt() / len(a)),
                "the notebook's formula holds where neither is better. Around the mean that you measured, the "
                "differences scatter less: subtract it, or take std.",
            ),
            "counted the images": Mistake(
                lambda a, b: ((a.double() - b.double()).sum(), (a ^ b).sum().double().sqrt()),
                "these are numbers of images. A difference of shares, and its error, are divided by n.",
            ),
            "forgot the root of n": Mistake(
                lambda a, b: (
                    (a.double() - b.double()).mean(),
                    (a.double() - b.double()).std(correction=0),
                ),
                "this is the spread of one image's difference. That of the mean is smaller by the root of n.",
            ),
            "divided by n": Mistake(
                lambda a, b: (paired(a, b)[0], paired(a, b)[1] / len(a) ** 0.5),
                "the spread of a mean shrinks with the root of n.",
            ),
            "gave the variance": Mistake(
                lambda a, b: (paired(a, b)[0], paired(a, b)[1] ** 2),
                "a standard error is a root: of the variance, divided by n.",
            ),
            "took b minus a": Mistake(
                lambda a, b: (-paired(a, b)[0], paired(a, b)[1]),
                "above 0 means here that a is better.",
            ),
            "lost the signs": Mistake(
                lambda a, b: (
                    (a ^ b).double().mean(),
                    (a ^ b).double().std(correction=0) / len(a) ** 0.5,
                ),
                "an image that only b reads counts -1, not 1.",
            ),
            "left out the images on which both agree": Mistake(
                lambda a, b: paired(a[a ^ b], b[a ^ b]),
                "they tell nothing of who is better, but they are among the n: the shares are of all images.",
            ),
            "gave the error first": Mistake(
                lambda a, b: paired(a, b)[::-1], "first the difference, then its standard error."
            ),
            "subtracted True and False": Mistake(
                lambda a, b: (a - b).mean(),
                "turn the tensors of True and False into numbers first, by .double().",
            ),
            "took the mean of True and False": Mistake(
                lambda a, b: a.mean() - b.mean(),
                "turn the tensors of True and False into numbers first, by .double().",
            ),
        },
        hints=(
            "right_a.double() - right_b.double() is 1, 0 or -1 for each image.",
            "You have n numbers. What is the standard error of a mean of n numbers?",
        ),
    ),
    "09.3": Exercise(
        task="Give longer_steps = [share, share, gradient, reason]: what the baseline reads at a rate of 1 and of 100, its "
        'largest gradient after 100, and why it stands still there: "a", "b" or "c".',
        solution=longer_steps,
        use=compare_with_longer_steps,
        expected=lambda: FLAT,
        why="After a few giant steps the sums in front of the sigmoids are so large that these give 0 or 1 for every image. "
        "There they are flat, so each gradient is 0, and no later image can mend it. At 0.01 the network reads as few: "
        "too short and too long look alike in the accuracy, and a gradient tells them apart.",
        known={
            "took them for steps that are too short": Mistake(
                [0.686, 0.102, 0.0, "a"],
                "both read one image in ten. But steps of 100 times a gradient are long, as long as there is a gradient.",
            ),
            "expected a loss that is no number": Mistake(
                [0.686, 0.102, 0.0, "c"],
                "outputs of a sigmoid stay between 0 and 1, so this loss stays below 1; `train` would have told you.",
            ),
            "hoped that longer is better": Mistake(
                [0.686, 0.9, 0.0, "b"],
                "from 0.01 to 1 it was. Run it once more, with 100.",
            ),
            "measured the gradient of the trained network": Mistake(
                [0.686, 0.102, 0.00086, "b"],
                "that is the gradient after a rate of 1. After 100 it is smaller.",
            ),
            "gave percent": Mistake(
                [68.6, 10.2, 0.0, "b"], "a share lies between 0 and 1; write 0.5 for 50 %."
            ),
            "swapped the two": Mistake(
                [0.102, 0.686, 0.0, "b"], "the share at a rate of 1 comes first."
            ),
            "took all images of the sample": Mistake(
                [0.888, 0.102, 0.0, "b"],
                "so much do 6,000 images bring. Take the first 2,000: range(2000).",
            ),
        },
        hints=(
            'Recipe("mse", "sigmoid", "sgd", "none", learning_rate=100) is the baseline with another rate; its optimizer(network) '
            "takes it.",
            "After nn.functional.mse_loss(network(test.images / 255), torch.eye(10)[test.labels]).backward(), the gradient "
            "stands in network[0].weight.grad.",
            "Look at the hidden values, network[:2](test.images / 255): where on the sigmoid do they lie?",
        ),
    ),
}
