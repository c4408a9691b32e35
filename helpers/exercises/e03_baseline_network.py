"""The exercises of 03_baseline_network."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake, random_tensor
from helpers.training import train

# 03.1


def training_step(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss = loss_function(network(image), target)
    loss.backward()
    optimizer.step()


LOSSES = {3: nn.MSELoss(), 5: nn.BCELoss()}  # by the number of hidden values


def weights_after_20_steps(step, hidden):
    network, optimizer, items = made_up_task(hidden)
    loss_function = LOSSES[hidden]
    for _, image, target in items:
        step(network, loss_function, optimizer, image, target)
    return [parameter.detach() for parameter in network.parameters()]


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
    answer(network, order)
    return network(random_tensor(5, 12)[:, order]).detach()


def mend_rows(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[order])


def mend_back(network, order):
    with torch.no_grad():
        network[0].weight.copy_(network[0].weight[:, order.argsort()])


# 03.3


def share_right(network, images, labels):
    with torch.no_grad():
        answers = network(images).argmax(dim=1)
    return (answers == labels).float().mean().item()


def made_up_answers(seed):
    network = small_network(seed)
    images = 3 * random_tensor(40, 12, seed=seed)
    return network, images, torch.arange(40) % 4


def share_one_by_one(network, images, labels):
    pairs = zip(images, labels, strict=True)
    return (
        sum(
            max(range(4), key=network(image).tolist().__getitem__) == label
            for image, label in pairs
        ).item()
        / 40
    )


EXERCISES = {
    "03.1": Exercise(
        task="Write training_step(network, loss_function, optimizer, image, target): one whole training "
        "step, from memory.",
        solution=training_step,
        use=weights_after_20_steps,
        expected=weights_after_train,
        inputs=lambda: [(3,), (5,)],
        why="After 20 steps your weights are those of the course's train. These four lines are the "
        "algorithm; all else in train is checking, speed and keeping count.",
        known={
            "forgot zero_grad": Mistake(
                step_without_zero_grad,
                "the gradients of all images so far add up, and each step goes by their sum.",
            ),
            "stepped without gradients": Mistake(
                step_before_backward,
                "the network never moves. The optimizer's step goes by the gradients that backward has just "
                "computed: it comes last, and zero_grad not between the two. (Without () nothing is called.)",
            ),
        },
        hints=(
            "Four things: empty the gradients, compute the loss, its gradients, move the weights.",
            "In PyTorch's words: zero_grad, forward and loss, backward, step.",
            "loss = loss_function(network(image), target)",
        ),
    ),
    "03.2": Exercise(
        task="All images arrive with their pixels in another order: image[order] instead of image. Write "
        "mend(network, order): change network[0].weight in place so that the outputs stay as they were.",
        solution=mend,
        use=outputs_of_the_mended,
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
                "the outputs change: each weight now meets another pixel. No layer puts the pixels back.",
            ),
        },
        hints=(
            "network[0].weight has a row for each hidden value and a column for each pixel.",
            "weight[:, order] gives the columns in the order of the pixels.",
            "Change it in place under torch.no_grad(): weight.copy_(...).",
        ),
    ),
    "03.3": Exercise(
        task="Write share_right(network, images, labels): the share, 0 to 1, of the images (n, 12) whose "
        "largest output stands at their label, without accuracy.",
        solution=share_right,
        expected=share_one_by_one,
        inputs=lambda: [made_up_answers(0), made_up_answers(4)],
        why="The position of the largest output is the answer; how large it is plays no role. So the "
        "accuracy can stay the same while the loss falls.",
        known={
            "counted instead of taking the share": Mistake(
                lambda network, images, labels: (network(images).argmax(1) == labels).sum().item(),
                "divide the number of right answers by the number of images.",
            ),
            "found none right": Mistake(
                lambda network, images, labels: (
                    (network(images).amax(1) == labels).float().mean().item()
                ),
                "some are. argmax(dim=1) gives the place of the largest output in each row; max gives the output "
                "itself, argmax() one place in the whole table. Or // has cut off the share.",
            ),
            "took the share of the mistakes": Mistake(
                lambda network, images, labels: (
                    (network(images).argmax(1) != labels).float().mean().item()
                ),
                "this is the error rate: 1 minus the accuracy.",
            ),
        },
        hints=(
            "network(images) gives a row of outputs for each image.",
            "argmax(dim=1) gives the place of the largest in each row.",
            "Compare with labels, and take the mean of the result as floats.",
        ),
    ),
}
