"""The exercises of 10_better_training."""

import copy

import torch
from torch import nn

from helpers.exercises.core import Exercise, Failure, Mistake, Outcome, random_tensor, show

# 10.1


def honest_share(validation_shares, test_shares):
    best = max(range(len(validation_shares)), key=validation_shares.__getitem__)
    return test_shares[best]


def equal_models(seed):
    """Twenty models that are equally good: what they differ by is chance."""
    shares = 0.97 + 0.003 * random_tensor(2, 20, seed=seed)
    shares[1] += 0.01 * (seed % 2)
    return shares[0].tolist(), shares[1].tolist()


def share_by_sorting(validation_shares, test_shares):
    return max(zip(validation_shares, test_shares, strict=True))[1]


# 10.2


def batches(n, batch_size):
    return list(torch.randperm(n).split(batch_size))


def facts_about(answer, n, batch_size):
    """What must hold for the batches of one epoch, whatever the order is."""
    positions, sizes = joined(answer, n, batch_size)
    again, _ = joined(answer, n, batch_size)
    return [f"batches of {sizes}", coverage(positions, n), order(positions, again, n, batch_size)]


def joined(answer, n, batch_size):
    parts = answer(n, batch_size)
    if not isinstance(parts, list | tuple) or not all(
        torch.is_tensor(p) and p.dim() == 1 for p in parts
    ):
        raise Failure(
            f"Your function gives {show(parts)}; expected a list of tensors (n,), one a batch."
        )
    return torch.cat([torch.empty(0), *parts]), [len(part) for part in parts]


def coverage(positions, n):
    found = set(positions.tolist())
    if len(found) < len(positions):
        return Outcome("some positions come twice")
    if not found <= set(range(n)):
        return Outcome("there are positions other than 0 to n - 1")
    if len(found) < n:
        return Outcome("some positions are missing")
    return "each image once"


def order(positions, again, n, batch_size):
    if torch.equal(positions, torch.arange(n)):
        return Outcome("the order is that of the file")
    if torch.equal(positions, again):
        return Outcome("the order is the same each time")
    if n > batch_size and set(positions[:batch_size].tolist()) == set(range(batch_size)):
        return Outcome("the batches hold the same images each time, in another order")
    return "a new order each time"


