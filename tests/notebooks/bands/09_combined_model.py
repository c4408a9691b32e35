"""What the text of notebook 09 says of the combined model."""

from bands import after


@after(
    "c11",
    full={
        "baseline": (0.25, 0.42),
        "BCE": (0.808, 0.82),
        "LayerNorm": (0.897, 0.907),
        "LeakyReLU": (0.92, 0.93),
        "Adam": (0.938, 0.948),
    },
    sample=None,
)
def test_accuracy_after_half_an_epoch(scores):
    return scores


@after("c11", full=(0, None))
def lead_over_the_baseline(scores):
    return {name: score - scores["baseline"] for name, score in scores.items()}


@after("c11", full=(-0.002, 0.018), sample=None)
def lead_of_all_four_over_layer_norm_with_leaky_relu(scores):
    return scores["combined"] - scores["LeakyReLU + LayerNorm"]


@after("c18", full=(-1e-6, 1e-6))
def images_gained_minus_the_lead_in_accuracy(gained, lost, test_set, scores):
    lead = scores["combined"] - scores["LeakyReLU + LayerNorm"]
    return (gained - lost) / len(test_set) - lead


@after("p09b", full=(0.95, 1.05))
def deviation_of_the_coins_over_the_root_of_their_number(by_chance, coins):
    return by_chance.std() / coins**0.5


@after("p09d", sample=None, full={"Adam": (2, None), "LeakyReLU": (2, None), "LayerNorm": (2, None),
                                   "LeakyReLU + LayerNorm": (0, 3)})  # fmt: skip
def leads_that_count_and_the_one_that_does_not(leads):
    return leads


@after("c20", full=(0.004, None))
def wobble_within_3000_steps(wobble):
    return {name: max(shares) - min(shares) for name, shares in wobble.items()}


@after("c20", full=(0.001, 0.012), sample=None)
def lead_of_all_four_on_average(means):
    return means["combined"] - means["LeakyReLU + LayerNorm"]


@after("c20", full=(0, None), sample=None)
def overlap_of_the_two_ranges(wobble):
    return max(wobble["LeakyReLU + LayerNorm"]) - min(wobble["combined"])


@after("c13", full=(0, 0.006), sample=(0, 0.15))
def largest_difference_between_seeds(by_seed):
    return max(by_seed.values()) - min(by_seed.values())


@after("c29", full=(0.3, None))
def gain_of_the_baseline_by_a_rate_of_1(larger_steps, scores):
    return larger_steps - scores["baseline"]


@after("c29", full=(0.85, None))
def gain_by_a_rate_of_1_over_that_by_all_four(larger_steps, scores):
    return (larger_steps - scores["baseline"]) / (scores["combined"] - scores["baseline"])


@after("c29", full=(-0.006, 0.006), sample=None)
def lead_of_a_rate_of_1_over_leaky_relu(larger_steps, scores):
    return larger_steps - scores["LeakyReLU"]


@after("d84e6b29", full=(0.969, 0.981), sample=(0.8, 0.97))
def test_accuracy_of_all_four_after_four_epochs(four_epochs):
    return four_epochs


@after("c26", full=(0.002, None), sample=None)
def gain_of_the_mean_by_smaller_steps(means):
    return means["slower"] - means["combined"]
