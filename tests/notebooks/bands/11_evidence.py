"""What the text of notebook 11 says of the stored grids, and of a small one trained live."""

import numpy as np
from bands import after

MEASURED = ("LeakyReLU", "Adam")


@after("e008", full=(0.98, 1.02))
def simulated_number_of_standard_errors_over_the_exact_one(factor, T):
    return {n: factor(n) / exact for n, exact in T.items()}


@after("e013", full={"below 95 %": (4, 4), "from 95 to 96 %": (2, 2)})
def number_of_recipes(runs):
    means = runs.mean(axis=1)
    return {"below 95 %": (means < 95).sum(), "from 95 to 96 %": means.between(95, 96).sum()}


@after("e013")
def no_recipe_with_leaky_relu_or_adam_ends_below_95_percent(runs):
    return not any(part in name for name in runs.index[runs.mean(axis=1) < 95] for part in MEASURED)


@after("e013", full=(0.3, 0.4))
def typical_range_of_one_recipe(runs):
    return (runs.max(axis=1) - runs.min(axis=1)).median()


@after("e013", full={"lowest": (97, 97.2), "range": (0.4, 0.6)})
def means_of_the_best_ten(runs):
    best = runs.mean(axis=1).nlargest(10)
    return {"lowest": best.min(), "range": best.max() - best.min()}


@after("e018")
def six_claims_hold_and_the_seventh_does_not(verdicts):
    return list(verdicts.values()) == ["holds"] * 6 + ["the opposite holds"]


@after("e018")
def the_best_recipe_is_leaky_relu_with_layer_norm(best):
    return best == "LeakyReLU + LayerNorm"


@after("p11a", full={"correlation": (-0.02, -0.01), "narrower": (59, 59), "ratio": (0.9, 1.1)})
def what_pairing_by_seed_brings(correlation, narrower, paired, unpaired):
    ratio = np.median(paired / unpaired)
    return {"correlation": correlation, "narrower": narrower, "ratio": ratio}


@after("e018", full=(-0.145, -0.135))
def lead_of_all_four_over_the_best(runs, best):
    return (runs.loc["all four"] - runs.loc[best]).mean()


@after(
    "e023",
    full={
        "each of the first six": (10, 10),
        "all four, LeakyReLU": (10, 10),
        "the seventh": (8, 8),
        "Adam, LeakyReLU": (9, 9),
    },
)
def seeds_that_agree(agree, CLAIMS):
    return {
        "each of the first six": min(agree[pair] for pair in CLAIMS[:6]),
        "all four, LeakyReLU": agree["all four", "LeakyReLU"],
        "the seventh": agree[CLAIMS[6]],
        "Adam, LeakyReLU": agree["Adam", "LeakyReLU"],
    }


@after("e023")
def seed_0_is_the_worst_for_adam(runs):
    gains = runs.loc["Adam"] - runs.loc["baseline"], runs.loc["Adam"] - runs.loc["LeakyReLU"]
    return all(gain.idxmin() == 0 for gain in gains)


@after("e023", full=(0.4, 0.5))
def largest_range_of_ten_differences(runs, CLAIMS):
    return max(np.ptp(runs.loc[one] - runs.loc[other]) for one, other in CLAIMS[:6])


@after("e032", full={"smallest": (1.8, None), "largest": (9, 9.5)})
def differences_beside_neither(pairs):
    means = pairs["mean"][pairs["beside"] == "neither"]
    return {"smallest": means.min(), "largest": means.max()}


@after("e032", full=(None, 2))
def largest_difference_beside_leaky_relu_or_adam(pairs):
    return pairs["mean"][pairs["beside"] == "LeakyReLU or Adam"].abs().max()


@after(
    "e032",
    full={
        "LayerNorm": (0.65, 0.7),
        "LeakyReLU": (-0.3, -0.25),
        "BCE": (-0.08, 0.08),
        "Adam": (-0.08, 0.08),
    },
)
def what_each_adds_beside_leaky_relu_or_adam(means):
    return means["LeakyReLU or Adam"].to_dict()


HARMED = {"LeakyReLU + Adam": "Adam", "BCE + LeakyReLU": "LeakyReLU"}


@after("e032", full=(None, -1.5))
def lead_of_the_harmed(runs):
    return {two: runs.loc[two].mean() - runs.loc[one].mean() for two, one in HARMED.items()}


@after("e032", full=(1.5, None))
def what_layer_norm_mends(runs):
    return {two: (runs.loc[f"{two} + LayerNorm"] - runs.loc[two]).mean() for two in HARMED}


