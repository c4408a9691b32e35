"""Hold what the text says of a number, and let a learner who changes things go on."""

import math
import os


def expect(what, value, *, at_least=-math.inf, at_most=math.inf):
    """Check that the number `value` lies in the band that the text describes.

    A learner may have changed a rate or stopped a training: then a sentence says what the text
    describes and what this run gave, and the notebook goes on. Where the environment variable
    ``COURSE_STRICT`` is set, as in the tests and in `make notebooks`, it is an AssertionError.
    """
    if at_least <= value <= at_most:
        return
    limits = {"of at least": at_least, "of at most": at_most}
    band = " and ".join(
        f"{word} {limit:.4g}" for word, limit in limits.items() if math.isfinite(limit)
    )
    sentence = f"The text describes {what} {band}; this run gave {value:.4g}."
    if os.environ.get("COURSE_STRICT"):
        raise AssertionError(sentence)
    print(
        f"{sentence} Both are fine: after a change, or on other data, the text is not about your run."
    )
