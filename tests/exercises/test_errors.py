"""Errors are said in a learner's words, and kinds of mistakes are named in every exercise."""

import numpy as np
import pytest
import torch

from helpers.exercises import EXERCISES
from helpers.exercises.errors import IN_WORDS, explain_error

x = torch.ones(3)
TABLE = torch.ones(2, 3)


def second_backward():
    y = (torch.ones(1, requires_grad=True) ** 2).sum()
    y.backward()
    y.backward()


RAISED = {
    "without () behind it": [lambda: -x.max, lambda: x.sum / 3],
    "take .values": [lambda: -x.max(dim=0), lambda: TABLE.max(dim=1) / 2],
    "one backward": [second_backward],
    "tensor with requires_grad": [lambda: x.sum().backward()],
    "append takes one thing": [lambda: [].append(1, 2)],
    "a power is **": [lambda: x ^ 2, lambda: 0.5 ^ 2],
    "do not fit, entry by entry": [
        lambda: TABLE * torch.ones(2),
        lambda: torch.zeros(2, 3).copy_(torch.ones(2, 2)),
        lambda: np.ones(3) + np.ones(2),
    ],
    "in a product @": [lambda: TABLE @ torch.ones(2), lambda: TABLE @ TABLE, lambda: x @ torch.ones(2)],
    "fewer dimensions": [lambda: x.sum(dim=1), lambda: x[:, 1]],
    "takes a tensor, and got none": [lambda: torch.sqrt(0.5), lambda: torch.max(1.0, 2.0), lambda: torch.argmax([1.0])],
    "make them decimal": [lambda: (x > 0).mean(), lambda: x.int().std()],
    "not subtracted": [lambda: (x > 0) - (x > 1)],
    "a list does not compute": [lambda: [1] - [2], lambda: [1.0] * [2.0], lambda: [1].mean()],
    "no methods of a tensor": [lambda: (1.5).sqrt()],
    "a whole number, and this is none": [lambda: [1, 2][x.sum().item()], lambda: [1, 2][1.0 :]],
    "a whole number is wanted there": [lambda: range(1.5)],
    "places run from 0": [lambda: [1, 2][2], lambda: x[3]],
    "something there is None": [lambda: None * 2, lambda: 0.1 * torch.ones(1, requires_grad=True).grad],
    "this tensor has several": [lambda: bool(x > 0), lambda: x.item(), lambda: float(x)],
    "is it misspelt": [lambda: not_a_name],  # noqa: F821
    "lacks an argument": [lambda: np.polyfit([1], [1])],
    "as many values as names": [lambda: [a + b for a, b in [(1, 2, 3)]]],
    "divides by 0": [lambda: 1 / 0],
    "below 0 was taken": [lambda: __import__("math").sqrt(-1)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "raiser"), [(words, one) for words, all_of in RAISED.items() for one in all_of]
)
def test_what_is_raised_is_said_in_words(words, raiser):
    with pytest.raises(Exception) as caught:
        raiser()
    assert words in explain_error(raiser, caught.value)


def test_each_error_that_has_words_is_raised_here():
    unused = [one for one in IN_WORDS.values() if not any(words in one for words in RAISED)]
    assert not unused


def returns_in_the_loop(gradients, counts):
    for gradient, count in zip(gradients, counts, strict=True):
        total = gradient * count
        return total / sum(counts)


def forgets_to_call(h):
    return h.var(correction=0).sqrt(), h.mean


def shuffles_its_argument(n, batch_size):
    return np.random.shuffle(list(torch.randperm(n).split(batch_size)))


def overwrites_the_list(validation_shares, test_shares):
    best = validation_shares.index(max(validation_shares))
    return test_shares.pop(best)


def makes_a_second_sigmoid(network, loss_function, optimizer, image, target):
    optimizer.zero_grad()
    loss_function(torch.sigmoid(network(image)), target).backward()
    optimizer.step()


def takes_twenty_steps(network, loss_function, optimizer, image, target):
    for _ in range(20):
        optimizer.zero_grad()
        loss_function(network(image), target).backward()
        optimizer.step()


def makes_a_loss_of_the_place(network, loss_function, optimizer, image, target):
    loss_function(network(image).argmax().float().expand(10), target).backward()


def takes_a_fast_optimizer(network, loss_function, optimizer, image, target):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    optimizer.zero_grad()
    loss_function(network(image), target).backward()
    optimizer.step()


KINDS = [
    ("12.1", returns_in_the_loop, "Returned inside the loop"),
    ("08.2", forgets_to_call, "the method mean itself, since () is missing"),
    ("10.2", shuffles_its_argument, "what stands behind `return` is None"),
    ("10.1", overwrites_the_list, "Overwrote `test_shares`"),
    ("01.3", lambda table, w, t: (table @ w - t).mean(), "a single number; expected a tensor of shape (2,)"),
    ("01.3", lambda table, w, t: (table.T @ (table @ w - t))[:1], "too few along an axis"),
    ("01.3", lambda table, w, t: (table @ w - t)[:, None] * table, "an axis is left that should go"),
    ("01.3", lambda table, w, t: 2 * (table @ w - t) * table, "entry by entry (table (3, 2); w (2,); t (3,))"),
    ("03.1", makes_a_second_sigmoid, "The loss is to get network(image) as it is"),
    ("03.1", takes_twenty_steps, "20 times"),
    ("03.1", makes_a_loss_of_the_place, "Cut the loss off from the weights"),
    ("03.1", takes_a_fast_optimizer, "Made an optimizer of its own"),
    ("11.4", lambda difference, deviation: (difference - deviation) ** 0.5, "a complex number"),
    ("01.2", "0.2", "in quotes, which makes it a text"),
    ("11.3", ["b", 0.25, 0.46], "the letter comes last"),
    ("05.2", [0.005, "b"], "[rate, difference, reason]"),
    ("05.2", [0.005, 0.045, "b"], "Your difference is that of the rates"),
    ("08.1", [0.0, 0.0, 2.138, 2.64, "a"], "abs() before max()"),
    ("10.1", lambda validation_shares, test_shares: test_shares[-1], "the test share at position 2"),
    ("11.3", [0.25, 2.5, "a"], "10 times that of 6"),
    ("12.3", [0.00584, 3.8, "b"], "not how many times as fast"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "sentence"), KINDS)
def test_the_kind_of_mistake_is_named(name, answer, sentence):
    verdict = EXERCISES[name].check(answer)
    assert verdict.state == "wrong" and sentence in verdict.message, verdict


def test_nothing_is_said_of_an_argument_that_stays():
    def interval(a, b):
        c = b - a
        c -= 0
        return c.mean(), 2.776 * c.std() / 5**0.5

    assert EXERCISES["11.1"].check(interval).state == "right"


def test_std_may_divide_by_n_or_by_one_less():
    def paired(right_a, right_b, **how):
        difference = right_a.double() - right_b.double()
        return difference.mean(), difference.std(**how) / len(difference) ** 0.5

    for how in ({}, {"correction": 0}, {"unbiased": False}):
        answer = lambda a, b, how=how: paired(a, b, **how)  # noqa: E731
        assert EXERCISES["09.2"].check(answer).state == "right"
        swapped = lambda a, b, how=how: paired(a, b, **how)[::-1]  # noqa: E731
        assert "first the difference" in EXERCISES["09.2"].check(swapped).message
