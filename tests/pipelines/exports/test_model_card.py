from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from pipelines.exports.model_card import model_card
from tests.pipelines.exports.documents import HOSTILE_TEXTS, SITE, SLUG, documents, open_model, spoilt
from tests.support.contract.documents import full
from tests.support.pages import Page


def card_of(document: dict[str, Any]) -> ModelCard:
    return ModelCard(model_card(SITE, SLUG, document).decode(), ignore_metadata_errors=False)


@pytest.mark.parametrize("document", documents())
def test_the_hubs_library_reads_the_card_back_to_the_same_metadata(document: dict[str, Any]) -> None:
    text = model_card(SITE, SLUG, document).decode()
    front = yaml.safe_load(text.split("---\n")[1])
    assert card_of(document).data.to_dict() == front


def test_a_card_has_what_the_passport_states_and_nothing_else() -> None:
    data = card_of(open_model()).data
    assert (data.license, data.language, data.pipeline_tag) == ("apache-2.0", ["en"], "text-generation")
    assert (data.base_model, data["base_model_relation"]) == (["Acme/Tern-1.5-Base"], "finetune")
    assert data.datasets == ["acme/corpus"], "only data sets of the Hub have a name there"
    (result,) = data.eval_results or ()
    assert (result.dataset_name, result.metric_type, result.metric_value) == ("HumanEval", "pass@1", "61.30")
    assert "license" not in card_of(full()).data.to_dict(), "no source states a licence"


def test_a_licence_that_the_hub_does_not_know_is_named_as_another() -> None:
    document = open_model()
    document["passport"]["unfragile"]["artifact"]["model"]["licence"] = "Acme Community"
    data = card_of(document).data
    assert (data.license, data.license_name) == ("other", "Acme Community")


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_hostile_texts_stay_values_of_their_keys(by: str) -> None:
    body = model_card(SITE, SLUG, spoilt(open_model(), by))
    card = ModelCard(body.decode(), ignore_metadata_errors=False)
    known = {"license", "license_name", "language", "pipeline_tag", "tags", "base_model", "base_model_relation"}
    assert card.data.to_dict().keys() <= known | {"datasets", "model-index"}
    assert card.data.license == "other"
    assert len(body) < 20_000
    assert body.count(b"\n---\n") == 1
    shown = MarkdownIt().render(body.decode().split("\n---\n")[1])
    assert not Page(shown.encode()).tags.keys() - {"h1", "p", "a"}
