"""The measures of made images, on sets whose answer is known."""

import pytest
import torch
from torch import nn

from helpers import load_mnist
from helpers.quality import (
    digit_counts,
    features_of,
    frechet_distance,
    nearest,
    precision_recall,
)
from helpers.recipes import Recipe


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def images():
    return load_mnist("train").images[:400] / 255


def test_the_distance_of_normal_clouds_is_that_of_the_formula():
    """For uncorrelated columns: the squared differences of the means and of the deviations."""
    real = torch.randn(200_000, 2) * torch.tensor([1.0, 2.0])
    made = torch.randn(200_000, 2) * torch.tensor([3.0, 2.0]) + torch.tensor([0.0, 5.0])
    assert frechet_distance(real, made) == pytest.approx(5**2 + (3 - 1) ** 2, rel=0.01)


def test_the_distance_of_correlated_clouds_agrees_with_the_matrix_root():
    real, made = torch.randn(50, 4) @ torch.randn(4, 4), torch.randn(60, 4) @ torch.randn(4, 4)
    one, other = torch.cov(real.double().T), torch.cov(made.double().T)
    values = torch.linalg.eigvals(one @ other)
    means = (real.double().mean(0) - made.double().mean(0)) @ (
        real.double().mean(0) - made.double().mean(0)
    )
    expected = means + one.trace() + other.trace() - 2 * values.sqrt().real.sum()
    assert frechet_distance(real, made) == pytest.approx(expected.item(), rel=1e-6)
    assert frechet_distance(made, real) == pytest.approx(expected.item(), rel=1e-6)


def test_a_set_has_no_distance_from_itself_and_more_from_fewer_rows():
    many, other = torch.randn(20_000, 5), torch.randn(20_000, 5)
    assert frechet_distance(many, many) == pytest.approx(0, abs=1e-9)
    few = [frechet_distance(many[:n], other[:n]) for n in (20, 200, 20_000)]
    assert few[0] > few[1] > few[2] > 0


def test_columns_that_do_not_vary_do_no_harm():
    flat = torch.zeros(30, 6)
    assert frechet_distance(flat, flat) == 0
    assert frechet_distance(flat, flat + 2) == pytest.approx(6 * 4)


def test_precision_and_recall_of_known_sets():
    real = torch.randn(500, 2)
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, real + 100) == (0, 0)
    one_place = real[:1].expand(500, 2)
    precision, recall = precision_recall(real, one_place)
    assert precision == 1 and recall == pytest.approx(1 / 500)
    half = real[real[:, 0] > 0]  # half of what there is
    precision, recall = precision_recall(real, half)
    assert precision == 1 and 0.4 < recall < 0.65


def test_precision_is_the_share_within_the_circle_of_the_kth_neighbour():
    real = torch.tensor([[0.0], [1.0], [3.0], [10.0]])
    made = torch.tensor([[-0.5], [4.6], [20.0], [17.0]])
    # with k = 1 the radii are 1, 1, 2, 7: made 4.6 lies within 2 of 3 and 17 within 7 of 10
    assert precision_recall(real, made, k=1)[0] == 0.75


def test_digits_are_counted_as_the_network_reads_them():
    network = nn.Linear(784, 10)
    with torch.no_grad():
        network.weight.zero_()
        network.weight[:, :10] = torch.eye(10)
    images = torch.zeros(5, 784)
    images[range(5), [3, 3, 3, 9, 0]] = 1
    assert digit_counts(network, images).tolist() == [1, 0, 0, 3, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("normalization", ["none", "layernorm"])
def test_features_are_what_the_last_layer_gets(images, normalization):
    network = Recipe("bce", "leaky", "adam", normalization).network()
    features = features_of(network, images)
    assert features.shape == (400, 200)
    with torch.no_grad():
        torch.testing.assert_close(network[-2:](features), network(images))


def test_the_nearest_image_of_a_copy_is_the_original(images):
    order = torch.randperm(len(images))
    distances, positions = nearest(images[order], images)
    assert torch.equal(positions, order)
    assert distances.max() < 1e-6


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (torch.zeros(5, 3), "real has 2 columns, made 3"),
        (torch.zeros(1, 2), r"made is \(1, 2\); expected \(n, d\) with n more than 1"),
        (torch.zeros(8), r"made is \(8,\)"),
    ],
)
def test_sets_that_do_not_fit_are_named(made, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(torch.zeros(5, 2), made)
    with pytest.raises(ValueError, match="with n more than 3"):
        precision_recall(torch.zeros(5, 2), torch.zeros(3, 2))
