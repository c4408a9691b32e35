"""What the text of notebook 10 says of its trainings, and of what it makes of the images."""

import torch
from bands import after


@after("c34", full=(0.965, None), sample=(0.75, None))
def validation_accuracy_with_batches_of_100(file_order_share):
    return file_order_share


@after("c36", full=(0.001, None), sample=None)
def mean_gain_by_shuffling(means):
    return means["shuffled"] - means["file order"]


@after("c36", full=(None, 0), sample=None)
def mean_gain_by_a_rate_of_a_hundredth(means):
    return means["third rate"] - means["shuffled"]


@after("c36b", full=(2, None), sample=None)
def gain_by_shuffling_in_standard_errors(shuffling):
    return shuffling


@after("c36b", full=(None, 2), sample=None)
def gain_by_a_faster_rate_in_standard_errors(faster):
    return faster


@after("c36b", full=(None, 0), sample=None)
def gain_by_a_rate_of_a_hundredth_in_standard_errors(too_fast):
    return too_fast


@after("c43")
def one_cycle_starts_low_peaks_at_a_hundredth_and_ends_lowest(rates):
    return rates[-1] < rates[0] < max(rates) <= 0.01 and max(rates) > 0.0099


@after("c45", full=(0.001, None), sample=None)
def lead_of_one_cycle_over_the_best_constant_rate(means, tried):
    return means["one cycle"] - max(means[name] for name in tried)


@after("c45", full=(2, None), sample=None)
def gain_by_one_cycle_in_standard_errors(cycle):
    return cycle


@after("c47", full=(0.999, 1), sample=None)
def accuracy_on_known_images(known):
    return known


@after("c47", full=(0.008, 0.02), sample=None)
def gap_between_known_and_unseen_images(known, unseen):
    return known - unseen


@after("c47", full=(0, 0.003), sample=None)
def what_unseen_images_have_lost_since_their_best(best_unseen, unseen):
    return best_unseen - unseen


@after("c47")
def the_validation_accuracies_are_between_0_and_1(known, unseen):
    return 0 <= unseen <= 1 and 0 <= known <= 1


def pixels_where_wiggle_looks(wiggle):
    """Where the middle four pixels of 1,000 new images look, in pixels: right (n, 2, 2), down (n, 2, 2)."""
    line = (torch.arange(28) + 0.5) / 14 - 1
    places = []
    for ramp in (line.expand(28, 28), line[:, None].expand(28, 28)):  # their values are coordinates
        torch.manual_seed(0)
        seen = wiggle(ramp.reshape(1, 784).repeat(1000, 1)).view(1000, 28, 28)
        places.append(14 * seen[:, 13:15, 13:15])
    return places


@after("c51", full=(0.98, 1.001))
def farthest_wiggles_over_those_of_the_text(wiggle):
    right, down = pixels_where_wiggle_looks(wiggle)
    a, d = (pixels[:, 0, 1] - pixels[:, 0, 0] for pixels in (right, down))
    b = right[:, 1, 0] - right[:, 0, 0]
    turn, size = torch.atan2(d, a), torch.hypot(a, d)
    parts = {
        "turn": turn / 0.15,
        "size": (size - 1) / 0.1,
        "slant": (b / size + turn.sin()) / 0.15,
        "shift to the side": right.mean(dim=(1, 2)) / 2,
        "shift up or down": down.mean(dim=(1, 2)) / 2,
    }
    ends = {f"largest {part}": values.max() for part, values in parts.items()}
    return ends | {f"smallest {part}": -values.min() for part, values in parts.items()}


@after("c53", full=(None, 0), sample=None)
def growth_of_the_gap_by_augmentation(known, unseen, known_2, unseen_2):
    return (known_2 - unseen_2) - (known - unseen)


@after("c53", full=(2, None), sample=None)
def gain_by_augmentation_in_standard_errors(augmenting):
    return augmenting


@after("p10f", full=(2, None), sample=None)
def gain_by_cross_entropy_in_standard_errors(cross_entropy):
    return cross_entropy


@after("p10f", full=(-2.5, 2.5), sample=None)
def gain_by_dropout_and_by_weight_decay_in_standard_errors(regularised):
    return {"dropout": regularised[0], "weight decay": regularised[1]}


@after("p10f", full=(0.003, 0.03), sample=None)
def what_a_forgotten_eval_costs(right, forgotten):
    return right["with dropout"][0].float().mean() - forgotten


@after("c58", full=(0.985, None), sample=(0.85, None))
def test_accuracy(score):
    return score


@after("c58", full=(0.0008, 0.0012), sample=(0, 0.02))
def standard_error_of_the_test_accuracy(error):
    return error


@after("s02", full=(0, 0))
def what_saving_and_loading_changes_of_the_accuracy(loaded_score, score):
    return loaded_score - score


@after("d02", full=(0, 1e-6))
def largest_difference_of_the_pad_from_the_network(pad, augmented):
    return (pad.outputs - augmented(pad.image)).abs().max()


@after("d04", sample=None)
def images_of_mnist_stay_as_they_are(kept):
    return kept.all()


@after("d07", full=(0, 0), sample=None)
def what_preparation_changes_where_nothing_is_to_do(with_it, without):
    return with_it["as they are"] - without["as they are"]


@after("d07", full={"moved": (0.55, 0.85), "small": (0.55, 0.85), "both": (0, 0.2)}, sample=None)
def share_right_as_it_is(without):
    return without


@after("d07", full=(0.965, None), sample=None)
def share_right_if_prepared(with_it):
    return with_it


@after("d07", full=(0.01, 0.05), sample=None)
def share_of_ink_that_moving_cuts_off(redrawn, few_images):
    return 1 - redrawn["moved"].sum() / few_images.sum()


@after("p10j", full=(0.9, None), sample=None)
def output_of_the_pad_for_a_7_of_full_size(pad):
    return pad.outputs[7]


@after("p10j", sample=None)
def a_small_7_with_the_same_pen_is_read_as_an_8(size_and_answer):
    return size_and_answer[0.5] == 7 and size_and_answer[0.3] == 8


@after("c60", full=(0, 40), sample=None)
def number_of_4_and_9_confused(counts):
    return counts[4, 9] + counts[9, 4]


@after("c60", full=(-1e-6, 1e-6))
def share_of_mistakes_and_accuracy_minus_1(mistakes, test_set, score):
    return len(mistakes) / len(test_set) + score - 1
