"""The exercises of the course, in the order of the notebooks, and what a notebook calls.

`check("01.1", answer)` says whether the answer is right, and if not, which mistake it makes;
`hint("01.1")` gives one hint after the other; `progress()` shows what is open, tried and solved.
"""

import pandas as pd

from helpers.exercises import (
    e01_autograd_basics,
    e02_mnist_loading,
    e03_baseline_network,
    e04_gpu_acceleration,
    e05_loss_function,
    e06_activation_function,
    e07_optimizer,
    e08_normalization,
    e09_combined_model,
    e10_better_training,
    e11_evidence,
    e12_beyond_one_machine,
)
from helpers.exercises.core import Verdict
from helpers.exercises.memory import forget, remember, states

NOTEBOOKS = (
    e01_autograd_basics,
    e02_mnist_loading,
    e03_baseline_network,
    e04_gpu_acceleration,
    e05_loss_function,
    e06_activation_function,
    e07_optimizer,
    e08_normalization,
    e09_combined_model,
    e10_better_training,
    e11_evidence,
    e12_beyond_one_machine,
)
EXERCISES = {name: one for notebook in NOTEBOOKS for name, one in notebook.EXERCISES.items()}
_hints_given = dict.fromkeys(EXERCISES, 0)

__all__ = ["EXERCISES", "check", "forget", "hint", "progress"]


def check(name, answer) -> Verdict:
    """Check the answer to the exercise `name`, such as "01.1", and remember the outcome."""
    verdict = _exercise(name).check(answer)
    if verdict.state != "unanswered":
        remember(name, "solved" if verdict.state == "right" else "tried")
    return verdict


def hint(name) -> str:
    """Return the next hint for the exercise `name`; after the last one, the first again."""
    hints = _exercise(name).hints
    number = _hints_given[name] % len(hints)
    _hints_given[name] += 1
    print(f"Hint {number + 1} of {len(hints)}: {hints[number]}")


def progress() -> pd.DataFrame:
    """Return a table of how many exercises of each notebook are open, tried and solved."""
    noted = states()
    found = pd.DataFrame(
        {"notebook": name.split(".")[0], "state": noted.get(name, "open")} for name in EXERCISES
    )
    table = pd.crosstab(found["notebook"], found["state"])
    return table.reindex(columns=["open", "tried", "solved"], fill_value=0).rename_axis(
        columns=None
    )


def _exercise(name):
    if name not in EXERCISES:
        raise ValueError(f"there is no exercise {name!r}; expected one of {', '.join(EXERCISES)}")
    return EXERCISES[name]
