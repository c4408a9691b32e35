"""Each exercise knows a right answer, each of its mistakes by name, and what to say of junk."""

import ast
import inspect
import math
import random
import re
import time
from fractions import Fraction

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from helpers.environment import ROOT
from helpers.exercises import EXERCISES, core
from helpers.exercises.e05_loss_function import push_of_fourth_power
from helpers.exercises.e07_optimizer import steps_of_torch
from helpers.exercises.e10_better_training import checkpoint

MISTAKES = [(name, mistake) for name, one in EXERCISES.items() for mistake in one.mistakes]


def raises(*arguments):
    raise RuntimeError("on purpose\nin two lines")


def returns_nothing(*arguments):
    pass


def takes_other_arguments(one, two, three, four, five, six, seven, eight, nine):
    return one


def never_heard_of(*, keyword):
    return keyword


def prints_a_book(*arguments):
    raise ValueError("word " * 10_000)


class Strange:
    def __repr__(self):
        raise RuntimeError("a repr that fails")


def switches_gradients_off(*arguments):
    torch.set_grad_enabled(False)
    return 0.5


JUNK = {
    "None": None,
    "text": "the answer",
    "no text": "",
    "a wrong number": -12345.678,
    "NaN": math.nan,
    "infinity": math.inf,
    "a bool": True,
    "a complex number": 1j,
    "a fraction": Fraction(-12345, 7),
    "a number of 400 digits": 10**400,
    "a tensor without numbers": torch.tensor(1.0, device="meta"),
    "an empty list": [],
    "a dict": {"answer": 1},
    "a class": Strange,
    "a strange object": Strange(),
    "a scalar tensor": torch.tensor(-12345.678),
    "a tensor of a wrong shape": torch.zeros(3, 2, 1),
    "a tensor of NaN": torch.full((10,), math.nan),
    "an array": np.arange(3),
    "a module": math,
    "a function that raises": raises,
    "a function that raises a book": prints_a_book,
    "a function that returns a fraction": lambda *arguments: Fraction(-12345, 7),
    "a function that returns 400 digits": lambda *arguments: 10**400,
    "a function that returns a tensor without numbers": lambda *arguments: torch.zeros(
        2, device="meta"
    ),
    "a function that switches gradients off": switches_gradients_off,
    "a function that exits": lambda *arguments: exit(),
    "a function that returns nothing": returns_nothing,
    "a function that takes other arguments": takes_other_arguments,
    "a function with keywords alone": never_heard_of,
    "a function that returns text": lambda *arguments: "text",
    "a function that returns NaN": lambda *arguments: math.nan,
    "a function that returns a strange object": lambda *arguments: Strange(),
    "a function that returns a wrong shape": lambda *arguments: torch.zeros(3, 2, 1),
}


def state_of_the_process():
    return (
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
    )


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right_and_says_why_within_20_seconds(name):
    start = time.perf_counter()
    verdict = EXERCISES[name].check(EXERCISES[name].solution)
    assert time.perf_counter() - start < 20
    assert verdict.state == "right", verdict
    assert len(str(verdict).split()) >= 10


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_each_known_mistake_is_recognised_by_name(name, mistake):
    verdict = EXERCISES[name].check(EXERCISES[name].mistakes[mistake])
    assert verdict.state == "wrong"
    assert mistake.lower() in str(verdict).lower(), verdict
    assert len(str(verdict)) < 600


