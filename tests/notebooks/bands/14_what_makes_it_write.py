"""What the text of notebook 14 says of the measures, of the stored grid, and of what was trained."""

import numpy as np
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


@after("w015")
def the_repeated_image_has_full_precision_and_no_recall(judged):
    _, precision, recall = judged["one image, repeated"]
    return precision == 1 and recall < 0.03


@after("w017", full=(8, 40), sample=None)
def how_many_times_as_large_the_floor_is_with_a_thirtieth_of_the_images(floors):
    return max(floors.values()) / floors[max(floors)]
