from typing import Any

import pytest

from pipelines.exports.columns import PASSPORT_COLUMNS, STATEMENT_COLUMNS, passport_row, statement_rows
from tests.pipelines.exports.documents import HOSTILE_TEXTS, documents, open_model, spoilt
from tests.support.contract.documents import full

OBJECT = "ab" * 32


def row(document: dict[str, Any]) -> dict[str, Any]:
    names = [column.name for column in PASSPORT_COLUMNS]
    return dict(zip(names, passport_row(OBJECT, document["passport"]), strict=True))


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    names = [column.name for column in STATEMENT_COLUMNS]
    return [dict(zip(names, one, strict=True)) for one in statement_rows(OBJECT, document["passport"])]


@pytest.mark.parametrize("document", documents())
def test_a_row_has_what_one_filters_by(document: dict[str, Any]) -> None:
    found = row(document)
    assert (found["slug"], found["status"], found["object"]) == ("acme-tern-1.5", "active", OBJECT)
    assert found["capabilities"] == [one["uri"] for one in document["passport"]["unfragile"]["capabilities"]]


def test_values_of_a_model_are_in_their_columns() -> None:
    found = row(open_model())
    assert (found["licence"], found["languages"], found["ends_on"]) == ("apache-2.0", ["en"], "2026-08-01")
    assert found["prompt_usd_per_million"] == pytest.approx(0.15)
    assert found["base_models"] == ["Acme/Tern-1.5-Base"]
    kinds = {column.name: column.kind for column in PASSPORT_COLUMNS}
    assert (kinds["free"], kinds["score"], kinds["prompt_usd_per_million"]) == ("flag", "whole", "number")
    assert (kinds["ends_on"], kinds["signed_at"], kinds["purposes"], kinds["licence"]) == (
        "day", "instant", "texts", "text",
    )  # fmt: skip


def test_each_entry_of_the_evidence_is_a_statement_of_a_claim() -> None:
    context, quoted, risk, mode = statements(full())
    assert (context["kind"], context["claim"], context["claimed"]) == ("fact", "model/context_tokens", "131072")
    assert (context["value"], context["quote"], context["locator"]) == ("131072", None, "/context_length")
    assert (quoted["kind"], quoted["quote"]) == ("capability", "Calls are not validated.")
    assert quoted["claim"].startswith("capability://")
    assert quoted["confidence"] == pytest.approx(0.5, abs=0.5)
    assert (risk["kind"], risk["asserted_by"], risk["url"], risk["content_sha256"]) == ("risk", "class", None, None)
    assert (mode["kind"], mode["value"]) == ("failure_mode", '[0,null,"none",0.5]')
    assert {one["object"] for one in (context, quoted, risk, mode)} == {OBJECT}


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_hostile_texts_have_no_control_or_bidirectional_characters(by: str) -> None:
    document = spoilt(open_model(), by)
    values = [*row(document).values(), *(value for one in statements(document) for value in one.values())]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    for text in texts:
        if isinstance(text, str):
            text.encode()
            assert not set(text) & {"\x00", "\x1b", "\u202e", "\u2066"}
