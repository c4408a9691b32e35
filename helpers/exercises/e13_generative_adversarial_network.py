"""The exercises of 13_generative_adversarial_network."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Mistake

# 13.1

targets = [1, 0, 1]

# 13.2


def discriminator_loss(on_real, on_made):
    return -(on_real.log().mean() + (1 - on_made).log().mean()) / 2


def bce(outputs, target):
    return nn.functional.binary_cross_entropy(outputs, torch.full_like(outputs, target))


def outputs_of_a_discriminator():
    return [
        (torch.tensor([[0.9], [0.6]]), torch.tensor([[0.2], [0.5]])),
        (torch.tensor([[0.3]]), torch.tensor([[0.8]])),
    ]


# 13.3


def generator_loss(on_made):
    return -on_made.log().mean()


# 13.4

moved = [True, False, True]


def small_networks():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Sigmoid()), nn.Sequential(
        nn.Linear(3, 1), nn.Sigmoid()
    )


def what_the_generators_step_changes():
    generator, discriminator = small_networks()
    before = generator[0].weight.clone(), discriminator[0].weight.clone()
    generator_step(
        generator, discriminator, torch.optim.SGD(generator.parameters(), lr=0.1), torch.ones(4, 2)
    )
    return [
        not torch.equal(generator[0].weight, before[0]),
        not torch.equal(discriminator[0].weight, before[1]),
        discriminator[0].weight.grad is not None,
    ]


# 13.5


def generator_step(generator, discriminator, generator_optimizer, seeds):
    generator_optimizer.zero_grad()
    outputs = discriminator(generator(seeds))
    loss = nn.functional.mse_loss(outputs, torch.ones_like(outputs))
    loss.backward()
    generator_optimizer.step()


def networks_in_training():
    """Two networks, the generator's optimizer and seeds; the generator has gradients of a step before."""
    generator, discriminator = small_networks()
    for parameter in generator.parameters():
        parameter.grad = torch.ones_like(parameter)
    seeds = torch.tensor([[0.5, -1.0], [2.0, 0.3]])
    return [(generator, discriminator, torch.optim.SGD(generator.parameters(), lr=0.5), seeds)]


def weights_after(answer, generator, discriminator, optimizer, seeds):
    answer(generator, discriminator, optimizer, seeds)
    return all_weights(generator, discriminator)


def all_weights(*networks):
    parameters = [parameter for network in networks for parameter in network.parameters()]
    return torch.cat([parameter.detach().flatten() for parameter in parameters])


