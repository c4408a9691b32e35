"""The exercises of 12_beyond_one_machine."""

import torch
from torch import nn

from helpers.exercises.core import Exercise, Failure, Mistake, random_tensor

# 12.1


def combine(gradients, counts):
    images = sum(counts)
    return sum(count / images * gradient for gradient, count in zip(gradients, counts, strict=True))


def combined_gradient(answer, counts):
    """What `answer` makes of the gradients that processes with so many images each have computed."""
    ends = torch.tensor(counts).cumsum(0).tolist()
    parts = [range(end - count, end) for count, end in zip(counts, ends, strict=True)]
    return answer([gradient_of_mean(list(part)) for part in parts], list(counts))


def gradient_of_mean(images):
    """The gradient of the mean loss over these of ten images, for the weights of a small network."""
    network = nn.Linear(6, 3)
    with torch.no_grad():
        network.weight.copy_(random_tensor(3, 6, seed=2))
        network.bias.zero_()
    inputs, targets = random_tensor(10, 6), random_tensor(10, 3, seed=1)
    nn.functional.mse_loss(network(inputs[images]), targets[images]).backward()
    return network.weight.grad.clone()


# 12.2


def share(batch, rank, processes):
    return batch[rank::processes]


def facts_about_shares(answer, size, processes):
    """Are the shares of all processes together the batch, each image once, and about equally long?"""
    batch = torch.arange(100, 100 + size)
    shares = [answer(batch, rank, processes) for rank in range(processes)]
    for rank, positions in enumerate(shares):
        if not isinstance(positions, torch.Tensor) or positions.dim() != 1:
            raise Failure(f"For rank {rank} of {processes} your function gives no tensor (n,).")
    together = torch.cat(shares)
    lengths = [len(positions) for positions in shares]
    return [
        len(together),
        len(together.unique()),
        bool(torch.isin(together, batch).all()),
        max(lengths) - min(lengths),
    ]


def facts_wanted_of_shares(size, processes):
    return [size, size, True, 1 if size % processes else 0]


# 12.3


def ring_seconds(machines, megabytes, gigabits_per_second, latency):
    size, bandwidth = megabytes * 1e6, gigabits_per_second * 1e9 / 8
    return 2 * (machines - 1) / machines * size / bandwidth + 2 * (machines - 1) * latency


def round_by_round(machines, megabytes, gigabits_per_second, latency):
    """Add up the rounds: in each every machine sends one of `machines` pieces to the next."""
    seconds = 0.0
    for _ in ("sum up", "hand on"):
        for _ in range(machines - 1):
            bits = megabytes * 8e6 / machines
            seconds += latency + bits / (gigabits_per_second * 1e9)
    return seconds


def seconds_with(factor, bits=8, rounds=lambda machines: 2 * (machines - 1)):
    """The time with another factor on size / bandwidth, or other units, or another latency."""
    return lambda machines, megabytes, gigabits_per_second, latency: (
        factor(machines) * megabytes * bits / 1e3 / gigabits_per_second + rounds(machines) * latency
    )


def ring_factor(machines):
    return 2 * (machines - 1) / machines


