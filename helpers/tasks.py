"""What a run of a grid trains and measures: a network that reads digits, or a pair that writes them."""

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import ClassVar

import torch
from torch import nn

from helpers.gan import train_gan
from helpers.quality import digit_counts, features_of, frechet_distance, precision_recall
from helpers.training import accuracy, outputs_of, train

SEED_OF_JUDGEMENT = 1000  # the seeds from which the judged images are made
FEW = 2000  # images of which precision and recall are taken


class Reading:
    """A network that reads digits, trained at batch size 1 in file order."""

    settings: ClassVar = {}
    measures = "accuracy", "accuracies", "last_loss"

    def run(self, recipe, seed, epochs, images) -> dict:
        """Train `recipe` from `seed`; return its test accuracy, after each epoch and at the end."""
        torch.manual_seed(seed)
        network = recipe.network()
        loss_function, optimizer = recipe.loss_function(), recipe.optimizer(network)
        accuracies, seconds = [], 0.0
        for _ in range(epochs):
            history = train(network, images.train_set, loss_function=loss_function,
                            optimizer=optimizer, epochs=1, progress=False)  # fmt: skip
            accuracies.append(accuracy(network, images.test_set))
            seconds += history.seconds
        return {
            "accuracy": accuracies[-1],
            "accuracies": " ".join(map(str, accuracies)),
            "last_loss": history.losses[-1],
            "seconds": round(seconds, 2),
        }


@dataclass(frozen=True)
class Writing:
    """A generator and a discriminator, which train each other; what is not in the recipe stands here."""

    seeds: str = "100 normal"  # how many numbers a seed has, and their law: normal or uniform
    batch_size: int = 64
    beta1: float = 0.9  # Adam's, for its mean of gradients
    initialization: str = "pytorch"  # or "0.02": weights from N(0, 0.02²), biases 0

    measures: ClassVar = (
        *("frechet", "frechets", "precision", "recall", "spread", "counts", "sure"),
        *("generator_loss", "discriminator_loss"),
    )

    @property
    def settings(self):
        return asdict(self)

    def run(self, recipe, seed, epochs, images) -> dict:
        """Train a pair of `recipe` from `seed`; return how good its images are, see `helpers.quality`.

        As many images are judged as the test set has, by the reader and against the test images. The
        losses are the means of the last epoch. Raises ValueError where that has fewer than ten steps.
        """
        if len(images.train_set) < 10 * self.batch_size:
            raise ValueError(
                f"images is {len(images.train_set)}; expected ten batches of {self.batch_size} or more"
            )
        reader = images.reader
        real = features_of(reader, images.test_set.images / 255)
        torch.manual_seed(seed)
        generator, discriminator, settings = self.pair(recipe)
        judged_seeds = self.draw(len(real), torch.Generator().manual_seed(SEED_OF_JUDGEMENT))
        frechets, seconds = [], 0.0
        for _ in range(epochs):
            history = train_gan(generator, discriminator, images.train_set, **settings,
                                seeds=self.draw, batch_size=self.batch_size, progress=False)  # fmt: skip
            made_images = outputs_of(generator, judged_seeds)
            made = features_of(reader, made_images)
            frechets.append(frechet_distance(real, made))
            seconds += history.seconds
        precision, recall = precision_recall(real[:FEW], made[:FEW])
        sure = outputs_of(reader, made_images).max(dim=1).values > 0.9
        return {
            "frechet": frechets[-1],
            "frechets": " ".join(map(str, frechets)),
            "precision": precision,
            "recall": recall,
            "spread": made_images.std(dim=0).mean().item(),
            "counts": " ".join(map(str, digit_counts(reader, made_images).tolist())),
            "sure": sure.float().mean().item(),
            "generator_loss": fmean(history.generator_losses),
            "discriminator_loss": fmean(history.discriminator_losses),
            "seconds": round(seconds, 2),
        }

    def pair(self, recipe):
        """Make both networks, and what `train_gan` needs for them."""
        networks = recipe.generator(int(self.seeds.split()[0])), recipe.discriminator()
        optimizers = [recipe.optimizer(network) for network in networks]
        if self.initialization != "pytorch":
            for layer in [*networks[0], *networks[1]]:
                if isinstance(layer, nn.Linear):
                    nn.init.normal_(layer.weight, std=float(self.initialization))
                    nn.init.zeros_(layer.bias)
        if recipe.words["optimizer"] == "adam":
            for optimizer in optimizers:
                optimizer.param_groups[0]["betas"] = (self.beta1, 0.999)
        settings = {
            "loss_function": recipe.loss_function(),
            "generator_optimizer": optimizers[0],
            "discriminator_optimizer": optimizers[1],
        }
        return *networks, settings

    def draw(self, count, source=None):
        """Draw seeds, a tensor (count, d), from `source`, a `torch.Generator`, or PyTorch's own."""
        size, law = self.seeds.split()
        return {"normal": torch.randn, "uniform": torch.rand}[law](
            count, int(size), generator=source
        )


TASKS = {"reading": Reading(), "writing": Writing()}
