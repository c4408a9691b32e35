"""What all exercises share: an answer is run and compared, and its mistake is named.

What a learner reads goes through `_`, which gives it in the reader's language.
"""

import ast
import contextlib
import copy
import functools
import html
import inspect
import math
import numbers
import random
import re
import reprlib
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from helpers.exercises.errors import cut, explain_error, parsed, returns_in_a_loop, why_none
from helpers.exercises.language import _, language

OPENINGS = {"unanswered": "Your turn.", "wrong": "Not yet.", "right": "Right."}
BARS = {"unanswered": "#0072B2", "wrong": "#D55E00", "right": "#009E73"}  # as in helpers.plots
FOR_A_CLASS = Path(__file__).with_name("for_a_class")  # lies in the copy that `make student` writes
WITH_THE_TEACHER = "Your teacher has the solutions."


@dataclass(frozen=True)
class Verdict:
    """What `Exercise.check` says: ``state`` is "unanswered", "wrong" or "right".

    ``help`` holds pairs (title, text), hints by degrees and at the end a solution. In a notebook each
    appears at a click, the next one inside the one before. ``note`` is a line about something else.
    """

    state: str
    message: str
    help: tuple = ()
    note: str = ""

    def __str__(self):
        return f"{_(OPENINGS[self.state])} {self.message}" + (f"\n{self.note}" if self.note else "")

    __repr__ = __str__

    def _repr_html_(self):
        style = f"border-left: 5px solid {BARS[self.state]}; padding: 0.2em 0.8em; max-width: 50em"
        text, note = html.escape(self.message), html.escape(self.note)
        return (
            f'<div style="{style}"><strong>{_(OPENINGS[self.state])}</strong> {text}'
            f"{note and f'<br>{note}'}{self._help_html()}</div>"
        )

    def _help_html(self):
        shown = ""
        for title, text in reversed(self.help):
            text = f'<div style="white-space: pre-wrap">{html.escape(text)}</div>'
            shown = f"<details><summary>{title}</summary>{text}{shown}</details>"
        return shown


class Text(str):
    """A line that a notebook shows as it is, without quotes."""

    __repr__ = str.__str__


@dataclass(frozen=True)
class Mistake:
    """A known mistake: an answer that makes it, and what to say about it."""

    answer: Any
    explanation: str