EXERCISES = {
    "12.1": Exercise(
        task="Several processes have computed the gradient of the mean loss over their own images. Write "
        "combine(gradients, counts), a list of tensors and how many images each stands for: the gradient of "
        "the mean loss over all images together.",
        solution=combine,
        use=combined_gradient,
        expected=lambda counts: gradient_of_mean(list(range(sum(counts)))),
        inputs=lambda: [((5, 5),), ((7, 3),), ((1, 2, 6),)],
        why="Each gradient is a mean over its own images, so it counts as often as it has images. Only with equal "
        "parts is that the plain mean, and the plain mean is what DistributedDataParallel takes.",
        known={
            "averaged without weights": Mistake(
                lambda gradients, counts: sum(gradients) / len(gradients),
                "the few images of a small part would count more than those of a large one. Weigh each "
                "gradient by its number of images.",
            ),
            "took the sum in place of the mean": Mistake(
                lambda gradients, counts: sum(gradients),
                "with N processes the step would be about N times as long. Divide.",
            ),
            "did not divide by the number of images": Mistake(
                lambda gradients, counts: sum(
                    gradient * count for gradient, count in zip(gradients, counts, strict=True)
                ),
                "the weights must add up to 1: divide by the number of all images.",
            ),
            "divided by the number of processes": Mistake(
                lambda gradients, counts: sum(
                    gradient * count / len(counts)
                    for gradient, count in zip(gradients, counts, strict=True)
                ),
                "you weighed by the images, so divide by the number of all images.",
            ),
        },
        hints=(
            "A mean over n images, times n, is a sum over them.",
            "Add up the sums of all processes, and divide by the number of all images.",
        ),
    ),
    "12.2": Exercise(
        task="Write share(batch, rank, processes): of a tensor of positions, the batch, those that the process "
        "`rank` (0, 1, ...) takes, so that each position is taken once and the shares differ by one at most.",
        solution=share,
        use=facts_about_shares,
        expected=facts_wanted_of_shares,
        inputs=lambda: [(12, 3), (10, 4), (7, 2)],
        why="Every process computes its share from its rank alone, without asking the others. Nothing fails when the "
        "shares are wrong: the training only uses other images than you think.",
        known={
            "gave the whole batch to each": Mistake(
                lambda batch, rank, processes: batch,
                "then every process computes the same gradient, and the others are of no use.",
            ),
            "gave each the first share": Mistake(
                lambda batch, rank, processes: batch[: len(batch) // processes],
                "all take the same images. The rank must decide.",
            ),
            "left out the rest": Mistake(
                lambda batch, rank, processes: batch[
                    rank * (len(batch) // processes) : (rank + 1) * (len(batch) // processes)
                ],
                "where the batch is no multiple of the number of processes, the last images are nobody's.",
            ),
            "gave the rest to the last": Mistake(
                lambda batch, rank, processes: batch[
                    rank * (len(batch) // processes) : (rank + 1) * (len(batch) // processes)
                    if rank < processes - 1
                    else None
                ],
                "the others wait for the longest share: spread the rest over several.",
            ),
            "counted ranks from 1": Mistake(
                lambda batch, rank, processes: batch[rank - 1 :: processes],
                "ranks are 0, 1, ..., as indices are.",
            ),
        },
        hints=(
            "Every third position, beginning with the second, is batch[1::3].",
            "tensor_split cuts a tensor into parts that differ by one at most.",
        ),
    ),
    "12.3": Exercise(
        task="Write ring_seconds(machines, megabytes, gigabits_per_second, latency): the seconds that a ring "
        "all-reduce takes for so many megabytes (10**6 bytes), over links of so many gigabits (10**9 bits) a second, each with "
        "this latency in seconds.",
        solution=ring_seconds,
        expected=round_by_round,
        inputs=lambda: [(2, 0.636, 10, 5e-5), (8, 100.0, 1, 1e-4), (1000, 636.0, 100, 2e-5)],
        why="In 2(N-1) rounds each machine sends one of N pieces. So the bytes hardly depend on N, "
        "and the latency, paid in each round, grows with it.",
        known={
            "left out the factor 2(N-1)/N": Mistake(
                seconds_with(lambda machines: 1),
                "each machine sends 2(N-1) pieces, each the N-th part of all.",
            ),
            "let each machine send all to all others": Mistake(
                seconds_with(lambda machines: machines - 1),
                "that is N-1 times the size. In a ring only pieces of size / N travel.",
            ),
            "sent everything in each round": Mistake(
                seconds_with(lambda machines: 2 * (machines - 1)),
                "a round moves a piece of size / N, not everything.",
            ),
            "took bits for bytes": Mistake(
                seconds_with(ring_factor, bits=1),
                "a byte has 8 bits: links are sold in bits, memory in bytes.",
            ),
            "forgot the latency": Mistake(
                seconds_with(ring_factor, rounds=lambda machines: 0),
                "each of the 2(N-1) rounds pays it once.",
            ),
            "paid the latency once": Mistake(
                seconds_with(ring_factor, rounds=lambda machines: 1),
                "each of the 2(N-1) rounds pays it.",
            ),
            "walked the ring once": Mistake(
                seconds_with(
                    lambda machines: (machines - 1) / machines,
                    rounds=lambda machines: machines - 1,
                ),
                "one walk sums up the pieces, and a second one hands the sums to all.",
            ),
        },
        hints=(
            "Bring both to one unit: a byte is 8 bits.",
            "2 * (N - 1) rounds; in each, size / N bytes and one latency.",
        ),
    ),
}
