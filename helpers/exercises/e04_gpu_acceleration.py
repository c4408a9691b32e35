"""The exercises of 04_gpu_acceleration."""

import numpy as np
import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake, random_tensor

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


# 04.3


def rate_for(batch_size, rate):
    return rate * batch_size


def matching_rate(batch_size, rate):
    """The rate at which one step on a batch is, to first order, as long as single steps on it."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 3), nn.Sigmoid())
    images, targets = random_tensor(batch_size, 6), random_tensor(batch_size, 3, seed=1)

    def gradient(chosen):
        network.zero_grad()
        nn.functional.mse_loss(network(images[chosen]), targets[chosen]).backward()
        return network[0].weight.grad.clone()

    singly = sum(gradient([i]) for i in range(batch_size))
    return rate * (singly.norm() / gradient(list(range(batch_size))).norm()).item()


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
        },
        hints=(
            "np.polyfit(batch_sizes, seconds, 1) fits a line.",
            "It returns the slope first, then the start.",
        ),
    ),
    "04.3": Exercise(
        task="Write rate_for(batch_size, rate): the SGD rate with which one step on a batch moves the weights "
        "as far as one step with `rate` on each of its images, all taken from the same weights.",
        solution=rate_for,
        expected=matching_rate,
        inputs=lambda: [(2, 0.01), (10, 0.01), (100, 0.5)],
        why="The loss of a batch is the mean over its images, so its gradient is the sum of theirs divided by "
        "the batch size. The rule is local: it holds as long as the weights hardly move within the batch.",
        known={
            "kept the rate": Mistake(
                lambda batch_size, rate: rate,
                "the mean makes the gradient of a batch no longer than that of one image, and there are "
                "batch_size times fewer steps.",
            ),
            "divided instead of multiplied": Mistake(
                lambda batch_size, rate: rate / batch_size,
                "a batch replaces many steps by one, so that one must be longer.",
            ),
            "took the square root": Mistake(
                lambda batch_size, rate: rate * batch_size**0.5,
                "the root is a rule for steps whose direction is noise. Here the gradients themselves add up.",
            ),
        },
        hints=(
            "nn.MSELoss takes the mean over the images of a batch.",
            "The gradient of a mean is the mean of the gradients.",
            "n steps with a rate r, all from the same weights, move by r times the sum of the gradients.",
        ),
    ),
}
