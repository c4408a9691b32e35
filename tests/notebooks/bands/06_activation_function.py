"""What the text of notebook 06 says of the sigmoid, ReLU and LeakyReLU."""

from bands import after


def latest(history):
    """The mean of the latest losses, as the bar shows it."""
    return sum(history.losses[-100:]) / 100


@after("c05", full=(0.0175, 0.021), sample=(0.07, 0.1))
def mean_of_the_latest_losses_of_the_baseline(baseline_history):
    return latest(baseline_history)


@after("c06", full=(0.878, 0.886), sample=(0.25, 0.75))
def test_accuracy_of_the_baseline(baseline_accuracy):
    return baseline_accuracy


@after("c08")
def the_slope_is_largest_at_0(x, slopes):
    return x[slopes.argmax()] == 0


@after("c16", full=(0.004, 0.006), sample=(0.005, 0.03))
def mean_of_the_latest_losses_with_leaky_relu(leaky_history):
    return latest(leaky_history)


@after("c18", full=(0.968, 0.976), sample=(0.85, 0.95))
def test_accuracy_with_leaky_relu(leaky_accuracy):
    return leaky_accuracy


@after("c17", full=(None, 0.6))
def final_loss_of_leaky_relu_over_that_of_the_baseline(leaky_end, baseline_end):
    return leaky_end / baseline_end


@after("c33", full=(0.0145, 0.019), sample=(0.03, 0.1))
def mean_of_the_latest_losses_with_one_leaky_relu(histories):
    return {name: latest(histories[name]) for name in ("hidden", "outputs")}


@after(
    "c35",
    full={
        "nowhere": (0.06, 0.072),
        "hidden": (0.0146, 0.0174),
        "outputs": (0.0137, 0.0163),
        "both": (0.0066, 0.008),
    },
    sample=None,
)
def loss_with_leaky_relu(ends):
    return ends


@after("c35", full=(None, 0.4), sample=(None, 0.97))
def loss_with_one_leaky_relu_over_that_of_the_baseline(ends):
    return {name: ends[name] / ends["nowhere"] for name in ("hidden", "outputs")}


@after("c35", full=(None, 1))
def loss_with_two_over_that_with_one(ends):
    return {name: ends["both"] / ends[name] for name in ("hidden", "outputs")}


STATES = ("untrained", "6,000 steps", "trained")


@after("c40", full={"untrained": (1.5, None), "6,000 steps": (8, None), "trained": (1.5, None)})
def gradient_of_leaky_relu_over_that_of_the_sigmoid(measured):
    return {
        state: measured["LeakyReLU", state][0] / measured["Sigmoid", state][0] for state in STATES
    }


@after("c40", full=(None, 1))
def error_of_leaky_relu_over_that_of_the_sigmoid(measured):
    return {
        state: measured["LeakyReLU", state][1] / measured["Sigmoid", state][1] for state in STATES
    }


@after(
    "c40",
    full={
        "Sigmoid, untrained": (84, 86),
        "Sigmoid, 6,000 steps": (18, 22),
        "Sigmoid, trained": (40, 66),
        "LeakyReLU, untrained": (238, 244),
        "LeakyReLU, 6,000 steps": (274, 336),
        "LeakyReLU, trained": (92, 154),
    },
    sample=None,
)
def gradient_in_millionths(measured):
    return {", ".join(of): 1e6 * gradient for of, (gradient, _) in measured.items()}


@after(
    "c40",
    full={
        "Sigmoid, untrained": (0.491, 0.501),
        "Sigmoid, 6,000 steps": (0.164, 0.2),
        "Sigmoid, trained": (0.055, 0.091),
        "LeakyReLU, untrained": (0.119, 0.121),
        "LeakyReLU, 6,000 steps": (0.058, 0.07),
        "LeakyReLU, trained": (0.024, 0.04),
    },
    sample=None,
)
def mean_error(measured):
    return {", ".join(of): error for of, (_, error) in measured.items()}


@after("c44", full=(0.001, 0.004), sample=(0, 0.02))
def mean_of_the_latest_losses_with_sigmoids_at_a_rate_of_1(long_history):
    return latest(long_history)


@after("c45", full=(0.968, 0.976), sample=(0.85, 0.95))
def test_accuracy_of_sigmoids_at_a_rate_of_1(long_accuracy):
    return long_accuracy


@after("c45", full=(-0.006, 0.006), sample=(-0.06, 0.06))
def lead_of_long_steps_over_leaky_relu(long_accuracy, leaky_accuracy):
    return long_accuracy - leaky_accuracy


def shrinking(values):
    """What each further layer leaves of the gradient."""
    return {
        f"{more} more": after / before
        for more, (before, after) in enumerate(zip(values, values[1:], strict=False), start=1)
    }


@after("c47", full=(1 / 9, 1 / 5))
def what_a_further_sigmoid_leaves_of_the_gradient(gradients):
    return shrinking(gradients["Sigmoid"])


@after("c47", full=(None, 1))
def what_a_further_leaky_relu_leaves_of_the_gradient(gradients):
    return shrinking(gradients["LeakyReLU"])


@after("c47", full=(10, None))
def shrinking_by_the_sigmoid_over_that_by_leaky_relu(gradients):
    sigmoid, leaky = gradients["Sigmoid"], gradients["LeakyReLU"]
    return (sigmoid[0] / sigmoid[3]) / (leaky[0] / leaky[3])


