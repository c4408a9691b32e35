"""The exercises of 05_loss_function."""

import functools
import math

import torch
from torch import nn
from torch.utils.data import Subset

from helpers.environment import ROOT
from helpers.exercises.core import (
    ByHand,
    Exercise,
    Failure,
    Mistake,
    Outcome,
    kind,
    numbers_and_reason,
    reason_does_not_fit,
    show,
)
from helpers.exercises.language import _
from helpers.mnist import MnistDataset
from helpers.training import train

# 05.1


def push_of_fourth_power(z, t):
    o = torch.sigmoid(z)
    return 4 * (o - t) ** 3 * o * (1 - o)


def push_by_autograd(z, t):
    z = z.clone().requires_grad_()
    ((torch.sigmoid(z) - t) ** 4).sum().backward()
    return z.grad


def without_autograd(answer, z, t):
    with ByHand("backward", "grad"):
        return answer(z, t)


def fault_of_a_push(answer):
    """Try the answer where one of the two factors of the push shows alone."""

    def at(z, t):
        return answer(torch.tensor([z]), torch.tensor([t])).item()

    if answer(torch.zeros(3), torch.ones(3)).shape != (3,):
        return _(
            "Each of the outputs has a push of its own: return as many as there are in z, without a sum or a mean."
        )
    z, t = torch.tensor([-2.0, -1.0, 1.0]), torch.tensor([1.0, 0.0, 0.0])
    ratios = answer(z, t) / push_by_autograd(z, t)
    if torch.allclose(ratios, ratios[0], rtol=1e-3):
        return _(
            "All pushes are {factor:.3g} times what they should be: a factor is too much, or missing.",
            factor=ratios[0],
        )
    if at(0.0, 1.0) > 0:
        return _(
            "At z = 0, t = 1 your push is above 0. Below its target an output has a negative one: raising z lowers the loss."
        )
    if abs(at(-15.0, 1.0)) > 0.01:
        return _(
            "At z = -15 the sigmoid is flat, so nothing gets through. Your push there, for t = 1, is {push:.3g}: look at its slope, o * (1 - o).",
            push=at(-15.0, 1.0),
        )
    if abs(at(0.0, 0.5)) > 0.01:
        return _(
            "At z = 0, t = 0.5 output and target are equal: nothing is to be pushed. Yours is {push:.3g}: look at the error, o - t.",
            push=at(0.0, 0.5),
        )
    shrinks = at(0.0, 1.0) / at(0.0, 0.75)
    if abs(shrinks - 8) > 0.01:
        return _(
            "From t = 1 to t = 0.75, at z = 0, the error halves. Your push shrinks {times:.3g} times, the right one 8 times: look at the power.",
            times=shrinks,
        )
    return _(
        "The error, o - t, is in order: twice the error gives eight times the push. Look at the other factor, the sigmoid's slope."
    )


# 05.2

same_training = [0.005, 0.0, "b"]
EQUAL = "both trainings give the same weights, since every push is ten times as long"
IMAGES = 200


def compare_sum_with_mean(answer):
    rate, difference, reason = numbers_and_reason(answer)
    if rate <= 0:
        return Outcome(_("a rate of 0 or less never goes downhill"))
    apart = distance_between_weights(round(rate, 9))
    if apart > 1e-5:
        return Outcome(
            _(
                "with the sum at rate {rate:g} and the mean at 0.05 the weights of the first layers are up to "
                "{apart:.2g} apart, after {count} images of the course's sample",
                rate=rate,
                apart=apart,
                count=IMAGES,
            )
        )
    if math.isclose(difference, 0.05 - rate, rel_tol=1e-6):
        return Outcome(
            _("your difference is that of the rates; compare weights of the first layers")
        )
    if not 0 <= difference <= 1e-3:
        return Outcome(
            _(
                "at this rate the two trainings are the same but for rounding, and you found a difference of "
                "{difference:.3g}: set the seed before each network, and give each its own optimizer",
                difference=difference,
            )
        )
    return EQUAL if reason == "b" else reason_does_not_fit(reason)


