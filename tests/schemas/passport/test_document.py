"""The frozen models of the document: nothing is lost on the way through them."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from schemas.passport.document import SignedDocument
from tests.support.contract.documents import full, minimal
from tests.support.recordings import sample_passport


def minified(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def written_back(document: dict[str, Any]) -> str:
    read = SignedDocument.model_validate_json(minified(document))
    return read.model_dump_json(by_alias=True, exclude_unset=True)


@pytest.mark.parametrize("document", [minimal(), full()], ids=["minimal", "full"])
def test_document_is_written_back_byte_for_byte(document: dict[str, Any]) -> None:
    assert written_back(document) == minified(document)


def test_published_passport_is_written_back_byte_for_byte() -> None:
    assert written_back(sample_passport()) == minified(sample_passport())


def test_whole_number_with_a_fraction_of_zero_is_read_as_an_integer() -> None:
    document = minimal()
    document["passport"]["unfragile"]["trust"]["score"] = 24.0
    score = SignedDocument.model_validate_json(minified(document)).passport.unfragile.trust.score
    assert isinstance(score, int)


def test_null_as_a_value_of_evidence_differs_from_no_value() -> None:
    evidence = SignedDocument.model_validate_json(minified(full())).passport.unfragile.evidence
    assert evidence is not None
    assert [("value" in item.model_fields_set, item.value, item.quote) for item in evidence] == [
        (True, 131072, None),
        (False, None, "Calls are not validated."),
        (True, None, None),
        (True, (0, None, "none", 0.5), None),
    ]


def test_nothing_of_a_document_can_be_changed() -> None:
    read = SignedDocument.model_validate_json(minified(full()))
    with pytest.raises(ValidationError, match="frozen"):
        read.passport.unfragile.trust.score = 100  # type: ignore[misc]


def models_below(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for field in model.model_fields.values():
        for part in parts_of(field.annotation):
            found |= models_below(part)
    return found


def parts_of(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {part for argument in getattr(annotation, "__args__", ()) for part in parts_of(argument)}


def test_every_model_of_the_document_is_frozen_closed_and_strict() -> None:
    models = models_below(SignedDocument)
    assert len(models) > 20
    for model in models:
        config = model.model_config
        assert (config.get("frozen"), config.get("extra"), config.get("strict")) == (True, "forbid", True), model
