"""The exercises of 10_better_training."""

import copy

import torch
from torch import nn

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

# 10.1


def honest_share(validation_shares, test_shares):
    best = max(range(len(validation_shares)), key=validation_shares.__getitem__)
    return test_shares[best]


def three_or_four_models():
    return [
        ([0.971, 0.979, 0.975], [0.972, 0.974, 0.98]),
        ([0.962, 0.955, 0.968, 0.96], [0.971, 0.973, 0.97, 0.966]),
    ]


def share_by_sorting(validation_shares, test_shares):
    return max(zip(validation_shares, test_shares, strict=True))[1]


def whose_share(answer):
    """Say whose share the answer is, where it is one of those in the lists."""
    for validation, test in three_or_four_models():
        given = answer(list(validation), list(test))
        if given != share_by_sorting(validation, test):
            break
    shown = _(
        "For validation_shares = {validation}, test_shares = {test} your answer is {found}",
        validation=validation,
        test=test,
        found=show(given),
    )
    if given in test:
        return _(
            "{shown}, the test share at position {place}. The largest validation share stands at position {best}.",
            shown=shown,
            place=test.index(given),
            best=validation.index(max(validation)),
        )
    if given in validation:
        return _(
            "{shown}, a validation share. Those chose the model; a share that played no part in the choice is asked for.",
            shown=shown,
        )
    if isinstance(given, tuple | list):
        return _("{shown}; expected one number.", shown=shown)
    return _("{shown}, which is no test share: report that of one model.", shown=shown)


# 10.2


def batches(n, batch_size):
    return list(torch.randperm(n).split(batch_size))


def facts_about(answer, n, batch_size):
    """What must hold for the batches of an epoch, whatever the order is."""
    epochs = [parts_of(answer, n, batch_size) for epoch in range(6)]
    fault = coverage(epochs[0], n) or order(epochs, n) or sizes(epochs[0], n, batch_size)
    if not fault:
        return "as asked"
    return Outcome(
        _("for {n} images in batches of {size} {fault}", n=n, size=batch_size, fault=fault)
    )


def parts_of(answer, n, batch_size):
    """The batches of the answer as lists of numbers."""
    parts = answer(n, batch_size)
    if not isinstance(parts, list | tuple) or not all(
        torch.is_tensor(p) and p.dim() == 1 for p in parts
    ):
        found = kind(parts)
        if isinstance(parts, list) and parts:
            found = _("{list} of {first}, ...", list=found, first=show(parts[0]))
        raise Failure(
            _(
                "Your function gives {found}; expected a list of tensors (n,), one a batch.",
                found=found,
            )
        )
    return [part.tolist() for part in parts]


def coverage(parts, n):
    positions = [position for part in parts for position in part]
    found = set(positions)
    if twice := [p for p in sorted(found) if positions.count(p) > 1]:
        return _("the position {place:g} comes twice, among others", place=twice[0])
    if others := sorted(found - set(range(n))):
        return _("there is a position {place:g}; they run from 0 to n - 1", place=others[0])
    if missing := sorted(set(range(n)) - found):
        return _("the position {place} is missing, among others", place=missing[0])
    return None


def order(epochs, n):
    if all(sum(parts, []) == list(range(n)) for parts in epochs):
        return _("the order is that of the file")
    if all(parts == epochs[0] for parts in epochs):
        return _(
            "the order is the same at each call: no random numbers, or always from the same seed"
        )
    shared = {frozenset(map(frozenset, parts)) for parts in epochs}
    if len(shared) > 1 or len(epochs[0]) == 1:
        return None
    if all(part == sorted(part) for parts in epochs for part in parts):
        return _(
            "the batches come in a new order, but neighbours in the file always share one: shuffle the images"
        )
    return _("each batch holds the same images as at the last call, in another order")


def sizes(parts, n, batch_size):
    found = [len(part) for part in parts]
    wanted = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    if found == wanted:
        return None
    return _(
        "your batches hold {found} images; expected {wanted}",
        found=listed(found),
        wanted=listed(wanted),
    )


def listed(counts):
    *others, last = map(str, counts)
    return _("{others} and {last}", others=", ".join(others), last=last) if others else last


