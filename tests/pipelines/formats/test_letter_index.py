"""Which strings of letters words have is found as by searching each of them, however long a word is."""

import re
from string import ascii_lowercase

from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.letter_index import LONGEST_WORD, LetterIndex, with_ascii_letters

SETS = [frozenset(one.split()) for one in ("abc", "abcd bcd", "bca cab", "aaa", "abcabc")]
WORDS = st.text("abcd", max_size=12) | st.text("abcd", min_size=LONGEST_WORD, max_size=3 * LONGEST_WORD)


@given(st.lists(WORDS, max_size=5))
def test_words_have_the_bit_of_each_set_of_which_they_have_a_string(words: list[str]) -> None:
    index = LetterIndex(3)
    bits = [index.bit_of(one) for one in SETS]
    found = index.in_words(words)
    for strings, bit in zip(SETS, bits, strict=True):
        assert bool(found & bit) == any(one in word for one in strings for word in words)


def test_a_set_has_one_bit_and_is_found_from_the_moment_on_it_was_added() -> None:
    index = LetterIndex(3)
    assert index.in_words(["tern"]) == 0
    bit = index.bit_of(frozenset(["tern"]))
    assert index.bit_of(frozenset(["gull"])) != bit == index.bit_of(frozenset(["tern"]))
    assert index.in_words(["terns", "gull"]) == bit | index.bit_of(frozenset(["gull"]))


def test_each_character_is_read_as_the_letter_that_an_expression_takes_it_for() -> None:
    others = "".join(map(chr, range(128, 0x110000)))
    taken = {one: letter for letter in ascii_lowercase for one in re.findall(letter, others, re.IGNORECASE)}
    assert {one: read for one in others if (read := with_ascii_letters(one)) != one} == taken
    assert set(re.findall("[a-z]", others, re.IGNORECASE)) == taken.keys()
    assert {one for one in others if re.search("[a-z]", one.lower())} <= taken.keys()
