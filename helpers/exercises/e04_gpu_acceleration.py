"""The exercises of 04_gpu_acceleration."""

import numpy as np
import torch
from torch import nn

from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    numbers_and_reason,
    reason_does_not_fit,
)
from helpers.exercises.language import _

# 04.1

changed = [False, True]


def try_to():
    """Whether `tensor.to(...)` and `network.to(...)` change what they are called on."""
    tensor, network = torch.ones(1), nn.Linear(1, 1)
    tensor.to(torch.float64)
    network.to(torch.float64)
    return [tensor.dtype == torch.float64, network.weight.dtype == torch.float64]


# 04.2


def predict_seconds(batch_sizes, seconds, batch_size):
    slope, start = np.polyfit(batch_sizes, seconds, 1)
    return start + slope * batch_size


def measured_steps(start, per_image):
    """Made-up times of a step, with a little noise."""
    sizes = np.array([1, 64, 256, 512, 1024])
    noise = np.array([1.02, 0.98, 1.01, 0.99, 1.0])
    return sizes, (start + per_image * sizes) * noise


def by_least_squares(batch_sizes, seconds, batch_size):
    columns = torch.stack([torch.ones(len(batch_sizes)), torch.tensor(batch_sizes)]).double().T
    start, slope = torch.linalg.lstsq(columns, torch.tensor(seconds)[:, None]).solution.flatten()
    return (start + slope * batch_size).item()


def one_value(answer, *arguments):
    result = answer(*arguments)
    if isinstance(result, np.ndarray) and result.ndim:
        raise Failure(
            _(
                "Your function gives {count} numbers. np.polyfit gives slope and start; the line's value at "
                "batch_size is start + slope * batch_size.",
                count=result.size,
            )
        )
    return result


def look_at_three_times(answer):
    found = float(answer(np.array([1, 2, 3]), np.array([3.0, 5.0, 7.0]), 10))
    if abs(found - 21) < 1e-6:
        return _(
            "On a straight line your answer is right. With noise, all the times count alike: fit the line to all."
        )
    return _(
        "For batch_sizes = [1, 2, 3], seconds = [3, 5, 7] the line is 1 + 2 * batch size, which gives 21 at "
        "batch_size = 10; your answer is {found:.4g}.",
        found=found,
    )


# 04.3


one_for_hundred = [0.0006, 3.398, "a"]
RATES = 0.0001, 0.01
APART = "one long step replaces a hundred short ones only while the slope hardly changes"


def compare_with_short_steps(answer):
    *given, reason = numbers_and_reason(answer)
    given = [abs(number) for number in given]
    for number, rate in zip(given, RATES, strict=True):
        right = distance_of_the_ends(rate)
        if abs(number - right) > 0.02 * right:
            text = _("for rate = {rate} the two ends are not that far apart", rate=rate)
            return [Outcome(text), *given]
    return [APART if reason == "a" else reason_does_not_fit(reason), *given]


def distance_of_the_ends(rate, steps=100):
    """How far apart on (x - 3)^2, from 0, a hundred steps end, and a single one a hundred times as long."""
    x = 0.0
    for _ in range(steps):
        x -= rate * 2 * (x - 3)
    return abs(x - steps * rate * 6)


