"""The exercises of 12_beyond_one_machine."""

import math

import torch

from helpers.exercises.core import (
    Exercise,
    Failure,
    Mistake,
    Outcome,
    kind,
    numbers_and_reason,
    reason_does_not_fit,
    show,
)
from helpers.exercises.language import _

# 12.1


def combine(gradients, counts):
    images = sum(counts)
    return sum(count / images * gradient for gradient, count in zip(gradients, counts, strict=True))


def mean_over_images(gradients, counts):
    """The gradient of each image written out, as often as there are images, and their mean."""
    each = [gradient.expand(count, -1) for gradient, count in zip(gradients, counts, strict=True)]
    return torch.cat(each).mean(dim=0)


def weights_of_the_parts(answer):
    """How much of each part's gradient is in the answer."""
    given = answer([torch.tensor([float(i == k) for i in range(3)]) for k in range(3)], [1, 2, 5])
    if not isinstance(given, torch.Tensor) or given.shape != (3,):
        return _(
            "From gradients of three entries your function gives {found}; expected one gradient of three entries.",
            found=show(given),
        )
    return _(
        "Three processes with 1, 2 and 5 images: your answer weighs their gradients by {weights}. An image counts as much as "
        "any other, so the weights are 0.125, 0.25 and 0.625.",
        weights=", ".join(f"{weight:.3g}" for weight in given.tolist()),
    )


# 12.2


def share(batch, rank, processes):
    return batch[rank::processes]


def facts_about_shares(answer, size, processes):
    """Are the shares of all processes together the batch, each position once, and about equally long?"""
    batch = 2 * torch.arange(size).flip(0)
    shares = []
    for rank in range(processes):
        positions = answer(batch.clone(), rank, processes)
        if not isinstance(positions, torch.Tensor) or positions.dim() != 1:
            found = show(positions) if isinstance(positions, torch.Tensor) else kind(positions)
            raise Failure(
                _(
                    "For rank {rank} of {processes} your function gives {found}; expected a tensor (n,) of positions.",
                    rank=rank,
                    processes=processes,
                    found=found,
                )
            )
        shares.append(positions.tolist())
    together = [position for positions in shares for position in positions]
    fault = None
    if others := sorted(set(together) - set(batch.tolist())):
        fault = _("{position:g} is in a share, and not in the batch", position=others[0])
    elif twice := [one for one in batch.tolist() if together.count(one) > 1]:
        fault = _("{position} is in more than one share", position=twice[0])
    elif missing := [one for one in batch.tolist() if one not in together]:
        fault = _("nobody takes {position}", position=missing[-1])
    elif max(map(len, shares)) - min(map(len, shares)) > 1:
        lengths = ", ".join(str(len(positions)) for positions in shares)
        fault = _(
            "the shares have {lengths} positions, and the longest is waited for", lengths=lengths
        )
    if not fault:
        return "as asked"
    return Outcome(
        _(
            "for batch = {batch} in {processes} processes {fault}: {shares}",
            batch=batch.tolist(),
            processes=processes,
            fault=fault,
            shares="; ".join(f"rank {rank} {positions}" for rank, positions in enumerate(shares)),
        )
    )


# 12.3

ring_and_tree = [0.00584, 0.00154, "b"]
FEWER_ROUNDS = "the tree has fewer rounds, and each pays a latency"
MACHINES, SIZE, BANDWIDTH, LATENCY = 50, 0.6e6, 10e9 / 8, 50e-6
WALKS = 2 * (MACHINES - 1)  # rounds of the ring
LEVELS = math.ceil(math.log2(MACHINES))


def compare_with_rounds(answer):
    ring, tree, reason = numbers_and_reason(answer)
    if right(ring, 2 * LEVELS) and right(tree, WALKS):
        return Outcome(_("the ring comes first, then the tree"))
    if not right(ring, WALKS):
        return Outcome(_("the ring: {slip}", slip=slip_in(ring, WALKS)))
    if not right(tree, 2 * LEVELS):
        return Outcome(_("the tree: {slip}", slip=slip_in(tree, 2 * LEVELS)))
    return FEWER_ROUNDS if reason == "b" else reason_does_not_fit(reason)


def right(given, latencies):
    return math.isclose(given, seconds(latencies), rel_tol=0.01)


def seconds(latencies, sent=WALKS / MACHINES):
    """For so many latencies, where each machine sends so many times the size."""
    return sent * SIZE / BANDWIDTH + latencies * LATENCY


