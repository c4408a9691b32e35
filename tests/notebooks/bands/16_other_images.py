"""What the text of notebook 16 says of other images, and of learning from a few of them."""

from bands import after


def means(scores, what):
    return {name: shares[what].mean() for name, shares in scores.items()}


@after("x007", full={"linear": (0.96, 0.985), "convolutional": (0.982, 0.993)}, sample=None)
def mean_accuracy_on_mnist(scores):
    return means(scores, "MNIST")


@after("x007", full={"linear": (0.52, 0.65), "convolutional": (0.66, 0.83)}, sample=None)
def mean_accuracy_on_other_digits(scores):
    return means(scores, "other")


@after("x007", full=(0.05, None), sample=None)
def lead_of_the_convolutional_ones_on_other_digits(scores):
    found = means(scores, "other")
    return found["convolutional"] - found["linear"]


@after("x007", full=(2, None), sample=None)
def spread_over_the_seeds_on_other_digits_over_that_on_mnist(scores):
    return {name: its["other"].std() / its["MNIST"].std() for name, its in scores.items()}


@after("x007", full={"linear": (0.05, 0.25), "convolutional": (-0.05, 0.13)}, sample=None)
def what_preparing_brings(scores):
    prepared, other = means(scores, "other, prepared"), means(scores, "other")
    return {name: prepared[name] - other[name] for name in scores}


@after("x011", full={10: (-0.15, 0.1), 50: (0.8, 0.93), 200: (0.88, 0.95)}, sample=None)
def what_the_linear_network_learns_from_a_few(tuned, read):
    shares = {count: tuned["linear", count][0] for count in (10, 50, 200)}
    return shares | {10: shares[10] - read["linear"]["other"]}


@after("x011", full={10: (-0.15, 0.1), 50: (0.89, 0.98), 200: (0.94, 0.99)}, sample=None)
def what_the_convolutional_network_learns_from_a_few(tuned, read):
    shares = {count: tuned["convolutional", count][0] for count in (10, 50, 200)}
    return shares | {10: shares[10] - read["convolutional"]["other"]}


@after("x015", full={"linear": (0.05, 0.2), "convolutional": (0.02, 0.12)}, sample=None)
def what_is_forgotten_of_mnist(read, kept):
    return {name: read[name]["MNIST"] - kept[name, 200][0] for name in read}


@after("x015", full={"linear": (0.0, 0.03), "convolutional": (-0.002, 0.01)}, sample=None)
def what_is_forgotten_with_mnist_beside(read, together):
    return {name: read[name]["MNIST"] - together[name][1][0] for name in read}


@after("x015", full={"linear": (-0.02, 0.03), "convolutional": (-0.02, 0.05)}, sample=None)
def what_mnist_beside_costs_on_the_new_images(tuned, together):
    return {name: tuned[name, 200][0] - together[name][0][0] for name in together}


@after("x023", full={"before": (0.6, 0.95), "after": (0.85, 1)}, sample=None)
def what_fifty_stand_ins_bring(before, after, to_read, accuracy):
    return {"before": accuracy(before, to_read), "after": accuracy(after, to_read)}