@pytest.mark.parametrize("name", EXERCISES)
def test_each_exercise_knows_mistakes_and_gives_hints(name):
    assert EXERCISES[name].mistakes and len(EXERCISES[name].hints) >= 2


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_still_to_be_given_is_no_mistake(name):
    def to_be_returned(*arguments):
        return ...

    def to_be_done(*arguments): ...

    for answer in (..., to_be_returned, to_be_done):
        verdict = EXERCISES[name].check(answer)
        assert verdict.state == "unanswered" and len(str(verdict)) < 600


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("name", EXERCISES)
def test_junk_is_wrong_in_a_sentence(name, junk):
    verdict = EXERCISES[name].check(JUNK[junk])
    assert verdict.state == "wrong"
    assert "\n" not in str(verdict) and "Traceback" not in str(verdict)
    assert len(str(verdict)) < 600 and " at 0x" not in str(verdict)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_says_the_same_twice_and_leaves_the_process_as_it_was(name):
    before = state_of_the_process()
    answers = [EXERCISES[name].solution, *EXERCISES[name].mistakes.values()]
    first = [EXERCISES[name].check(answer) for answer in answers]
    torch.rand(7)
    assert [EXERCISES[name].check(answer) for answer in answers] == first
    torch.set_rng_state(torch.tensor(before[-1], dtype=torch.uint8))
    assert state_of_the_process() == before


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_expected_is_not_computed_by_the_solution(name):
    exercise = EXERCISES[name]
    assert exercise.expected is not exercise.solution
    if callable(exercise.solution):
        text = inspect.getsource(exercise.expected)
        assert f"{exercise.solution.__name__}(" not in text, text