def batches_shuffled(n, batch_size):
    parts = torch.arange(n).split(batch_size)
    return [parts[number] for number in torch.randperm(len(parts))]


def batches_drawn_one_by_one(n, batch_size):
    return [torch.randperm(n)[:batch_size] for _ in range(0, n, batch_size)]


def batches_of_one_seed(n, batch_size):
    torch.manual_seed(0)
    return list(torch.randperm(n).split(batch_size))


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
    look_at_entries(saved)
    take_steps(network, optimizer, 3)
    network, optimizer = small_training(seed=1)
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["random"])
    take_steps(network, optimizer, 4)
    return network.weight.detach()


def look_at_entries(saved):
    if not isinstance(saved, dict):
        raise Failure(
            _("Your function gives {found}; expected a dict of three entries.", found=show(saved))
        )
    for entry in ("network", "optimizer", "random"):
        if entry not in saved:
            raise Failure(
                _(
                    "Your dict has the entries {found}; {entry!r} is missing.",
                    found=listed(saved),
                    entry=entry,
                )
            )
    for entry, key in (("network", "weight"), ("optimizer", "param_groups")):
        if not isinstance(saved[entry], dict):
            raise Failure(
                _(
                    "The entry {entry!r} is {found}; expected {entry}.state_dict().",
                    entry=entry,
                    found=show(saved[entry]),
                )
            )
        if key not in saved[entry]:
            raise Failure(
                _(
                    "The entry {entry!r} is a dict without {key!r}; expected that of {entry}.state_dict().",
                    entry=entry,
                    key=key,
                )
            )
    state = saved["random"]
    if not torch.is_tensor(state) or state.dtype != torch.uint8:
        text = _(
            "The entry 'random' is {found}; expected torch.get_rng_state().", found=show(state)
        )
        seed = _("A seed does not tell how many numbers have been drawn since.")
        raise Failure(f"{text} {seed}" if isinstance(state, int) else text)


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


def which_part_is_missing(answer):
    """Put in the right part in place of each one of the answer, and see which mends it."""

    def mended(network, optimizer, part):
        right = checkpoint(network, optimizer)
        return answer(network, optimizer) | {part: right[part]}

    for part in ("network", "optimizer", "random"):
        weights = weights_after_resuming(lambda *pair, part=part: mended(*pair, part), 2)
        if torch.allclose(weights, weights_without_a_stop(2), rtol=1e-5):
            return _(
                "Two of the three entries are as they should be; with another {part!r} the training would go on exactly.",
                part=part,
            )
    return _("More than one of the three entries is not what it was when the checkpoint was made.")


# 10.4

dropped = [1.25, 1.0, 1.0, "b"]
SAME_MEAN = "the mean stays what it was, in training and without"


def compare_with_dropout(answer):
    largest, mean, evaluated, reason = numbers_and_reason(answer)
    if abs(largest - 1.25) > 0.01:
        return Outcome(
            _(
                "in training mode layer(torch.ones(100_000)).max() is not {largest:.3g}: the entries that are kept do not stay "
                "as they are",
                largest=largest,
            )
        )
    if abs(mean - 1) > 0.02:
        return Outcome(
            _(
                "in training mode the mean is not {mean:.3g}: four fifths of the entries are 1.25, and the zeros count, too",
                mean=mean,
            )
        )
    if abs(evaluated - 1) > 0.001:
        return Outcome(
            _(
                "after layer.eval() the largest entry is not {largest:.3g}: dropout then does nothing at all",
                largest=evaluated,
            )
        )
    return SAME_MEAN if reason == "b" else reason_does_not_fit(reason)