@dataclass(frozen=True)
class Exercise:
    """A task whose answer can be checked.

    task         what to do, in a sentence: what a learner without an answer reads
    solution     an answer that is right; in its module it stands under the name of the answer
    expected     called with a tuple of inputs, gives what a right answer gives; computed another
                 way than `solution` does it
    why          why a right answer is right, worth reading
    inputs       returns the tuples of arguments to try, made anew at each call
    known        the known mistakes by name
    hints        by degrees, from a nudge to nearly the answer
    use          how an answer is put to use: called with it and the arguments, gives the result
    diagnose     called with a wrong answer that makes no known mistake: says in words what is wrong, or None
    tolerance    the largest relative difference of two numbers that counts as none
    """

    task: str
    solution: Any
    expected: Callable
    why: str
    inputs: Callable = lambda: [()]
    known: Mapping[str, Mistake] = field(default_factory=dict)
    hints: Sequence[str] = ()
    use: Callable = lambda answer, *arguments: answer(*arguments)
    diagnose: Callable = lambda answer: None
    tolerance: float = 1e-4

    @property
    def mistakes(self) -> dict:
        """The known mistakes: each name with an answer that makes it."""
        return {name: mistake.answer for name, mistake in self.known.items()}

    def solution_text(self) -> str:
        """The solution as a learner would write it, and why it is right."""
        if FOR_A_CLASS.exists():
            return _(WITH_THE_TEACHER)
        if inspect.isfunction(self.solution):
            return f"{inspect.getsource(self.solution)}\n{_(self.why)}"
        module = sys.modules[self.expected.__module__]  # the exercise's own
        assignments = re.finditer(r"^(\w+) = .*", inspect.getsource(module), re.MULTILINE)
        lines = [one[0] for one in assignments if vars(module)[one[1]] is self.solution]
        return f"{lines[0]}\n\n{_(self.why)}"

    def check(self, answer) -> Verdict:
        """Return what there is to say of `answer`; never raises, and leaves no trace."""
        try:
            with settings_restored():
                state, message = self._judge(answer)
        except Exception as error:
            state = "wrong"
            message = _("Your answer cannot be judged: {error}.", error=type(error).__name__)
        hints = [
            (_("Hint {number}", number=number), _(text))
            for number, text in enumerate(self.hints, start=1)
        ]
        hints = [] if state == "right" else hints
        return Verdict(state, message, (*hints, (_("Solution"), self.solution_text())))

    def _judge(self, answer):
        """Return the state and message of the verdict."""
        if answer is ...:
            return "unanswered", _(self.task)
        if isinstance(answer, torch.Tensor | np.generic) and answer.ndim == 0:
            answer = answer.item()
        fault = self._fault(answer)
        if fault is None:
            return "right", _(self.why)
        return ("unanswered", _(self.task)) if has_a_gap(answer) else ("wrong", fault)

    def _fault(self, answer):
        """What is wrong with the answer, in a sentence; None if it is right."""
        if fault := wrong_kind(answer, self.solution, _(self.task)):
            return fault
        results = self._results(answer)
        fault = results if isinstance(results, Failure) else self._first_fault(results)
        if fault and returns_in_a_loop(answer):
            return _(
                "Returned inside the loop: the first pass ends the function there. Put `return` behind the loop, "
                "as far left as its `for`."
            )
        if isinstance(results, Failure):
            return self._known_mistake(results) or str(results)
        if fault and (name := self._known_mistake(results)):
            return name
        return self._overwritten(answer) or (fault and (self._diagnosis(answer) or fault))

    def _results(self, answer):
        """What the answer gives for each of the inputs; or the Failure that it ends in."""
        results = []
        used = never_none(answer) if returns_something(self.solution) else answer
        for arguments in self.inputs():
            with settings_restored():
                torch.manual_seed(0)
                try:
                    results.append(self.use(used, *arguments))
                except Failure as failure:
                    return failure
                except (Exception, SystemExit) as error:
                    shapes = shapes_of(self._names(), arguments)
                    return Failure(explain_error(answer, error, shapes), error)
        return results

    def _names(self):
        return inspect.signature(self.solution).parameters if callable(self.solution) else ()

    def _overwritten(self, answer):
        """The first of the arguments that the answer changes in place, in a sentence; or None."""
        for arguments in self.inputs():
            before = copy.deepcopy(arguments)
            if not any(isinstance(one, torch.Tensor | np.ndarray | list) for one in arguments):
                continue
            with settings_restored(), contextlib.suppress(Exception, SystemExit):
                self.use(answer, *arguments)
            for name, old, new in zip(self._names(), before, arguments, strict=False):
                if not equal(old, new):
                    return _(
                        "Overwrote `{name}`, which whoever calls the function still needs: -=, *=, a method with _ at its "
                        "end, or {name}[...] = ... does that. Make a new tensor, as in x = x - 1.",
                        name=name,
                    )
        return None

    def _first_fault(self, results):
        """The first of the inputs for which the result is not as expected, and how; or None."""
        for arguments, result in zip(self.inputs(), results, strict=True):
            shown = show_arguments(self._names(), arguments)
            with settings_restored():
                fault = difference(result, self.expected(*arguments), self.tolerance)
            if isinstance(fault, Outcome) or (fault and not arguments):
                return capitalized(fault)
            if fault:
                return _("For {arguments}: {fault}", arguments=shown, fault=fault)
        return None

    def _known_mistake(self, results):
        """The name and explanation of the known mistake that gives these results, or None."""
        for name, mistake in self.known.items():
            if self._same(results, self._results(mistake.answer)):
                return f"{capitalized(_(name))}: {_(mistake.explanation)}"
        return None

    def _same(self, results, others):
        """Whether two answers give the same, or end in the same error."""
        if isinstance(results, Failure) or isinstance(others, Failure):
            return Failure.is_the_same(results, others)
        pairs = zip(results, others, strict=True)
        return not any(difference(*pair, self.tolerance) for pair in pairs)

    def _diagnosis(self, answer):
        try:
            with settings_restored():
                return self.diagnose(answer)
        except Exception:  # this answer is not one that it can put to use
            return None


