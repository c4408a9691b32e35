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
    ax.plot(
        history.steps,
        history.losses,
        ".",
        color=color,
        alpha=0.1,
        markeredgewidth=0,
        label=f"{name}loss of one step",
    )
    width = max(1, min(500, len(history.losses) // 20))
    starts = range(0, len(history.losses), width)
    steps = [mean(history.steps[i : i + width]) for i in starts]
    losses = [mean(history.losses[i : i + width]) for i in starts]
    dots = "1 dot" if width == 1 else f"{width} dots"
    ax.plot(steps, losses, color="black", label=f"{name}mean of {dots}")
    ax.margins(y=0.25)  # room for the legend
    _show_steps(ax)
    for handle in ax.legend(loc="upper right").legend_handles:
        handle.set_alpha(1)
    return ax


def plot_gan_losses(history, ax=None):
    """Draw both losses of a `GanHistory` over its steps, each as the mean of up to 100 kept ones."""
    ax = ax or plt.figure(figsize=(9, 4)).gca()
    width = max(1, min(100, len(history.steps) // 50))
    starts = range(0, len(history.steps), width)
    steps = [mean(history.steps[i : i + width]) for i in starts]
    both = {"discriminator": history.discriminator_losses, "generator": history.generator_losses}
    for (name, losses), color in zip(both.items(), (BLUE, ORANGE), strict=True):
        ax.plot(steps, [mean(losses[i : i + width]) for i in starts], color=color, label=name)
    _show_steps(ax)
    ax.legend()
    return ax


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