EXERCISES = {
    "10.1": Exercise(
        task="Of several models you keep the one with the largest validation share. Write "
        "honest_share(validation_shares, test_shares), two lists in one order: the number to report for it.",
        solution=honest_share,
        expected=share_by_sorting,
        inputs=three_or_four_models,
        diagnose=whose_share,
        tolerance=1e-6,
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
            "gave the validation share of the best on the test set": Mistake(
                lambda validation, test: validation[test.index(max(test))],
                "the other way round: the validation set chooses, the test set judges.",
            ),
            "chose by both": Mistake(
                lambda validation, test: test[
                    max(range(len(test)), key=lambda place: validation[place] + test[place])
                ],
                "where the test set has a voice in the choice, it can no longer judge.",
            ),
            "took the mean of the two": Mistake(
                lambda validation, test: (max(validation) + honest_share(validation, test)) / 2,
                "the validation share has the luck of the choice in it, and half of it is still too much.",
            ),
            "took the smaller of the two": Mistake(
                lambda validation, test: min(max(validation), honest_share(validation, test)),
                "that looks careful, but the luck is in the choice: the test share alone is free of it.",
            ),
            "chose the worst": Mistake(
                lambda validation, test: test[validation.index(min(validation))],
                "you keep the model with the largest validation share.",
            ),
            "gave its position": Mistake(
                lambda validation, test: validation.index(max(validation)),
                "this is where the winner stands in the lists. Report its test share.",
            ),
            "took the mean": Mistake(
                lambda validation, test: sum(test) / len(test),
                "you keep one model: report its own test share.",
            ),
            "gave the difference": Mistake(
                lambda validation, test: max(validation) - honest_share(validation, test),
                "so much luck was in the choice, perhaps. Report the test share itself.",
            ),
            "looked for a test share among the validation shares": Mistake(
                lambda validation, test: test[validation.index(max(test))],
                "validation_shares.index(max(validation_shares)) is where the winner stands.",
            ),
            "gave a list to torch": Mistake(
                lambda validation, test: test[torch.argmax(validation)],
                "torch.argmax takes a tensor. validation_shares.index(max(validation_shares)) says where the largest stands.",
            ),
            "treated a list as a tensor": Mistake(
                lambda validation, test: test[validation.argmax()],
                "lists have no argmax. validation_shares.index(max(validation_shares)) says where the largest stands.",
            ),
        },
        hints=(
            "Which of the two lists may choose, and which is left to judge?",
            "A list's index(x) says where x stands.",
        ),
    ),
    "10.2": Exercise(
        task="Write batches(n, batch_size): a list of tensors of positions, the batches of one epoch over n "
        "images: in a new random order each time, each image once; the last batch may be smaller.",
        solution=batches,
        use=facts_about,
        expected=lambda n, batch_size: "as asked",
        inputs=lambda: [(10, 4), (12, 3), (5, 8)],
        why="An epoch is a walk through all images. Drawing without putting back makes every image count once; "
        "a new order keeps neighbours in the file from always sharing a batch.",
        known={
            "drew images again": Mistake(
                lambda n, batch_size: list(torch.randint(n, (n,)).split(batch_size)),
                "torch.randint may give an image twice and leave out another. torch.randperm gives each once.",
            ),
            "drew each batch anew": Mistake(
                batches_drawn_one_by_one,
                "a second draw may take an image again. Draw one order for the whole epoch, and cut it.",
            ),
            "kept the order of the file": Mistake(
                lambda n, batch_size: list(torch.arange(n).split(batch_size)),
                "the order must be drawn anew for each epoch.",
            ),
            "shuffled the batches": Mistake(
                batches_shuffled,
                "neighbours in the file still share a batch in each epoch. Shuffle the positions first, then cut.",
            ),
            "shuffled within the batches alone": Mistake(
                lambda n, batch_size: [
                    part[torch.randperm(len(part))] for part in torch.arange(n).split(batch_size)
                ],
                "the batches hold the same images each time. Shuffle all positions first, then split.",
            ),
            "set the seed inside": Mistake(
                batches_of_one_seed,
                "then each epoch has the same order. The seed belongs before the training.",
            ),
            "took the size for the number of batches": Mistake(
                lambda n, batch_size: list(torch.randperm(n).chunk(batch_size)),
                "chunk(k) makes k pieces. split(k) makes pieces of k.",
            ),
            "took the number of batches for their size": Mistake(
                lambda n, batch_size: list(torch.randperm(n).split(n // batch_size)),
                "split(k) makes pieces of k images: give it the batch size.",
            ),
            "dropped the rest": Mistake(
                lambda n, batch_size: list(
                    torch.randperm(n)[: n // batch_size * batch_size].split(batch_size)
                ),
                "the last, smaller batch belongs to the epoch too.",
            ),
            "reshaped": Mistake(
                lambda n, batch_size: list(torch.randperm(n).reshape(-1, batch_size)),
                "that needs an n without a rest. split(batch_size) makes the last batch smaller.",
            ),
            "gave one batch": Mistake(
                lambda n, batch_size: [torch.randperm(n)[:batch_size]],
                "an epoch goes through all n images, batch after batch.",
            ),
            "counted from 1": Mistake(
                lambda n, batch_size: list((torch.randperm(n) + 1).split(batch_size)),
                "positions run from 0 to n - 1.",
            ),
        },
        hints=(
            "torch.randperm draws all positions, each once.",
            "What do you shuffle, and what do you cut? The order of the two matters.",
        ),
    ),
    "10.3": Exercise(
        task='Write checkpoint(network, optimizer): a dict with the entries "network", "optimizer" and '
        '"random" (torch\'s random state), from which a training goes on exactly as if it had never stopped, '
        "also when the network is trained further meanwhile.",
        solution=checkpoint,
        use=weights_after_resuming,
        expected=weights_without_a_stop,
        diagnose=which_part_is_missing,
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
                "checkpoint too. A dict's copy() does not copy its tensors; copy.deepcopy or torch.save do.",
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
            "swapped the two": Mistake(
                lambda network, optimizer: (
                    checkpoint(network, optimizer)
                    | {"network": optimizer.state_dict(), "optimizer": network.state_dict()}
                ),
                'under "network" belongs network.state_dict(), and under "optimizer" that of the optimizer.',
            ),
            "saved the network itself": Mistake(
                lambda network, optimizer: {
                    "network": network,
                    "optimizer": optimizer,
                    "random": torch.get_rng_state(),
                },
                "load_state_dict takes tensors by name: save the state_dict() of each.",
            ),
        },
        hints=(
            "Three things have a state: the network, the optimizer, and torch's random numbers.",
            "A state_dict refers to the tensors that training changes in place. What will it hold three steps later?",
        ),
    ),
    "10.4": Exercise(
        task="Give dropped = [largest, mean, largest, reason]: what nn.Dropout(0.2) makes of torch.ones(100_000), in training "
        'the largest entry and the mean, after eval() the largest, and why: "a", "b" or "c".',
        solution=dropped,
        use=compare_with_dropout,
        expected=lambda: SAME_MEAN,
        why="A fifth of the entries becomes 0 and the others are divided by 0.8, so the next layer gets the same mean in "
        "training and after eval(), where dropout does nothing. Forget eval(), and the answers stay random.",
        known={
            "expected the kept entries to stay": Mistake(
                [1.0, 0.8, 1.0, "b"],
                "then the mean would fall to 0.8 in training. Look at layer(ones).max().",
            ),
            "divided by the share that is dropped": Mistake(
                [5.0, 1.0, 1.0, "b"], "the kept entries are divided by the share that is kept, 0.8."
            ),
            "added the share that is dropped": Mistake(
                [1.2, 1.0, 1.0, "b"], "0.8 times 1.2 is 0.96; the mean is to stay at 1."
            ),
            "took the mean of the kept entries": Mistake(
                [1.25, 1.25, 1.0, "b"], "the zeros count, too: layer(ones).mean()."
            ),
            "forgot that the rest is larger": Mistake(
                [1.25, 0.8, 1.0, "b"], "0.8 of the entries are 1.25. What is the mean of all?"
            ),
            "scaled after eval": Mistake(
                [1.25, 1.0, 0.8, "b"],
                "older texts multiply by 0.8 at the end. PyTorch divides in training, and leaves the rest alone.",
            ),
            "forgot eval": Mistake(
                [1.25, 1.0, 1.25, "b"], "call layer.eval() first: then dropout does nothing."
            ),
            "thought of a neighbour": Mistake(
                [1.25, 1.0, 1.0, "a"],
                "each kept entry is 1.25, whether its neighbour is dropped or not.",
            ),
            "thought of the spread": Mistake(
                [1.25, 1.0, 1.0, "c"],
                "the ones have the spread 0, and behind dropout layer(ones).std() is 0.5: it does not stay.",
            ),
        },
        hints=(
            "layer = nn.Dropout(0.2); a new layer is in training mode, and layer.eval() ends it.",
            "Which share of the entries is left, and what must each be for the mean to be what it was?",
        ),
    ),
}