EXERCISES = {
    "04.1": Exercise(
        task="Predict which original is changed: changed = [does tensor.to(device) change tensor?, does "
        "network.to(device) change network?], each True or False.",
        solution=changed,
        use=lambda answer: answer,
        expected=try_to,
        why="A tensor's to returns a copy elsewhere and leaves the original alone; a network's to moves "
        "its own parameters. So it is images = images.to(device), but network.to(device) is enough.",
        known={
            "took a network for a tensor": Mistake(
                [False, False],
                "a network is changed itself: its parameters move. Otherwise an optimizer made before "
                "would hold the old ones.",
            ),
            "took a tensor for a network": Mistake(
                [True, True],
                "a tensor's to returns another tensor and leaves the original where it is: write "
                "images = images.to(device).",
            ),
            "had them the other way round": Mistake(
                [True, False], "the network is changed itself, the tensor is copied."
            ),
        },
        hints=(
            "Try it here, with a change of type in place of a device: tensor.to(torch.float64), and look at "
            "tensor.dtype.",
            "For a network look at network.weight.dtype of an nn.Linear.",
        ),
    ),
    "04.2": Exercise(
        task="Write predict_seconds(batch_sizes, seconds, batch_size): fit a straight line, start + slope * "
        "batch size, to the measured times of a step (least squares), and give its value at batch_size.",
        solution=predict_seconds,
        use=one_value,
        diagnose=look_at_three_times,
        expected=by_least_squares,
        inputs=lambda: [(*measured_steps(2e-4, 1e-6), 2048), (*measured_steps(1e-5, 3e-6), 16)],
        why="The line's start is what every step costs, however small its batch; the slope is the price of "
        "one more image. Expect a high start and a small slope of a GPU; measure it.",
        known={
            "scaled the last time": Mistake(
                lambda sizes, seconds, size: seconds[-1] * size / sizes[-1],
                "in proportion to the batch size grows only the part that each image costs. The start of "
                "the step is paid once.",
            ),
            "forced the line through 0": Mistake(
                lambda sizes, seconds, size: size * (sizes @ seconds) / (sizes @ sizes),
                "a line without a start says that an empty step costs nothing.",
            ),
            "swapped start and slope": Mistake(
                lambda sizes, seconds, size: np.polyval(np.polyfit(sizes, seconds, 1)[::-1], size),
                "np.polyfit gives the slope first, then the start.",
            ),
            "drew the line through two points": Mistake(
                lambda sizes, seconds, size: (
                    seconds[0]
                    + (seconds[-1] - seconds[0]) / (sizes[-1] - sizes[0]) * (size - sizes[0])
                ),
                "least squares goes by all the times; two of them pass on their noise.",
            ),
            "divided by the batch size": Mistake(
                lambda sizes, seconds, size: (seconds / sizes).mean() * size,
                "seconds / batch_sizes shares the fixed price of a step among the images, in each batch size "
                "otherwise. The line keeps it apart, as its start.",
            ),
            "swapped sizes and times": Mistake(
                lambda sizes, seconds, size: np.polyval(np.polyfit(seconds, sizes, 1), size),
                "np.polyfit(x, y, 1) predicts y: batch_sizes first, then seconds.",
            ),
            "swapped the arguments of polyval": Mistake(
                lambda sizes, seconds, size: np.polyval(size, np.polyfit(sizes, seconds, 1)),
                "np.polyval takes the coefficients first, then where to take the line's value.",
            ),
            "left out the start": Mistake(
                lambda sizes, seconds, size: np.polyfit(sizes, seconds, 1)[0] * size,
                "each step costs it once, however large the batch.",
            ),
            "left out the batch size": Mistake(
                lambda sizes, seconds, size: np.polyfit(sizes, seconds, 1).sum(),
                "this is the line at 1. The slope is the price of one image: times batch_size.",
            ),
            "gave the start alone": Mistake(
                lambda sizes, seconds, size: np.polyfit(sizes, seconds, 1)[1],
                "this is the line at 0: add the slope times batch_size.",
            ),
            "gave the slope alone": Mistake(
                lambda sizes, seconds, size: np.polyfit(sizes, seconds, 1)[0],
                "this is the price of one image: times batch_size, and the start comes to it.",
            ),
            "went from point to point": Mistake(
                lambda sizes, seconds, size: np.interp(size, sizes, seconds),
                "np.interp joins the points, and stays level behind the last. Asked for is one straight line.",
            ),
            "fitted a curve": Mistake(
                lambda sizes, seconds, size: np.polyval(np.polyfit(sizes, seconds, 2), size),
                "the last argument of np.polyfit is the degree: 1 is a straight line.",
            ),
        },
        hints=(
            "np.polyfit(batch_sizes, seconds, 1) fits a line.",
            "It returns the slope first, then the start.",
        ),
    ),
    "04.3": Exercise(
        task="Give one_for_hundred = [difference, difference, reason]: how far apart, on f(x) = (x - 3)^2 from x = 0, a hundred "
        "steps with a rate end and a single step with a hundred times that rate, for the rates 0.0001 and 0.01, and "
        'why: "a", "b" or "c".',
        solution=one_for_hundred,
        use=compare_with_short_steps,
        expected=lambda: [APART, *map(distance_of_the_ends, RATES)],
        tolerance=0.02,
        why="The long step goes all the way by the slope at its start; the short ones follow the slope as it falls. Over a "
        "short way it hardly falls. So it is with a batch: its one step replaces those on its images while the "
        "gradients change little.",
        known={
            "kept the rate": Mistake(
                [0.0588, 2.542, "a"], "the single step takes a hundred times the rate: 0.01, and 1."
            ),
            "gave the ends of the short steps": Mistake(
                [0.0594, 2.602, "a"],
                "asked for is how far they are from where the single step ends.",
            ),
            "gave the ends of the long steps": Mistake(
                [0.06, 6.0, "a"], "asked for is how far they are from where the hundred steps end."
            ),
            "blamed the mean": Mistake(
                [0.0006, 3.398, "b"],
                "there is one curve here and no mean, and the ends are apart all the same.",
            ),
            "blamed rounding": Mistake(
                [0.0006, 3.398, "c"],
                "floats round in the seventh digit; here whole numbers differ.",
            ),
        },
        hints=(
            "The slope of f is 2 (x - 3), so one step is x = x - rate * 2 * (x - 3). Put it into a loop.",
            "The single step starts at 0, where the slope is -6: with 100 * rate it ends at 600 * rate.",
            "What is the slope at the end of the hundred steps, in either case?",
        ),
    ),
}