@after("e037")
def the_strongest_interaction_is_that_of_activation_and_optimizer(found):
    return min(found, key=lambda pair: found[pair][0]) == ("activation", "optimizer")


@after("e037", full=(-6.5, -6))
def interaction_of_activation_and_optimizer(found):
    return found["activation", "optimizer"][0]


@after("e037", full=(None, 0))
def upper_end_of_each_interaction(found):
    return {" and ".join(pair): mean + reach for pair, (mean, reach) in found.items()}


@after("e042", full={0.4: (4, 4), 0.2: (8, 8), 0.1: (23, 25)})
def seeds_needed_for_a_difference(needed):
    return needed


@after("e048", full=(3, 4.2), sample=None)
def lead_of_adam_after_5000_images(live):
    return (live.loc["Adam"] - live.loc["LeakyReLU"]).mean()


@after("e048", full=(0, 0.8), sample=None)
def reach_of_the_interval_of_this_lead(live, interval):
    return interval(live.loc["Adam"] - live.loc["LeakyReLU"])[1]


@after("e048", full=(86, 88), sample=None)
def accuracy_of_leaky_relu_after_5000_images(live):
    return live.loc["LeakyReLU"].mean()


@after("e048", full=(75, 100))
def lowest_of_the_ten_accuracies(live):
    return live.min(axis=None)


@after("e054", full={"lowest": (95.1, 95.3), "highest": (97.6, 97.8)})
def best_validation_accuracy_of_a_recipe(rates, WORDS):
    tops = 100 * rates.groupby(list(WORDS))["accuracy"].max()
    return {"lowest": tops.min(), "highest": tops.max()}


@after("e054", full={"all": (88, 88), "broken off": (5, 5)})
def number_of_trainings(rates):
    return {"all": len(rates), "broken off": rates["accuracy"].isna().sum()}


@after("e054")
def those_that_broke_off_have_leaky_relu_and_mse(rates):
    broken = rates[rates["accuracy"].isna()]
    return set(broken["activation"]) == {"leaky"} and set(broken["loss"]) == {"mse"}


@after("e058", full={"smallest": (2.9, 3.1), "largest": (299, 301)})
def chosen_rate_of_sgd_over_a_hundredth(choice):
    rates = [100 * rate for words, rate in choice.items() if "sgd" in words]
    return {"smallest": min(rates), "largest": max(rates)}


@after("e058")
def adam_keeps_its_rate_with_sigmoids_and_takes_a_smaller_one_with_leaky_relu_three_times(
    choice, RATES
):
    adam = {words: rate for words, rate in choice.items() if "adam" in words}
    kept = all(rate == RATES["adam"] for words, rate in adam.items() if "sigmoid" in words)
    return kept and sum(rate < RATES["adam"] for rate in adam.values()) == 3


@after("e062")
def the_second_grid_has_the_chosen_rates_and_half_the_epochs(fair_grid, fair, grid, choice, WORDS):
    used = fair_grid.groupby(list(WORDS))["learning_rate"].unique()
    chosen = all(used[words].tolist() == [rate] for words, rate in choice.items())
    epochs = set(fair_grid["epochs"]), set(grid["epochs"])
    return chosen and epochs == ({2}, {4}) and len(fair.columns) == 5


@after("e062", full={"notebooks' rates": (15.6, 15.7), "chosen rates": (2.6, 2.75)})
def range_of_the_means(ranges):
    return ranges


BASELINE, FOUR = ("mse", "sigmoid", "sgd", "none"), ("bce", "leaky", "adam", "layernorm")
WORSE = "bce", "leaky", "sgd", "layernorm"


@after(
    "e062",
    full={
        "baseline, 0.01": (81.35, 81.45),
        "baseline, its own rate": (96.75, 96.85),
        "all four, their own rate": (96.85, 96.95),
    },
)
def mean_accuracy(before, fair):
    return {
        "baseline, 0.01": before.loc[BASELINE].mean(),
        "baseline, its own rate": fair.loc[BASELINE].mean(),
        "all four, their own rate": fair.loc[FOUR].mean(),
    }


@after("e062", full=(-0.35, -0.3))
def what_its_own_rate_adds_to_the_one_recipe_that_loses(before, fair):
    return fair.loc[WORSE].mean() - before.loc[WORSE].mean()


@after("e062", full=(1, 1))
def number_of_recipes_that_lose_by_their_own_rate(before, fair):
    return (fair.mean(axis=1) - before.mean(axis=1) < -0.05).sum()


@after("e062", full=(94, 100))
def lowest_accuracy_at_chosen_rates(fair):
    return fair.min(axis=None)