def capitalized(text):
    """As a sentence begins in English; a translation is written as it begins."""
    return text[0].upper() + text[1:] if language() == "en" else text


def returns_something(function):
    """Whether there is a result to wait for: not of a function that only changes what it is given."""
    nodes = ast.walk(tree) if (tree := parsed(function)) else ()
    return any(isinstance(node, ast.Return) for node in nodes)


def never_none(answer):
    """The same function, where None is a Failure."""

    @functools.wraps(answer)
    def told(*arguments, **settings):
        result = answer(*arguments, **settings)
        if result is None:
            raise Failure(why_none(answer))
        return result

    return told


def equal(one, other):
    """Whether two arguments hold the same numbers; True for what holds none."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return True


def random_tensor(*shape, seed=0):
    """Normal random numbers that are the same at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Failure(Exception):
    """An answer that could not be put to use; its text is for the learner, `error` what was raised."""

    def __init__(self, text, error=None):
        super().__init__(text)
        self.error = error

    @staticmethod
    def is_the_same(one, other):
        if not (isinstance(one, Failure) and isinstance(other, Failure)):
            return False
        errors = [failure.error or failure for failure in (one, other)]
        return type(errors[0]) is type(errors[1]) and str(errors[0]) == str(errors[1])


class Outcome(str):
    """A sentence that a check says of an answer, shown as it is."""


def numbers_and_reason(answer):
    """The parts of an answer like [0.1, 0.93, "b"]: its numbers as floats, its letter in lower case."""
    *given, letter = answer
    for place, value in enumerate(answer, start=1):
        if value is ...:
            raise Failure(
                _("Value {place} of {count} is still to be given.", place=place, count=len(answer))
            )
    for place, value in enumerate(given, start=1):
        is_scalar = isinstance(value, torch.Tensor | np.generic) and value.ndim == 0
        number = value.item() if is_scalar else value
        if not is_finite(number):
            found = kind(number) if is_number(number) else show_text(value)
            if str(value).lower() in ("a", "b", "c"):
                found = _("{letter}, and the letter comes last", letter=show(value))
            raise Failure(
                _(
                    "Value {place} of {count} is {found}; expected a number.",
                    place=place,
                    count=len(answer),
                    found=found,
                )
            )
    if str(letter).lower() not in ("a", "b", "c"):
        raise Failure(_("The reason is {found}; expected 'a', 'b' or 'c'.", found=show(letter)))
    return *map(float, given), letter.lower()


def reason_does_not_fit(reason):
    return Outcome(_("reason {reason} does not fit", reason=reason))


class ByHand(TorchFunctionMode):
    """Within it, a call of one of these functions of PyTorch is a Failure."""

    def __init__(self, *names):
        super().__init__()
        self.names = names

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function.__name__ in self.names:
            raise Failure(
                _(
                    "Your function calls {function}: write it by hand, without that.",
                    function=function.__name__,
                )
            )
        return function(*args, **(kwargs or {}))


def has_a_gap(answer):
    """Whether `answer` is a function in which a `...` is still to be replaced by a line."""
    if not isinstance(answer, types.FunctionType):
        return False
    tree = parsed(answer)
    if tree is None:
        return False
    lines = [
        node for node in ast.walk(tree) if isinstance(node, ast.Expr | ast.Return | ast.Assign)
    ]
    return any(isinstance(line.value, ast.Constant) and line.value.value is ... for line in lines)


