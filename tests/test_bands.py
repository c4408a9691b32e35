"""`expect` fails the tests, and tells a learner."""

import math

import pytest

from helpers import expect

SENTENCE = (
    "The text describes a test accuracy of at least 0.87 and of at most 0.89; this run gave 0.5."
)


@pytest.mark.parametrize("value", [0.87, 0.88, 0.89])
def test_a_number_inside_its_band_says_nothing(value, capsys):
    expect("a test accuracy", value, at_least=0.87, at_most=0.89)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("value", [0.869, 0.891, math.nan, math.inf])
def test_a_number_outside_fails_the_tests(value):
    with pytest.raises(AssertionError, match=f"this run gave {value:.4g}"):
        expect("a test accuracy", value, at_least=0.87, at_most=0.89)


def test_a_learner_reads_a_sentence_and_goes_on(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_STRICT")
    expect("a test accuracy", 0.5, at_least=0.87, at_most=0.89)
    assert capsys.readouterr().out.startswith(SENTENCE + " Both are fine")


def test_one_limit_is_enough():
    expect("a lead", 2, at_least=1)
    with pytest.raises(AssertionError, match="describes a lead of at least 1; this run gave 0"):
        expect("a lead", 0, at_least=1)
    with pytest.raises(AssertionError, match="describes a loss of at most 1; this run gave 2"):
        expect("a loss", 2, at_most=1)
