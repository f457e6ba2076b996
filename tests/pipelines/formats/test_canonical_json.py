import json
import struct
import uuid
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given

from pipelines.formats.canonical_json import NotCanonicalError, _ordered_alike, _spelled_alike, canonical
from tests.support.json_values import VALUES, unhurried
from tests.support.recordings import sample_passport, vectors_dir
from tests.support.signed import GOLDEN


class Colour(StrEnum):
    RED = "red"


class Plain(Enum):
    RED = "red"


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@unhurried
@given(VALUES)
def test_it_is_rfc8785_on_every_json_value(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@unhurried
@given(VALUES)
def test_it_is_a_fixed_point(value: Any) -> None:
    once = canonical(value)
    assert canonical(json.loads(once, parse_int=float)) == once


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": {"d": 2, "c": 3}}, b'{"a":{"c":3,"d":2},"b":1}'),
        ([1.0, -0.0, 0.0, 24.0], b"[1,0,0,24]"),
        ([1e-7, 1.5e-7, 1e-6, 0.00001, 0.00012], b"[1e-7,1.5e-7,0.000001,0.00001,0.00012]"),
        ([1e20, 1e21, 1e16, 123456789012345.6], b"[100000000000000000000,1e+21,10000000000000000,123456789012345.6]"),
        ([2**53 - 1, 1 - 2**53], b"[9007199254740991,-9007199254740991]"),
        ({"\ufb33": 1, "\U0001f600": 2}, b'{"\xf0\x9f\x98\x80":2,"\xef\xac\xb3":1}'),
        (
            {"\U0001f600": {"\uffff": 0, '"\U0001f600': 0}},
            b'{"\xf0\x9f\x98\x80":{"\\"\xf0\x9f\x98\x80":0,"\xef\xbf\xbf":0}}',
        ),
        ({"k": '\U0001f600":\\', "\uffff": 1}, b'{"k":"\xf0\x9f\x98\x80\\":\\\\","\xef\xbf\xbf":1}'),
        ({"10": 0, "9": 0, "": 0, "B": 0, "a": 0}, b'{"":0,"10":0,"9":0,"B":0,"a":0}'),
        ('\x00\x1f\b\t\n\f\r"\\/\x7f\u2028é', b'"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f\xe2\x80\xa8\xc3\xa9"'),
        ((1, ("a",)), b'[1,["a"]]'),
        ({"colour": Colour.RED}, b'{"colour":"red"}'),
        (1.0, b"1"),
        (None, b"null"),
    ],
)
def test_values_where_writers_of_json_differ(value: Any, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"a": [float("nan")]},
        [{"b": float("inf")}],
        float("-inf"),
        [2**53],
        {"a": -(2**53)},
        [2**80],
        {"a": "\ud800"},
        {"\udc00": 1},
        {1: "a"},
        {None: "a"},
        [b"bytes"],
        [{1, 2}],
        [datetime(2026, 6, 1, tzinfo=UTC)],
        [uuid.UUID(int=1)],
        [Plain.RED],
        [orjson.Fragment(b"1")],
        [1j],
        CYCLE,
        DEEP,
    ],
    ids=lambda value: str(type(value[0]) if isinstance(value, list) else type(value))[:40],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonicalError, match="no canonical form"):
        canonical(value)


def test_a_passport_takes_the_fast_way() -> None:
    passport = orjson.loads(GOLDEN.read_bytes())
    assert _spelled_alike(passport)
    assert _ordered_alike(orjson.dumps(passport, option=orjson.OPT_SORT_KEYS))
    assert canonical(passport) == rfc8785.dumps(passport)


def test_the_published_sample_takes_the_fast_way() -> None:
    passport = sample_passport()
    assert _spelled_alike(passport)
    assert canonical(passport) == rfc8785.dumps(passport)


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_rfc8785_vectors(name: str) -> None:
    folder = vectors_dir() / "rfc8785"
    made = canonical(json.loads((folder / f"input/{name}.json").read_bytes()))
    assert made == (folder / f"output/{name}.json").read_bytes().rstrip(b"\n")
    assert made == bytes.fromhex((folder / f"outhex/{name}.txt").read_text())


def test_appendix_b_numbers() -> None:
    rows = json.loads((vectors_dir() / "derived/rfc8785_appendix_b.json").read_bytes())["vectors"]
    assert len(rows) == 26
    for row in rows:
        (number,) = struct.unpack(">d", bytes.fromhex(row["ieee754"]))
        if row["expected"] is None:
            with pytest.raises(NotCanonicalError):
                canonical([number])
        else:
            assert canonical([number]) == f"[{row['expected']}]".encode()


def test_edge_cases_to_accept() -> None:
    cases = json.loads((vectors_dir() / "derived/jcs_edge_cases.json").read_bytes())["accept"]
    assert len(cases) == 16
    for case in cases:
        # One of them writes whole numbers that only a double can hold: read as JavaScript would.
        value = json.loads(case["json"], parse_int=lambda digits: int(digits) if len(digits) < 18 else float(digits))
        assert canonical(value).hex() == case["expected_hex"], case["id"]
