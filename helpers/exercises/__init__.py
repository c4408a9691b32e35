"""The exercises of the course, in the order of the notebooks, and what a notebook calls.

`check("01.1", answer)` says whether the answer is right, and if not, which mistake it makes;
`hint("01.1")` gives one hint after the other, `solution("01.1")` an answer that is right;
`progress()` shows what is open, tried and solved.
"""

import importlib
from collections import Counter
from dataclasses import replace

import pandas as pd

from helpers.exercises import progress_store
from helpers.exercises.core import Text, Verdict
from helpers.exercises.language import _
from helpers.exercises.progress_store import forget

NOTEBOOKS = (
    "01_autograd_basics",
    "02_mnist_loading",
    "03_baseline_network",
    "04_gpu_acceleration",
    "05_loss_function",
    "06_activation_function",
    "07_optimizer",
    "08_normalization",
    "09_combined_model",
    "10_better_training",
    "11_evidence",
    "12_beyond_one_machine",
    "13_generative_adversarial_network",
    "14_what_makes_it_write",
    "15_convolution",
    "16_other_images",
)
EXERCISES = {
    name: exercise
    for notebook in NOTEBOOKS
    for name, exercise in importlib.import_module(f"{__name__}.e{notebook}").EXERCISES.items()
}
_hints_given = dict.fromkeys(EXERCISES, 0)

__all__ = ["EXERCISES", "check", "forget", "hint", "progress", "solution"]


def check(name, answer) -> Verdict:
    """Check the answer to the exercise `name`, such as "01.1", and remember the outcome."""
    verdict = _exercise(name).check(answer)
    if verdict.state == "unanswered":
        return verdict
    line = progress_store.remember(name, "solved" if verdict.state == "right" else "tried")
    return replace(verdict, note=line)


def hint(name):
    """Print the next hint for the exercise `name`; after the last one, the first again."""
    hints = _exercise(name).hints
    number = _hints_given[name] % len(hints)
    _hints_given[name] += 1
    text = _(hints[number])
    print(_("Hint {number} of {count}: {text}", number=number + 1, count=len(hints), text=text))


def solution(name):
    """Print an answer to the exercise `name` that is right, and why it is."""
    print(_exercise(name).solution_text())


def progress(notebook=None):
    """Show how many exercises are open, tried and solved.

    Of one notebook, such as "05", it is a line; of all of them a table (pd.DataFrame), a row each.
    """
    noted, line = progress_store.states()
    if line:
        print(line)
    if notebook is not None:
        counts = _counts(notebook, noted)
        if not counts.total():
            raise ValueError(
                _(
                    "there are no exercises of {notebook!r}; expected 01 to {last:02}",
                    notebook=notebook,
                    last=len(NOTEBOOKS),
                )
            )
        return Text(
            _(
                "{notebook}: {solved} of {total} exercises solved, {tried} tried, {open} open",
                notebook=notebook,
                total=counts.total(),
                **{state: counts[state] for state in ("open", "tried", "solved")},
            )
        )
    rows = [_counts(name[:2], noted) for name in NOTEBOOKS]
    columns = {"open": _("open"), "tried": _("tried"), "solved": _("solved")}
    table = pd.DataFrame(rows, NOTEBOOKS, list(columns)).fillna(0).astype(int)
    return table.rename(columns=columns).rename_axis(_("notebook"))


def _counts(notebook, noted):
    names = [name for name in EXERCISES if name.startswith(f"{notebook}.")]
    return Counter(noted.get(name, "open") for name in names)


def _exercise(name):
    if name not in EXERCISES:
        raise ValueError(
            _(
                "there is no exercise {name!r}; expected one of {names}",
                name=name,
                names=", ".join(EXERCISES),
            )
        )
    return EXERCISES[name]
