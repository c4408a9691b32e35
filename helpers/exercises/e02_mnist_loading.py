"""The exercises of 02_mnist_loading."""

import torch
from torch.nn.functional import pad

from helpers.exercises.core import Exercise, Failure, Mistake, random_tensor, show

# 02.1


def threes_and_eights(dataset):
    items = []
    for label, image, _ in dataset:
        if label in (3, 8):
            target = torch.tensor([1.0, 0.0]) if label == 3 else torch.tensor([0.0, 1.0])
            items.append((label, image, target))
    return items


def made_up_items(seed):
    """Thirty items as `MnistDataset` has them, with images of noise."""
    labels = torch.randint(10, (30,), generator=torch.Generator().manual_seed(seed)).tolist()
    images = random_tensor(30, 784, seed=seed).sigmoid()
    return [
        (label, image, torch.eye(10)[label]) for label, image in zip(labels, images, strict=True)
    ]


def sort_out(answer, items):
    """The parts of the items that an answer returns, each in one piece."""
    kept = answer(items)
    if not isinstance(kept, list) or not kept:
        raise Failure(f"Your function gives {show(kept)}; expected the list of the items kept.")
    if any(not isinstance(item, tuple | list) or len(item) != 3 for item in kept):
        raise Failure("An item of your list is not (label, image, target); expected three parts.")
    labels, images, targets = zip(*kept, strict=True)
    if not all(torch.is_tensor(target) and target.is_floating_point() for target in targets):
        raise Failure(
            "A target of your list is no tensor of floats; expected torch.tensor([1.0, 0.0]) or so."
        )
    return list(labels), torch.stack(images), torch.stack(targets)


def chosen_from_tensors(items):
    labels = torch.tensor([label for label, _, _ in items])
    images, targets = (torch.stack(part) for part in list(zip(*items, strict=True))[1:])
    chosen = (labels == 3) | (labels == 8)
    return labels[chosen].tolist(), images[chosen], targets[chosen][:, [3, 8]]


# 02.2


def distances(image, images):
    return ((images - image) ** 2).sum(dim=1).sqrt()


# 02.3


def shift_right(image):
    square = image.reshape(28, 28)
    shifted = torch.zeros(28, 28)
    shifted[:, 2:] = square[:, :-2]
    return shifted.flatten()


def shift_by_padding(image):
    return pad(image.reshape(28, 28), (2, 0))[:, :28].flatten()


EXERCISES = {
    "02.1": Exercise(
        task="Complete threes_and_eights(dataset): the list of all items (label, image, target) with a 3 or "
        "an 8, in the order of the dataset, with a target of two numbers: [1, 0] for a 3, [0, 1] "
        "for an 8.",
        solution=threes_and_eights,
        use=sort_out,
        expected=chosen_from_tensors,
        inputs=lambda: [(made_up_items(0),), (made_up_items(1),)],
        why="A target has as many places as there are answers to choose from, and which place stands for "
        "which answer is an agreement of yours. A network for this data has two outputs.",
        known={
            "kept the target of ten numbers": Mistake(
                lambda dataset: [item for item in dataset if item[0] in (3, 8)],
                "the position is no longer the digit. With two answers to choose from, a target has "
                "two places.",
            ),
            "swapped the two places": Mistake(
                lambda dataset: [(n, x, t[[8, 3]]) for n, x, t in dataset if n in (3, 8)],
                "a 3 has its 1 in the first place, an 8 in the second.",
            ),
            "took every other digit for an 8": Mistake(
                lambda dataset: [
                    (n, x, torch.tensor([float(n == 3), float(n != 3)])) for n, x, t in dataset
                ],
                "`label == 3 or 8` is always True, since 8 alone counts as True, and an `else` takes all others "
                "too. Write label in (3, 8).",
            ),
            "kept all digits": Mistake(
                lambda dataset: [(n, x, t[[3, 8]]) for n, x, t in dataset],
                "the digits other than 3 and 8 are still there, with a target of zeros.",
            ),
        },
        hints=(
            "Loop over the dataset as over a list: for label, image, target in dataset.",
            "Keep an item only if its label is 3 or 8.",
            "The new target is torch.tensor([1.0, 0.0]) or torch.tensor([0.0, 1.0]).",
        ),
    ),
    "02.2": Exercise(
        task="Write distances(image, images): the distance of one image, 784 numbers, to each of n images "
        "(n, 784), without cdist: the root of the sum of the squared differences.",
        solution=distances,
        expected=lambda image, images: torch.cdist(image[None], images)[0],
        inputs=lambda: [
            (random_tensor(784), random_tensor(5, 784, seed=1)),
            (random_tensor(3), random_tensor(4, 3, seed=1)),
        ],
        why="Squaring makes every difference count, whichever way it goes; the root brings the sum back "
        "to the unit of a pixel. It is Pythagoras in 784 dimensions.",
        known={
            "let the differences cancel": Mistake(
                lambda image, images: (images - image).sum(dim=1).abs(),
                "a pixel that is brighter and one that is darker make up for each other in a sum. "
                "Square each difference first.",
            ),
            "forgot the root": Mistake(
                lambda image, images: ((images - image) ** 2).sum(dim=1),
                "this is the square of the distance. Take sqrt() of the sum.",
            ),
            "took the mean": Mistake(
                lambda image, images: ((images - image) ** 2).mean(dim=1).sqrt(),
                "a distance sums over the pixels; the mean divides by their number.",
            ),
            "summed over the images": Mistake(
                lambda image, images: ((images - image) ** 2).sum(dim=0).sqrt(),
                "one number for each image is wanted: sum over the pixels, dim=1.",
            ),
        },
        hints=(
            "images - image subtracts the one image from every row.",
            "Square, sum over the pixels of each row (dim=1), take the root.",
        ),
    ),
    "02.3": Exercise(
        task="Write shift_right(image): the image, 784 numbers, moved two pixels to the right; what "
        "becomes free on the left is 0, what leaves on the right is lost. The result has 784 numbers.",
        solution=shift_right,
        expected=shift_by_padding,
        inputs=lambda: [(random_tensor(784).sigmoid(),), (torch.arange(784.0) + 1,)],
        why="Right and left exist only in the 28 x 28 image: fold first, then move the columns. To a "
        "network that sees 784 numbers, this digit is a new one.",
        known={
            "let it wrap around": Mistake(
                lambda image: image.reshape(28, 28).roll(2, dims=1).flatten(),
                "what leaves on the right comes back on the left. The two free columns are 0.",
            ),
            "moved the row of 784 numbers": Mistake(
                lambda image: pad(image, (2, 0))[:784],
                "the end of each row of pixels slips into the next row. Fold into 28 x 28 first.",
            ),
            "moved it by one column": Mistake(
                lambda image: pad(image.reshape(28, 28), (1, 0))[:, :28].flatten(),
                "two columns were asked for.",
            ),
            "moved it down": Mistake(
                lambda image: pad(image.reshape(28, 28), (0, 0, 2, 0))[:28].flatten(),
                "the first index counts the rows, from the top. Columns are the second.",
            ),
            "moved it to the left": Mistake(
                lambda image: pad(image.reshape(28, 28), (0, 2))[:, 2:].flatten(),
                "columns count from the left, so what stood in column 0 belongs into column 2.",
            ),
        },
        hints=(
            "Fold the image: image.reshape(28, 28).",
            "Begin with torch.zeros(28, 28), and fill its columns from 2 on.",
            "shifted[:, 2:] = square[:, :-2], then flatten().",
        ),
    ),
}
