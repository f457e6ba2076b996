import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipelines.rules.cards import Pattern

JOINED: TypeAdapter[Any] = TypeAdapter(Pattern)


@pytest.mark.parametrize(
    "expressions",
    [
        [r"\bheron", r"\begret\b", "^stork", r"^(a|b) bird", "crane$"],
        [r"\bheron|egret", r"^stork|crane"],
        [r"\b(heron|egret( one| two)?)", r"\bstork[)|(]x", r"\bcrane\|"],
        [],
    ],
)
def test_expressions_joined_match_what_each_of_them_matches(expressions: list[str]) -> None:
    joined = JOINED.validate_python(expressions)
    plain = re.compile("|".join(f"(?:{one})" for one in expressions) or r"(?!)", re.IGNORECASE)
    for text in (
        "a heron",
        "sheron",
        "Egret",
        "segret",
        "stork",
        "a stork",
        "b birds",
        "my crane",
        "stork|x",
        "crane|",
    ):
        found, expected = joined.search(text), plain.search(text)
        assert (found and found.span()) == (expected and expected.span())
