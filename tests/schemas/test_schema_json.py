"""schema.json as a text that authors of clients work from."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from pipelines.signing.contract import schema_text
from schemas import registry
from schemas.passport import artifact

SCHEMA: dict[str, Any] = json.loads(schema_text())
SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
SUBSCHEMAS = ("if", "then", "else", "not", "items")


def subschemas(schema: dict[str, Any], at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema with its place, the conditions among them."""
    yield at, schema
    for keyword in ("properties", "$defs"):
        for name, below in schema.get(keyword, {}).items():
            yield from subschemas(below, f"{at}/{keyword}/{name}")
    for keyword in SUBSCHEMAS:
        if keyword in schema:
            yield from subschemas(schema[keyword], f"{at}/{keyword}")
    for keyword in SUBSCHEMA_LISTS:
        for place, below in enumerate(schema.get(keyword, [])):
            yield from subschemas(below, f"{at}/{keyword}/{place}")


ALL = dict(subschemas(SCHEMA))
FORMED = {at: schema for at, schema in ALL.items() if schema.keys() & {"pattern", "format"} and not at.endswith("/not")}
NOUNS = {at: schema for at, schema in ALL.items() if schema.get("type") == "object"}


def test_is_valid_2020_12_and_named_by_its_address() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "https://unfragile.ai/schema.json"


def test_every_object_is_closed() -> None:
    assert len(NOUNS) > 20
    assert [at for at, schema in NOUNS.items() if schema.get("additionalProperties") is not False] == []


def test_every_object_and_every_property_is_described() -> None:
    assert [at for at, noun in NOUNS.items() if not noun.keys() >= {"title", "description"}] == []
    properties = {f"{at}/{name}": stated for at, noun in NOUNS.items() for name, stated in noun["properties"].items()}
    assert len(properties) > 130
    assert [at for at, stated in properties.items() if len(stated.get("description", "")) < 10] == []


def test_every_required_key_is_a_property() -> None:
    assert [at for at, noun in NOUNS.items() if not set(noun.get("required", ())) <= noun["properties"].keys()] == []


def test_what_has_a_form_has_a_name_and_a_description_for_refusals() -> None:
    assert [at for at, schema in FORMED.items() if not schema.keys() >= {"title", "description"}] == []


def test_no_pattern_lets_a_line_break_follow_in_python() -> None:
    assert len(FORMED) > 15
    for at, schema in FORMED.items():
        of_fixed_length = "maxLength" in schema and not set("*+?") & set(schema["pattern"].replace("[A-Za-z0-9+/]", ""))
        assert of_fixed_length or schema["not"] == {"pattern": "\\n"}, at


def test_no_pattern_uses_what_engines_read_differently() -> None:
    # The classes for digits, words and spaces read every script in some engines; lookaround is not in all.
    unlike = (r"\d", r"\w", r"\s", r"\b", "(?")
    patterns = [schema["pattern"] for schema in ALL.values() if "pattern" in schema]
    assert [pattern for pattern in patterns if any(construct in pattern for construct in unlike)] == []


def test_every_reference_leads_to_a_definition_and_every_definition_is_used() -> None:
    references = {schema["$ref"] for schema in ALL.values() if "$ref" in schema}
    assert references == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("artifact_type", artifact.ArtifactType),
        ("pricing_model", artifact.PricingModel),
        ("capability_category", artifact.CapabilityCategory),
        ("status", registry.Status),
    ],
)
def test_closed_lists_are_in_the_models_in_the_same_order(definition: str, words: Any) -> None:
    assert SCHEMA["$defs"][definition]["enum"] == list(get_args(words))
