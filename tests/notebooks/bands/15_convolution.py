"""What the text of notebook 15 says of its trainings."""

from statistics import fmean

from bands import after


@after("v011b", full=(7.9, 8.1))
def how_many_times_as_many_parameters_the_linear_network_has(count, linear, convolutional):
    return count(linear(0)) / count(convolutional(0))


@after(
    "v015",
    full={"linear": (0.965, 0.98), "convolutional": (0.985, 0.993)},
    sample={"linear": (0.7, None), "convolutional": (0.7, None)},
)
def mean_accuracies_after_two_epochs(right):
    return {name: fmean(one.float().mean().item() for one in some) for name, some in right.items()}


@after("v017", full=(10, None), sample=None)
def lead_in_standard_errors(lead):
    return lead


@after("v017", full=(1, None), sample=None)
def images_gained_with_the_worst_seed(gained):
    return min(gained)


@after("v019", full={"linear": (-0.006, 0.006), "convolutional": (0.015, 0.06)}, sample=None)
def what_shuffled_pixels_cost(right, shuffled):
    before = {name: some[0].float().mean().item() for name, some in right.items()}
    return {name: before[name] - shuffled[name] for name in before}


@after("v019", full=(None, 0), sample=None)
def lead_of_the_convolutional_network_on_shuffled_pixels(shuffled):
    return shuffled["convolutional"] - shuffled["linear"]


@after("v021", full=(0.994, None), sample=(0.6, None))
def accuracy_after_eight_epochs(score):
    return score


@after("v032", full={"linear": (40, 110), "convolutional": (50, 85)}, sample=None)
def mean_distances(judged):
    return {name: fmean(run[0] for run in runs) for name, runs in judged.items()}


@after("v032", full={"precision": (0.03, None), "recall": (0.08, None)}, sample=None)
def what_the_linear_pair_is_ahead_in_precision_and_the_other_in_recall(judged):
    means = {
        name: [fmean(values) for values in zip(*runs, strict=True)] for name, runs in judged.items()
    }
    linear, convolutional = means["linear"], means["convolutional"]
    return {"precision": linear[1] - convolutional[1], "recall": convolutional[2] - linear[2]}