@functools.cache
def distance_between_weights(rate):
    """How far the first layers are apart: trained with the sum at this rate, and with the mean at 0.05."""
    sums, means = nn.BCELoss(reduction="sum"), nn.BCELoss()
    try:
        pair = [first_layer(loss, lr) for loss, lr in ((sums, rate), (means, 0.05))]
    except FloatingPointError:
        return float("inf")
    return (pair[0] - pair[1]).abs().max().item()


def first_layer(loss_function, rate):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(784, 200), nn.Sigmoid(), nn.Linear(200, 10), nn.Sigmoid())
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    few = Subset(MnistDataset(ROOT / "data/sample/mnist_train.csv.gz"), range(IMAGES))
    train(network, few, loss_function=loss_function, optimizer=optimizer, progress=False, epochs=1)
    return network[0].weight.detach()


# 05.3


def loss_and_yes(z, targets):
    loss = nn.BCEWithLogitsLoss()(z, targets)
    return loss, z > 0


def with_sigmoid_and_bce(z, targets):
    o = torch.sigmoid(z)
    return nn.BCELoss()(o, targets), (o > 0.5).float()


def as_numbers(answer, z, targets):
    both = answer(z.clone().requires_grad_(), targets)
    if not isinstance(both, tuple | list) or len(both) != 2:
        raise Failure(
            _(
                "Your function gives {found}; expected two things, loss and tensor.",
                found=kind(both),
            )
        )
    loss, yes = both
    if isinstance(loss, nn.Module):
        return Outcome(_("the loss is still a loss function: call it with z and the targets"))
    if not isinstance(loss, torch.Tensor):
        return Outcome(_("the loss is a plain number, which nothing can be trained with"))
    if loss.dtype == torch.bool:
        return Outcome(
            _("the tensor of True and False comes first; return the loss, then the tensor")
        )
    if loss.dim():
        shape = tuple(loss.shape)
        return Outcome(
            _("the loss has the shape {shape}; expected one number, their mean", shape=shape)
        )
    if not isinstance(yes, torch.Tensor):
        return Outcome(
            _("the second thing is {found}; expected a tensor of True and False", found=show(yes))
        )
    if not loss.requires_grad:
        return Outcome(
            _("the loss does not depend on z any more, so nothing can be trained with it")
        )
    if yes.dtype != torch.bool and yes.shape == z.shape:
        return Outcome(_("the tensor holds numbers; expected True and False"))
    return loss, yes.float()


def fault_of_loss_or_yes(answer):
    z, targets = torch.tensor([[2.0, -1.0, 0.3]]), torch.tensor([[1.0, 0.0, 0.0]])
    loss, yes = as_numbers(answer, z, targets)
    right, right_yes = with_sigmoid_and_bce(z, targets)
    if abs(loss - right) > 1e-4:
        return _(
            "The loss is not that of sigmoid and BCE in one: nn.BCEWithLogitsLoss()(z, targets) takes z as it is, and nothing else."
        )
    if yes.shape != z.shape:
        return _(
            "For z of shape {wanted} your tensor has the shape {found}: each output has a yes or no of its own.",
            wanted=tuple(z.shape),
            found=tuple(yes.shape),
        )
    wrong = z[yes != right_yes][0]
    return _(
        "At z = {z:.1f} the sigmoid is {o:.2f}, and your answer says {found}.",
        z=wrong,
        o=torch.sigmoid(wrong),
        found=bool(yes[yes != right_yes][0]),
    )


