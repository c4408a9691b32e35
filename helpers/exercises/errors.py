"""What Python's and PyTorch's errors say, in a learner's words."""

import ast
import inspect
import linecache
import re
import textwrap
import traceback

from helpers.exercises.language import _

IN_WORDS = {
    r"builtin_function_or_method|'method'": "a method stands there without () behind it, and so was not called",
    r"torch\.return_types": "max, min and sort along a dim give two things, values and places: take .values or .indices, or amax",
    r"through the graph a second time": "one result has one backward: compute it anew in each pass of the loop",
    r"does not require grad": "what backward starts from was not computed from a tensor with requires_grad, or not while PyTorch records",
    r"append\(\) takes exactly one": "append takes one thing; a second pair of parentheses makes one of several: append((a, b))",
    r"bitwise_xor|for \^": "in Python a power is **, and ^ is something else",
    r"size of tensor a \(\d+\) must match|expanded size of the tensor|shape mismatch: value|be broadcast": "the shapes do not fit, entry by entry",
    r"mat1 and mat2|size mismatch|inconsistent tensor size|expected m\w+ and": "the shapes do not fit: in a product @ the left one has as many columns as the right one has rows, or entries",
    r"dimension specified as|Dimension out of range|too many indices": "the tensor has fewer dimensions than this line takes it to have",
    r"must be (a )?Tensor, not (float|int|list|tuple)": "this function of torch takes a tensor, and got none; for plain numbers there are math, ** 0.5, and max(a, b)",
    r"optional dtype|could not infer output dtype|must be either a floating|only supports? .*floating": "True, False and whole numbers have no mean and no spread in PyTorch: make them decimal, by .float()",
    r"Subtraction, the `-` operator": "True and False are not subtracted: make them numbers first, by .float()",
    r"'list' object has no attribute|for [-+*/]+: 'list'|multiply sequence by non-int|NoneType' and 'list'": "a list does not compute, as a tensor does: take its entries one by one, or torch.tensor(...)",
    r"'(float|int|bool)' object has no attribute": "a plain number has no methods of a tensor",
    r"indices must be integers|only integer tensors|tensors used as indices": "in [] belongs a place, a whole number, and this is none",
    r"cannot be interpreted as an integer": "a whole number is wanted there, and this is none",
    r"index \S+ is out of|index out of range": "there is no such place: places run from 0 to the length - 1",
    r"NoneType": "something there is None: .grad before backward, or what print, append or shuffle give back",
    r"value of Tensor with more than one|converted to Scalar|only one element tensors": "one number, or one True or False, is wanted there, and this tensor has several",
    r"NameError|UnboundLocalError": "nothing has this name there: is it misspelt?",
    r"missing \d+ required": "a call in it lacks an argument",
    r"not enough values to unpack|too many values to unpack": "there are not as many values as names on the left",
    r"ZeroDivisionError": "it divides by 0",
    r"math domain error": "a root or logarithm of a number below 0 was taken",
}


def explain_error(answer, error, arguments=()):
    """Say in a sentence what `answer` raised, with the learner's line where it happened."""
    said = f"{type(error).__name__}: {cut(error, 200)}"
    words = next((words for found, words in IN_WORDS.items() if re.search(found, said)), "")
    shapes = "; ".join(f"{name} {shape}" for name, shape in arguments) if "shapes" in words else ""
    words = _(words) + (f" ({shapes})" if shapes else "")
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if lines:
        code = cut(linecache.getline(file, lines[-1].lineno).strip(), 80)
        where = _("Your function stops in its line `{code}`", code=code)
    else:
        where = _("Your answer fails")
    if words:
        return _(
            "{where}: {words}. PyTorch, or Python, says: {said}",
            where=where,
            words=words,
            said=said,
        )
    return _("{where} with {said}", where=where, said=said)


def cut(text, length):
    """One line of at most `length` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 3] + "..."


def parsed(answer):
    """The lines of a function, or None for what has no source."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, SyntaxError, TypeError):
        return None


def returns_in_a_loop(answer):
    """Whether a `return` ends the first pass of a loop, whatever happens in it."""
    nodes = ast.walk(tree) if (tree := parsed(answer)) else ()
    loops = [node for node in nodes if isinstance(node, ast.For | ast.While)]
    return any(isinstance(line, ast.Return) for loop in loops for line in loop.body)


def why_none(answer):
    """Say of a function that gave None what may be the reason."""
    nodes = ast.walk(tree) if (tree := parsed(answer)) else ()
    if any(isinstance(node, ast.Return) and node.value for node in nodes):
        return _(
            "Your function returns None, since what stands behind `return` is None: print, append and shuffle give nothing "
            "back, and .grad is None before backward."
        )
    return _("Your function returns None; is there a `return`?")
