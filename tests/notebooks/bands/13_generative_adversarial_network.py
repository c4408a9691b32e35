"""What the text of notebook 13 says of two networks that train each other."""

import torch
from bands import after


@after("g008")
def the_generator_writes_the_pattern(made):
    return ((made.mean(dim=0) - torch.tensor([0.9, 0.1, 0.9, 0.1])).abs() < 0.15).all()


@after("g009", full=(0.23, 0.27))
def both_losses_end_near_a_quarter(means):
    return {"discriminator": means[-10:, 0].mean(), "generator": means[-10:, 1].mean()}


@after("g009")
def one_loss_goes_up_where_the_other_goes_down(means):
    return torch.corrcoef(means.T)[0, 1] < 0


@after("g015", full=(0.97, 0.982), sample=(0.7, 0.97))
def test_accuracy_of_the_reader(reader, test_set):
    from helpers import accuracy

    return accuracy(reader, test_set)


@after("g020", full=(9_990, 10_000), sample=(9_000, 10_000))
def images_of_one_digit_after_the_collapse(counts):
    return counts.max()


@after("g020", full=(0.97, 1), sample=None)
def share_of_which_the_reader_is_sure(sure):
    return sure


@after("g020", full=(0, 0.02), sample=(0, 0.05))
def spread_of_a_pixel_after_the_collapse(spread):
    return spread


@after("g020", full=(0.17, 0.2), sample=None)
def spread_of_a_pixel_of_mnist(real_spread):
    return real_spread


@after("g022", full=(0.15, 0.4), sample=(0, 1))
def both_losses_of_the_collapsed_at_the_end(collapsed_history):
    return {
        "generator": sum(collapsed_history.generator_losses[-200:]) / 200,
        "discriminator": sum(collapsed_history.discriminator_losses[-200:]) / 200,
    }


@after("g022", full=(0, 0.05), sample=None)
def lowest_loss_of_the_discriminator(collapsed_history):
    losses = torch.tensor(collapsed_history.discriminator_losses[:2000])
    return losses.view(-1, 100).mean(dim=1).min()


@after("g025", full=(0, 0.3), sample=None)
def loss_of_the_discriminator_in_the_fourth_epoch(history):
    return sum(history.discriminator_losses) / len(history.discriminator_losses)


@after(
    "g027", full={"fewest": (0, 400), "most": (1_400, 4_000), "spread": (0.13, 0.19)}, sample=None
)
def what_the_reader_counts_after_four_epochs(counts, spread):
    return {"fewest": counts.min(), "most": counts.max(), "spread": spread}


@after("g027", full={0: (1.4, 3.5), 1: (0, 0.4), 3: (1.4, 4)}, sample=None)
def how_often_a_digit_comes_for_each_among_real_images(counts, real_counts):
    shares = (counts / counts.sum()) / (real_counts / real_counts.sum())
    return {digit: shares[digit] for digit in (0, 1, 3)}


@after("g027", full=(0.05, 0.6), sample=None)
def how_much_surer_the_reader_was_after_the_first_epoch(judged):
    return judged[0][1] - judged[-1][1]


@after("g303")
def the_weights_with_and_without_detach_are_the_same(apart):
    return apart < 1e-6


@after("g303", full=(0.8, 2))
def how_many_times_as_long_it_takes_without_detach(seconds):
    return seconds[False] / seconds[True]
