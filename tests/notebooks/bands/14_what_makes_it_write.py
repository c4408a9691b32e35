"""What the text of notebook 14 says of the measures, of the stored grid, and of what was trained."""

from bands import after


@after("w006", full={"other real images": (0.92, 0.96), "blurred": (0.9, 0.96), "noise": (0, 0.05)},
       sample=None)  # fmt: skip
def share_of_which_the_reader_is_sure(asked):
    return {name: asked[name][1] for name in ("other real images", "blurred", "noise")}


@after("w006")
def the_counts_show_missing_digits_and_repetition(asked):
    counts = {name: asked[name][0] for name in asked}
    return counts["no 1 among them"][1] < 0.01 and counts["one image, repeated"].max() == 1


@after("w011", full=(5, 10), sample=None)
def distance_of_blurred_images(by_hand):
    return by_hand


@after("w013", full={"precision": (0.8, 0.95), "recall": (0.55, 0.75)}, sample=None)
def precision_and_recall_of_blurred_images_by_hand(by_hand):
    return dict(zip(("precision", "recall"), by_hand, strict=True))


@after(
    "w015",
    full={
        "other real images": (1.2, 3),
        "no 1 among them": (15, 32),
        "blurred": (5, 10),
        "one image, repeated": (450, 900),
        "noise": (400, 900),
    },
    sample=None,
)
def distances_of_the_known_sets(judged):
    return {name: one[0] for name, one in judged.items()}


@after("w015", full={"no 1 among them": (0.7, 0.82), "blurred": (0.55, 0.75), "other real images": (0.8, 0.88)},
       sample=None)  # fmt: skip
def recall_of_the_known_sets(judged):
    return {name: judged[name][2] for name in ("no 1 among them", "blurred", "other real images")}


@after("w015", full={"precision": (1, 1), "recall": (0, 0.03)}, sample=None)
def precision_and_recall_of_the_repeated_image(judged):
    return dict(zip(("precision", "recall"), judged["one image, repeated"][1:], strict=True))


@after("w017", full=(8, 40), sample=None)
def how_many_times_as_large_the_floor_is_with_a_thirtieth_of_the_images(floors):
    return max(floors.values()) / floors[max(floors)]


@after("w021", full={1: (180, 330), 2: (70, 115), 3: (60, 105)}, sample=None)
def distance_after_each_epoch(judged_after):
    return {epoch: one[0] for epoch, one in enumerate(judged_after, start=1)}


@after("w021", full={"first": (0, 0.05), "last": (0.45, 0.75)}, sample=None)
def recall_of_the_first_and_the_last_epoch(judged_after):
    return {"first": judged_after[0][2], "last": judged_after[-1][2]}


@after("w024")
def the_grid_is_complete(grid):
    return len(grid) == 160 and grid["seed"].nunique() == 10


@after("w027")
def the_best_and_the_worst_recipes(ordered, name):
    names = [name(words) for words in ordered.index]
    return names[-2:] == ["all four", "LeakyReLU + Adam + LayerNorm"] and {
        "baseline",
        "Adam",
        "LayerNorm",
        "LeakyReLU + LayerNorm",
        "LeakyReLU",
    } == set(names[:5])


@after("w030")
def every_word_brings_the_distance_down_on_average(interval, effect, logs):
    parts = ("loss", "activation", "optimizer", "normalization")
    return all(sum(interval(effect(logs, part))) < 0 for part in parts)


@after("w032")
def layernorm_with_adam_writes_in_all_mixtures_and_adam_alone_does_not(distances):
    adam = distances.xs("adam", level="optimizer").mean(axis=1)
    return adam.xs("layernorm", level=-1).max() < 150 < 175 < adam.xs("none", level=-1).min()


@after("w035")
def none_of_forty_collapse_with_layernorm_and_adam(grid):
    both = grid[(grid["normalization"] == "layernorm") & (grid["optimizer"] == "adam")]
    return len(both) == 40 and not both["collapsed"].any()


@after("w038")
def three_runs_with_100_uniform_numbers_are_right_always_and_seven_never(runs_of, words):
    precision = runs_of(words, ("seeds", "100 uniform"))["precision"]
    return (precision == 1).sum() == 3 and (precision == 0).sum() == 7


@after("w041")
def a_loss_near_0_goes_with_a_large_distance(grid):
    return grid.loc[grid["discriminator_loss"] < 0.01, "frechet"].min() > 170


@after("w050", full={"asked": (0.85, 0.97), "distance": (15, 40)}, sample=None)
def what_the_conditional_generator_writes(answers, wanted, frechet):
    return {"asked": (answers == wanted).float().mean(), "distance": frechet}


@after("w061", full=(0.4, 0.6), sample=None)
def how_often_a_training_image_is_the_nearer_one(nearer):
    return nearer


@after("w044")
def the_books_runs_are_ahead_of_the_best_recipe_in_precision_and_recall(book, best):
    return all(book[measure].min() > best[measure].max() for measure in ("precision", "recall"))


@after("w044")
def the_books_distance_is_larger_beyond_chance(further, reach):
    return further > reach