def slip_in(given, latencies):
    """Say which slip gives these seconds."""
    sent = WALKS / MACHINES
    slips = {
        _("you took a byte for a bit: 8 bits are a byte"): seconds(latencies, sent / 8),
        _("you multiplied by 8 where you should divide"): seconds(latencies, sent / 64),
        _("you took a bit for 8 bytes"): seconds(latencies, sent * 8),
        _("you left out the latency"): seconds(0),
        _("you paid the latency once; each round pays it"): seconds(1),
        _("you left out the bytes"): seconds(latencies, 0),
        _("one walk sums up, and a second hands the sums on: you took one"): seconds(
            latencies / 2, sent / 2
        ),
        _("the bytes are in order, but the second walk pays latencies, too"): seconds(
            latencies / 2
        ),
        _("you have a round too much on each walk"): seconds(latencies + 2),
        _("there are 2 * (N - 1) rounds, not 2 * N"): seconds(2 * MACHINES, 2),
        _("you sent everything in each round; it is a piece of size / N"): seconds(
            latencies, latencies
        ),
        _("you let each machine send the size once; with both walks it is almost twice"): seconds(
            latencies, 1
        ),
        _("you took microseconds for seconds"): seconds(latencies * 1e6),
        _("you gave milliseconds"): 1e3 * seconds(latencies),
        _("these are the latencies of the ring; a tree has 2 for each level"): seconds(WALKS),
        _("a fraction of a round is none: round the logarithm up"): seconds(
            2 * math.log2(MACHINES)
        ),
        _("each level of the tree halves the machines: the logarithm is that with base 2"): seconds(
            2 * math.log(MACHINES)
        ),
        _("asked for are seconds, not how many times as fast the tree is"): seconds(WALKS)
        / seconds(2 * LEVELS),
    }
    right_one = seconds(latencies)
    near = {
        slip: abs(value / given - 1)
        for slip, value in slips.items()
        if given and not math.isclose(value, right_one, rel_tol=1e-6)
    }
    if near and min(near.values()) < 0.01:
        return min(near, key=near.get)
    return _(
        "for its bytes alone a machine needs {bytes:.3g} seconds, and its {count:g} latencies take "
        "{latencies:.3g}; you have {given:.3g} in all",
        bytes=seconds(0),
        count=latencies,
        latencies=latencies * LATENCY,
        given=given,
    )


