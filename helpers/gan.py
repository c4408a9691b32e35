"""Two networks that train each other: `train_gan`, and the `GanHistory` that it returns."""

import itertools
import math
import time
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from helpers.checks import check_arguments, check_fit, check_generator, explained, positive_int
from helpers.tracing import replayed
from helpers.training import (
    KEEP_EVERY,
    TrainingInterrupted,
    batches_of,
    finite,
    progress_bar,
    show_losses,
    training_settings,
    whole_steps,
)


@dataclass
class GanHistory:
    """What `train_gan` reports: both losses of every tenth step, and the time taken.

    ``generator_losses`` and ``discriminator_losses`` (floats) and ``steps`` (counted from 1) are
    lists of one length; ``seconds`` is the time that the training took.
    """

    how_to_plot: ClassVar = "the losses so far: import sys; plot_gan_losses(sys.last_value.history)"

    generator_losses: list = field(default_factory=list)
    discriminator_losses: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    seconds: float = 0.0

    def __repr__(self):
        last = ""
        if self.steps:
            one, other = self.generator_losses[-1], self.discriminator_losses[-1]
            last = f", last: generator {one:.3f}, discriminator {other:.3f}"
        return f"GanHistory({len(self.steps):,} steps kept{last}; {self.seconds:.1f} s)"


def train_gan(generator, discriminator, dataset, *, loss_function, generator_optimizer,
              discriminator_optimizer, seeds=100, epochs=1, batch_size=1,
              progress=True) -> GanHistory:  # fmt: skip
    """Train `generator` and `discriminator` against each other; return the `GanHistory`.

    Each step takes the next `batch_size` images in the order of the dataset, and as many seeds.
    First the discriminator takes a step, towards 1 for the real images and 0 for those that the
    generator makes of the seeds; then the generator takes one, towards a 1 for its images. The
    weights come out as from these two steps written by hand, to float rounding.

    generator                takes seeds (batch, d), returns images (batch, 784)
    discriminator            takes images (batch, 784), returns one number each, (batch, 1)
    dataset                  items (label, image, target) like those of `MnistDataset`
    loss_function            called with (batch, 1) outputs and targets; returns one number
    generator_optimizer      made from ``generator.parameters()``
    discriminator_optimizer  made from ``discriminator.parameters()``
    seeds                    how many normal numbers a seed has, or a function: n to a tensor (n, d)
    progress                 show a bar with the mean of the latest losses

    The discriminator's loss is the mean of its two, on real and on made images. Interrupts and
    errors are as in `helpers.training.train`.

    Method: Goodfellow et al., "Generative Adversarial Nets", 2014, with the loss for the generator
    that they recommend in practice: the target 1 in place of a minus before the loss for 0.
    """
    history, count, total, start = GanHistory(), 0, 0, time.perf_counter()

    def step(images, seeds):
        real, made = images.new_ones(len(images), 1), images.new_zeros(len(images), 1)

        discriminator_optimizer.zero_grad()
        made_images = generator(seeds)
        loss_on_real = loss_function(discriminator(images), real)
        loss_on_made = loss_function(discriminator(made_images.detach()), made)
        discriminator_loss = (loss_on_real + loss_on_made) / 2
        discriminator_loss.backward()
        discriminator_optimizer.step()

        generator_optimizer.zero_grad()
        generator_loss = loss_function(discriminator(made_images), real)
        generator_loss.backward()
        generator_optimizer.step()
        return generator_loss.detach(), discriminator_loss.detach()

    try:
        epochs, batch_size = positive_int("epochs", epochs), positive_int("batch_size", batch_size)
        draw = seeds if callable(seeds) else _normal_numbers(positive_int("seeds", seeds))
        with explained("generator"):
            device = check_arguments(generator, dataset, loss_function, generator_optimizer, None)
        with explained("discriminator"):
            check_arguments(discriminator, dataset, loss_function, discriminator_optimizer, device)
        batches = batches_of(dataset, epochs, batch_size, False, device)
        first = next(batches)
        images = first[0]
        last_size = len(dataset) % batch_size or batch_size
        check_generator(generator, draw, images)
        with explained("discriminator"):
            first_loss = check_fit(
                discriminator, loss_function, images, torch.ones_like(images[:, :1]), last_size
            )
        total = epochs * math.ceil(len(dataset) / batch_size)
        with (
            whole_steps(itertools.chain([first], batches)) as batches,
            training_settings(generator, batch_size),
            training_settings(discriminator, batch_size),
            progress_bar(total, progress) as bar,
        ):
            networks = generator, discriminator
            optimizers = generator_optimizer, discriminator_optimizer
            take_step = replayed(step, *networks, loss_function, *optimizers)
            for images, _ in batches:
                losses = take_step(images, draw(len(images)).to(device))
                count += 1
                bar.update()
                if count % KEEP_EVERY == 0:
                    made, judged = (finite(loss, count, history, first_loss) for loss in losses)
                    history.generator_losses.append(made)
                    history.discriminator_losses.append(judged)
                    history.steps.append(count)
                    show_losses(
                        bar,
                        generator=history.generator_losses,
                        discriminator=history.discriminator_losses,
                    )
            for loss in losses:
                finite(loss, count, history, first_loss)
    except KeyboardInterrupt:
        raise TrainingInterrupted(history, count, total) from None
    finally:
        history.seconds = time.perf_counter() - start
    return history


def _normal_numbers(size):
    return lambda count: torch.randn(count, size)
