import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.listing import Observation, Quarantined, RawListing
from spiders.download.documents import AnswerError, raw_listing, read_json

SPELLINGS = [
    "0",
    "-0",
    "1.0",
    "0.10",
    "1e-7",
    "1E+400",
    "-2.50e3",
    "0.0000000208333333333333",
    "123456789012345678901234567890",
    "-9223372036854775809",
    "9007199254740993.0000",
]


def listed(text: str) -> RawListing | Quarantined:
    record = read_json(text.encode())
    assert isinstance(record, dict)
    return raw_listing(record, Observation("s", "a/b", "2026-01-01T00:00:00.000Z", "u"))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_numbers_keep_every_digit_that_the_source_wrote(spelling: str) -> None:
    raw = listed(f'{{"z": [{spelling}], "a": {spelling}}}')
    assert isinstance(raw, RawListing)
    assert raw.body == f'{{"a":{spelling},"z":[{spelling}]}}'
    assert raw.content_sha256 == hashlib.sha256(raw.body.encode()).hexdigest()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(max_size=9), JSON, max_size=5))
def test_a_body_says_what_the_source_stated(record: dict[str, object]) -> None:
    text = spelled(record)
    raw = listed(text)
    assert isinstance(raw, RawListing)
    assert json.loads(raw.body, parse_float=Decimal) == json.loads(text, parse_float=Decimal)
    assert listed(raw.body) == raw


def spelled(value: object) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}: {spelled(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(spelled, value)) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value)


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a": ' + "[" * 300 + "]" * 300 + "}"])
def test_what_cannot_be_written_is_quarantined_whole(text: str) -> None:
    refusal = listed(text)
    assert isinstance(refusal, Quarantined)
    assert json.loads(refusal.raw).keys() == json.loads(text).keys()
    assert refusal.model_dump_json()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "an empty body"),
        (b"  <!DOCTYPE html>\n<title>\n Access  denied</title>", "an HTML page titled 'Access denied'"),
        (b"<html>", "an HTML page titled ''"),
        (b'{"a": NaN}', "NaN is not a number in JSON"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1} 2', "Extra data"),
        (b'{"a": "\xff"}', "can't decode byte 0xff"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_json_is_named(body: bytes, sentence: str) -> None:
    with pytest.raises(AnswerError, match=sentence):
        read_json(body)
