"""What the text of notebook 08 says of LayerNorm."""

from bands import after

from helpers import accuracy

BASELINE, NORMALIZED = "Sigmoid, lr=0.01", "Sigmoid + LayerNorm, lr=0.01"


@after("c09", full=(0, 0.05))
def largest_distance_of_a_mean_from_a_half(means):
    return (means - 0.5).abs().max()


@after("c09", full=(0, 0.1))
def largest_spread(spreads):
    return spreads.max()


@after("c18", full=(0, 0.02))
def largest_distance_of_a_normalized_spread_from_1(normalized):
    return (normalized.std(dim=1, correction=0) - 1).abs().max()


@after("c22", full=(0.59, 0.62), sample=(0.15, 0.6))
def test_accuracy_of_the_baseline(scores):
    return scores[BASELINE]


@after("c22", full=(0.896, 0.904), sample=(0.75, 0.95))
def test_accuracy_with_layer_norm(scores):
    return scores[NORMALIZED]


@after("c28", full=(None, 0.8))
def early_loss_with_layer_norm_over_that_without(early):
    return early[NORMALIZED] / early[BASELINE]


@after("c28", full=(0.021, 0.025), sample=(0, 1))
def early_loss_with_layer_norm(early):
    return early[NORMALIZED]


@after("2b9f4a16", full=(0.878, 0.886), sample=(0.25, 0.75))
def test_accuracy_of_the_baseline_after_four_epochs(longer):
    return longer[BASELINE]


@after("2b9f4a16", full=(0.911, 0.919), sample=(0.75, 0.95))
def test_accuracy_with_layer_norm_after_four_epochs(longer):
    return longer[NORMALIZED]


@after("c37", full=(12, 30))
def gradient_with_layer_norm_over_that_without_at_the_start(start):
    return start["Sigmoid + LayerNorm"] / start["Sigmoid"]


@after("c37", full=(4, 11), sample=(1, 100))
def gradient_with_layer_norm_over_that_without_after_one_epoch(end):
    return end["Sigmoid + LayerNorm"] / end["Sigmoid"]


@after("c37", full={"Sigmoid": (0.0115, 0.0121), "Sigmoid + LayerNorm": (0.25, 0.26)}, sample=None)
def gradient_at_the_start(start):
    return start


@after("c37", full={"Sigmoid": (0.006, 0.008), "Sigmoid + LayerNorm": (0.042, 0.056)}, sample=None)
def gradient_after_one_epoch(end):
    return end


@after("c41", full=(0.2, None))
def what_training_at_the_larger_rate_adds(scores, make_network, nn, test_set):
    untrained = accuracy(make_network(nn.Sigmoid(), nn.LayerNorm(200)), test_set)
    return scores["Sigmoid + LayerNorm, lr=0.2"] - untrained


@after("fe91e2fe", full=(0.904, 0.914), sample=(0.7, 0.95))
def test_accuracy_at_the_larger_rate(scores):
    return scores["Sigmoid, lr=0.2"]


@after("fe91e2fe", full=(0.24, None))
def what_layer_norm_adds_at_the_rate_of_the_baseline(scores):
    return scores[NORMALIZED] - scores[BASELINE]


@after("fe91e2fe", full=(0.24, None))
def what_the_larger_rate_adds(scores):
    return scores["Sigmoid, lr=0.2"] - scores[BASELINE]


@after("fe91e2fe", full=(0.004, 0.02), sample=(-0.1, 0.15))
def what_layer_norm_adds_at_the_larger_rate(scores):
    return scores["Sigmoid + LayerNorm, lr=0.2"] - scores["Sigmoid, lr=0.2"]


@after("72d32ece", full=(3, 5))
def gradient_of_leaky_relu_over_that_of_the_sigmoid(start):
    return start["LeakyReLU"] / start["Sigmoid"]


@after("72d32ece", full=(12, 30))
def gradient_of_leaky_relu_with_layer_norm_over_that_without(start):
    return start["LeakyReLU + LayerNorm"] / start["LeakyReLU"]


@after("c26", full=(0.907, 0.915), sample=(0.3, 0.97))
def test_accuracy_with_leaky_relu(scores):
    return scores["LeakyReLU, lr=0.01"]


@after("c26", full=(0.015, 0.04), sample=(-0.1, 0.6))
def what_layer_norm_adds_to_leaky_relu(scores):
    return scores["LeakyReLU + LayerNorm, lr=0.01"] - scores["LeakyReLU, lr=0.01"]


@after("c26", full=(-0.012, 0.012), sample=(-0.6, 0.3))
def what_layer_norm_adds_to_leaky_relu_at_the_larger_rate(scores):
    return scores["LeakyReLU + LayerNorm, lr=0.05"] - scores["LeakyReLU, lr=0.05"]


@after("c26", full=(0.02, None), sample=(-0.1, None))
def what_the_larger_rate_adds_to_leaky_relu(scores):
    return scores["LeakyReLU, lr=0.05"] - scores["LeakyReLU, lr=0.01"]


@after("c39", full={"Sigmoid": (0.7, 1.3), "LeakyReLU": (1.5, None)})
def growth_of_the_gradient_over_1_by_the_spread(ratios, inverses):
    return {name: ratios[name] / inverses[name] for name in ratios}


@after("c39", full=(1.43, 1.465), sample=(1.1, 2))
def errors_of_leaky_relu_with_layer_norm_over_those_without(errors):
    return errors["LeakyReLU"]


@after("c44", full=(None, 0.9))
def width_in_use_with_layer_norm_over_that_without(used):
    (low, high), (low_without, high_without) = used[NORMALIZED], used[BASELINE]
    return (high - low) / (high_without - low_without)


@after("c44", full=(0, 1))
def farthest_input_in_use_with_layer_norm(used):
    low, high = used[NORMALIZED]
    return max(-low, high)


@after("c44", full=(1, None))
def reach_in_use_at_the_larger_rate_on_either_side(used):
    names = ("Sigmoid, lr=0.2", "Sigmoid + LayerNorm, lr=0.2")
    return {name: min(-used[name][0], used[name][1]) for name in names}


@after("c44", full=(0, None))
def reach_in_use_of_leaky_relu_on_either_side(used):
    names = ("LeakyReLU, lr=0.01", "LeakyReLU + LayerNorm, lr=0.01")
    return {name: min(-used[name][0], used[name][1]) for name in names}


@after(
    "c47",
    full={
        BASELINE: (-0.01, 0.01),
        NORMALIZED: (-0.01, 0.01),
        "Sigmoid, lr=0.2": (0.005, None),
        "Sigmoid + LayerNorm, lr=0.2": (0.015, None),
        "LeakyReLU, lr=0.01": (0.005, None),
        "LeakyReLU + LayerNorm, lr=0.01": (0.08, None),
    },
    sample=(-0.02, None),
)
def what_the_line_costs(lost):
    return lost


@after("c52", full=(1.6, 3), sample=(0.5, 8))
def loss_in_front_over_that_behind(ends):
    return ends["LayerNorm in front"] / ends[NORMALIZED]


@after("c52", full=(None, 0.6), sample=(None, 1.1))
def loss_in_front_over_that_of_the_baseline(ends):
    return ends["LayerNorm in front"] / ends[BASELINE]


@after(
    "c52",
    full={
        BASELINE: (0.08, 0.094),
        NORMALIZED: (0.0156, 0.0184),
        "LayerNorm in front": (0.035, 0.041),
    },
    sample=None,
)
def last_losses(ends):
    return ends
