"""The exercises of 14_what_makes_it_write."""

import functools
import statistics

import torch

from helpers.exercises.core import (
    Exercise,
    Mistake,
    Outcome,
    numbers_and_reason,
    random_tensor,
    reason_does_not_fit,
    show,
)
from helpers.exercises.language import _
from helpers.quality import frechet_distance

# 14.1


def distance(a, b):
    return (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2


def pairs_of_clouds():
    return [
        (torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 6.0, 10.0, 2.0])),
        (random_tensor(50), 3 * random_tensor(40, seed=1) - 1),
    ]


def distance_by_variances(a, b):
    means = [statistics.fmean(x.tolist()) for x in (a, b)]
    one, other = (statistics.variance(x.tolist()) for x in (a, b))
    return (means[0] - means[1]) ** 2 + one + other - 2 * (one * other) ** 0.5


# 14.2


def precision(real, made, k):
    radii = torch.cdist(real, real).kthvalue(k + 1).values
    return (torch.cdist(made, real) <= radii).any(dim=1).float().mean()


def sets_of_points():
    return [
        (torch.tensor([[0.0], [1.0], [3.0], [10.0]]), torch.tensor([[-0.5], [4.6], [21.0]]), 1),
        (random_tensor(30, 2), 1.5 * random_tensor(40, 2, seed=1) + 0.5, 3),
    ]


def precision_by_loops(real, made, k):
    def apart(one, other):
        return sum((x - y) ** 2 for x, y in zip(one, other, strict=True)) ** 0.5

    real, made = real.tolist(), made.tolist()
    radii = [sorted(apart(centre, other) for other in real)[k] for centre in real]
    balls = list(zip(real, radii, strict=True))
    return sum(any(apart(point, c) <= r for c, r in balls) for point in made) / len(made)


def with_balls(radii_of=None, inside=torch.any, exchanged=False):
    """A precision with one thing wrong."""

    def share(real, made, k):
        centres, points = (made, real) if exchanged else (real, made)
        between = torch.cdist(centres, centres)
        radii = radii_of(between, k) if radii_of else between.kthvalue(k + 1).values
        return inside(torch.cdist(points, centres) <= radii, dim=1).float().mean()

    return share


# 14.3

floors = [2.5, 0.26, "b"]
FEW_LOOK_DIFFERENT = Outcome("few points alone make two equal clouds look different")


@functools.cache
def floor_of(count, rounds=50):
    """The mean distance of two sets of `count` points from one cloud of 20 dimensions."""
    draws = torch.Generator().manual_seed(0)
    pairs = [torch.randn(2, count, 20, generator=draws) for _ in range(rounds)]
    return statistics.fmean(frechet_distance(*pair) for pair in pairs)


def compare_with_simulated_floors(answer):
    *given, reason = numbers_and_reason(answer)
    for count, number in zip((100, 1000), given, strict=True):
        true = floor_of(count)
        if abs(number - true) > 0.15 * true:
            return Outcome(fault_of_floor(number, count, true))
    return FEW_LOOK_DIFFERENT if reason == "b" else reason_does_not_fit(reason)


def fault_of_floor(number, count, true):
    other = floor_of(1100 - count)
    if abs(number) < 0.02 * true:
        return _(
            "for {count:,} points you give {found}: the clouds are equal, but the sets are not",
            count=count,
            found=show(number),
        )
    if abs(number - other) < 0.15 * other:
        return _(
            "for {count:,} points you give the distance of {other:,}; exchange them",
            count=count,
            other=1100 - count,
        )
    if abs(number**2 - true) < 0.15 * true:
        return _(
            "for {count:,} points you give the root of the distance, which is taken without one",
            count=count,
        )
    return _(
        "for {count:,} points you give {found}, and the mean of many rounds is another; draw "
        "torch.randn({count}, 20) twice, and take the mean of frechet_distance over 20 rounds or more",
        count=count,
        found=show(number),
    )


# 14.4


def mixture(seed, a, b, share):
    return torch.cat([seed, (1 - share) * torch.eye(10)[a] + share * torch.eye(10)[b]])


