import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text import clean, clean_tail, unfit_for_line

HOSTILE = ["\x00", "\x1b", "\x7f", "\x85", "\u061c", "\u200e", "\u202e", "\u2066", "\u2069", "\ud800", "\U000e0041"]
HARMLESS = ["\u200b", "\ufeff", "\u00e9", "\u4e2d", "\U0001f426", " ", "<b>", "`"]


@pytest.mark.parametrize("character", HOSTILE)
def test_what_can_disguise_a_text_is_taken_out_and_named(character: str) -> None:
    assert clean(f"a{character}b") == "ab"
    assert unfit_for_line(f"a{character}b") == f"U+{ord(character):04X}"


@pytest.mark.parametrize("character", HARMLESS)
def test_other_characters_stay_as_they_are(character: str) -> None:
    assert clean(f"a{character}b") == f"a{character}b"
    assert unfit_for_line(f"a{character}b") is None


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\u2028", "\u2029"])
def test_a_line_has_no_breaks_while_a_text_may(character: str) -> None:
    assert clean(f"a{character}b") == f"a{character}b"
    assert unfit_for_line(f"a{character}b") == f"U+{ord(character):04X}"


@given(st.text(), st.sampled_from(HOSTILE), st.text())
def test_a_tail_is_clean_and_stands_in_the_text_word_for_word(before: str, hostile: str, after: str) -> None:
    text = before + hostile + after
    tail = clean_tail(text, 20)
    assert tail == clean(tail)
    assert text.endswith(tail)
    assert len(tail) <= 20