# What learners answered, and were misled about.
MISLED = [
    ("01.2", 10.0, "With a rate a little smaller than yours the walk runs away already"),
    ("01.2", -0.2, "With a rate of 0 or less the walk never goes downhill"),
    ("01.2", None, "The answer is None; expected a number"),
    ("01.1", lambda start, rate, steps: [-2 + (start + 2) * (1 - 2 * rate) ** k for k in range(steps + 1)],
     "its slope is yours"),
    ("01.3", lambda table, w, t: 4 * table.T @ (table @ w - t) / len(t), "Every entry is 2 times"),
    ("01.3", lambda table, w, t: torch.func.grad(lambda w: ((table @ w - t) ** 2).mean())(w), "write it by hand"),
    ("02.2", lambda image, images: torch.cdist(image[None], images)[0], "write it by hand"),
    ("02.3", lambda image: image.mul_(0), "changes the image that it was given"),
    ("03.2", lambda network, order: setattr(network[0], "weight", nn.Parameter(network[0].weight[:, order])),
     "A new parameter has taken the place"),
    ("03.3", lambda network, images, labels: (network(images).max(dim=1) == labels).float().mean(),
     "Compared a pair with a tensor"),
    ("04.2", lambda sizes, seconds, size: np.polyfit(sizes, seconds, 1), "Your function gives 2 numbers"),
    ("04.3", lambda batch_size, rate: rate * batch_size**2, "2 times as long as the 2 steps"),
    ("02.1", lambda dataset: [(n, x, [1, 0]) for n, x, _ in dataset if n in (3, 8)], "no tensor of floats"),
    ("02.2", lambda image, images: None, "your function returns None; is there a `return`?"),
    ("03.3", lambda network, images, labels: 0, "Found none right"),
    ("04.1", ["False", "True"], "your answer is 'False'; expected True or False"),
    ("05.1", lambda z, t: torch.autograd.grad(((z.requires_grad_().sigmoid() - t) ** 4).sum(), z)[0],
     "Your function calls grad: write it by hand"),
    ("05.1", lambda z, t: -push_of_fourth_power(z, t) / 3, "All pushes are -0.333 times"),
    ("05.1", lambda z, t: push_of_fourth_power(z, t).sum(), "without a sum or a mean"),
    ("05.1", lambda z, t: 4 * (z.sigmoid() - t) ** 3 * z.sigmoid(), "the other factor, the sigmoid's slope"),
    ("05.2", [0.005, ..., "b"], "Value 2 of 3 is still to be given"),
    ("05.2", [0.005, 0.07, "b"], "set the seed before each network"),
    ("05.2", [0.001, 0.0, "b"], "apart, after 200 images"),
    ("05.3", lambda z, targets: (nn.BCEWithLogitsLoss(reduction="none")(z, targets), z > 0),
     "expected one number, their mean"),
    ("06.1", lambda o: (1 - o**2) / 2, "All slopes are 0.5 times"),
    ("06.1", lambda o: o**2, "Where the output is at its end, 1, tanh is flat"),
    ("06.2", lambda weights, images: 0.0, "still gives more than 0 for 2 of 2 images"),
    ("06.2", lambda weights, images: -5.0, "the unit is dead, but a larger bias would do"),
    ("07.1", lambda a, b: 2 / (a * b) ** 0.5, "a step multiplies y by -9, and the walk runs away"),
    ("07.1", lambda a, b: 0.01, "but so it does at a larger rate"),
    ("07.2", [102.4, 0.0, "b"], "ends at another height"),
    ("07.3", lambda gradients, lr=0.001: steps_of_torch(gradients, lr), "uses torch.optim"),
    ("07.3", lambda gradients, lr=0.001: [-lr * t for t, _ in enumerate(gradients, start=1)],
     "Yours is -0.002 at step 2"),
    ("08.1", [0.0, 1.0, 3.207, 2.64, "a"], "Under 3 * h the output does not move by 1"),
    ("08.2", lambda h: (h.max() - h.min(), h.mean()), "Their spread is 5 in place of 2.16"),
    ("08.3", lambda h: nn.LayerNorm(h.shape[1])(h), "calls layer_norm: write it by hand"),
    ("08.3", lambda h: h - h.min(), "the rows of your answer have the means"),
    ("09.2", lambda a, b: torch.tensor([0.1, 0.2]), "expected a list or tuple of 2"),
    ("09.1", lambda share, n: 1.5 * (share * (1 - share) / n) ** 0.5, "is 1.5 times the right one"),
    ("09.1", lambda share, n: (share * (1 - share) / n) ** (1 / 3), "becomes 1.59 times smaller"),
    ("09.1", lambda share, n: (share - 1) ** 0.5, "something negative stands under your root"),
    ("09.2", lambda a, b: (a.double().mean(), 0.1), "Their mean is 0.40; yours is 0.8"),
    ("09.3", [0.686, 0.44, 0.0, "b"], "Run it once more, with 100"),
    ("09.3", [0.888, 0.102, 0.0, "b"], "range(2000)"),
    ("09.3", [0.102, 0.102, 0.0, "b"], "So much does the notebooks' rate, 0.01, bring"),
    ("10.1", lambda validation, test: test[0], "the test share at position 0"),
    ("10.1", lambda validation, test: min(validation), "a validation share. Those chose the model"),
    ("10.2", lambda n, size: [2 * torch.randperm(n)], "there is a position 10;"),
    ("10.2", lambda n, size: torch.randperm(n).split(size - 1), "hold 3, 3, 3 and 1 images; expected 4, 4 and 2"),
    ("10.3", lambda network, optimizer: {"network": 1}, "'optimizer' is missing"),
    ("10.3", lambda network, optimizer: checkpoint(network, optimizer) | {"random": 0}, "A seed does not tell"),
    ("10.3", lambda network, optimizer: checkpoint(network, optimizer) | {
        "network": {name: 0 * one for name, one in network.state_dict().items()}}, "with another 'network'"),
    ("10.4", [2.0, 1.0, 1.0, "b"], "is not 2: the entries that are kept do not stay"),
    ("11.1", lambda a, b: (b.mean() - a.mean(), 1.0), "reaches 7.25 standard errors to each side"),
    ("11.2", lambda neither, a, b, both: both - a - b + 2 * neither, "counts neither +2, only_a -1, only_b -1, both +1"),
    ("11.2", lambda neither, a, b, both: abs(both - a - b + neither), "does not just add and subtract"),
    ("11.3", [0.464, 0.464, "b"], "so much is the best of 60 too high, not that of 6"),
    ("11.4", lambda difference, deviation: 20, "still more than the difference"),
    ("11.4", lambda difference, deviation: 1000, "that is enough already"),
    ("12.1", lambda gradients, counts: sum(g * c for g, c in zip(gradients, counts, strict=True)) / max(counts),
     "weighs their gradients by 0.2, 0.4, 1"),
    ("12.2", lambda batch, rank, processes: batch[1:][rank::processes], "nobody takes 10: rank 0 [8, 2]"),
    ("12.3", [0.00584, 0.00133, "b"], "base 2"),
    ("12.3", [0.00584, 0.5, "b"], "its 12 latencies take 0.0006"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "sentence"), MISLED)
