"""The way back from a character of a card to its byte: exact, and no longer for a longer card."""

from collections.abc import Sequence
from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.blocks import Passage, read_blocks
from pipelines.markdown.text import MOST_LINES, STRETCH_CHARS, read_text
from tests.support.json_values import unhurried

SENTENCE = "Das Modell kann über Flüsse falsch liegen."


class CountedPlaces(tuple[tuple[int, int], ...]):
    """Places that count how many of them were looked at."""

    __slots__ = ()
    looked_at = 0

    def __getitem__(self, place: Any) -> Any:
        type(self).looked_at += 1
        return super().__getitem__(place)


class CountedText(str):
    """A text that counts how many of its characters were looked through."""

    __slots__ = ()
    looked_through = 0

    def __getitem__(self, place: Any) -> str:
        found = super().__getitem__(place)
        type(self).looked_through += len(found)
        return found


def passage_of(lines: int) -> Passage:
    [passage] = read_blocks(read_text("\n".join([SENTENCE] * lines).encode()), 0)
    assert isinstance(passage, Passage)
    return passage


@pytest.mark.parametrize("lines", [1, 100, MOST_LINES])
def test_a_place_is_found_in_so_many_steps_as_a_search_by_halves_takes(lines: int) -> None:
    passage = passage_of(lines)
    assert len(passage.places) == lines
    CountedPlaces.looked_at = 0
    counted = passage._replace(places=CountedPlaces(passage.places))
    asked = [start for start, _ in passage.places]
    assert [counted.place(start) for start in asked] == asked
    assert CountedPlaces.looked_at <= lines * (log2(lines) + 3)


@pytest.mark.parametrize("sentences", [10, 1_000, 20_000])
def test_a_byte_is_found_in_a_stretch_of_the_text_however_long_its_line_is(sentences: int) -> None:
    card = " ".join([SENTENCE] * sentences).encode()
    text = read_text(card)
    CountedText.looked_through = 0
    counted = text._replace(text=CountedText(text.text))
    asked = range(0, len(text.text), len(SENTENCE))
    assert [counted.byte_at(char) for char in asked] == byte_by_byte(text.text, asked)
    assert CountedText.looked_through <= len(asked) * STRETCH_CHARS


def byte_by_byte(text: str, chars: Sequence[int]) -> list[int]:
    found, at = [], 0
    ends = [*chars[1:], len(text)]
    for start, end in zip(chars, ends, strict=True):
        found.append(at)
        at += len(text[start:end].encode("utf-8", "surrogateescape"))
    return found


@unhurried
@given(
    st.lists(st.sampled_from([b"a", "é".encode(), "模".encode(), "🐦".encode(), b"\xff", b"\n", b"\r\n", b"\r"])),
    st.integers(0, 700),
)
def test_every_character_has_the_byte_that_it_begins_with(parts: list[bytes], repeated: int) -> None:
    text = read_text(b"".join(parts) * repeated)
    chars = range(0, len(text.text) + 1, max(1, len(text.text) // 50))
    assert [text.byte_at(char) for char in chars] == byte_by_byte(text.text, chars)
    assert list(text.line_bytes) == byte_by_byte(text.text, text.line_chars)
