import json
import math
from typing import Any, NoReturn

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.canonical_json import NotCanonicalError, canonical
from pipelines.formats.strict_json import DEEPEST, LARGEST_INTEGER, MalformedJsonError, parse
from tests.support.json_values import TEXTS, VALUES, unhurried
from tests.support.recordings import vectors_dir

MAX_BYTES = 1 << 20
MAX_DEPTH = 20


def read(raw: bytes) -> Any:
    return parse(raw, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)


def reference(raw: bytes) -> Any:
    """The same rules, written plainly with the standard library; ValueError where it refuses."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in found}) < len(found):
            raise ValueError("repeated key")
        return dict(found)

    def integer(digits: str) -> int:
        if abs(int(digits)) > LARGEST_INTEGER:
            raise ValueError("imprecise integer")
        return int(digits)

    def fraction(digits: str) -> float:
        if math.isinf(float(digits)):
            raise ValueError("infinite")
        return float(digits)

    def constant(name: str) -> NoReturn:
        raise ValueError(name)

    text = raw.decode("utf-8", "strict")
    value = json.loads(text, object_pairs_hook=pairs, parse_int=integer, parse_float=fraction, parse_constant=constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")
    if depth(value) > MAX_DEPTH:
        raise ValueError("deep")
    return value


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((depth(child) + 1 for child in inner), default=0)


@unhurried
@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_json_is_read_however_it_is_written(value: Any, indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert read(raw) == value
    assert read(orjson.dumps(value)) == value


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    raw = json.dumps(draw(VALUES), ensure_ascii=draw(st.booleans())).encode()
    start, length = draw(st.integers(0, len(raw))), draw(st.integers(0, 3))
    pieces = st.sampled_from(
        [b"", b",", b"{", b"]", b'"', b"\\", b"0", b"9" * 17, b"-", b"e9", b"NaN", b"\xff", b'"a":1,']
    )
    return raw[:start] + draw(pieces | st.binary(max_size=3)) + raw[start + length :]


@unhurried
@given(damaged() | st.binary(max_size=40))
def test_damaged_json_is_judged_as_by_the_slow_reference(raw: bytes) -> None:
    try:
        expected = reference(raw)
    except (ValueError, RecursionError):
        with pytest.raises(MalformedJsonError):
            read(raw)
    else:
        assert read(raw) == expected


@unhurried
@given(st.lists(st.tuples(TEXTS, VALUES), min_size=1, max_size=4), st.data())
def test_a_repeated_key_is_refused_wherever_it_is(pairs: list[tuple[str, Any]], data: st.DataObject) -> None:
    key, _ = data.draw(st.sampled_from(pairs))
    pairs.insert(data.draw(st.integers(0, len(pairs))), (key, data.draw(VALUES)))
    spelled = [json.dumps(name, ensure_ascii=data.draw(st.booleans())) for name, _ in pairs]
    members = ",".join(f"{name}:{json.dumps(value)}" for name, (_, value) in zip(spelled, pairs, strict=True))
    raw = f'[0,{{"in":{{{members}}}}}]'.encode()
    with pytest.raises(MalformedJsonError, match="is twice"):
        read(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"a":1,"a":1}', "the key 'a' is twice"),
        (b'{"a":1,"\\u0061":2}', "the key 'a' is twice"),
        (b'[{"x":{"":0,"":0}}]', "the key '' is twice"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b'{"\\udc00":1}', "not JSON"),
        (b'"\xed\xa0\x80"', "not JSON"),
        (b'"\xc0\xaf"', "not JSON"),
        (b'"\xff"', "not JSON"),
        (b"[9007199254740992]", "the integer 9007199254740992 is beyond"),
        (b"[-9007199254740992]", "the integer -9007199254740992 is beyond"),
        (b"[18446744073709551616]", "the integer 18446744073709551616 is beyond"),
        (b"[" + b"9" * 9_000 + b"]", "not JSON|the integer 999999999999999999999999 is beyond"),
        (b"[" + b"9" * 250 + b"]", "the integer 999999999999999999999999 is beyond"),
        (b"[1e400]", "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"[-Infinity]", "not JSON"),
        (b"[null]x", "not JSON"),
        (b"{}{}", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ("[]".encode("utf-16"), "not JSON"),
        (b"", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"[01]", "not JSON"),
        (b"[.5]", "not JSON"),
        (b'"a\tb"', "not JSON"),
        (b"{}//x", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"\x00", "not JSON"),
        (b"<!doctype html>", "not JSON"),
    ],
)
def test_what_readers_would_read_differently_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedJsonError, match=reason):
        read(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b' {"a" : [1, 2.50, 1E2, -0]} \n', {"a": [1, 2.5, 100.0, 0]}),
        (b'{"a":{"a":{"a":1}},"b":{"a":1}}', {"a": {"a": {"a": 1}}, "b": {"a": 1}}),
        (b'"\\u00e9\\/\\ud83d\\ude00\\u0000"', "é/😀\x00"),
        (b'{"\\u00e9":1,"e\\u0301":2}', {"é": 1, "e\u0301": 2}),
        (b"[9007199254740991,-9007199254740991]", [LARGEST_INTEGER, -LARGEST_INTEGER]),
        (b"[1e20,1e-400]", [1e20, 0.0]),
        (b"null", None),
    ],
)
def test_what_has_one_meaning_is_read(raw: bytes, value: Any) -> None:
    assert read(raw) == value


@pytest.mark.parametrize("around", [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("limit", [1, 20, DEEPEST])
@pytest.mark.parametrize("innermost", [b"0", b"[]", b'["\\n"]', b"{ }"])
def test_depth_is_counted_exactly(around: tuple[bytes, bytes], limit: int, innermost: bytes) -> None:
    levels = limit - innermost.count(b'"\\n"')
    raw = around[0] * levels + innermost + around[1] * levels
    assert depth(parse(raw, max_bytes=MAX_BYTES, max_depth=limit)) == limit
    with pytest.raises(MalformedJsonError, match=f"nested in more than {limit} containers"):
        parse(around[0] + raw + around[1], max_bytes=MAX_BYTES, max_depth=limit)


@pytest.mark.parametrize("levels", [251, 253, 254, 255, 256, 1000, 1024, 1025, 100_000])
def test_the_deepest_documents_are_refused_without_harm(levels: int) -> None:
    with pytest.raises(MalformedJsonError):
        parse(b"[" * levels + b"0" + b"]" * levels, max_bytes=MAX_BYTES, max_depth=10_000)


def test_whatever_is_allowed_no_more_than_250_containers_are_read() -> None:
    assert depth(parse(b"[" * 250 + b"0" + b"]" * 250, max_bytes=MAX_BYTES, max_depth=10_000)) == 250
    with pytest.raises(MalformedJsonError, match="nested in more than 250 containers"):
        parse(b"[" * 251 + b"0" + b"]" * 251, max_bytes=MAX_BYTES, max_depth=10_000)


def test_a_refusal_states_its_reason_and_prints_it() -> None:
    with pytest.raises(MalformedJsonError) as caught:
        read(b'{"a":1,"a":1}')
    assert caught.value.reason == str(caught.value) == "the key 'a' is twice in one object"


def test_the_largest_integers_are_read_where_the_text_is_read_slowly_too() -> None:
    assert read(b"[ 9007199254740991, -9007199254740991 ]") == [LARGEST_INTEGER, -LARGEST_INTEGER]
    assert LARGEST_INTEGER == 9_007_199_254_740_991


def test_text_that_looks_indented_is_not_depth() -> None:
    text = "\n" + " " * 5_000
    assert read(json.dumps([text, {text: text}]).encode()) == [text, {text: text}]


def test_length_is_counted_in_bytes() -> None:
    raw = b'"\xc3\xa9"'
    assert parse(raw, max_bytes=4, max_depth=1) == "é"
    with pytest.raises(MalformedJsonError, match="more than 3 bytes"):
        parse(raw, max_bytes=3, max_depth=1)


def test_edge_cases_to_refuse() -> None:
    cases = json.loads((vectors_dir() / "derived/jcs_edge_cases.json").read_bytes())["reject"]
    assert len(cases) == 14
    for case in cases:
        with pytest.raises((MalformedJsonError, NotCanonicalError)):
            canonical(read(case["json"].encode()))