def wishes():
    return [(random_tensor(100), 3, 8, 0.5), (random_tensor(100, seed=1), 7, 1, 0.2)]


def mixture_by_places(seed, a, b, share):
    ten = [0.0] * 10
    ten[a], ten[b] = 1 - share, share
    return torch.tensor([*seed.tolist(), *ten])


def ten_behind(seed, a, b, share, at_a=None, at_b=None):
    """The seed and behind it ten numbers, two of which may be wrong."""
    ten = torch.zeros(10)
    ten[a] = 1 - share if at_a is None else at_a
    ten[b] = share if at_b is None else at_b
    return torch.cat([seed, ten])


EXERCISES = {
    "14.1": Exercise(
        task="Write distance(a, b): the Fréchet distance of two clouds in one dimension, a tensor (n,) and a tensor (m,).",
        solution=distance,
        expected=distance_by_variances,
        inputs=pairs_of_clouds,
        why="The squared difference of the means says how far the clouds lie apart, that of the standard deviations by how "
        "much one is wider. In one dimension the matrix root is the product of the two deviations.",
        known={
            "forgot the squares": Mistake(
                lambda a, b: (a.mean() - b.mean()).abs() + (a.std() - b.std()).abs(),
                "both differences are squared.",
            ),
            "compared the variances": Mistake(
                lambda a, b: (a.mean() - b.mean()) ** 2 + (a.var() - b.var()) ** 2,
                "the second term compares the standard deviations, which are in the units of the points.",
            ),
            "compared the means alone": Mistake(
                lambda a, b: (a.mean() - b.mean()) ** 2,
                "a generator that repeats the mean image would be perfect. The spread counts, too.",
            ),
            "compared the spreads alone": Mistake(
                lambda a, b: (a.std() - b.std()) ** 2,
                "two clouds far apart would have no distance. The means count, too.",
            ),
            "took the root": Mistake(
                lambda a, b: ((a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2) ** 0.5,
                "as it is used here, the distance is the sum of the squares, without a root.",
            ),
            "divided by n": Mistake(
                lambda a, b: (
                    (a.mean() - b.mean()) ** 2 + (a.std(correction=0) - b.std(correction=0)) ** 2
                ),
                "torch.cov, as used above, divides by n - 1, as `std` does without an argument.",
            ),
            "added where the root subtracts": Mistake(
                lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() + b.std()) ** 2,
                "equal clouds would have a distance.",
            ),
            "left out the root's term": Mistake(
                lambda a, b: (a.mean() - b.mean()) ** 2 + a.var() + b.var(),
                "the last term is missing, minus twice the product of the deviations.",
            ),
        },
        hints=(
            "Two things can differ: where the clouds lie, and how wide they are.",
            "Put numbers C1 and C2 into the formula above: what is the last term, if C1 = s1² and C2 = s2²?",
        ),
    ),
    "14.2": Exercise(
        task="Write precision(real, made, k): the share of the made points, rows of a tensor (m, d), that lie in the ball "
        "of some real point, a row of (n, d); each ball reaches to the k-th nearest other real point.",
        solution=precision,
        expected=precision_by_loops,
        inputs=sets_of_points,
        why="Each real point has its own radius: balls are small where real points crowd. A made point counts once, in "
        "however many balls it lies.",
        known={
            "exchanged real and made": Mistake(
                with_balls(exchanged=True),
                "this is recall: the share of real points near some made one.",
            ),
            "took each point as its own neighbour": Mistake(
                with_balls(lambda between, k: between.kthvalue(k).values),
                "the smallest of the distances is the 0 of the point to itself, so take one place more.",
            ),
            "asked for all balls": Mistake(
                with_balls(inside=torch.all), "one ball is enough: some real point that is near."
            ),
            "took one radius for all": Mistake(
                with_balls(lambda between, k: between.kthvalue(k + 1).values.mean()),
                "each real point has a radius of its own.",
            ),
            "took the radius of the nearest": Mistake(
                with_balls(lambda between, k: between.kthvalue(2).values),
                "the ball reaches to the k-th nearest, and k is an argument.",
            ),
            "took the radius of the farthest": Mistake(
                with_balls(lambda between, k: between.max(dim=1).values),
                "the ball reaches to the k-th nearest, not to the farthest.",
            ),
            "counted balls": Mistake(
                with_balls(inside=lambda within, dim: within.float().mean(dim=dim)),
                "a made point counts once if it lies in any ball.",
            ),
            "counted points": Mistake(
                lambda real, made, k: precision(real, made, k) * len(made),
                "a share is asked: divide by their number.",
            ),
        },
        hints=(
            "`share_within` above does it for k = 3. Which of its two sets is real here?",
            "torch.cdist(made, real) has a row for each made point; `any(dim=1)` asks whether one of its entries is small enough.",
        ),
    ),
    "14.3": Exercise(
        task="Give floors = [distance, distance, reason]: the mean Fréchet distance of two sets of 100 points from one cloud, "
        'of two sets of 1,000, and why they differ: "a", "b" or "c".',
        solution=floors,
        use=compare_with_simulated_floors,
        expected=lambda: FEW_LOOK_DIFFERENT,
        why="A set of 100 points has a mean and a covariance that are off by chance, each in its own way. Ten times as many "
        "are off by a tenth, in squares. So a distance from fewer images is larger, whoever made them.",
        known={
            "expected nothing of equal clouds": Mistake(
                [0.0, 0.0, "b"], "the clouds are equal, the sets drawn from them are not."
            ),
            "exchanged the two": Mistake(
                [0.26, 2.5, "b"], "fewer points are off by more, not by less."
            ),
            "blamed the points": Mistake(
                [2.5, 0.26, "a"], "all points come from the same cloud, so none is better."
            ),
            "blamed rounding": Mistake(
                [2.5, 0.26, "c"],
                "in double precision it is some fifteen digits smaller than what you see here.",
            ),
        },
        hints=(
            "Play it: frechet_distance(torch.randn(100, 20), torch.randn(100, 20)), and the mean of many such rounds.",
            "What do the mean and the covariance of 100 points have that those of the cloud have not?",
        ),
    ),
    "14.4": Exercise(
        task="Write mixture(seed, a, b, share): from a seed (100,), two digits and a share 0..1 the input (110,) of the "
        "conditional generator that asks for digit a at share 0, for b at share 1, and for a mixture between.",
        solution=mixture,
        expected=mixture_by_places,
        inputs=wishes,
        why="The hundred numbers stay, so the hand stays the same while the digit changes. The generator has never "
        "been asked for half a digit; what it makes of that, you can look at.",
        known={
            "exchanged the digits": Mistake(
                lambda seed, a, b, share: ten_behind(seed, b, a, share),
                "at share 0 it is to be a.",
            ),
            "put the digits in front": Mistake(
                lambda seed, a, b, share: mixture(seed, a, b, share).roll(10),
                "the ten numbers of the digit stand behind the hundred.",
            ),
            "asked for both digits whole": Mistake(
                lambda seed, a, b, share: ten_behind(seed, a, b, share, 1.0, 1.0),
                "the generator knows inputs whose ten numbers add up to 1: 1 - share at a, share at b.",
            ),
            "gave both the same share": Mistake(
                lambda seed, a, b, share: ten_behind(seed, a, b, share, share, share),
                "where b has share, a has what is left, 1 - share.",
            ),
            "forgot the first digit": Mistake(
                lambda seed, a, b, share: ten_behind(seed, a, b, share, 0.0),
                "a has what is left, 1 - share.",
            ),
            "mixed the seed, too": Mistake(
                lambda seed, a, b, share: ten_behind((1 - share) * seed, a, b, share),
                "the hundred numbers stay as they are.",
            ),
            "left the seed out": Mistake(
                lambda seed, a, b, share: mixture(seed, a, b, share)[100:],
                "the hundred numbers of the seed come first.",
            ),
        },
        hints=(
            "Which ten numbers ask for a? Which for b? Walk from one to the other as notebook 13 walks between seeds.",
            "torch.eye(10)[a] are the ten numbers of a; torch.cat([..., ...]) puts them behind the seed.",
        ),
    ),
}
