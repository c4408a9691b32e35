"""Each chart shows the numbers that it was given, and returns its Axes."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import same_color, to_rgb

from helpers import (
    GanHistory,
    History,
    plot_confusion,
    plot_gan_losses,
    plot_loss,
    plot_outputs,
    show_image,
)
from helpers.plots import BLUE, GREEN, GREY, ORANGE


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_show_image_draws_the_pixels_upright():
    image = torch.arange(784) / 784
    ax = show_image(image, title="a ramp")
    assert np.allclose(ax.images[0].get_array(), image.reshape(28, 28))
    assert ax.images[0].cmap.name == "Blues" and ax.images[0].get_interpolation() == "none"
    assert ax.get_title() == "a ramp"
    assert list(ax.get_xticks()) == list(ax.get_yticks()) == []
    assert show_image(image.requires_grad_()).get_title() == ""


def test_plot_loss_draws_every_kept_loss_as_a_faint_dot():
    history = History(losses=[0.1, 0.3] * 50, steps=list(range(10, 1001, 10)))
    dots, _ = plot_loss(history, color=ORANGE).lines
    assert list(dots.get_xdata()) == history.steps and list(dots.get_ydata()) == history.losses
    assert dots.get_marker() == "." and dots.get_alpha() == 0.1 and dots.get_linestyle() == "None"
    assert dots.get_markeredgewidth() == 0, "an edge would make a dot twice as dark as it is meant"
    assert same_color(dots.get_color(), ORANGE)
    dots, line = plot_loss(history).lines
    assert same_color(dots.get_color(), BLUE)
    assert same_color(line.get_color(), "black")


@pytest.mark.parametrize(
    ("count", "width"), [(1, 1), (19, 1), (39, 1), (40, 2), (100, 5), (9980, 499), (24_000, 500)]
)
def test_plot_loss_draws_means_of_up_to_500_dots_at_least_20_of_them(count, width):
    steps = np.arange(1, count + 1) * 10
    losses = np.sin(steps) ** 2
    _, line = plot_loss(History(losses.tolist(), steps.tolist())).lines
    groups = np.array_split(np.arange(count), range(width, count, width))
    assert line.get_xdata() == pytest.approx([steps[group].mean() for group in groups])
    assert line.get_ydata() == pytest.approx([losses[group].mean() for group in groups])
    assert line.get_label() == ("mean of 1 dot" if width == 1 else f"mean of {width} dots")


def test_plot_loss_names_everything():
    history = History(losses=[0.1, 0.3] * 12_000, steps=list(range(10, 240_001, 10)))
    ax = plot_loss(history, label="baseline")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training step", "loss")
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert entries == ["baseline: loss of one step", "baseline: mean of 500 dots"]
    assert [handle.get_alpha() for handle in ax.get_legend().legend_handles] == [1, 1]
    assert ax.get_legend()._get_loc() == ax.get_legend().codes["upper right"]
    entries = plot_loss(history).get_legend().get_texts()
    assert [text.get_text() for text in entries] == ["loss of one step", "mean of 500 dots"]


def test_plot_loss_shows_where_the_losses_are():
    ax = plot_loss(History(losses=[0.2, 3.0], steps=[10, 20]))
    bottom, top = ax.get_ylim()
    assert bottom == 0, "so that the height of a dot is its loss"
    assert top == pytest.approx(3.0 + 0.25 * 2.8), "above the dots is room for the legend"
    assert all(line.get_visible() for line in ax.get_ygridlines())
    ax.figure.canvas.draw()
    assert [line.get_visible() for line in ax.get_xgridlines()].count(True) == 0


def test_plot_loss_twice_on_one_chart_leaves_its_lines_across():
    history = History(losses=[0.2, 3.0], steps=[10, 20])
    ax = plot_loss(history, ax=plot_loss(history))
    assert all(line.get_visible() for line in ax.get_ygridlines())


def test_plot_loss_writes_few_and_whole_steps_with_commas():
    for last, expected in (
        (240_000, ["0", "100,000", "200,000"]),
        (40, ["10", "20", "30", "40"]),
    ):
        ax = plot_loss(History(losses=[0.1] * (last // 10), steps=list(range(10, last + 1, 10))))
        ax.figure.canvas.draw()
        low, high = ax.get_xlim()
        ticks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        assert [text.get_text() for tick, text in ticks if low <= tick <= high] == expected
    ax = plot_loss(History(losses=[0.1, 0.1], steps=[1, 2]))
    assert all(tick == round(tick) for tick in ax.get_xticks()), "there is no step 1.5"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_plot_loss_side_by_side_keeps_every_dot_in_sight(order):
    _, axes = plt.subplots(1, 2, sharex=True, sharey=True)
    histories = History([0.1, 0.2], [10, 20]), History([0.5, 4.0], [10, 900])
    for index in order:
        plot_loss(histories[index], ax=axes[index])
    for ax in axes:
        assert ax.get_ylim()[0] == 0 and 4.0 < ax.get_ylim()[1] < 6
        assert ax.get_xlim()[0] < 10 and 900 < ax.get_xlim()[1] < 1000


def test_plot_outputs_draws_ten_bars_and_marks_the_label():
    outputs = torch.linspace(0, 1, 10).requires_grad_()
    ax = plot_outputs(outputs.reshape(1, 10), label=3)
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(outputs.tolist())
    colors = [ORANGE if digit == 3 else BLUE for digit in range(10)]
    assert same_color([bar.get_facecolor() for bar in ax.patches], colors)
    assert [bar.get_x() + bar.get_width() / 2 for bar in ax.patches] == pytest.approx(range(10))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("digit", "output")
    assert list(ax.get_xticks()) == list(range(10))


def test_plot_outputs_says_what_orange_is_and_how_high():
    ax = plot_outputs([0.5, 0.25, 0.004, 0, 0, 0, 0, 0, 0, 1], label=2)
    (entry,) = ax.get_legend().get_texts()
    (handle,) = ax.get_legend().legend_handles
    assert entry.get_text() == "label = 2" and same_color(handle.get_facecolor(), ORANGE)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["0.00"]
    texts = plot_outputs([0.127] * 10, label=0).texts
    assert texts[0].get_text() == "0.13" and texts[0].xy[0] == pytest.approx(0)
    assert texts[0].get_fontsize() == 8, "or it is wider than its bar"
    ax = plot_outputs([0.5] * 10)
    assert ax.get_legend() is None and not ax.texts


def test_plot_confusion_shows_the_mistakes_alone():
    counts = torch.zeros(10, 10, dtype=torch.int64)
    counts[4, 9], counts[9, 4], counts[5, 5] = 7, 2, 900
    ax = plot_confusion(counts)
    texts = {tuple(map(int, text.get_position())): text.get_text() for text in ax.texts}
    assert texts == {(9, 4): "7", (4, 9): "2"}  # column, row
    assert ax.images[0].get_array().tolist() == counts.fill_diagonal_(0).tolist()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("the network's answer", "digit shown")
    assert list(ax.get_xticks()) == list(ax.get_yticks()) == list(range(10))
    for text in ax.texts:
        assert (text.get_ha(), text.get_va(), text.get_fontsize()) == ("center", "center", 8)


def test_plot_confusion_leaves_the_table_as_it_is():
    counts = torch.eye(10, dtype=torch.int64)
    assert not plot_confusion(counts).texts
    assert torch.equal(counts, torch.eye(10, dtype=torch.int64))


@pytest.mark.parametrize("first", [1, 30, 650, 700])
def test_plot_confusion_writes_so_that_it_can_be_read(first):
    """WCAG 2 asks for a contrast of 4.5 between a text and what is behind it."""
    counts = torch.arange(first, first + 100).reshape(10, 10)
    counts[0, 1] = 1000 if first >= 650 else first + 99
    ax = plot_confusion(counts)
    image = ax.images[0]
    assert image.cmap.name == "Blues" and image.get_clim() == (0, counts[0, 1])
    for text in ax.texts:
        behind = luminance(image.to_rgba(float(text.get_text())))
        written = luminance(to_rgb(text.get_color()))
        assert contrast(behind, written) >= 4.5, text.get_text()


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(color):
    """Relative luminance of an sRGB colour, as WCAG 2 defines it."""
    rgb = np.array(color[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(
    ("draw", "size"),
    [
        (partial(show_image, torch.zeros(784)), (3, 3)),
        (partial(plot_loss, History([0.1], [10])), (9, 4)),
        (partial(plot_outputs, torch.zeros(10)), (4, 3)),
        (partial(plot_confusion, torch.eye(10)), (5.5, 5.5)),
    ],
    ids=["show_image", "plot_loss", "plot_outputs", "plot_confusion"],
)
def test_a_chart_is_a_figure_of_its_own_or_goes_where_it_is_sent(draw, size):
    one, other = draw(), draw()
    assert one.figure is not other.figure
    assert tuple(one.figure.get_size_inches()) == size
    assert draw(ax=one) is one


def test_colours_can_be_told_apart_by_the_colour_blind():
    """As seen by those without red or green cones (Machado, Oliveira and Fernandes, 2009)."""
    without_red = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    without_green = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    colors = np.array([to_rgb(color) for color in (BLUE, ORANGE, GREEN, GREY)])
    for matrix in (np.eye(3), without_red, without_green):
        seen = (colors**2.2 @ np.transpose(matrix)).clip(0, 1) ** (1 / 2.2)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
        assert distances[np.triu_indices(4, k=1)].min() > 0.25, distances.round(2)


def test_plot_gan_losses_draws_the_mean_of_both_networks_losses():
    steps = list(range(10, 10_001, 10))
    history = GanHistory([0.5, 1.5] * 500, [0.2, 0.6] * 500, steps)
    ax = plot_gan_losses(history)
    for line, label, color, expected in zip(
        ax.lines, ("discriminator", "generator"), (BLUE, ORANGE), (0.4, 1.0), strict=True
    ):
        assert line.get_label() == label and same_color(line.get_color(), color)
        assert np.allclose(line.get_ydata(), expected) and len(line.get_xdata()) == 50
        assert line.get_xdata()[0] == pytest.approx(np.mean(steps[:20]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "discriminator",
        "generator",
    ]
    few = plot_gan_losses(GanHistory([1.0, 3.0], [0.5, 0.25], [10, 20]))
    assert list(few.lines[1].get_ydata()) == [1, 3] and list(few.lines[0].get_xdata()) == [10, 20]
