"""The exercises of 16_other_images."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake
from helpers.exercises.language import _

# 16.1


def as_mnist(photos):
    inverted = 255 - photos
    return inverted.flatten(1) / 255


def photos_of_two_by_three_pixels():
    one = torch.tensor([[[255, 250, 0], [200, 100, 255]]], dtype=torch.uint8)
    numbers = torch.Generator().manual_seed(0)
    return [(one,), (torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8, generator=numbers),)]


def as_mnist_by_lists(photos):
    rows = [[(255 - pixel) / 255 for row in photo for pixel in row] for photo in photos.tolist()]
    return torch.tensor(rows)


# 16.2


def freeze(network):
    for parameter in network[:-1].parameters():
        parameter.requires_grad_(False)


def networks_to_freeze():
    return [(0,), (1,)]


def some_network(number):
    torch.manual_seed(number)
    if number:
        return nn.Sequential(
            nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2)
        )
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))


def what_is_left_to_train(answer, number):
    network = some_network(number)
    answer(network)
    return [name for name, one in network.named_parameters() if one.requires_grad]


def names_of_the_last(number):
    last = len(some_network(number)) - 1
    return [f"{last}.weight", f"{last}.bias"]


def freeze_where(chosen):
    """An answer that freezes the parameters of other names."""

    def answer(network):
        for name, parameter in network.named_parameters():
            if chosen(name, len(network) - 1):
                parameter.requires_grad_(False)

    return answer


def what_is_wrong(answer):
    left = what_is_left_to_train(answer, 1)
    if len(left) == 6:
        return _(
            "Nothing is frozen: all six parameters of a network of three linear layers still require gradients. "
            "requires_grad_(False) of a parameter freezes it. (layer.requires_grad = False sets a new name, eval() is about "
            "dropout and averages, and a copy is another network.)"
        )
    return _(
        "Of a network of three linear layers, these are left to train: {names}.",
        names=", ".join(left) or _("none"),
    )


EXERCISES = {
    "16.1": Exercise(
        task="Write as_mnist(photos): of photos of dark ink on white paper, a uint8 tensor (n, height, width) with 255 for white, "
        "what a network of the course takes: floats (n, height * width), 0 for paper and 1 for the darkest ink.",
        solution=as_mnist,
        expected=as_mnist_by_lists,
        inputs=photos_of_two_by_three_pixels,
        why="MNIST's paper is 0 and its ink bright. A network that has learnt from it takes white paper for ink all over.",
        known={
            "left paper and ink exchanged": Mistake(
                lambda photos: photos.flatten(1) / 255, "white paper is to be 0: 255 - photos."
            ),
            "put a minus before bytes": Mistake(
                lambda photos: (-photos).flatten(1) / 255,
                "bytes have no minus: -255 becomes 1, so that paper is nearly right and a pixel of 0 stays 0. Subtract from 255.",
            ),
            "subtracted from 1 too early": Mistake(
                lambda photos: (1 - photos).flatten(1) / 255,
                "the pixels run to 255 here, and bytes wrap around below 0. Divide first, or subtract from 255.",
            ),
            "subtracted from 256": Mistake(
                lambda photos: (256 - photos.float()).flatten(1) / 255,
                "white is 255, and is to be 0.",
            ),
            "left the pixels in 0..255": Mistake(
                lambda photos: (255 - photos).flatten(1).float(),
                "divide by 255: the ink is to be 1.",
            ),
            "kept rows and columns": Mistake(
                lambda photos: (255 - photos) / 255,
                "one row of numbers for each image: flatten(1).",
            ),
            "flattened all into one": Mistake(
                lambda photos: ((255 - photos) / 255).flatten(),
                "flatten(1) keeps the first dimension, the images.",
            ),
        },
        hints=(
            "Two things differ: which end is paper, and how far the numbers go.",
            "Write what 255, 0 and 100 are to become. flatten(1) makes one row of each image.",
        ),
    ),
    "16.2": Exercise(
        task="Write freeze(network): of an nn.Sequential that ends with a linear layer, only that last layer is left to train. It changes the network, "
        "and returns nothing.",
        solution=freeze,
        use=what_is_left_to_train,
        expected=names_of_the_last,
        inputs=networks_to_freeze,
        diagnose=what_is_wrong,
        why="A frozen parameter gets no gradient, so that an optimizer leaves it as it is. With few images it may be wise to learn few weights "
        "anew. (BatchNorm's averages are no parameters: they go on changing in training mode.)",
        known={
            "froze everything": Mistake(
                freeze_where(lambda name, last: True),
                "nothing is left to train: the last layer is to learn.",
            ),
            "froze the last layer": Mistake(
                freeze_where(lambda name, last: name.startswith(str(last))),
                "the other way round: it is the one that is to learn.",
            ),
            "froze the last bias, too": Mistake(
                freeze_where(lambda name, last: name != f"{last}.weight"),
                "the last layer has a weight and a bias; both are to learn.",
            ),
            "froze the weights alone": Mistake(
                freeze_where(
                    lambda name, last: name.endswith("weight") and name != f"{last}.weight"
                ),
                "the biases of the other layers still learn: take all parameters().",
            ),
            "froze the first layer alone": Mistake(
                freeze_where(lambda name, last: name.startswith("0.")),
                "all layers but the last: network[:-1].",
            ),
        },
        hints=(
            "network[:-1] is all layers but the last. What does parameters() give of it?",
            "parameter.requires_grad_(False), for each of them.",
        ),
    ),
}
