"""The exercises of 02_mnist_loading."""

import functools

import torch
from torch.nn.functional import pad

from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    numbers_and_reason,
    random_tensor,
    reason_does_not_fit,
    show,
)
from helpers.exercises.language import _
from helpers.mnist import DATA, MnistDataset

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
    if kept == []:
        raise Failure(
            _(
                "Kept no item. A label is a number, 3 and not '3', and none is 3 and 8 at once: or, not and."
            )
        )
    if not isinstance(kept, list):
        raise Failure(
            _("Your function gives {found}; expected the list of the items kept.", found=show(kept))
        )
    if any(not isinstance(item, tuple | list) or len(item) != 3 for item in kept):
        raise Failure(
            _("An item of your list is not (label, image, target); expected three parts.")
        )
    labels, images, targets = zip(*kept, strict=True)
    if not all(torch.is_tensor(image) and image.shape == (784,) for image in images):
        raise Failure(
            _(
                "An image of your list is no tensor (784,); expected (label, image, target), in this order."
            )
        )
    if not all(torch.is_tensor(target) and target.is_floating_point() for target in targets):
        raise Failure(
            _(
                "A target of your list is no tensor of floats; expected torch.tensor([1.0, 0.0]) or so."
            )
        )
    if len({target.shape for target in targets}) > 1:
        raise Failure(
            _("The targets of your list have different shapes; expected two numbers each.")
        )
    return list(labels), torch.stack(images), torch.stack(targets)


def look_at_each_item(answer):
    items = made_up_items(0)
    labels, images, targets = sort_out(answer, items)
    right_labels, right_images, right_targets = chosen_from_tensors(items)
    if len(labels) != len(right_labels):
        return _(
            "Your list has {found} items; of {count} items {right} show a 3 or an 8.",
            found=len(labels),
            count=len(items),
            right=len(right_labels),
        )
    for place, (label, right) in enumerate(zip(labels, right_labels, strict=True), start=1):
        if label != right:
            return _(
                "Item {place} of your list has the label {found}; number {place} in the dataset is a {right}.",
                place=place,
                found=show(label),
                right=right,
            )
    if not torch.equal(images, right_images):
        return _("The labels are right, the images are not those of the dataset.")
    if targets.shape[1:] != (2,):
        shape = tuple(targets.shape[1:])
        return _("Your targets have the shape {shape}; expected two numbers, (2,).", shape=shape)
    target, right = targets[0].tolist(), right_targets[0].tolist()
    if target == right:
        return None
    return _(
        "The target of the first item, a {label}, is {found}; expected {right}.",
        label=labels[0],
        found=show(target),
        right=show(right),
    )


def chosen_from_tensors(items):
    labels = torch.tensor([label for label, _, _ in items])
    images, targets = (torch.stack(part) for part in list(zip(*items, strict=True))[1:])
    chosen = (labels == 3) | (labels == 8)
    return labels[chosen].tolist(), images[chosen], targets[chosen][:, [3, 8]]


# 02.2


pale_images = [0.614, 1, "a"]
FOUND = "pale images are taken for the digit with the least ink"


def compare_with_averages(answer):
    share, digit, reason = numbers_and_reason(answer)
    right, most_often = nearest_averages(0.5)
    if abs(share - nearest_averages(1)[0]) < 0.003:
        return Outcome(_("that share belongs to the images as they are"))
    if abs(share - right) > 0.003:
        return Outcome(
            _("another share of the halved images is right than {share:.3g}", share=share)
        )
    if digit != most_often:
        return Outcome(_("another digit is answered most often"))
    return FOUND if reason == "a" else reason_does_not_fit(reason)


@functools.cache
def nearest_averages(factor):
    """The small file's images times a factor: the share that the nearest average reads right, its answer most often."""
    small = MnistDataset(DATA / "sample" / "mnist_test.csv.gz")
    images = small.images.double()
    averages = torch.stack([images[small.labels == digit].mean(dim=0) for digit in range(10)])
    answers = torch.cdist(factor * images, averages).argmin(dim=1)
    return (answers == small.labels).double().mean().item(), answers.bincount().argmax().item()


# 02.3


def leaving_the_image(answer, image):
    before = image.clone()
    result = answer(image)
    if torch.equal(before, image):
        return result
    raise Failure(
        _(
            "Your function changes the image that it was given, and may overwrite pixels that it still has to read. "
            "Begin with new zeros."
        )
    )


def shift_in_place(image):
    square = image.clone().reshape(28, 28)
    square[:, 2:] = square[:, :-2]
    square[:, :2] = 0
    return square.flatten()


def shift_in_place_alone(image):
    square = image.clone().reshape(28, 28)
    square[:, 2:] = square[:, :-2]
    return square.flatten()


def shift_into_too_few(image):
    shifted = torch.zeros(28, 28)
    shifted[:, 2:] = image.reshape(28, 28)
    return shifted.flatten()


def shift_onto_itself(image):
    square = image.reshape(28, 28)
    return torch.cat([square[:, :2], square[:, :-2]], dim=1).flatten()