def test_what_misled_a_learner_is_named(name, answer, sentence):
    verdict = EXERCISES[name].check(answer)
    assert verdict.state == "wrong" and sentence in verdict.message


def test_batches_may_come_as_a_tuple():
    assert EXERCISES["10.2"].check(lambda n, size: torch.randperm(n).split(size)).state == "right"


def test_dots_inside_an_index_are_no_gap():
    assert not core.has_a_gap(lambda images: images[..., 0])


def test_an_answer_that_switches_gradients_off_is_right_all_the_same():
    def gradient(table, w, t):
        torch.set_grad_enabled(False)
        return 2 * table.T @ (table @ w - t) / len(t)

    assert EXERCISES["01.3"].check(gradient).state == "right"
    assert torch.is_grad_enabled()


# What helps next: hints by degrees, then the solution.

IN_A_NOTEBOOK = """
import copy, math
import numpy as np
import torch
from torch import nn
from helpers.recipes import Recipe
"""


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_that_is_shown_is_right_where_a_learner_puts_it(name):
    code, why = EXERCISES[name].solution_text().rsplit("\n\n", 1)
    assert why == EXERCISES[name].why
    names = {}
    exec(IN_A_NOTEBOOK, names)
    before = set(names)
    exec(code, names)
    (answer,) = (names[one] for one in names.keys() - before)
    assert EXERCISES[name].check(answer).state == "right"
    assert re.search(rf"^(def )?{[*(names.keys() - before)][0]}\b", asks(name), re.MULTILINE)


def test_a_wrong_answer_finds_hints_and_solution_each_behind_a_click():
    exercise = EXERCISES["05.3"]
    verdict = exercise.check(exercise.mistakes["kept 0.5 as the border"])
    titles = [title for title, _ in verdict.help]
    assert titles == ["Hint 1", "Hint 2", "Solution"]
    shown = verdict._repr_html_()
    assert re.findall("<summary>(.*?)</summary>", shown) == titles
    assert shown.count("<details>") == 3 and "open" not in shown
    assert "return loss" not in shown[: shown.index("<summary>Solution")]
    assert "return loss" not in str(verdict) and str(verdict).startswith("Not yet. Kept 0.5")


def test_a_right_answer_finds_the_solution_to_compare():
    exercise = EXERCISES["05.3"]
    assert [title for title, _ in exercise.check(exercise.solution).help] == ["Solution"]


@pytest.mark.parametrize("name", EXERCISES)
def test_for_a_class_the_teacher_has_the_solutions(name, tmp_path, monkeypatch):
    monkeypatch.setattr(core, "FOR_A_CLASS", tmp_path)
    exercise = EXERCISES[name]
    assert exercise.solution_text() == core.WITH_THE_TEACHER
    assert exercise.check(...).help[-1] == ("Solution", core.WITH_THE_TEACHER)
    assert exercise.check(exercise.solution).state == "right"


# The notebooks and the modules.


def asks(name):
    """The learner's cell of an exercise."""
    (path,) = (ROOT / "notebooks").glob(f"{name.split('.')[0]}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    (source,) = [cell.source for cell in cells if f'check("{name}", ' in cell.source]
    return source


@pytest.mark.parametrize("name", EXERCISES)
def test_the_notebook_asks_with_a_gap(name):
    assert "..." in asks(name) and asks(name).splitlines()[-1].startswith("check(")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_what_an_exercise_defines_is_used_nowhere_behind_it(path):
    """*Look closer* stands behind the exercises, and must find the notebook's own names."""
    defined = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source.replace("%run", "# %run"))
        if "check(" in cell.source and "..." in cell.source:
            defined |= {getattr(node, "name", "") for node in tree.body}
            names = [n for n in tree.body if isinstance(n, ast.Assign)]
            defined |= {target.id for n in names for target in n.targets}
        else:
            used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
            assert not used & defined, cell.source