EXERCISES = {
    "12.1": Exercise(
        task="Several processes have computed the gradient of the mean loss over their own images. Write "
        "combine(gradients, counts), a list of tensors and how many images each stands for: the gradient of "
        "the mean loss over all images together.",
        solution=combine,
        expected=mean_over_images,
        diagnose=weights_of_the_parts,
        inputs=lambda: [
            ([torch.tensor([1.0, 4.0]), torch.tensor([3.0, 0.0])], [3, 1]),
            ([torch.tensor([2.0]), torch.tensor([5.0]), torch.tensor([-1.0])], [1, 2, 5]),
        ],
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
            "divided each by its own images": Mistake(
                lambda gradients, counts: sum(
                    gradient / count for gradient, count in zip(gradients, counts, strict=True)
                ),
                "each is a mean already. To count as often as it has images, it is multiplied.",
            ),
            "divided the sum by the number of images": Mistake(
                lambda gradients, counts: sum(gradients) / sum(counts),
                "each gradient stands for as many images as it has: multiply it by them first.",
            ),
            "took the part with most images": Mistake(
                lambda gradients, counts: gradients[counts.index(max(counts))],
                "the images of the other parts belong to the mean, too.",
            ),
            "took the median": Mistake(
                lambda gradients, counts: torch.stack(gradients).median(dim=0).values,
                "the loss of all images is a mean, and so is its gradient.",
            ),
            "multiplied two lists": Mistake(
                lambda gradients, counts: sum(gradients * counts) / sum(counts),
                "lists are not multiplied entry by entry: zip(gradients, counts) gives pairs.",
            ),
            "multiplied along the wrong axis": Mistake(
                lambda gradients, counts: (
                    (torch.stack(gradients) * torch.tensor(counts)).sum(dim=0) / sum(counts)
                ),
                "the rows are the parts: their weights need the shape (parts, 1), by [:, None].",
            ),
        },
        hints=(
            "A mean over n images, times n, is a sum over them.",
            "You know the sums of all processes. What is the mean over all images?",
        ),
    ),
    "12.2": Exercise(
        task="Write share(batch, rank, processes): of a tensor of positions, the batch, those that the process "
        "`rank` (0, 1, ...) takes, so that each position is taken once and the shares differ by one at most.",
        solution=share,
        use=facts_about_shares,
        expected=lambda size, processes: "as asked",
        inputs=lambda: [(6, 3), (7, 2), (10, 4)],
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
            "gave one image": Mistake(
                lambda batch, rank, processes: batch[rank : rank + 1],
                "the share begins there, and goes on: all positions must be somebody's.",
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
            "cut with chunk": Mistake(
                lambda batch, rank, processes: batch.chunk(processes)[rank],
                "chunk makes all parts as long as the first, and the last one takes what is left. tensor_split spreads it.",
            ),
            "took the processes for the length": Mistake(
                lambda batch, rank, processes: batch[rank * processes : (rank + 1) * processes],
                "a share has len(batch) / processes positions, not `processes`.",
            ),
            "split by the number of processes": Mistake(
                lambda batch, rank, processes: batch.split(processes)[rank],
                "split(k) makes pieces of k positions. tensor_split(k) makes k pieces.",
            ),
            "swapped start and step": Mistake(
                lambda batch, rank, processes: batch[processes::rank],
                "a process begins at its rank, and takes every `processes`-th position from there.",
            ),
            "divided with /": Mistake(
                lambda batch, rank, processes: batch[
                    rank * len(batch) / processes : (rank + 1) * len(batch) / processes
                ],
                "places are whole numbers: // divides without a rest. And what becomes of the rest?",
            ),
            "counted ranks from 1": Mistake(
                lambda batch, rank, processes: batch[rank - 1 :: processes],
                "ranks are 0, 1, ..., as indices are.",
            ),
            "took the rank for the stride": Mistake(
                lambda batch, rank, processes: batch[:: rank + 1],
                "each process begins at its rank, and takes every `processes`-th position.",
            ),
            "looked at the values": Mistake(
                lambda batch, rank, processes: batch[batch % processes == rank],
                "what stands in the batch may be anything. Deal out its places.",
            ),
            "drew at random": Mistake(
                lambda batch, rank, processes: batch[torch.randperm(len(batch))][rank::processes],
                "each process draws an order of its own, so images come twice or never. The batch is shuffled once, for all.",
            ),
        },
        hints=(
            "How would you deal out cards to players with the numbers 0, 1, 2?",
            "A slice has a start and a step. Which of rank and processes is which?",
        ),
    ),
    "12.3": Exercise(
        task="Give ring_and_tree = [seconds, seconds, reason]: what an all-reduce of 0.6 megabytes takes among 50 machines on "
        'links of 10 gigabits a second with a latency of 50 microseconds, by a ring and by a tree, and why: "a", "b" or "c".',
        solution=ring_and_tree,
        use=compare_with_rounds,
        expected=lambda: FEWER_ROUNDS,
        why="Both send almost twice the size, 0.00094 s. The ring waits 98 times for a message, the tree 12 times. So few bytes "
        "and many machines want a tree; with 6 gigabytes both take about 9.4 s, and the way hardly matters.",
        known={
            "took bits for bytes": Mistake(
                [0.00502, 0.00154, "b"],
                "links are sold in bits, memory in bytes. 0.6 megabytes are 4.8 megabits.",
            ),
            "multiplied the bandwidth by 8": Mistake(
                [0.00491, 0.00154, "b"],
                "10 gigabits are fewer gigabytes: divide by 8.",
            ),
            "paid the latency once": Mistake(
                [0.000991, 0.00154, "b"], "in a ring each of the 2(N-1) rounds pays it."
            ),
            "forgot the latency": Mistake(
                [0.000941, 0.000941, "b"],
                "each round waits for a message. Without that, ring and tree are alike.",
            ),
            "walked the ring once": Mistake(
                [0.00292, 0.00154, "b"],
                "one walk sums up the pieces, and a second one hands the sums to all.",
            ),
            "counted 2N rounds": Mistake(
                [0.00596, 0.00154, "b"],
                "a piece passes N - 1 machines to be summed up, and N - 1 to be handed on.",
            ),
            "sent everything in each round": Mistake(
                [0.0519, 0.00154, "b"], "a round of the ring moves a piece of size / N."
            ),
            "sent everything at each level": Mistake(
                [0.00584, 0.00636, "b"],
                "in the tree, too, pieces follow each other: the bytes are those of the ring.",
            ),
            "took the ring for the tree": Mistake(
                [0.00584, 0.00584, "b"], "the tree waits for 2 * ceil(log2(N)) messages."
            ),
            "did not round the levels": Mistake(
                [0.00584, 0.001505, "b"], "50 machines need 6 levels: the logarithm, rounded up."
            ),
            "went up the tree alone": Mistake(
                [0.00584, 0.00077, "b"],
                "the sums go up to one machine, and down again to all: twice the levels, and twice the bytes.",
            ),
            "swapped the two": Mistake([0.00154, 0.00584, "b"], "first the ring, then the tree."),
            "gave milliseconds": Mistake([5.84, 1.54, "b"], "asked for are seconds."),
            "sent fewer bytes": Mistake(
                [0.00584, 0.00154, "a"],
                "by the formula both send almost twice the size: put a latency of 0 in, and they are equal.",
            ),
            "praised the links": Mistake(
                [0.00584, 0.00154, "c"], "the links are the same: 10 gigabits a second in both."
            ),
        },
        hints=(
            "Bring both to one unit: 0.6 megabytes are 4.8 megabits.",
            "all_reduce of the notebook takes bytes, and bytes a second. How many latencies are in the ring's answer, and how many "
            "has the tree?",
        ),
    ),
}