EXERCISES = {
    "05.1": Exercise(
        task="Write push_of_fourth_power(z, t): the gradient of (sigmoid(z) - t) ** 4 for z, as a formula, without "
        "autograd; z and t are tensors of one shape, and so is the answer.",
        solution=push_of_fourth_power,
        use=without_autograd,
        expected=push_by_autograd,
        diagnose=fault_of_a_push,
        inputs=lambda: [
            (torch.tensor([-2.0, 0.5]), torch.tensor([1.0, 1.0])),
            (torch.tensor([3.0, -1.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])),
        ],
        why="The chain rule again: the slope of the fourth power times the slope of the sigmoid. The fourth "
        "power hardly pushes outputs that are nearly right, and a sigmoid that is sure of itself is hardly "
        "pushed at all.",
        known={
            "forgot the slope of the sigmoid": Mistake(
                lambda z, t: 4 * (torch.sigmoid(z) - t) ** 3,
                "this is the gradient for the output o. To reach z, multiply by o * (1 - o).",
            ),
            "kept the push of the square": Mistake(
                lambda z, t: 2 * (o := torch.sigmoid(z), o - t)[1] * o * (1 - o),
                "the slope of u ** 4 is 4 * u ** 3.",
            ),
            "kept the fourth power": Mistake(
                lambda z, t: 4 * ((o := torch.sigmoid(z)) - t) ** 4 * o * (1 - o),
                "the slope of u ** 4 is 4 * u ** 3: the power goes down by one.",
            ),
            "lost the factor 4": Mistake(
                lambda z, t: ((o := torch.sigmoid(z)) - t) ** 3 * o * (1 - o),
                "the slope of u ** 4 is 4 * u ** 3.",
            ),
            "divided by the ten outputs": Mistake(
                lambda z, t: push_of_fourth_power(z, t) / 10,
                "that belongs to a mean, as MSE is one. Here each output has a loss of its own.",
            ),
            "turned the sign": Mistake(
                lambda z, t: -push_of_fourth_power(z, t),
                "a gradient points to where the loss grows. Below its target an output has a negative one.",
            ),
            "lost the sign": Mistake(
                lambda z, t: push_of_fourth_power(z, t).abs(),
                "below its target an output has a negative push; the third power keeps the sign of o - t.",
            ),
            "took z for the output": Mistake(
                lambda z, t: 4 * (z - t) ** 3 * z * (1 - z),
                "z goes into the sigmoid; o = torch.sigmoid(z) comes out, and both factors are made of o.",
            ),
            "took the slope at z": Mistake(
                lambda z, t: 4 * (torch.sigmoid(z) - t) ** 3 * z * (1 - z),
                "the sigmoid's slope is o * (1 - o), with the output o in it, not z.",
            ),
            "took math.exp of a tensor": Mistake(
                lambda z, t: 1 / (1 + math.exp(-z)),
                "functions of math take one number. torch.sigmoid(z), or torch.exp(-z), takes a tensor.",
            ),
            "left out a pair of parentheses": Mistake(
                lambda z, t: nn.Sigmoid(z),
                "nn.Sigmoid() makes the layer, and a second pair calls it; torch.sigmoid(z) needs one pair.",
            ),
            "gave the loss": Mistake(
                lambda z, t: (torch.sigmoid(z) - t) ** 4,
                "this is the loss itself. The push is its slope for z.",
            ),
        },
        hints=(
            "Two factors: the slope of (o - t) ** 4 for o, and the slope of the sigmoid, o for z.",
            "The sigmoid's slope is o * (1 - o), as in the push of MSE.",
            "For the other factor: what is the slope of u ** 4 for u? Put o - t in its place.",
        ),
    ),
    "05.2": Exercise(
        task='Give same_training = [rate, difference, reason]: the rate at which nn.BCELoss(reduction="sum") trains as '
        'nn.BCELoss() does at 0.05, the largest difference of the weights that you measured, and why: "a", "b" or "c".',
        solution=same_training,
        use=compare_sum_with_mean,
        expected=lambda: EQUAL,
        why="The sum is ten times the mean, so each push and each gradient is ten times as long, and a tenth of the rate "
        "takes that back. A rate says little without the scale of the loss: two losses at the same rate need not take "
        "equal steps.",
        known={
            "thought that the scale does not matter": Mistake(
                [0.05, 0.0, "b"],
                "SGD's step is the rate times the gradient, and the gradient of a sum of ten is ten times that of their mean.",
            ),
            "went the wrong way": Mistake(
                [0.5, 0.0, "b"],
                "the sum's gradients are longer already. A larger rate makes its steps longer still.",
            ),
            "thought of the direction": Mistake(
                [0.005, 0.0, "a"],
                "each gradient is multiplied by the same 10, and that turns no direction.",
            ),
            "thought of the firm mistakes": Mistake(
                [0.005, 0.0, "c"],
                "all ten costs are multiplied alike, those of the firm mistakes and those of the others.",
            ),
        },
        hints=(
            "Write the push of one output for both: of the mean it is (o - t) / n.",
            "A step is the rate times the gradient. Which rate makes both steps equal?",
            "To compare: torch.manual_seed(0) before each network, train both, then "
            "(first[0].weight - second[0].weight).abs().max(). Where two trainings are the same, it is tiny or 0.",
        ),
    ),
    "05.3": Exercise(
        task="Write loss_and_yes(z, targets) for outputs z without a sigmoid: the loss by "
        "nn.BCEWithLogitsLoss, to train with, and a tensor of True and False that says where the sigmoid of z is "
        "above a half.",
        solution=loss_and_yes,
        use=as_numbers,
        expected=with_sigmoid_and_bce,
        diagnose=fault_of_loss_or_yes,
        inputs=lambda: [
            (torch.tensor([[2.0, -1.0, 0.3]]), torch.tensor([[1.0, 0.0, 0.0]])),
            (torch.tensor([[0.2, -3.0], [-0.1, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])),
        ],
        why="The sigmoid moves into the loss, where large z are handled with care. Half as output of the "
        "sigmoid means z = 0, and the largest z is the largest output: the answers stay the same.",
        known={
            "left out a pair of parentheses": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss(z, targets), z > 0),
                "nn.BCEWithLogitsLoss() makes the loss function, and a second pair calls it: "
                "nn.BCEWithLogitsLoss()(...), as with nn.BCELoss.",
            ),
            "left out the tensor": Mistake(
                lambda z, targets: nn.BCEWithLogitsLoss()(z, targets),
                "return two things with a comma between them, the loss and the tensor of True and False.",
            ),
            "did not call the loss": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss(), z > 0),
                "nn.BCEWithLogitsLoss() makes the loss function; call it with z and the targets.",
            ),
            "took the sigmoid twice": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(torch.sigmoid(z), targets), z > 0),
                "BCEWithLogitsLoss has the sigmoid inside. Give it z itself.",
            ),
            "kept 0.5 as the border": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), z > 0.5),
                "the sigmoid is 0.5 where z is 0, so z itself is compared with 0.",
            ),
            "took both borders": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), torch.sigmoid(z) > 0),
                "a sigmoid is always above 0. Compare z with 0, or the sigmoid with a half.",
            ),
            "turned yes and no around": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), z < 0),
                "the sigmoid is above a half where z is above 0.",
            ),
            "looked for the largest": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), z.argmax(dim=1)),
                "that is the answer of the network. Asked for is a yes or no at each output.",
            ),
            "forgot the sigmoid": Mistake(
                lambda z, targets: (nn.MSELoss()(z, targets), z > 0),
                "this is the squared error of z. The loss asked for is nn.BCEWithLogitsLoss.",
            ),
            "gave BCELoss what is no probability": Mistake(
                lambda z, targets: (nn.BCELoss()(z, targets), z > 0),
                "nn.BCELoss needs the sigmoid's outputs, from 0 to 1. nn.BCEWithLogitsLoss takes z.",
            ),
            "asked one question in place of many": Mistake(
                lambda z, targets: (nn.CrossEntropyLoss()(z, targets), z > 0),
                "CrossEntropyLoss takes all outputs for one question. Asked for is nn.BCEWithLogitsLoss.",
            ),
            "swapped outputs and targets": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(targets, z), z > 0),
                "the loss takes the outputs first, then the targets.",
            ),
            "swapped loss and tensor": Mistake(
                lambda z, targets: (z > 0, nn.BCEWithLogitsLoss()(z, targets)),
                "return the loss first, then the tensor.",
            ),
            "added up in place of the mean": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss(reduction="sum")(z, targets), z > 0),
                "nn.BCEWithLogitsLoss() takes the mean by itself.",
            ),
            "took the number out of the loss": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets).item(), z > 0),
                "nothing can be trained with a plain number: it has no backward(). Leave out .item().",
            ),
            "cut the loss off": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z.detach(), targets), z > 0),
                "behind detach() no gradient reaches z. Give the loss z itself.",
            ),
            "gave z to the wrong parentheses": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss(z)(targets), z > 0),
                "the first pair stays empty, the second takes outputs and targets.",
            ),
            "gave numbers for True and False": Mistake(
                lambda z, targets: (nn.BCEWithLogitsLoss()(z, targets), (z > 0).float()),
                "a comparison, such as one with >, gives True and False by itself.",
            ),
        },
        hints=(
            "As with nn.BCELoss, the first parentheses make the loss function, the second call it.",
            "For which z is the sigmoid 0.5?",
        ),
    ),
}
