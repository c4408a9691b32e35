"""Charts. Each function draws on `ax` (a new figure when it is None) and returns the Axes."""

from statistics import fmean as mean

import matplotlib.pyplot as plt
import torch

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#404040"  # Okabe and Ito, 2008
DARK = 0.715  # a share of the largest count: black or white text on its blue has contrast 4.5


def show_image(image, title=None, ax=None):
    """Show one image, 784 pixels or 28 x 28, bright = 0 and dark = the largest value."""
    ax = ax or plt.figure(figsize=(3, 3)).gca()
    pixels = torch.as_tensor(image).detach().cpu().numpy().reshape(28, 28)
    ax.imshow(pixels, cmap="Blues", interpolation="none")
    ax.set(title=title, xticks=[], yticks=[])
    return ax


def plot_loss(history, label=None, color=BLUE, ax=None):
    """Draw the kept losses of a `History` over its steps: a dot each, and their mean as a line.

    A dot is the loss of one step (one image at batch size 1), so the dots scatter; each point
    of the line is the mean of up to 500 dots in a row. `label` names both in the legend.
    """
    ax = ax or plt.figure(figsize=(9, 4)).gca()
    name = f"{label}: " if label else ""
    one_step = f"{name}loss of one step"
    (dots,) = ax.plot(history.steps, history.losses, ".", color=color, label=one_step)
    dots.set(alpha=0.1, markeredgewidth=0)
    width = max(1, min(500, len(history.losses) // 20))
    steps, losses = _means(history.steps, width), _means(history.losses, width)
    several = "1 dot" if width == 1 else f"{width} dots"
    ax.plot(steps, losses, color="black", label=f"{name}mean of {several}")
    ax.margins(y=0.25)  # room for the legend
    _show_steps(ax)
    for handle in ax.legend(loc="upper right").legend_handles:
        handle.set_alpha(1)
    return ax


def plot_gan_losses(history, ax=None):
    """Draw both losses of a `GanHistory` over its steps, each as the mean of up to 100 kept ones."""
    ax = ax or plt.figure(figsize=(9, 4)).gca()
    width = max(1, min(100, len(history.steps) // 50))
    steps = _means(history.steps, width)
    judged, made = history.discriminator_losses, history.generator_losses
    ax.plot(steps, _means(judged, width), color=BLUE, label="discriminator")
    ax.plot(steps, _means(made, width), color=ORANGE, label="generator")
    _show_steps(ax)
    ax.legend()
    return ax


def _means(values, width):
    """The means of `width` values in a row; the last one, of what is left."""
    return [mean(values[i : i + width]) for i in range(0, len(values), width)]


def _show_steps(ax):
    """The axes of losses over steps."""
    ax.set_ylim(bottom=0, auto=None)  # the top goes on following the data, also of a shared axis
    ax.set(xlabel="training step", ylabel="loss")
    ax.grid(True, axis="y")
    ax.locator_params(axis="x", nbins=5, integer=True)
    ax.xaxis.set_major_formatter("{x:,.0f}")


def plot_outputs(outputs, label=None, ax=None):
    """Draw the ten outputs for one image as bars, that of the right `label` in orange."""
    ax = ax or plt.figure(figsize=(4, 3)).gca()
    values = torch.as_tensor(outputs).detach().cpu().flatten().tolist()
    colors = [ORANGE if digit == label else BLUE for digit in range(10)]
    bars = ax.bar(range(10), values, color=colors)
    ax.set(xlabel="digit", ylabel="output", xticks=range(10))
    if label is not None:
        texts = [f"{values[digit]:.2f}" if digit == label else "" for digit in range(10)]
        ax.bar_label(bars, texts, fontsize=8)
        ax.legend([bars[label]], [f"label = {label}"])
    return ax


def plot_confusion(counts, ax=None):
    """Draw a 10 x 10 table of counts: row = the digit shown, column = the network's answer.

    The diagonal (right answers) is left blank, so that the shades show the mistakes.
    """
    ax = ax or plt.figure(figsize=(5.5, 5.5)).gca()
    mistakes = torch.as_tensor(counts).clone().fill_diagonal_(0).numpy()
    ax.imshow(mistakes, cmap="Blues")
    for row in range(10):
        for column in range(10):
            if mistakes[row, column]:
                dark = mistakes[row, column] > DARK * mistakes.max()
                ax.text(column, row, int(mistakes[row, column]), ha="center", va="center",
                        fontsize=8, color="white" if dark else "black")  # fmt: skip
    ax.set(xlabel="the network's answer", ylabel="digit shown", xticks=range(10), yticks=range(10))
    return ax
