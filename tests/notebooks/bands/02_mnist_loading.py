"""What the text of notebook 02 says of MNIST."""

import torch
from bands import after


@after("c22", full={"training": (60_000, 60_000), "test": (10_000, 10_000)}, sample=None)
def number_of_images(train_set, test_set):
    return {"training": len(train_set), "test": len(test_set)}


@after("c26", full=(0.085, 0.115))
def share_of_each_digit(counts):
    return dict(enumerate(counts / counts.sum()))


@after("c29a", sample=None)
def the_average_of_its_own_digit_is_nearest_to_the_first_test_image(by_hand, label):
    return torch.stack(by_hand).argmin() == label == 7


@after("c30")
def by_hand_and_by_cdist_the_distances_are_the_same(distances, by_hand, index):
    return torch.allclose(distances[index], torch.stack(by_hand), rtol=0.001)


@after("c30", full=(0.815, 0.825), sample=(0.80, 0.90))
def share_of_right_answers_by_the_nearest_average(share):
    return share


@after("c16b")
def the_loader_gives_the_images_of_the_dataset(images, mine):
    return torch.equal(images[3], mine[3][1])


@after("c18")
def both_classes_give_the_same_items(same, course):
    return same == len(course)