@after(
    "c47",
    full={"Sigmoid, 2": (83.8, 85.6), "LeakyReLU, 2": (238, 244), "LeakyReLU, 5": (16.1, 16.5)},
    sample=None,
)
def gradient_in_millionths_by_linear_layers(gradients):
    return {
        f"{name}, {2 + more}": value
        for name, values in gradients.items()
        for more, value in enumerate(values)
    }


@after("c61", full=(None, 0))
def lowest_output_of_leaky_relu(outputs):
    return outputs.min()


@after("c61", full=(1, None))
def highest_output_of_leaky_relu(outputs):
    return outputs.max()


@after("c61", full=(0.885, 0.915), sample=(0.5, 1))
def share_of_outputs_outside_0_to_1(outside):
    return outside


@after("c65", full=(0.6, 0.8))
def loss_of_the_mixed_network_before_training(loss):
    return loss


@after("c22", full=(0, 0.05))
def slope_of_the_sigmoid_where_the_grey_areas_begin(slope, torch, nn):
    return slope(nn.Sigmoid(), torch.tensor(2.9))


@after("c27", full=(0, 0))
def share_of_flat_units_in_an_untrained_network(flat_share):
    return {place: flat_share[f"untrained, {place}"] for place in ("hidden", "outputs")}


@after("c27", full=(0.1, None))
def what_leaky_relu_has_more_in_flat_units(flat_share):
    return {
        place: flat_share[f"LeakyReLU, {place}"] - flat_share[f"Sigmoid, {place}"]
        for place in ("hidden", "outputs")
    }


@after("c27", full=(1.8, None))
def mean_slope_of_leaky_relu_over_that_of_the_sigmoid(mean_slope):
    return {
        place: mean_slope[f"LeakyReLU, {place}"] / mean_slope[f"Sigmoid, {place}"]
        for place in ("hidden", "outputs")
    }


@after(
    "c27",
    full={
        "untrained, hidden": (0, 0.02),
        "Sigmoid, hidden": (0, 0.025),
        "Sigmoid, outputs": (0.669, 0.709),
        "LeakyReLU, hidden": (0.509, 0.549),
        "LeakyReLU, outputs": (0.839, 0.879),
    },
    sample={"Sigmoid, hidden": (0, 0.03), "Sigmoid, outputs": (0, 0.2)},
)
def share_of_flat_units(flat_share):
    return flat_share


@after(
    "c27",
    full={
        "untrained, hidden": (0.238, 0.262),
        "Sigmoid, hidden": (0.198, 0.222),
        "Sigmoid, outputs": (0.038, 0.062),
        "LeakyReLU, hidden": (0.468, 0.492),
        "LeakyReLU, outputs": (0.148, 0.172),
    },
    sample=None,
)
def mean_slope_of(mean_slope):
    return mean_slope


@after("c30", full=(0, 0.05))
def share_of_saturated_outputs_that_do_not_rightly_say_no(flat, right_no):
    return (flat & ~right_no).sum() / flat.sum().clamp(min=1)


@after("c51", full=(0.004, 0.015), sample=(0.01, 0.1))
def mean_of_the_latest_losses_with_relu(plain_history):
    return latest(plain_history)


@after("c53", full=(0, 2), sample=(0, 15))
def dead_hidden_units_of_relu(hidden_dead):
    return hidden_dead


@after("c53", full=(0, 0))
def dead_outputs_of_relu(outputs_dead):
    return outputs_dead


@after("c53", full=(0.9, 1.1), sample=(0.9, 3))
def loss_of_relu_over_that_of_leaky_relu(relu_end, ends):
    return relu_end / ends["both"]


@after("c53", full=(None, 0.8))
def loss_of_relu_over_that_of_the_sigmoid(relu_end, ends):
    return relu_end / ends["nowhere"]


@after("c57", full=(1, None))
def rise_of_hidden_units_that_are_never_above_0(hidden_low):
    return {name: hidden_low[name, 0.5] - hidden_low[name, 0.01] for name in ("ReLU", "LeakyReLU")}


@after("c57", full=(0, None))
def accuracy_that_a_rate_of_a_half_costs(accuracies):
    return {name: accuracies[name, 0.01] - accuracies[name, 0.5] for name in ("ReLU", "LeakyReLU")}


@after("c57", full=(1, None))
def what_relu_has_more_in_dead_outputs_at_a_half(outputs_low):
    return outputs_low["ReLU", 0.5] - outputs_low["LeakyReLU", 0.5]


@after("c57", full=(0.1, None))
def lead_of_leaky_relu_at_a_half(accuracies):
    return accuracies["LeakyReLU", 0.5] - accuracies["ReLU", 0.5]


@after("c57", full={"ReLU": (0.778, 0.818), "LeakyReLU": (0.862, 0.882)}, sample=None)
def accuracy_after_6000_images_at_a_hundredth(accuracies):
    return {name: accuracies[name, 0.01] for name in ("ReLU", "LeakyReLU")}


@after("17c74ea8", full=(None, 0.01), sample=(None, 0.1))
def what_the_line_costs_the_baseline(baseline_accuracy, straight):
    return baseline_accuracy - straight["baseline"]


@after("17c74ea8", full=(0.05, None), sample=(0, None))
def what_the_line_costs_the_others(long_accuracy, leaky_accuracy, straight):
    return {
        "learning rate 1.0": long_accuracy - straight["learning rate 1.0"],
        "LeakyReLU": leaky_accuracy - straight["LeakyReLU"],
    }


@after(
    "17c74ea8",
    full={
        "baseline": (0.859, 0.899),
        "learning rate 1.0": (0.81, 0.85),
        "LeakyReLU": (0.827, 0.867),
    },
    sample=None,
)
def accuracy_with_a_line(straight):
    return straight
