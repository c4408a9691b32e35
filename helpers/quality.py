"""How good are the images that a generator makes? Four measures, none of which sees everything.

Features are what a network that reads digits has in its hidden layer, see `features_of`: there, two
images of one digit lie near each other, as their pixels do not.
"""

import torch
from torch import nn

from helpers.recipes import Recipe
from helpers.training import outputs_of, train

CHUNK = 1000  # rows of a distance table at a time


def train_reader(train_set) -> nn.Sequential:
    """Train the network that judges made digits, as notebook 13 does."""
    recipe = Recipe("bce", "leaky", "adam", "layernorm")
    torch.manual_seed(0)
    reader = recipe.network()
    settings = {"loss_function": recipe.loss_function(), "optimizer": recipe.optimizer(reader)}
    train(reader, train_set, **settings, epochs=4, batch_size=100, shuffle=True, progress=False)
    return reader


def features_of(network, images) -> torch.Tensor:
    """Return what the last layer with weights gets, (n, d), when `network` reads images (n, 784)."""
    layers = list(network)
    last = max(i for i, layer in enumerate(layers) if isinstance(layer, nn.Linear))
    return outputs_of(nn.Sequential(*layers[:last]), images)


def digit_counts(network, images) -> torch.Tensor:
    """Return how many of the images (n, 784) `network` reads as each digit, (10,) whole numbers.

    A network gives an answer to any image, and may be sure of it where there is no digit at all.
    """
    return outputs_of(network, images).argmax(dim=1).bincount(minlength=10)


def frechet_distance(real, made) -> float:
    """Return the Fréchet distance of two sets of features (n, d), each taken as a normal cloud.

    It is the squared distance of their means plus what their covariances differ by:
    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). Zero for equal clouds; more, the fewer rows there are, so
    compare sets of equal size. Distances in features of different networks do not compare; published
    ones ("FID") are in those of Inception. Raises ValueError for sets of different width, or with
    fewer than two rows.

    Source: Dowson and Landau, 1982; for images: Heusel et al., 2017.
    """
    _check(real, made)
    real, made = real.double(), made.double()
    means = (real.mean(dim=0) - made.mean(dim=0)).square().sum()
    one, other = torch.cov(real.T), torch.cov(made.T)
    # the trace of (C1 C2)^(1/2): the roots of the eigenvalues of C1 C2, which are 0 or more
    values, vectors = torch.linalg.eigh(one)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    return (means + one.trace() + other.trace() - 2 * shared).item()


def precision_recall(real, made, k=3) -> tuple[float, float]:
    """Return (precision, recall) of two sets of features (n, d), each a share 0..1.

    precision   the share of `made` that lies among the real ones: no farther from some real one than
                that one's k-th nearest neighbour among the real ones
    recall      the same with the two sets exchanged: the share of `real` that lies among `made`

    Raises ValueError for sets of different width, or with k rows or fewer.
    Source: Kynkäänniemi et al., 2019.
    """
    _check(real, made, k)
    real, made = real.double(), made.double()
    return _share_within(real, made, k), _share_within(made, real, k)


def nearest(images, among) -> tuple[torch.Tensor, torch.Tensor]:
    """For each row of `images` (n, d) find the nearest row of `among` (m, d); return (distances, positions)."""
    among = among.double()
    parts = [torch.cdist(part.double(), among).min(dim=1) for part in images.split(CHUNK)]
    return torch.cat([p.values for p in parts]), torch.cat([p.indices for p in parts])


def _share_within(centres, points, k):
    # k + 1, since each centre is its own nearest
    radii = torch.cat(
        [torch.cdist(part, centres).kthvalue(k + 1).values for part in centres.split(CHUNK)]
    )
    inside = [(torch.cdist(part, centres) <= radii).any(dim=1) for part in points.split(CHUNK)]
    return torch.cat(inside).float().mean().item()


def _check(real, made, k=1):
    for name, features in {"real": real, "made": made}.items():
        if features.dim() != 2 or len(features) <= k:
            raise ValueError(
                f"{name} is {tuple(features.shape)}; expected (n, d) with n more than {k}"
            )
    if real.size(1) != made.size(1):
        raise ValueError(
            f"real has {real.size(1)} columns, made {made.size(1)}; expected the same features"
        )
