"""Each chart shows the numbers that it was given, and returns its Axes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import same_color, to_rgb

from helpers import History, plot_confusion, plot_loss, plot_outputs, show_image
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


def test_plot_loss_draws_every_kept_loss_and_their_mean():
    history = History(losses=[0.1, 0.3] * 50, steps=list(range(10, 1001, 10)))
    ax = plot_loss(history, label="baseline", color=ORANGE)
    dots, line = ax.lines
    assert list(dots.get_xdata()) == history.steps and list(dots.get_ydata()) == history.losses
    assert dots.get_marker() == "." and dots.get_alpha() == 0.1
    assert same_color(dots.get_color(), ORANGE)
    assert line.get_ydata() == pytest.approx([0.18, 0.22] * 10)
    assert line.get_xdata()[0] == 30 and line.get_xdata()[-1] == 980
    assert ax.get_ylim() == (0, 1) and list(ax.get_yticks()) == [0, 0.25, 0.5]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["baseline"]


def test_plot_outputs_draws_ten_bars_and_marks_the_label():
    outputs = torch.linspace(0, 1, 10).requires_grad_()
    bars = plot_outputs(outputs, label=3).patches
    assert [bar.get_height() for bar in bars] == pytest.approx(outputs.tolist())
    colors = [ORANGE if digit == 3 else BLUE for digit in range(10)]
    assert all(
        same_color(bar.get_facecolor(), color) for bar, color in zip(bars, colors, strict=True)
    )


def test_plot_confusion_shows_the_mistakes_alone():
    counts = torch.zeros(10, 10, dtype=torch.int64)
    counts[4, 9], counts[9, 4], counts[5, 5] = 7, 2, 900
    ax = plot_confusion(counts)
    texts = {tuple(map(int, text.get_position())): text.get_text() for text in ax.texts}
    assert texts == {(9, 4): "7", (4, 9): "2"}  # column, row
    assert ax.images[0].get_array().max() == 7
    assert counts[5, 5] == 900, "the caller's table must stay as it is"
    assert ax.get_ylabel() == "digit shown"


def test_a_chart_goes_where_it_is_told():
    _, axes = plt.subplots(1, 4)
    assert show_image(torch.zeros(784), ax=axes[0]) is axes[0]
    assert plot_loss(History([0.1], [10]), ax=axes[1]) is axes[1]
    assert plot_outputs(torch.zeros(10), ax=axes[2]) is axes[2]
    assert plot_confusion(torch.eye(10), ax=axes[3]) is axes[3]


def test_colours_can_be_told_apart_by_the_colour_blind():
    """As seen by those without red or green cones (Machado, Oliveira and Fernandes, 2009)."""
    without_red = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    without_green = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    colors = np.array([to_rgb(color) for color in (BLUE, ORANGE, GREEN, GREY)])
    for matrix in (np.eye(3), without_red, without_green):
        seen = (colors**2.2 @ np.transpose(matrix)).clip(0, 1) ** (1 / 2.2)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
        assert distances[np.triu_indices(4, k=1)].min() > 0.25, distances.round(2)