def look_at_one_pixel(answer):
    image = torch.zeros(784)
    image[10 * 28 + 10] = 1.0
    result = answer(image)
    if result.shape != (784,):
        return None
    if (count := (result > 0).sum()) != 1:
        return _(
            "Of an image with a single bright pixel yours has {count}; expected one.", count=count
        )
    row, column = divmod(result.argmax().item(), 28)
    if (row, column) == (10, 12):
        return _(
            "The middle of the image is right; look at its edges, at what becomes free and what leaves."
        )
    return _(
        "The pixel of row 10, column 10 lands in row {row}, column {column}; expected row 10, column 12.",
        row=row,
        column=column,
    )


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
        diagnose=look_at_each_item,
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
            "put all threes first": Mistake(
                lambda dataset: [
                    (n, x, t[[3, 8]]) for digit in (3, 8) for n, x, t in dataset if n == digit
                ],
                "the items stay in the order of the dataset: one loop, which keeps both.",
            ),
            "changed the label too": Mistake(
                lambda dataset: [(int(n == 8), x, t[[3, 8]]) for n, x, t in dataset if n in (3, 8)],
                "the label is still 3 or 8. Only the target is new.",
            ),
            "kept one of the two digits": Mistake(
                lambda dataset: [(n, x, t[[3, 8]]) for n, x, t in dataset if n == 3],
                "the eights are missing. Is append inside the branch of the 3?",
            ),
            "returned inside the loop": Mistake(
                lambda dataset: [(n, x, t[[3, 8]]) for n, x, t in dataset if n in (3, 8)][:1],
                "a return ends the function, here at the first item. It stands behind the loop.",
            ),
            "gave all the same target": Mistake(
                lambda dataset: [
                    (n, x, torch.tensor([1.0, 0.0])) for n, x, t in dataset if n in (3, 8)
                ],
                "an 8 has its 1 in the second place.",
            ),
        },
        hints=(
            "Loop over the dataset as over a list: for label, image, target in dataset.",
            "Keep an item only if its label is 3 or 8.",
            "The new target is torch.tensor([1.0, 0.0]) or torch.tensor([0.0, 1.0]).",
        ),
    ),
    "02.2": Exercise(
        task="Give pale_images = [share, digit, reason]: the share of the small file's images that the nearest of its ten "
        "averages reads right when all pixels of the images are halved, but not those of the averages; the digit that "
        'is answered most often; and why: "a", "b" or "c".',
        solution=pale_images,
        use=compare_with_averages,
        expected=lambda: FOUND,
        why="A pale image lies nearer to a blank one, and so to the average with the least ink, that of the 1. The distance "
        "measures brightness as well as shape. A network may learn to look at shapes; a fixed distance cannot.",
        known={
            "found the share of the images as they are": Mistake(
                [0.896, 1, "a"],
                "halve the images, and only after the averages are made: with halved averages too every distance is halved, "
                "and the nearest stays the nearest.",
            ),
            "named another digit": Mistake(
                [0.614, 7, "a"], "count the answers, not the labels: answers.bincount()."
            ),
            "blamed the shapes": Mistake(
                [0.614, 1, "b"], "halving all pixels makes a digit paler; its shape stays."
            ),
            "blamed rounding": Mistake(
                [0.614, 1, "c"],
                "floats hold halves; and it would be the same with bytes that are rounded.",
            ),
        },
        hints=(
            "images, labels = course.images.float(), course.labels. The averages are made as in *See the average digit*.",
            "torch.cdist(images / 2, torch.stack(averages)), and the position of the smallest in each row.",
            "Which digit has the least ink? Compare the averages' means, and think of a blank image.",
        ),
    ),
    "02.3": Exercise(
        task="Write shift_right(image): the image, 784 numbers, moved two pixels to the right; what "
        "becomes free on the left is 0, what leaves on the right is lost. The result is new and has 784 numbers; "
        "the image itself stays as it is.",
        solution=shift_right,
        use=leaving_the_image,
        diagnose=look_at_one_pixel,
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
            "moved the row of 784 numbers round": Mistake(
                lambda image: image.roll(2),
                "what leaves at the end comes back at the start, and each row slips into the next. Fold into "
                "28 x 28 first.",
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
            "overwrote what it still had to read": Mistake(
                shift_in_place,
                "in one and the same table a column is overwritten before it is copied on. Fill a new one, "
                "torch.zeros(28, 28).",
            ),
            "overwrote what it still had to read, and kept the left": Mistake(
                shift_in_place_alone,
                "in one and the same table a column is overwritten before it is copied on. Fill a new one, "
                "torch.zeros(28, 28).",
            ),
            "kept the last two columns": Mistake(
                shift_into_too_few,
                "28 columns do not fit into 26. The last two leave on the right: square[:, :-2].",
            ),
            "left the first two columns as they were": Mistake(
                shift_onto_itself, "what becomes free is 0: begin with torch.zeros(28, 28)."
            ),
            "blanked the columns, and moved nothing": Mistake(
                lambda image: pad(image.reshape(28, 28)[:, 2:], (2, 0)).flatten(),
                "column 0 belongs into column 2, so it is the last two that are left out: square[:, :-2].",
            ),
            "moved it up": Mistake(
                lambda image: pad(image.reshape(28, 28), (0, 0, 0, 2))[2:].flatten(),
                "the first index counts the rows. Columns are the second.",
            ),
            "cut two columns off": Mistake(
                lambda image: image.reshape(28, 28)[:, :-2].flatten(),
                "the rows have 26 pixels now. On the left two columns of 0 are to come in.",
            ),
            "did not flatten": Mistake(
                lambda image: pad(image.reshape(28, 28), (2, 0))[:, :28],
                "the picture is right, but a table. flatten() makes it 784 numbers again.",
            ),
        },
        hints=(
            "Fold the image: image.reshape(28, 28).",
            "Begin with torch.zeros(28, 28), and fill its columns from 2 on.",
            "What stood in columns 0 to 25 belongs into columns 2 to 27. Then one row of numbers again.",
        ),
    ),
}
