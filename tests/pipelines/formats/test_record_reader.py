from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipelines.formats.record_reader import FieldError, RecordReader, as_stated, parse_record

READERS: dict[str, tuple[Callable[[RecordReader, str], Any], list[Any]]] = {
    "line": (RecordReader.line, [None, "", "  ", 1, True, [], {}, "a\nb", "a\u202eb", "a" * 201]),
    "optional line": (RecordReader.optional_line, ["  ", 1, 0, False, [], {}, "a\tb", "\x07"]),
    "optional text": (RecordReader.optional_text, [1, True, [], {}]),
    "lines": (RecordReader.lines, [None, "text", {}, ["a", 1], ["a", None], [""], ["a\x00"], [["a"]]]),
    "optional lines": (RecordReader.optional_lines, ["text", {}, 3, [1], ["a\u202e"]]),
    "optional count": (RecordReader.optional_count, [-1, 2**53, 1.5, Decimal("1.0"), "1", True, [], {}]),
    "optional flag": (RecordReader.optional_flag, [0, 1, "true", [], {}]),
    "nested": (RecordReader.nested, [None, [], "x", 1, True]),
    "optional nested": (RecordReader.optional_nested, [[], "x", 1, False]),
    "nested list": (RecordReader.nested_list, [None, {}, "x", [1], [{}, None]]),
    "optional nested list": (RecordReader.optional_nested_list, [{}, "x", 1, [[]]]),
}


@pytest.mark.parametrize(("reader", "value"), [(r, v) for r, values in READERS.values() for v in values])
def test_a_reader_refuses_another_type_and_names_the_field(
    reader: Callable[[RecordReader, str], Any], value: Any
) -> None:
    with pytest.raises(FieldError) as refusal:
        reader(RecordReader({"field": value}, "/outer"), "field")
    assert refusal.value.pointer.startswith("/outer/field")
    assert refusal.value.reason.startswith(("is ", "contains "))


@pytest.mark.parametrize(
    "reader", [RecordReader.line, RecordReader.lines, RecordReader.nested, RecordReader.nested_list]
)
def test_a_mandatory_field_is_missed(reader: Callable[[RecordReader, str], Any]) -> None:
    with pytest.raises(FieldError, match=r"^/a~1b~0 is missing$"):
        reader(RecordReader({}), "a/b~")


@pytest.mark.parametrize("without", [{}, {"field": None}])
def test_an_optional_field_may_say_nothing(without: dict[str, Any]) -> None:
    silent = [
        RecordReader.optional_line,
        RecordReader.optional_text,
        RecordReader.optional_count,
        RecordReader.optional_flag,
    ]
    assert [read(RecordReader(dict(without)), "field") for read in silent] == [None] * 4
    assert RecordReader(dict(without)).optional_lines("field") == []
    assert RecordReader(dict(without)).optional_nested("field").names() == []
    assert RecordReader(dict(without)).optional_nested_list("field") == []


def test_what_nobody_takes_is_left_over_in_nested_objects_too_and_without_places_in_lists() -> None:
    record = RecordReader(
        {"id": "x", "new": 1, "nested": {"known": "a", "b/c": 2}, "list": [{"d": 1}, {"d": 2}], "whole": {"e": 1}}
    )
    record.line("id")
    record.nested("nested").line("known")
    record.nested_list("list")
    assert record.leftovers() == ["/new", "/whole", "/nested/b~1c", "/list/d", "/list/d"]


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '"x"', "{", '{"a": NaN}', '{"a": -Infinity}', '{"a": "\\ud800"}', "[" * 100_000, "{} {}"]
)
def test_a_body_that_is_no_object_in_json_is_refused(body: str) -> None:
    with pytest.raises(FieldError) as refusal:
        parse_record(body)
    assert refusal.value.pointer == ""


def test_fractions_keep_their_digits_and_escapes_are_read() -> None:
    assert parse_record('{"a": 0.10000000000000000000001, "b": "\\ud83d\\udc26"}') == {
        "a": Decimal("0.10000000000000000000001"),
        "b": "\U0001f426",
    }


@pytest.mark.parametrize(
    ("value", "carried"),
    [(Decimal("99.830"), "99.830"), (Decimal("1.5E-7"), "0.00000015"), (["b", "a"], ("b", "a")), (None, None), (7, 7)],
)
def test_evidence_carries_what_is_there(value: Any, carried: Any) -> None:
    assert as_stated(value) == carried


def test_an_object_cannot_be_evidence() -> None:
    with pytest.raises(FieldError):
        as_stated({"a": 1})


@pytest.mark.parametrize("value", ["x" * 10_000, 10**3000, [0] * 1000, {str(n): n for n in range(1000)}])
def test_a_refusal_stays_short_whatever_is_there(value: Any) -> None:
    with pytest.raises(FieldError) as refusal:
        RecordReader({"a": value}).optional_flag("a")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("numeral", ["1e999999999", "-1e-999999999", "0e-999999999"])
def test_a_number_of_a_gigabyte_of_digits_is_not_written_out(numeral: str) -> None:
    with pytest.raises(FieldError, match="cannot be stored"):
        as_stated(parse_record(f'{{"a":{numeral}}}')["a"])
