"""The exercises of 03_baseline_network."""

import inspect
from collections import Counter
from unittest.mock import patch

import torch
from torch import nn

from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    numbers_and_reason,
    random_tensor,
    reason_does_not_fit,
)
from helpers.exercises.language import _
from helpers.training import train

# 03.1


def one_step(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss = loss_function(network(image), target)
    loss.backward()
    optimizer.step()


LOSSES = {3: nn.MSELoss(), 5: nn.BCELoss()}  # by the number of hidden values


def weights_after_20_steps(step, hidden):
    network, optimizer, items = made_up_task(hidden)
    loss_function = LOSSES[hidden]
    recorded = []
    network.register_forward_hook(lambda *_: recorded.append(torch.is_grad_enabled()))
    backward = torch.autograd.backward  # what loss.backward() calls
    with (
        patch.object(torch.autograd, "backward", side_effect=backward) as backwards,
        patch.object(optimizer, "step", wraps=optimizer.step) as moves,
    ):
        try:
            for _, image, target in items:
                step(network, loss_function, optimizer, image, target)
        except RuntimeError as error:
            if "does not require grad" in str(error):
                error = Failure(CUT_OFF if all(recorded) else NOT_RECORDED)
            raise from_the_notebook(step, error) from None
    if not backwards.called:
        raise from_the_notebook(step) or Failure(NO_BACKWARD)
    if not moves.called and torch.equal(network[0].weight, made_up_task(hidden)[0][0].weight):
        raise Failure(NO_STEP)
    return [parameter.detach() for parameter in network.parameters()]


# A learner never reads these: each is a known mistake, which has a name.
NO_BACKWARD = "No gradient is computed."
NO_STEP = "No weight is moved."
NOT_RECORDED = "Nothing is recorded."
CUT_OFF = "The loss hangs on no weight."


def from_the_notebook(step, error=None):
    """A Failure that names a tensor which the step takes from outside; otherwise the error itself."""
    names = [n for n, v in inspect.getclosurevars(step).globals.items() if torch.is_tensor(v)]
    if names:
        return Failure(
            _(
                "Took `{name}` from the notebook: your function does not make it. Is a name misspelt?",
                name=names[0],
            )
        )
    return error


def which_part_is_off(step):
    calls, inputs = calls_of(step)
    if names := from_the_notebook(step):
        return str(names)
    if not calls["optimizer.step"]:
        return _(
            "Made an optimizer of its own: use the one that the function is given, with its rate."
        )
    if not calls["loss_function"]:
        return _("Your function does not call the loss_function that it is given.")
    for name, times in calls.items():
        if times > 1:
            return _(
                "One call of your function calls {name} {times} times. A step has each once; `check` takes the twenty.",
                name=name,
                times=times,
            )
    for task, (given, wanted) in inputs.items():
        if not (torch.is_tensor(given) and torch.equal(given, wanted)):
            return _(
                "{task} as it is, and yours gets something else: is anything computed in between?",
                task=task,
            )
    return _(
        "After 20 steps the weights are not those of train. Once each, in this order: the gradients emptied, the "
        "loss of network(image) and target, its gradients, one step."
    )


def calls_of(step):
    """How often one step calls each part, and what network and loss are given, with what they should be."""
    network, optimizer, items = made_up_task(5)
    image, target = items[0][1:]
    loss_function, calls, outputs, inputs = nn.BCELoss(), Counter(), [], {}

    def note(name, *pairs):
        calls[name] += 1
        inputs.update(pairs)

    def keep(module, given, output):
        outputs.append(output)
        note("network", (_("The network is to get image"), (given[0], image)))

    def note_loss(module, given):
        first = (_("The loss is to get network(image)"), (given[0], outputs[-1]))
        note("loss_function", first, (_("The loss is to get target"), (given[1], target)))

    network.register_forward_hook(keep)
    loss_function.register_forward_pre_hook(note_loss)
    with patch.object(optimizer, "step", side_effect=lambda *_: note("optimizer.step")):
        step(network, loss_function, optimizer, image, target)
    return calls, inputs


def weights_after_train(hidden):
    network, optimizer, items = made_up_task(hidden)
    settings = {"loss_function": LOSSES[hidden], "optimizer": optimizer, "epochs": 1}
    train(network, items, **settings, progress=False)
    return [parameter.detach() for parameter in network.parameters()]


def made_up_task(hidden):
    """A small network, its optimizer, and twenty items of noise."""
    torch.manual_seed(hidden)
    network = nn.Sequential(
        nn.Linear(784, hidden), nn.Sigmoid(), nn.Linear(hidden, 10), nn.Sigmoid()
    )
    images, targets = random_tensor(20, 784).sigmoid(), torch.eye(10).repeat(2, 1)
    items = [(int(t.argmax()), i, t) for i, t in zip(images, targets, strict=True)]
    return network, torch.optim.SGD(network.parameters(), lr=0.5), items


def step_without_zero_grad(network, loss_function, optimizer, image, target):
    loss_function(network(image), target).backward()
    optimizer.step()


def step_before_backward(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss = loss_function(network(image), target)
    optimizer.step()
    loss.backward()


def step_without_step(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss_function(network(image), target).backward()


def step_without_backward(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss_function(network(image), target)
    optimizer.step()


def step_without_grad(network, loss_function, optimizer, image, target):
    with torch.no_grad():
        loss_function(network(image), target).backward()


def step_with_a_loss_cut_off(network, loss_function, optimizer, image, target):
    loss_function(network(image).detach(), target).backward()


def step_with_another_loss(network, loss_function, optimizer, image, target):
    one_step(network, nn.MSELoss(), optimizer, image, target)


def step_twice(network, loss_function, optimizer, image, target):
    one_step(network, loss_function, optimizer, image, target)
    optimizer.step()


def step_with_another_optimizer(network, loss_function, optimizer, image, target):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    one_step(network, loss_function, optimizer, image, target)


def step_with_swapped_loss(network, loss_function, optimizer, image, target):
    one_step(network, lambda one, other: loss_function(other, one), optimizer, image, target)


# 03.2


def mend(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[:, order])


def small_network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(12, 12), nn.Sigmoid(), nn.Linear(12, 4), nn.Sigmoid())


def outputs_of_the_mended(answer, seed):
    """Mend a network for images whose pixels are in another order; its outputs for such images."""
    network, order = (
        small_network(seed),
        torch.randperm(12, generator=torch.Generator().manual_seed(seed)),
    )
    weight = network[0].weight
    answer(network, order)
    if network[0].weight is not weight:
        raise Failure(
            _(
                "A new parameter has taken the place of the old, which an optimizer made before still holds. "
                "Overwrite its numbers: network[0].weight[:] = ..., or copy_."
            )
        )
    return network(random_tensor(5, 12)[:, order]).detach()


def mend_rows(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[order])


def mend_back(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[:, order.argsort()])


def mend_by_assignment(network, order):
    network[0].weight = network[0].weight[:, order]


def mend_without_no_grad(network, order):
    network[0].weight[:] = network[0].weight[:, order]


def mend_biases_too(network, order):
    mend(network, order)
    with torch.no_grad():
        network[0].bias.copy_(network[0].bias[order])


def mend_the_second(network, order):
    with torch.no_grad():
        network[2].weight.copy_(network[2].weight[:, order])


def mend_both_ways(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[order][:, order])


def what_the_columns_hold(answer):
    network, order = small_network(1), torch.arange(12).roll(1)
    before = network[0].weight.detach().clone()
    answer(network, order)
    for place in range(12):
        same = (before - network[0].weight[:, [place]]).abs().amax(dim=0) < 1e-6
        if not same[order[place]]:
            found = same.nonzero().flatten().tolist()
            held = _("the weights of no pixel")
            if found:
                held = _("the weights of pixel {pixel}", pixel=found[0])
            return _(
                "Pixel {pixel} arrives at position {place}. There your table now has {held}.",
                pixel=order[place],
                place=place,
                held=held,
            )
    return _("The columns are right. Is something else changed, too?")


# 03.3


from_zeros = [0.0, 0.0005, "b"]
ALIKE = "from zeros all rows stay alike, since they get the same gradient"


def compare_with_zeros(answer):
    """What training from zeros gives depends on the images; that the rows stay alike does not."""
    apart, largest, reason = numbers_and_reason(answer)
    if abs(largest) < 1e-6:
        return Outcome(_("the weights do move: the largest is not 0"))
    if abs(largest) > 0.02:
        return Outcome(_("so large are weights that did not start from zeros"))
    if abs(apart) > 1e-6:
        return Outcome(_("the rows are not that far apart"))
    return ALIKE if reason == "b" else reason_does_not_fit(reason)


EXERCISES = {
    "03.1": Exercise(
        task="Write one_step(network, loss_function, optimizer, image, target): one whole training "
        "step, from memory.",
        solution=one_step,
        use=weights_after_20_steps,
        diagnose=which_part_is_off,
        expected=weights_after_train,
        inputs=lambda: [(3,), (5,)],
        why="After 20 steps your weights are those of the course's train. These four lines are the "
        "algorithm; all else in train is checking, speed and keeping count.",
        known={
            "forgot zero_grad": Mistake(
                step_without_zero_grad,
                "the gradients of all images so far add up, and each step goes by their sum. If it stands there: has "
                "it parentheses? Without () nothing is called.",
            ),
            "stepped without gradients": Mistake(
                step_before_backward,
                "the network never moves. The optimizer's step goes by the gradients that backward has just "
                "computed: it comes last, and zero_grad not between the two.",
            ),
            "no step was taken": Mistake(
                step_without_step,
                "the network never moves. optimizer.step() moves the weights; without () nothing is called.",
            ),
            "no gradient was computed": Mistake(
                step_without_backward,
                "the network never moves. loss.backward() computes the gradients; without () nothing is called.",
            ),
            "trained under no_grad": Mistake(
                step_without_grad,
                "then nothing is recorded that backward could walk back through. no_grad is for looking only.",
            ),
            "cut the loss off from the weights": Mistake(
                step_with_a_loss_cut_off,
                "argmax, item, detach or torch.tensor between network(image) and the loss leaves backward no way back. "
                "The loss takes the outputs as they come.",
            ),
            "took a loss of its own": Mistake(
                step_with_another_loss, "the loss is the loss_function that the function is given."
            ),
            "took two steps": Mistake(
                step_twice, "one call of optimizer.step() moves all weights once."
            ),
            "made an optimizer of its own": Mistake(
                step_with_another_optimizer,
                "use the one that the function is given, with its rate.",
            ),
            "swapped outputs and targets": Mistake(
                step_with_swapped_loss,
                "nn.MSELoss does not mind, nn.BCELoss does: first the outputs, then the targets.",
            ),
        },
        hints=(
            "Four things: empty the gradients, compute the loss, its gradients, move the weights.",
            "In PyTorch's words: zero_grad, forward and loss, backward, step.",
            "zero_grad and step belong to the optimizer, backward to the loss; each needs its parentheses.",
        ),
    ),
    "03.2": Exercise(
        task="All images arrive with their pixels in another order: image[order] instead of image. Write "
        "mend(network, order): change network[0].weight in place so that the outputs stay as they were.",
        solution=mend,
        use=outputs_of_the_mended,
        diagnose=what_the_columns_hold,
        expected=lambda seed: small_network(seed)(random_tensor(5, 12)).detach(),
        inputs=lambda: [(1,), (2,)],
        why="Each column of the first weights belongs to one pixel, so the columns move along with the "
        "pixels. The network knows nothing of neighbours or shapes: for it, an image is a list.",
        known={
            "moved the rows": Mistake(
                mend_rows,
                "a row holds the weights of one hidden value. A pixel's weights are a column.",
            ),
            "moved the columns back instead of along": Mistake(
                mend_back,
                "pixel order[0] now comes first, so its column must come first: index with order itself.",
            ),
            "left the network as it was": Mistake(
                lambda network, order: None,
                "the outputs change: each weight now meets another pixel. No layer puts the pixels back. (weight = ... "
                "gives a name to another table; it overwrites nothing.)",
            ),
            "assigned a tensor to a parameter": Mistake(
                mend_by_assignment,
                "a layer's weight must stay a parameter. Overwrite its numbers: network[0].weight[:] = ...",
            ),
            "overwrote without no_grad": Mistake(
                mend_without_no_grad,
                "PyTorch would have to record it. Put it under torch.no_grad().",
            ),
            "moved the biases too": Mistake(
                mend_biases_too, "a bias belongs to a hidden value, and these stay where they are."
            ),
            "mended the second layer": Mistake(
                mend_the_second, "the pixels arrive at the first, network[0]."
            ),
            "moved rows and columns": Mistake(
                mend_both_ways, "the rows are hidden values, which stay where they are."
            ),
        },
        hints=(
            "network[0].weight has a row for each hidden value and a column for each pixel.",
            "weight[:, order] gives the columns in the order of the pixels.",
            "Change it in place under torch.no_grad(): weight.copy_(...).",
        ),
    ),
    "03.3": Exercise(
        task="Give from_zeros = [difference, largest, reason]: the largest difference between two rows of the first weights "
        "and their largest entry without its sign, both after a network that starts from zeros has been trained on 1,000 images, and why "
        'the rows are as they are: "a", "b" or "c".',
        solution=from_zeros,
        use=compare_with_zeros,
        expected=lambda: ALIKE,
        why="Hidden values that start alike are multiplied by weights that are alike, get the same gradient and stay alike: "
        "200 of them do the work of one. That is why layers start with random numbers.",
        known={
            "started from random numbers": Mistake(
                [0.0713, 0.0358, "b"],
                "set every parameter to 0 before the training: for parameter in network.parameters(): parameter.zero_().",
            ),
            "compared the weights of different pixels": Mistake(
                [0.0007, 0.0005, "b"],
                "compare the rows with each other, pixel by pixel: (rows - rows[0]).abs().max().",
            ),
            "measured before the training": Mistake(
                [0.0, 0.0, "b"],
                "after a thousand steps the weights are small, but not 0. (If they are: has the optimizer this network's "
                "parameters?)",
            ),
            "took the gradients for 0": Mistake(
                [0.0, 0.0005, "a"],
                "the outputs are one half and wrong, so the second layer moves at once, and through it the first. The "
                "largest weight shows it.",
            ),
            "asked for more steps": Mistake(
                [0.0, 0.0005, "c"],
                "in each step the rows get the same gradient, so they stay alike however long you train.",
            ),
        },
        hints=(
            "with torch.no_grad(): for parameter in network.parameters(): parameter.zero_(), each part on a line of its own.",
            "rows = network[0].weight; (rows - rows[0]).abs().max() compares all of them with the first, and rows.abs().max() "
            "is the largest weight without its sign.",
            "Follow one step by hand: what do the 200 hidden values pass on, and what comes back to each?",
        ),
    ),
}