def facts_wanted(n, batch_size):
    rest = [n % batch_size] if n % batch_size else []
    sizes = [batch_size] * (n // batch_size) + rest
    return [f"batches of {sizes}", "each image once", "a new order each time"]


# 10.3


def checkpoint(network, optimizer):
    return copy.deepcopy(
        {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
    )


def weights_after_resuming(answer, steps):
    """Train, take a checkpoint, train on; then go on from the checkpoint with a new network."""
    network, optimizer = small_training(seed=0)
    take_steps(network, optimizer, steps)
    saved = answer(network, optimizer)
    for entry in ("network", "optimizer", "random"):
        if not isinstance(saved, dict) or entry not in saved:
            raise Failure(
                f"Your function gives {show(saved)}; expected a dict with the entry {entry!r}."
            )
    if not torch.is_tensor(saved["random"]):
        raise Failure('The entry "random" is no state; expected torch.get_rng_state().')
    take_steps(network, optimizer, 3)
    network, optimizer = small_training(seed=1)
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["random"])
    take_steps(network, optimizer, 4)
    return network.weight.detach()


def weights_without_a_stop(steps):
    network, optimizer = small_training(seed=0)
    take_steps(network, optimizer, steps + 4)
    return network.weight.detach()


def small_training(seed):
    torch.manual_seed(seed)
    network = nn.Linear(5, 2)
    return network, torch.optim.Adam(network.parameters(), lr=0.1)


def take_steps(network, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(network(torch.rand(8, 5)), torch.ones(8, 2)).backward()
        optimizer.step()


def checkpoint_without_moments(network, optimizer):
    fresh = torch.optim.Adam(network.parameters(), lr=0.1)
    return checkpoint(network, optimizer) | {"optimizer": fresh.state_dict()}


def checkpoint_of_references(network, optimizer):
    states = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    return states | {"random": torch.get_rng_state()}


def checkpoint_with_the_optimizer_copied(network, optimizer):
    return checkpoint(network, optimizer) | {"network": network.state_dict()}


def checkpoint_with_the_network_copied(network, optimizer):
    return checkpoint(network, optimizer) | {"optimizer": optimizer.state_dict()}


def checkpoint_without_random_state(network, optimizer):
    return checkpoint(network, optimizer) | {"random": torch.Generator().manual_seed(0).get_state()}


EXERCISES = {
    "10.1": Exercise(
        task="Of several models you keep the one with the largest validation share. Write "
        "honest_share(validation_shares, test_shares), two lists in one order: the number to report for it.",
        solution=honest_share,
        expected=share_by_sorting,
        inputs=lambda: [equal_models(0), equal_models(1), equal_models(2)],
        why="The winner's validation share is too good: of twenty equal models the luckiest was chosen by it. "
        "Its test share played no part in the choice, so its luck is not in it.",
        known={
            "reported the share that it won with": Mistake(
                lambda validation, test: max(validation),
                "that is the luckiest of all draws. Report what the same model reaches on the test set.",
            ),
            "chose by the test set": Mistake(
                lambda validation, test: max(test),
                "now the test set has chosen, and its best share is as lucky as any other. Choose by "
                "validation.",
            ),
            "gave its position": Mistake(
                lambda validation, test: validation.index(max(validation)),
                "this is where the winner stands in the lists. Report its test share.",
            ),
            "took the mean": Mistake(
                lambda validation, test: sum(test) / len(test),
                "you keep one model: report its own test share.",
            ),
        },
        hints=(
            "First find the position of the largest validation share.",
            "Then look up the test share at that position.",
        ),
    ),
    "10.2": Exercise(
        task="Write batches(n, batch_size): a list of tensors of positions, the batches of one epoch over n "
        "images: in a new random order each time, each image once; the last batch may be smaller.",
        solution=batches,
        use=facts_about,
        expected=facts_wanted,
        inputs=lambda: [(10, 4), (12, 3), (5, 8)],
        why="An epoch is a walk through all images. Drawing without putting back makes every image count once; "
        "a new order keeps neighbours in the file from always sharing a batch.",
        known={
            "drew images again": Mistake(
                lambda n, batch_size: list(torch.randint(n, (n,)).split(batch_size)),
                "torch.randint may give an image twice and leave out another. torch.randperm gives each once.",
            ),
            "kept the order of the file": Mistake(
                lambda n, batch_size: list(torch.arange(n).split(batch_size)),
                "the order must be drawn anew for each epoch.",
            ),
            "took the size for the number of batches": Mistake(
                lambda n, batch_size: list(torch.randperm(n).chunk(batch_size)),
                "chunk(k) makes k pieces. split(k) makes pieces of k.",
            ),
            "shuffled within the batches alone": Mistake(
                lambda n, batch_size: [
                    part[torch.randperm(len(part))] for part in torch.arange(n).split(batch_size)
                ],
                "the batches hold the same images each time. Shuffle all positions first, then split.",
            ),
            "dropped the rest": Mistake(
                lambda n, batch_size: list(
                    torch.randperm(n)[: n // batch_size * batch_size].split(batch_size)
                ),
                "the last, smaller batch belongs to the epoch too.",
            ),
        },
        hints=(
            "torch.randperm(n) gives the numbers from 0 to n - 1 in random order.",
            "A tensor's split(batch_size) cuts it into pieces.",
        ),
    ),
    "10.3": Exercise(
        task='Write checkpoint(network, optimizer): a dict with the entries "network", "optimizer" and '
        '"random" (torch\'s random state), from which a training goes on exactly as if it had never stopped, '
        "also when the network is trained further meanwhile.",
        solution=checkpoint,
        use=weights_after_resuming,
        expected=weights_without_a_stop,
        tolerance=1e-5,
        inputs=lambda: [(2,), (5,)],
        why="The weights alone are not the training: Adam's averages decide the next step, and the random state "
        "the next batch. And state_dict shows the weights themselves, so whoever keeps it keeps a copy.",
        known={
            "forgot the optimizer's state": Mistake(
                checkpoint_without_moments,
                "Adam begins anew with empty averages, so its first steps differ. Save optimizer.state_dict().",
            ),
            "kept references in place of copies": Mistake(
                checkpoint_of_references,
                "state_dict holds the weights themselves: as the training goes on they change in your "
                "checkpoint too. Copy them, with copy.deepcopy or torch.save.",
            ),
            "copied the optimizer's state alone": Mistake(
                checkpoint_with_the_optimizer_copied,
                "the network's state_dict holds its weights themselves, which go on changing. Copy both.",
            ),
            "copied the network's state alone": Mistake(
                checkpoint_with_the_network_copied,
                "the optimizer's state_dict holds its averages themselves, which go on changing. Copy both.",
            ),
            "forgot the random state": Mistake(
                checkpoint_without_random_state,
                "the next batches are other ones. Save torch.get_rng_state().",
            ),
        },
        hints=(
            "network.state_dict(), optimizer.state_dict(), torch.get_rng_state().",
            "A state_dict refers to the tensors that training changes in place: copy.deepcopy.",
        ),
    ),
}
