import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.text import amount, clean, clean_tail, disguise_in, shown, unfit_for_line, visible

HOSTILE = ["\x00", "\x1b", "\x7f", "\x85", "\u061c", "\u200e", "\u202e", "\u2066", "\u2069", "\ud800", "\U000e0041"]
HARMLESS = ["\u200b", "\ufeff", "\u00e9", "\u4e2d", "\U0001f426", " ", "<b>", "`"]


@pytest.mark.parametrize("character", HOSTILE)
def test_what_can_disguise_a_text_is_removed_and_named(character: str) -> None:
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
def test_a_tail_is_clean_and_is_in_the_text_word_for_word(before: str, hostile: str, after: str) -> None:
    text = before + hostile + after
    tail = clean_tail(text, 20)
    assert tail == clean(tail)
    assert text.endswith(tail)
    assert len(tail) <= 20


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("GPT\u200b-4", "characters that nobody sees (U+200B)"),
        ("\ufeffGPT\u00ad-4\u2060", "characters that nobody sees (U+FEFF, U+00AD, U+2060)"),
        ("GPT\u200d-4", "characters that nobody sees (U+200D)"),
        ("GPT\ufe0f-4", "characters that nobody sees (U+FE0F)"),
        ("\u2764\ufe0f\ufe0f\U000e0141", "characters that nobody sees (U+FE0F, U+E0141)"),
        ("Claude \u041epus", "CYRILLIC and LATIN letters in one word"),
        ("\u0391I", "GREEK and LATIN letters in one word"),
        ("\U0001d406PT", "LATIN and MATHEMATICAL letters in one word"),
        ("GPT-4\u043e", "CYRILLIC letters that look like LATIN ones"),
        ("\u041e1 Pro", "CYRILLIC letters that look like LATIN ones"),
    ],
)
def test_a_name_that_can_pass_for_another_is_distinguished_from_it(name: str, shown: str) -> None:
    assert disguise_in(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "GPT-4", "", "Caf\u00e9", "\u041c\u043e\u0434\u0435\u043b\u044c \u0421", "\u6a21\u578bGPT\u7248",
        "\u65e5\u672c\u8a9eAI\u30c6\u30b9\u30c8", "\ud55c\uad6dKo", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "Gemini \U0001f468\u200d\U0001f4bb", "Qwen \u03b2", "\u00b5P", "\u2764\ufe0f",
        "1\ufe0f\u20e3", "\u845b\U000e0100",
    ],
)  # fmt: skip
def test_a_name_in_any_script_is_no_disguise(name: str) -> None:
    assert disguise_in(name) is None
    assert visible(name) == name


def test_what_nobody_sees_is_spelled_out() -> None:
    assert visible("GPT\u200b-4\u200d caf\u00e9") == "GPT[U+200B]-4[U+200D] caf\u00e9"


def test_what_is_shown_is_clean_visible_and_bounded() -> None:
    assert shown("a\x1b[31m\u202eb\u200b") == "a[31mb[U+200B]"
    assert shown("two\nlines of\ttext", 12) == "two lines o…"
    assert len(shown("\u200b" * 10_000, 50)) == 50


@given(st.text(), st.integers(1, 80))
def test_nothing_that_is_shown_can_disguise_or_steer(text: str, longest: int) -> None:
    for found in (shown(text), shown(text, longest)):
        assert clean(found) == found == visible(found)
    assert len(shown(text, longest)) <= longest
    assert unfit_for_line(shown(text, longest)) is None


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 files, 0 aliases"), (1, "1 file, 1 alias"), (2000, "2,000 files, 2,000 aliases")]
)
def test_a_noun_is_in_the_plural_unless_there_is_one(count: int, words: str) -> None:
    assert f"{amount(count, 'file')}, {amount(count, 'alias', 'aliases')}" == words
