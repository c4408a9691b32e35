"""What exercises say is in the language that LANGUAGE names, and all of it is."""

import ast
import re

import pytest
import translations

from helpers import exercises
from helpers.environment import ROOT
from helpers.exercises import EXERCISES, check, hint, progress, progress_store, solution

# No code has these words, or four words in a row, but for a `for`.
ENGLISH = re.compile(
    r"\b(the|of|are|its?|your|after|each)\b|\b(?!for \w+ in)([A-Za-z][a-z]+ ){3}[a-z]+"
)
MODULES = sorted((ROOT / "helpers/exercises").glob("*.py"))
EXERCISE = EXERCISES["05.3"]
WRONG = EXERCISE.mistakes["kept 0.5 as the border"]


@pytest.fixture(autouse=True)
def korean(monkeypatch, tmp_path):
    monkeypatch.setenv("LANGUAGE", "ko")
    monkeypatch.setattr(progress_store, "FILE", tmp_path / "progress.sqlite")


@pytest.mark.parametrize(
    ("answer", "opening"),
    [(..., "직접 해 보세요. "), (WRONG, "아직 아닙니다. "), (EXERCISE.solution, "맞습니다. ")],
)
def test_a_verdict_speaks_korean(answer, opening):
    verdict = check("05.3", answer)
    assert str(verdict).startswith(opening) and f"<strong>{opening[:-1]}<" in verdict._repr_html_()
    hints = ["힌트 1", "힌트 2"] if answer is not EXERCISE.solution else []
    assert [title for title, _ in verdict.help] == [*hints, "풀이"]


def test_what_is_wrong_is_said_in_korean():
    assert check("05.2", None).message == (
        "받은 답: None. 필요한 답: 값 3개짜리 리스트, [rate, difference, reason]."
    )
    assert check("05.2", [-1, 0, "b"]).message == "학습률이 0 이하이면 결코 내려가지 않습니다."
    assert "원소끼리 짝을 맞출 수 없는 형상입니다" in check(
        "01.3", lambda table, w, t: 2 * (table @ w - t) * table
    ).message  # fmt: skip


def test_hints_solutions_and_progress_speak_korean(capsys, monkeypatch):
    monkeypatch.setitem(exercises._hints_given, "05.3", 0)
    hint("05.3")
    solution("05.3")
    printed = capsys.readouterr().out
    assert printed.startswith("힌트 1/2: ") and "def loss_and_yes" in printed
    assert not ENGLISH.search(printed)
    check("05.3", WRONG)
    assert (
        repr(progress("05"))
        == "05: 연습 문제 3개 중 0개를 풀었고, 1개는 시도했으며, 2개가 남았습니다"
    )
    assert [*progress(), progress().index.name] == ["남음", "시도함", "풀었음", "노트북"]


@pytest.mark.parametrize("language", [None, "", "en", "xx", "en_US:en"])
def test_in_a_language_without_translations_it_speaks_english(language, monkeypatch):
    monkeypatch.delenv("LANGUAGE")
    if language is not None:
        monkeypatch.setenv("LANGUAGE", language)
    verdict = check("05.3", WRONG)
    assert str(verdict).startswith("Not yet. Kept 0.5 as the border: the sigmoid is 0.5 where z")
    assert [title for title, _ in verdict.help] == ["Hint 1", "Hint 2", "Solution"]
    assert [*progress()] == ["open", "tried", "solved"]


@pytest.mark.parametrize("name", EXERCISES)
def test_no_english_is_left_in_the_verdicts_of_an_exercise(name):
    exercise = EXERCISES[name]
    code = exercise.solution_text().rsplit("\n\n", 1)[0]
    for answer in (..., exercise.solution, *exercise.mistakes.values()):
        verdict = exercise.check(answer)
        said = " ".join([str(verdict), *(text for _, text in verdict.help)]).replace(code, "")
        assert not ENGLISH.search(said), said


# The calls of `_`.


def calls_in(path):
    return [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"
    ]


def test_every_text_can_be_collected_and_gets_the_values_that_it_names():
    collected = set(translations.called(*MODULES))
    for call in sum(map(calls_in, MODULES), []):
        assert not isinstance(call.args[0], ast.JoinedStr), ast.unparse(call)
        if isinstance(call.args[0], ast.Constant):
            text, names = call.args[0].value, {one.arg for one in call.keywords} - {None}
            assert text in collected
            assert names <= set(re.findall(r"\{(\w+)", text)), text
            assert names or not call.keywords or "{" in text, text


def test_no_function_that_translates_means_something_else_by_the_underscore():
    for path in MODULES:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name != "_":
                names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "_"]
                assert len({type(n.ctx) for n in names}) < 2, f"{path.name}: {function.name}"