def wrong_kind(answer, solution, task):
    """Say if the answer is another kind of thing than the solution, or takes other arguments."""
    if kind(answer) != kind(solution):
        form = re.search(r"= (\[.*?\])", task) if isinstance(solution, list) else None
        wanted = kind(solution) + (f", {form[1]}" if form else "")
        return _(
            "The answer is {found}; expected {wanted}.", found=show_text(answer), wanted=wanted
        )
    if callable(solution):
        wanted = inspect.signature(solution)
        try:
            inspect.signature(answer).bind(*wanted.parameters)
        except TypeError:
            found = inspect.signature(answer)
            return _("Your function takes {found}; expected {wanted}.", found=found, wanted=wanted)
        except ValueError:  # some built-in functions have no signature
            return None
    return None


def kind(answer):
    """What sort of thing an answer is, in words."""
    if callable(answer):
        return _("a function")
    if is_number(answer):
        return _("a number") if is_finite(answer) else _("a number that is not finite")
    if isinstance(answer, (list, tuple)):
        return _("a list of {count}", count=len(answer))
    return with_article(type(answer).__name__)


def with_article(noun):
    return _("an {noun}", noun=noun) if noun[0].lower() in "aeiou" else _("a {noun}", noun=noun)


def is_number(value):
    """Whether a value is a real number, as True and False are not."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_finite(value):
    return is_number(value) and as_float(value) is not None


def as_float(value):
    """A number of any type as a float; None if it is not finite, or too large for one."""
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@contextlib.contextmanager
def settings_restored():
    """Put back what code under trial may have changed: random numbers, grad mode, threads, dtype."""
    threads, dtype, grad = (
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
    )
    pythons, numpys, torchs = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        torch.set_grad_enabled(True)
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        random.setstate(pythons)
        np.random.set_state(numpys)
        torch.set_rng_state(torchs)


def difference(result, expected, tolerance):
    """Say how `result` differs from `expected`, or return None if it does not."""
    if isinstance(result, Outcome):
        return None if result == expected else Outcome(f"{result}.")
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(result, expected, tolerance)
    if isinstance(expected, torch.Tensor) and expected.dim() == 0:
        return _number_difference(result, expected.item(), tolerance)
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(result, expected, tolerance)
    if isinstance(expected, bool):
        if not isinstance(result, bool):
            return _("your answer is {found}; expected True or False.", found=show(result))
        said = _("your answer is {found}, which is not so.", found=result)
        return None if result == expected else said
    if isinstance(expected, str):
        right = isinstance(result, str) and result == expected
        return None if right else _found_and_expected(show(result), show(expected))
    return _number_difference(result, expected, tolerance)


def _found_and_expected(found, expected):
    return _("your answer gives {found}; expected {expected}.", found=found, expected=expected)


def _sequence_difference(result, expected, tolerance):
    if not isinstance(result, (tuple, list)):
        wanted = _("a list or tuple of {count}", count=len(expected))
        return _found_and_expected(show(result), wanted)
    if len(result) != len(expected):
        many = _("{count} values", count=len(result))
        return _found_and_expected(_("1 value") if len(result) == 1 else many, len(expected))
    for place, pair in enumerate(zip(result, expected, strict=True), start=1):
        if fault := difference(*pair, tolerance):
            if isinstance(fault, Outcome):
                return fault
            return _(
                "value {place} of {count} differs: {fault}",
                place=place,
                count=len(expected),
                fault=fault,
            )
    return None


def _tensor_difference(result, expected, tolerance):
    if not isinstance(result, torch.Tensor):
        return _found_and_expected(show(result), tensor_of_shape(expected))
    if result.shape != expected.shape:
        return _shape_difference(result, expected)
    if result.device.type == "meta":
        return _("your answer is a tensor on the device meta, which holds no numbers.")
    result, expected = result.detach().cpu().double(), expected.detach().double()
    if not result.isfinite().all():
        return _("your answer holds NaN or infinity; expected finite numbers.")
    scale = expected.abs().max().item() if expected.numel() else 0
    distance = (result - expected).abs()
    if not (distance > tolerance * max(scale, 1e-12)).any():
        return None
    place = tuple(np.unravel_index(distance.argmax().item(), expected.shape))
    return _(
        "at [{place}] your answer is {found:.4g}; expected {expected:.4g}.",
        place=", ".join(map(str, map(int, place))),
        found=result[place],
        expected=expected[place],
    )


def _shape_difference(result, expected):
    wanted, found = tuple(expected.shape), tuple(result.shape)
    if not found:
        return _(
            "your answer is a single number; expected a tensor of shape {shape}. Does a sum, mean or max take all at once?",
            shape=wanted,
        )
    shapes = _("your answer has the shape {found}; expected {wanted}", found=found, wanted=wanted)
    if result.numel() == expected.numel():
        return _(
            "{shapes}: as many numbers, in another arrangement. Look at keepdim, [:, None] and .T; flatten() makes one row.",
            shapes=shapes,
        )
    if len(found) == len(wanted):
        return _("{shapes}: there are too few along an axis, or too many.", shapes=shapes)
    gone, left = _("an axis is gone that should stay"), _("an axis is left that should go")
    return _(
        "{shapes}: {fault}. Which dim do you sum over, or take the mean or the maximum of?",
        shapes=shapes,
        fault=gone if len(found) < len(wanted) else left,
    )


def _number_difference(result, expected, tolerance):
    if isinstance(result, (torch.Tensor, np.generic)) and result.ndim == 0:
        result = result.item()
    if isinstance(result, torch.Tensor) and result.numel() > 1:
        return _(
            "your answer has the shape {shape}; expected one number. A sum, mean or max is missing, or takes too few.",
            shape=tuple(result.shape),
        )
    if not is_number(result):
        return _found_and_expected(show(result), _("a number"))
    number = as_float(result)
    if number is None:
        return _("your answer is not finite, or too large for a float; expected a finite number.")
    if abs(number - expected) <= tolerance * max(abs(expected), 1e-12):
        return None
    return _(
        "your answer is {found:.4g}; expected {expected:.4g}.", found=number, expected=expected
    )


def show(value):
    """Show any value in a few words."""
    if value is None:
        return "None"
    if isinstance(value, types.BuiltinFunctionType | types.MethodType):
        name = value.__name__
        return _("the method {name} itself, since () is missing behind it", name=name)
    if type(value).__module__ == "torch.return_types":
        return _("a pair of values and places, as max, min and sort make with a dim")
    if isinstance(value, complex):
        return _("a complex number, which is the root of a negative one")
    if isinstance(value, torch.Tensor) and value.numel() > 6:
        return tensor_of_shape(value)
    if isinstance(value, torch.Tensor) and value.device.type != "meta":
        return f"tensor({entries(value.tolist())})"
    if isinstance(value, float):
        text = f"{value:.4g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    if isinstance(value, (str, int, bool, list, tuple, torch.Tensor)):
        return cut(reprlib.repr(value), 80)
    return with_article(type(value).__name__)  # its repr may hold an address, or never end


def show_text(value):
    """As `show`; of a text with a hint at its quotes."""
    shown = show(value)
    if isinstance(value, str):
        return _("{text} in quotes, which makes it a text", text=shown)
    return shown


def tensor_of_shape(tensor):
    return _("a tensor of shape {shape}", shape=tuple(tensor.shape))


def entries(value):
    """The numbers of nested lists, each shown as `show` does it."""
    return f"[{', '.join(map(entries, value))}]" if isinstance(value, list) else show(value)


def shapes_of(names, arguments):
    """The names of the tensors among the arguments, with their shapes."""
    pairs = zip(names, arguments, strict=False)
    return [(name, tuple(one.shape)) for name, one in pairs if isinstance(one, torch.Tensor)]


def show_arguments(names, arguments):
    """As a learner would write them: `z = tensor([0., 2.]), t = tensor([1., 0.])`."""
    pairs = zip(names, arguments, strict=False)  # where a default holds, no argument is given
    return ", ".join(f"{name} = {show(value)}" for name, value in pairs)
