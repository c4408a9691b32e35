"""The exercises of 15_convolution."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers.exercises.core import (
    Exercise,
    Mistake,
    Outcome,
    numbers_and_reason,
    random_tensor,
    reason_does_not_fit,
)
from helpers.exercises.language import _

# 15.1


def output_size(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride + 1


def sizes_that_a_layer_gets():
    return [(28, 5, 0, 1), (28, 5, 2, 2), (7, 3, 1, 2), (10, 4, 1, 3)]


def size_by_counting(size, kernel, padding, stride):
    places = range(-padding, size + padding, stride)
    return sum(place + kernel <= size + padding for place in places)


# 15.2


def parameter_count(channels_in, channels_out, kernel):
    return channels_out * (channels_in * kernel * kernel + 1)


def parameters_by_pytorch(channels_in, channels_out, kernel):
    layer = nn.Conv2d(channels_in, channels_out, kernel)
    return sum(parameter.numel() for parameter in layer.parameters())


# 15.3


def convolve(images, kernel):
    channels, height, width = images.shape
    _, rows, columns = kernel.shape
    total = torch.zeros(height - rows + 1, width - columns + 1)
    for channel in range(channels):
        for row in range(rows):
            for column in range(columns):
                part = images[channel, row : row + total.size(0), column : column + total.size(1)]
                total += kernel[channel, row, column] * part
    return total


def channels_and_kernels():
    small = torch.arange(24.0).view(2, 3, 4), random_tensor(2, 2, 2)
    return [small, (random_tensor(3, 6, 5, seed=1), random_tensor(3, 3, 3, seed=2))]


def convolve_by_pytorch(images, kernel):
    return nn.functional.conv2d(images[None], kernel[None])[0, 0]


def of_a_changed_kernel(change):
    return lambda images, kernel: convolve(images, change(kernel))


# 15.4


def accuracy(network, loader):
    network.eval()
    right, count = 0, 0
    for images, labels in loader:
        right += (network(images).argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return right / count


def networks_and_loaders():
    """Five images in batches of two: the last is smaller. Dropout, which training mode would show."""
    images, cases = random_tensor(5, 4), []
    for labels in ([0, 1, 2, 0, 1], [2, 2, 0, 1, 2]):
        torch.manual_seed(3)
        network = nn.Sequential(nn.Linear(4, 12), nn.Dropout(0.7), nn.Linear(12, 3)).train()
        dataset = TensorDataset(images, torch.tensor(labels))
        cases.append((network, DataLoader(dataset, batch_size=2)))
    return cases


def accuracy_at_once(network, loader):
    images, labels = loader.dataset.tensors
    return (network.eval()(images).argmax(dim=1) == labels).double().mean().item()


def mean_of_batches(network, loader):
    network.eval()
    shares = [(network(x).argmax(dim=1) == y).float().mean().item() for x, y in loader]
    return sum(shares) / len(shares)


def in_training_mode(network, loader):
    shares = [(network(x).argmax(dim=1) == y) for x, y in loader]
    return torch.cat(shares).float().mean().item()


def divided_by_batches(network, loader):
    return accuracy_at_once(network, loader) * len(loader.dataset) / len(loader)


def by_the_channels(network, loader):
    network.eval()
    right = sum((network(x).argmax(dim=0)[: len(y)] == y[:3]).sum().item() for x, y in loader)
    return right / len(loader.dataset)


# 15.5

moved_by = [1, 0, "b"]
MOVES_ALONG = Outcome("the numbers move along with the ink, and pooling rounds where they go")


def stripe(column):
    image = torch.zeros(1, 1, 12, 12)
    image[..., column] = 1.0
    return image


def place_of_the_largest(image, pooled):
    """The column of the largest number that the kernel of the exercise makes of `image`."""
    made = nn.functional.conv2d(image, torch.tensor([[[[1.0, 0.5]] * 3]]))
    made = nn.functional.max_pool2d(made, 2) if pooled else made
    return made.amax(dim=2).argmax().item()


def compare_with_measured_moves(answer):
    *given, reason = numbers_and_reason(answer)
    names = _("without pooling"), _("with pooling")
    for name, pooled, number in zip(names, (False, True), given, strict=True):
        true = place_of_the_largest(stripe(5), pooled) - place_of_the_largest(stripe(4), pooled)
        if number != true:
            return Outcome(
                _(
                    "{name} you give {number:g} columns; run it: argmax of both, and their difference",
                    name=name,
                    number=number,
                )
            )
    return MOVES_ALONG if reason == "b" else reason_does_not_fit(reason)


EXERCISES = {
    "15.1": Exercise(
        task="Write output_size(size, kernel, padding, stride): how many numbers a row of an image of width `size` has "
        "behind a convolution; all are whole numbers.",
        solution=output_size,
        expected=size_by_counting,
        inputs=sizes_that_a_layer_gets,
        why="With padding the row is size + 2 padding wide. The kernel's left end can stand where the kernel still fits, "
        "at size + 2 padding - kernel + 1 places, and of these the stride takes every second, third, ...",
        known={
            "forgot the first place": Mistake(
                lambda size, kernel, padding, stride: (size + 2 * padding - kernel) // stride,
                "a kernel as wide as the row fits in one place, not in none: add 1.",
            ),
            "padded one side": Mistake(
                lambda size, kernel, padding, stride: (size + padding - kernel) // stride + 1,
                "padding stands at both ends of a row.",
            ),
            "added 1 before dividing": Mistake(
                lambda size, kernel, padding, stride: (size + 2 * padding - kernel + 1) // stride,
                "the first place always counts: divide the steps that are left by the stride, and add 1 behind.",
            ),
            "rounded up": Mistake(
                lambda size, kernel, padding, stride: (
                    -(-(size + 2 * padding - kernel) // stride) + 1
                ),
                "a last step that would lead over the edge is not taken: // rounds down.",
            ),
            "left a fraction": Mistake(
                lambda size, kernel, padding, stride: (size + 2 * padding - kernel) / stride + 1,
                "the steps are whole ones: // in place of /.",
            ),
            "forgot the stride": Mistake(
                lambda size, kernel, padding, stride: size + 2 * padding - kernel + 1,
                "with a stride of 2 only every second place is taken.",
            ),
            "forgot the padding": Mistake(
                lambda size, kernel, padding, stride: (size - kernel) // stride + 1,
                "padding makes the row wider before the kernel moves.",
            ),
        },
        hints=(
            "Take a row of 7, a kernel of 3, no padding. At which positions can its left end stand?",
            "From the first place on there are (size + 2 * padding - kernel) single steps. How many of `stride` are in them?",
        ),
    ),
    "15.2": Exercise(
        task="Write parameter_count(channels_in, channels_out, kernel): how many parameters nn.Conv2d(channels_in, channels_out, "
        "kernel) has.",
        solution=parameter_count,
        expected=parameters_by_pytorch,
        inputs=lambda: [(1, 8, 5), (8, 16, 3), (3, 2, 1)],
        why="Each output channel has a kernel for each input channel, whose results are added up, and one bias. The size of the "
        "image does not matter.",
        known={
            "forgot the biases": Mistake(
                lambda channels_in, channels_out, kernel: channels_out * channels_in * kernel**2,
                "each output channel also has a bias.",
            ),
            "gave each kernel a bias": Mistake(
                lambda channels_in, channels_out, kernel: (
                    channels_out * channels_in * (kernel**2 + 1)
                ),
                "the sums of all input channels get one bias together, one for each output channel.",
            ),
            "forgot the input channels": Mistake(
                lambda channels_in, channels_out, kernel: channels_out * (kernel**2 + 1),
                "an output channel has a table of weights for each input channel.",
            ),
            "took one row of the kernel": Mistake(
                lambda channels_in, channels_out, kernel: channels_out * (channels_in * kernel + 1),
                "the kernel is as high as it is wide.",
            ),
            "counted one bias": Mistake(
                lambda channels_in, channels_out, kernel: (
                    channels_out * channels_in * kernel**2 + 1
                ),
                "each output channel has a bias of its own.",
            ),
            "gave the biases to the input": Mistake(
                lambda channels_in, channels_out, kernel: (
                    channels_in * (channels_out * kernel**2 + 1)
                ),
                "the bias is added to what comes out: one for each output channel.",
            ),
        },
        hints=(
            "How many numbers does it take to make one output channel of one input channel? Of several?",
            "layer.weight has the shape (channels_out, channels_in, kernel, kernel). And layer.bias?",
        ),
    ),
    "15.3": Exercise(
        task="Write convolve(images, kernel): of a tensor (channels, height, width) and a kernel (channels, rows, columns) the "
        "one image that a convolution without padding makes, (height - rows + 1, width - columns + 1).",
        solution=convolve,
        expected=convolve_by_pytorch,
        inputs=channels_and_kernels,
        why="Each channel meets its own table of weights, and all is added up: a colour image has three channels, and an edge is "
        "an edge in all of them.",
        known={
            "turned the kernel round": Mistake(
                of_a_changed_kernel(lambda kernel: kernel.flip(1, 2)),
                "in mathematics a convolution does that; PyTorch lays the kernel on the image as it is (a cross-correlation).",
            ),
            "exchanged rows and columns": Mistake(
                of_a_changed_kernel(lambda kernel: kernel.transpose(1, 2)),
                "the first weight of a kernel's row stands at its left, as in the image.",
            ),
            "used one table for all channels": Mistake(
                of_a_changed_kernel(lambda kernel: kernel[:1].expand_as(kernel)),
                "each channel has its own: kernel[channel].",
            ),
            "exchanged the channels": Mistake(
                of_a_changed_kernel(lambda kernel: kernel.flip(0)),
                "the first table of weights is for the first channel.",
            ),
            "took the first channel alone": Mistake(
                lambda images, kernel: convolve(images[:1], kernel[:1]),
                "add up what all channels give.",
            ),
            "took the last channel alone": Mistake(
                lambda images, kernel: convolve(images[-1:], kernel[-1:]),
                "add up what all channels give; does the loop begin anew with each?",
            ),
            "took the mean of the channels": Mistake(
                lambda images, kernel: convolve(images, kernel) / len(kernel),
                "the channels are added up, without dividing.",
            ),
            "kept the channels apart": Mistake(
                lambda images, kernel: torch.stack(
                    [convolve(images[[i]], kernel[[i]]) for i in range(len(kernel))]
                ),
                "what the channels give is added up to one image.",
            ),
        },
        hints=(
            "`convolve` above does it for one channel, with a border. Here the border falls away, and a loop is added.",
            "For one channel, row and column of the kernel: which part of the image, as large as the result, meets this weight?",
        ),
    ),
    "15.4": Exercise(
        task="Write accuracy(network, loader): the share of all images that the network reads rightly. The loader gives batches "
        "(images, labels), and the last one may be smaller.",
        solution=accuracy,
        expected=accuracy_at_once,
        inputs=networks_and_loaders,
        why="Count images, not batches: the mean of the batches' shares gives those of a smaller last batch more weight. And "
        "`eval()` first, or dropout and batch normalization answer as in training.",
        known={
            "took the mean of the batches": Mistake(
                mean_of_batches,
                "the last batch is smaller, and its images would count more than others. Add up right ones and images.",
            ),
            "left the network in training mode": Mistake(
                in_training_mode,
                "its dropout is at work: call network.eval() first.",
            ),
            "divided by the number of batches": Mistake(
                divided_by_batches, "len(loader) counts batches; images are asked for."
            ),
            "gave a percentage": Mistake(
                lambda network, loader: 100 * accuracy_at_once(network, loader),
                "a share lies in 0..1; leave out the factor of 100.",
            ),
            "counted": Mistake(
                lambda network, loader: accuracy_at_once(network, loader) * len(loader.dataset),
                "a share is asked for: divide by the number of images.",
            ),
            "looked for the largest over the images": Mistake(
                by_the_channels,
                "of outputs (batch, 10) the digits are dimension 1: argmax(dim=1).",
            ),
        },
        hints=(
            "Two things to count over all batches: the right ones and the images.",
            "In which mode should the network be? Exercise 10.4 shows what dropout does in the other.",
        ),
    ),
    "15.5": Exercise(
        task="Give moved_by = [columns, columns, reason]: by how many columns the largest number moves when the ink moves by one, without "
        'pooling and with it, and why: "a", "b" or "c".',
        solution=moved_by,
        use=compare_with_measured_moves,
        expected=lambda: MOVES_ALONG,
        why="The same weights meet the same ink one column later, so all numbers move along. Pooling keeps the larger of each two columns: here the "
        "largest number stays in its pair, and from 5 to 6 it would move. So pooling takes away a little of where the ink lies.",
        known={
            "expected all to stay": Mistake(
                [0, 0, "b"], "without pooling the numbers move along with the ink."
            ),
            "expected both to move": Mistake(
                [1, 1, "b"],
                "4 and 5 lie in one pair of columns, of which pooling keeps the larger.",
            ),
            "expected half a column": Mistake(
                [1, 0.5, "b"], "the place of a number is whole: it stays, or moves by one."
            ),
            "blamed learning": Mistake(
                [1, 0, "a"],
                "nothing is learnt here: the weights are fixed, and the same at all places.",
            ),
            "blamed the border": Mistake(
                [1, 0, "c"], "no padding, and the stripe is in the middle."
            ),
        },
        hints=(
            "Write it down: the convolved image of each stripe, its largest number in each row: argmax.",
            "Which columns of the convolved image go together into one number behind max_pool2d(..., 2)?",
        ),
    ),
}
