"""The Korean texts say what the English ones say, in the same words for the same things."""

import pytest
import translations
from babel.messages import Catalog

from helpers.exercises.language import messages

SOURCES = translations.sources()
# A term of the glossary, and what else one might call it.
DECIDED = {
    "에포크": "에폭",
    "데이터": "데이타",
    "활성화 함수": "활성 함수",
    "레이블": "라벨",
    "매개변수": "파라미터",
    "옵티마이저": "최적화기",
    "신경망": "뉴럴 네트워크",
    "판별자": "감별자",
    "기울기": "그래디언트",
    "과적합": "과대적합",
    "형상": "셰이프",
    "돌려주다": "반환",
    "가공하지 않은 출력": "날것",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_translation_is_whole_up_to_date_and_keeps_code_numbers_links_and_emphasis(name):
    """If it fails after a change of an English text: make translations, and see CONTRIBUTING."""
    faults = list(translations.faults("ko", name, SOURCES[name]))
    assert not faults, "\n".join([str(translations.place("ko", name)), *faults])


def test_there_is_one_word_for_each_thing():
    texts = {**messages("ko", "*"), **messages("ko", "*/*")}.values()
    found = [(word, text) for word in DECIDED.values() for text in texts if word in text]
    assert not found, "\n".join(f"{word}: {text}" for word, text in found)


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("Add `1`.", "`2`를 더합니다.", "code"),
        ("It takes 12 steps.", "열두 스텝이 걸립니다.", "numbers"),
        ("See [the notes](a.md).", "[노트](b.md)를 보세요.", "links"),
        ("Compute $x^2$.", "제곱을 계산합니다.", "formulas"),
        ("The *loss* falls.", "손실이 줄어듭니다.", "emphasis"),
        ("Of **ReLU** (1)", "**ReLU(1)**는", "emphasis"),
        ("Line {line}", "줄 {place}", "placeholders"),
        ("## Recap", "정리", "begins"),
        ("1 to 2, 3 to 4", "1~2, 3~4", "tildes"),
        ("Nothing else has changed here.", "Nothing else has changed.", "language"),
    ],
)
def test_a_translation_that_loses_or_adds_something_is_a_fault(text, translation, fault):
    assert not list(translations.differences(text, text)) or fault == "language"
    assert any(line.startswith(fault) for line in translations.differences(text, translation))


def test_a_changed_text_marks_its_translation_and_a_new_one_lacks_it(tmp_path, monkeypatch):
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    catalog = Catalog()
    catalog.add("You train the network once.", "신경망을 한 번 학습시킵니다.")
    translations.write("ko", "page", catalog)
    texts = ["You train the network twice.", "New."]
    translations.write("ko", "page", translations.updated("ko", "page", texts))
    changed, new = translations.faults("ko", "page", texts)
    assert changed.startswith("is marked as fuzzy") and new.startswith("is not translated")