def signs(pairs):
    """Of each difference its sign, or 0 where its interval holds 0."""
    return np.sign(pairs["mean"]) * (pairs["mean"].abs() > pairs["reach"])


@after("e067")
def at_chosen_rates_leaky_relu_always_helps_layer_norm_never_and_bce_does_both(all_pairs, fair):
    clear = signs(all_pairs(fair).set_index("improvement"))
    always, never = (clear["LeakyReLU"] == 1).all(), (clear["LayerNorm"] < 1).all()
    return always and never and {1, -1} <= set(clear["BCE"])


@after("e067", full={"without LayerNorm": (None, 0.2), "all": (1.2, None)})
def largest_difference_by_adam_at_chosen_rates(all_pairs, fair):
    adam = all_pairs(fair).query("improvement == 'Adam'").set_index("added to")["mean"]
    return {
        "without LayerNorm": adam[~adam.index.str.contains("LayerNorm")].max(),
        "all": adam.max(),
    }


@after("e067")
def verdicts_on_the_effects_at_chosen_rates(fair_effects, verdict, WORDS):
    found = [verdict(*fair_effects[part]) for part in WORDS]
    return found == ["does not count", "holds", "holds", "the opposite holds"]


@after("e067", full={"activation": (0.15, 0.25), "optimizer": (0.03, 0.1)})
def share_of_the_effect_that_is_left(fair_effects, before_effects):
    return {part: fair_effects[part][0] / before_effects[part][0] for part in before_effects}


@after("e067", full={"activation": (0.75, 0.85), "normalization": (-0.6, -0.5)})
def effect_at_chosen_rates(fair_effects):
    return {part: mean for part, (mean, _) in fair_effects.items()}


@after("e067", full={"smallest": (0.8, 0.9), "largest": (4.6, 4.7)})
def effect_at_the_notebooks_rates(before_effects):
    means = [mean for mean, _ in before_effects.values()]
    return {"smallest": min(means), "largest": max(means)}


@after("e072")
def at_chosen_rates_one_claim_holds_and_three_do_not_count(fair_verdicts, CLAIMS):
    holds = [claim for claim, word in fair_verdicts.items() if word == "holds"]
    noise = [fair_verdicts[CLAIMS[number]] for number in (0, 2, 5)]
    return holds == [CLAIMS[1]] and noise == ["does not count"] * 3


@after("e072")
def the_best_at_chosen_rates_is_leaky_relu_with_adam(fair_best):
    return fair_best == "LeakyReLU + Adam"


@after(
    "e072", full={"LeakyReLU": (0.6, 0.7), "LayerNorm": (-2.05, -1.95), "all four": (-0.65, -0.55)}
)
def lead_at_chosen_rates(fair_runs, fair_best, CLAIMS):
    claims = {"LeakyReLU": CLAIMS[1], "LayerNorm": CLAIMS[3], "all four": ("all four", fair_best)}
    return {
        name: (fair_runs.loc[one] - fair_runs.loc[other]).mean()
        for name, (one, other) in claims.items()
    }


@after("e072", full=(-1.2, -0.8))
def lead_of_layer_norm_beside_leaky_relu_over_its_reach(fair_runs, interval, CLAIMS):
    one, other = CLAIMS[4]
    mean, reach = interval(fair_runs.loc[one] - fair_runs.loc[other])
    return mean / reach


@after("e099", full=(0.045, 0.055))
def share_of_intervals_that_leave_0_out(misses):
    return misses.mean()


@after("p11c", full={"mse": (1.2, 1.35), "bce": (0.3, 0.4)})
def effect_of_leaky_relu_at_chosen_rates(apart):
    return {loss: mean for loss, (mean, _) in apart.items()}


@after("p11c", full={"mse": (0.1, 0.2), "bce": (0.05, 0.12)})
def reach_of_this_effect(apart):
    return {loss: reach for loss, (_, reach) in apart.items()}


@after("p11e", full={"5 %": (23, 23), "Holm": (10, 10)})
def differences_that_leave_0_out(ordered, kept):
    return {"5 %": (ordered["chance"] < 0.05).sum(), "Holm": len(kept)}


@after("p11e", full={"BCE": (1, 1), "LeakyReLU": (5, 5), "Adam": (2, 2), "LayerNorm": (2, 2)})
def differences_that_are_left_by_improvement(kept):
    return kept["improvement"].value_counts().to_dict()


@after("p11e")
def of_those_leaky_relu_gains_and_layer_norm_loses(kept):
    means = kept.set_index("improvement")["mean"]
    return (means["LeakyReLU"] > 0).all() and (means["LayerNorm"] < 0).all()