def weights_by_autograd(generator, discriminator, optimizer, seeds):
    loss = (discriminator(generator(seeds)) - 1).square().mean()
    gradients = torch.autograd.grad(loss, list(generator.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(generator.parameters(), gradients, strict=True):
            parameter -= optimizer.param_groups[0]["lr"] * gradient
    return all_weights(generator, discriminator)


def step_with(target=1.0, loss_function=nn.functional.mse_loss, clear=True, both=False):
    """A generator's step with one thing wrong."""

    def step(generator, discriminator, generator_optimizer, seeds):
        if clear:
            generator_optimizer.zero_grad()
        outputs = discriminator(generator(seeds))
        loss_function(outputs, torch.full_like(outputs, target)).backward()
        generator_optimizer.step()
        if both:
            torch.optim.SGD(discriminator.parameters(), lr=0.5).step()

    return step


# 13.6


def digits_that_come(counts):
    return [digit for digit in range(10) if counts[digit] >= counts.sum() / 20]


# 13.7


def smoothed_targets(n):
    return torch.full((n, 1), 0.9), torch.zeros(n, 1)


# 13.8


def pulls(output):
    return 1 / output, 1 / (1 - output)


def pulls_by_autograd(output):
    sizes = []
    for loss in (lambda p: bce(p, 1.0), lambda p: -bce(p, 0.0)):
        point = torch.tensor([[output]], dtype=torch.float64, requires_grad=True)
        loss(point).backward()
        sizes.append(point.grad.abs().item())
    return tuple(sizes)


EXERCISES = {
    "13.1": Exercise(
        task="Name the targets: targets = [of the discriminator for real images, of the discriminator for made ones, "
        "of the generator for its own images].",
        solution=targets,
        use=lambda answer: answer,
        expected=lambda: [1, 0, 1],
        why="The discriminator learns to tell: 1 for real, 0 for made. The generator learns to be taken for real, so "
        "for the same made images its target is 1.",
        known={
            "gave the generator the target 0": Mistake(
                [1, 0, 0],
                "then it learns to be found out. It is to be taken for real.",
            ),
            "exchanged real and made": Mistake(
                [0, 1, 0], "in this notebook 1 stands for real, so the generator aims at 1."
            ),
            "exchanged the discriminator's targets": Mistake(
                [0, 1, 1], "then it calls made images real, and the generator pulls the same way."
            ),
            "called everything real": Mistake(
                [1, 1, 1], "a discriminator that always answers 1 has no loss and tells nothing."
            ),
            "let the generator aim at 1/2": Mistake(
                [1, 0, 0.5],
                "1/2 is where a discriminator ends that cannot tell; the generator pulls towards 1.",
            ),
        },
        hints=(
            "Whom does each of the two losses reward, and for which answer of the discriminator?",
            "Read the two steps in `make_step`: which tensor stands beside which output?",
        ),
    ),
    "13.2": Exercise(
        task="Write discriminator_loss(on_real, on_made): the mean of its BCE loss on real and on made images, from its "
        "outputs (n, 1) for both.",
        solution=discriminator_loss,
        expected=lambda on_real, on_made: (bce(on_real, 1.0) + bce(on_made, 0.0)) / 2,
        inputs=outputs_of_a_discriminator,
        why="BCE is -log of the output where the target is 1 and -log(1 - output) where it is 0. At 1/2 both are ln 2, "
        "and so is their mean.",
        known={
            "exchanged real and made": Mistake(
                lambda on_real, on_made: (bce(on_made, 1.0) + bce(on_real, 0.0)) / 2,
                "the target is 1 for real images and 0 for made ones.",
            ),
            "left out the made images": Mistake(
                lambda on_real, on_made: bce(on_real, 1.0),
                "a discriminator that always answers 1 would be perfect.",
            ),
            "left out the real images": Mistake(
                lambda on_real, on_made: bce(on_made, 0.0),
                "a discriminator that always answers 0 would be perfect.",
            ),
            "took the sum": Mistake(
                lambda on_real, on_made: bce(on_real, 1.0) + bce(on_made, 0.0),
                "the mean of the two is asked, which is ln 2 where it cannot tell.",
            ),
            "forgot the minus": Mistake(
                lambda on_real, on_made: -(bce(on_real, 1.0) + bce(on_made, 0.0)) / 2,
                "logarithms of numbers below 1 are negative, and a loss falls as the outputs get better.",
            ),
            "took both towards 1": Mistake(
                lambda on_real, on_made: (bce(on_real, 1.0) + bce(on_made, 1.0)) / 2,
                "for made images the target is 0: the logarithm is that of 1 - output.",
            ),
            "took the squared error": Mistake(
                lambda on_real, on_made: (
                    ((on_real - 1).square().mean() + on_made.square().mean()) / 2
                ),
                "this is MSE. BCE takes logarithms.",
            ),
        },
        hints=(
            "BCE towards the target 1 is -log(output). Towards 0?",
            "Take the mean over the images of each set first, then the mean of the two.",
        ),
    ),
    "13.3": Exercise(
        task="Write generator_loss(on_made): the BCE loss of the generator, from the discriminator's outputs (n, 1) for "
        "made images.",
        solution=generator_loss,
        expected=lambda on_made: bce(on_made, 1.0),
        inputs=lambda: [(on_made,) for _, on_made in outputs_of_a_discriminator()],
        why="The target is 1, so the loss is -log(output): large where the discriminator is sure that the image is made, "
        "which is where there is most to learn.",
        known={
            "gave it the target 0": Mistake(
                lambda on_made: bce(on_made, 0.0),
                "this is the discriminator's loss on made images: the generator would learn to be found out.",
            ),
            "put a minus before the discriminator's loss": Mistake(
                lambda on_made: -bce(on_made, 0.0),
                "it pulls in the right direction, but hardly where the discriminator is sure, see 13.8. Take the "
                "target 1.",
            ),
            "forgot the minus": Mistake(
                lambda on_made: -bce(on_made, 1.0),
                "log(output) grows as the generator gets better; a loss falls.",
            ),
            "took the squared error": Mistake(
                lambda on_made: (on_made - 1).square().mean(), "this is MSE. BCE takes logarithms."
            ),
            "took the sum over the images": Mistake(
                lambda on_made: len(on_made) * bce(on_made, 1.0),
                "the mean over the images is asked, as nn.BCELoss takes it.",
            ),
        },
        hints=(
            "Which target makes the loss small when the image is taken for real?",
            "It is one half of 13.2, with the other target.",
        ),
    ),
    "13.4": Exercise(
        task="Predict what the generator's step changes: moved = [the generator's weights, the discriminator's weights, "
        "the gradients of the discriminator's weights], each True or False.",
        solution=moved,
        use=lambda answer: answer,
        expected=what_the_generators_step_changes,
        why="`backward` fills the gradients of everything that the loss went through, the discriminator too. But the "
        "generator's optimizer holds the generator's weights alone. The discriminator's own `zero_grad` clears "
        "the rest before its next step.",
        known={
            "let the discriminator learn, too": Mistake(
                [True, True, True],
                "its weights have gradients then, but the optimizer that takes the step does not hold them.",
            ),
            "thought that only what is moved gets gradients": Mistake(
                [True, False, False],
                "the way from the loss to the generator leads through the discriminator, and `backward` fills "
                "the gradients on its way.",
            ),
            "took the discriminator's step": Mistake(
                [False, True, True], "the question is about the generator's step."
            ),
            "thought that gradients move weights": Mistake(
                [False, False, True],
                "the step of the generator's optimizer moves the generator's weights.",
            ),
        },
        hints=(
            "Two things are at work: `backward` and `step`. Which weights does each of them reach?",
            "Try it: take the step and look at `discriminator[0].weight.grad`.",
        ),
    ),
    "13.5": Exercise(
        task="Write generator_step(generator, discriminator, generator_optimizer, seeds): one step of the generator with "
        "the MSE loss.",
        solution=generator_step,
        use=weights_after,
        expected=weights_by_autograd,
        inputs=networks_in_training,
        why="The seeds go through both networks, the target is 1, and only the generator's optimizer takes a step. Nothing "
        "is detached here: the gradients must come through the discriminator.",
        known={
            "left the generator as it was": Mistake(
                lambda *parts: None,
                "its weights have not moved. Is there a `step()`, and do the gradients reach it? `detach` belongs "
                "into the discriminator's step.",
            ),
            "gave it the target 0": Mistake(
                step_with(target=0.0),
                "it moved the other way. To be taken for real is the target 1.",
            ),
            "kept the old gradients": Mistake(
                step_with(clear=False),
                "gradients add up: those of the step before are still there. Call zero_grad first.",
            ),
            "took BCE": Mistake(
                step_with(loss_function=nn.functional.binary_cross_entropy),
                "the step is asked with the MSE loss.",
            ),
            "moved the discriminator, too": Mistake(
                step_with(both=True), "in the generator's step its weights stay as they are."
            ),
            "took the sum": Mistake(
                step_with(
                    loss_function=lambda outputs, goal: (outputs - goal).square().sum(),
                ),
                "nn.MSELoss takes the mean over the images.",
            ),
        },
        hints=(
            "It has the five parts of every step; the forward goes through two networks.",
            "The loss compares discriminator(generator(seeds)) with ones of the same shape.",
        ),
    ),
    "13.6": Exercise(
        task="Write digits_that_come(counts): from counts (10,), how many images are read as each digit, a list of the "
        "digits that come at least half as often as one in ten would.",
        solution=digits_that_come,
        expected=lambda counts: (20 * counts >= counts.sum()).nonzero().flatten().tolist(),
        inputs=lambda: [
            (torch.tensor([1771, 32, 1243, 2362, 536, 1317, 909, 362, 1157, 311]),),
            (torch.tensor([0, 0, 0, 0, 0, 0, 0, 0, 1000, 0]),),
            (torch.tensor([5, 19, 10, 4, 10, 12, 10, 10, 10, 10]),),
        ],
        why="A histogram shows what a loss does not: which digits are missing. It is blind to a collapse within a digit, "
        "and to images that are no digits at all: the reader answers anyway.",
        known={
            "counted what comes at all": Mistake(
                lambda counts: counts.nonzero().flatten().tolist(),
                "one image in 10,000 is not half of one in ten.",
            ),
            "asked for one in ten": Mistake(
                lambda counts: (10 * counts >= counts.sum()).nonzero().flatten().tolist(),
                "half as often is asked: one in twenty.",
            ),
            "left out the border": Mistake(
                lambda counts: (20 * counts > counts.sum()).nonzero().flatten().tolist(),
                "at least half as often: exactly half counts.",
            ),
            "returned those that are missing": Mistake(
                lambda counts: (20 * counts < counts.sum()).nonzero().flatten().tolist(),
                "the digits that come are asked.",
            ),
            "returned how many they are": Mistake(
                lambda counts: (20 * counts >= counts.sum()).sum().item(),
                "a list of the digits is asked.",
            ),
            "took a fixed number of images": Mistake(
                lambda counts: (counts >= 500).nonzero().flatten().tolist(),
                "the sum of the counts need not be 10,000.",
            ),
        },
        hints=(
            "One in ten of how many images? The counts know.",
            "Half of one in ten is one in twenty; compare each count with that share of the sum.",
        ),
    ),
    "13.7": Exercise(
        task="Write smoothed_targets(n): the discriminator's targets for n real and for n made images, two tensors (n, 1), "
        "with one-sided label smoothing to 0.9.",
        solution=smoothed_targets,
        expected=lambda n: (0.9 * torch.ones(n, 1), 0 * torch.ones(n, 1)),
        inputs=lambda: [(3,), (1,)],
        why="With 0.9 the best answer for a real image is no longer 1, so the discriminator is held back from being sure. "
        "For made images the target stays 0: a 0.1 there would reward the generator for what it makes already.",
        known={
            "smoothed both sides": Mistake(
                lambda n: (torch.full((n, 1), 0.9), torch.full((n, 1), 0.1)),
                "one-sided: the target of made images stays 0.",
            ),
            "smoothed the other side": Mistake(
                lambda n: (torch.ones(n, 1), torch.full((n, 1), 0.1)),
                "it is the target of real images that moves.",
            ),
            "exchanged the two": Mistake(
                lambda n: (torch.zeros(n, 1), torch.full((n, 1), 0.9)),
                "first the targets of the real images.",
            ),
            "smoothed nothing": Mistake(
                lambda n: (torch.ones(n, 1), torch.zeros(n, 1)),
                "the target of real images is to be 0.9.",
            ),
            "left out a dimension": Mistake(
                lambda n: (torch.full((n,), 0.9), torch.zeros(n)),
                "the discriminator's outputs are (n, 1), and the targets must look the same.",
            ),
        },
        hints=(
            "Only one of the two targets moves. Which one would reward the generator if it moved?",
            "torch.full((n, 1), value) makes a tensor of one value.",
        ),
    ),
    "13.8": Exercise(
        task="Write pulls(output): for the discriminator's output (a number between 0 and 1) for one made image, the sizes "
        "of the slopes of two losses of the generator: BCE towards 1, and minus BCE towards 0.",
        solution=pulls,
        expected=pulls_by_autograd,
        inputs=lambda: [(0.001,), (0.5,), (0.9,)],
        why="At 0.001, where the discriminator is sure, the first loss pulls with 1000, the second with 1. So the target 1 "
        "lets a generator learn that is found out each time; Goodfellow and others advise it for that.",
        known={
            "exchanged the two": Mistake(
                lambda output: (1 / (1 - output), 1 / output),
                "BCE towards 1 is -log(output), whose slope has the size 1 / output.",
            ),
            "returned the losses": Mistake(
                lambda output: (
                    -torch.tensor(output).log().item(),
                    torch.tensor(1 - output).log().item(),
                ),
                "the sizes of their slopes are asked: what `backward` hands on.",
            ),
            "kept the signs": Mistake(
                lambda output: (-1 / output, -1 / (1 - output)),
                "both point the same way; their sizes are asked.",
            ),
            "took the same for both": Mistake(
                lambda output: (1 / output, 1 / output),
                "the slope of log(1 - output) has the size 1 / (1 - output).",
            ),
            "took the squared error": Mistake(
                lambda output: (2 * (1 - output), 2 * output),
                "these are the slopes of MSE. BCE takes logarithms.",
            ),
        },
        hints=(
            "The slope of log(x) is 1 / x.",
            "Write both losses as logarithms first, then take their derivatives.",
        ),
    ),
}
