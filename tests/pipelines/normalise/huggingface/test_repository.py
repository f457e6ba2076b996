import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated, parse_record
from pipelines.normalise.admit import admit
from pipelines.normalise.huggingface.files import is_pickled, is_weights
from schemas.listing import Listing, Quarantined
from tests.support.hub_records import RECORD, REPOSITORY, absence, facts, repository
from tests.support.json_values import VALUES, unhurried
from tests.support.listings import raw_body, refused
from tests.support.recordings import recordings_dir

INDEX = [
    {
        "name": "heron",
        "results": [
            {
                "task": {"type": "text-generation"},
                "dataset": {"type": "marsh-qa", "name": "Marsh QA"},
                "metrics": [{"type": "accuracy", "value": 71.50}, {"type": "f1", "value": None}, {"value": 3}],
            }
        ],
    }
]


def hub(made: object, name: str = REPOSITORY) -> Any:
    return raw_body(made if isinstance(made, str) else json.dumps(made), id=name, source="huggingface")


def test_a_repository_is_read_whole() -> None:
    one = repository()
    assert (one.id, one.base_id, one.slug, one.kind) == (REPOSITORY, REPOSITORY, "heronlab--heron-7b", "model")
    assert (one.name, one.author, one.variant) == ("Heron-7B", "HeronLab", None)
    assert (one.leftovers, one.unfamiliar, one.same_as, one.results) == ((), (), (), ())
    assert {fact.name: (fact.value, fact.locator) for fact in one.facts} == {
        "listed": (True, "/id"),
        "repository": (True, "/id"),
        "hugging_face_id": (REPOSITORY, "/id"),
        "repository_id": ("64f5fd954d3b1dd311d30e28", "/_id"),
        "disabled": (False, "/disabled"),
        "downloads": (4200, "/downloads"),
        "likes": (17, "/likes"),
        "listed_on": ("2026-01-05", "/createdAt"),
        "last_modified": ("2026-02-01T10:00:00.000Z", "/lastModified"),
        "licence": ("apache-2.0", "/tags/5"),
        "open_weights": (True, "/tags/1"),
        "task:text-generation": (True, "/pipeline_tag"),
        "library": ("transformers", "/library_name"),
        "language:en": (True, "/tags/2"),
        "language:sv": (True, "/tags/3"),
        "tag:safetensors": (True, "/tags/1"),
        "hub_tags": (tuple(RECORD["tags"]), "/tags"),
        "parameter_count_in_name": (7_000_000_000, "/id"),
    }


def test_an_item_of_the_first_lists_is_read_under_its_former_key() -> None:
    old = {"modelId": "heron-base", "sha": "d0", "lastModified": "2022-02-01T10:00:00.000Z", "tags": [], "config": None}
    one = admit(hub({**old, "pipeline_tag": None, "siblings": [{"rfilename": ".gitattributes"}]}, "heron-base"))
    assert isinstance(one, Listing)
    assert (one.name, one.author, one.slug, one.leftovers) == ("heron-base", "heron-base", "heron-base", ())
    assert [fact.name for fact in one.facts] == ["listed", "repository", "hugging_face_id", "last_modified"]
    assert one.facts[0].locator == "/modelId"


def test_the_answer_that_there_is_none_is_an_absence() -> None:
    one = absence()
    assert (one.kind, one.id, one.slug, one.author) == ("absence", REPOSITORY, "heronlab--heron-7b", "HeronLab")
    assert [(fact.name, fact.value, fact.locator) for fact in one.facts] == [("repository_missing", 401, "/status")]
    assert one.leftovers == ()


@pytest.mark.parametrize(
    ("changes", "value", "locator", "method"),
    [
        ({"cardData": {"license": "mit"}}, "mit", "/cardData/license", "declared"),
        ({"cardData": {"license": ["mit", "gpl-3.0"]}}, "mit", "/cardData/license/0", "declared"),
        (
            {"cardData": {"license": "other", "license_name": "marsh-1"}},
            "marsh-1",
            "/cardData/license_name",
            "declared",
        ),
        ({"cardData": {"license": "other"}}, "other", "/cardData/license", "declared"),
        ({"cardData": {"license": "other", "license_name": 7}}, "other", "/cardData/license", "declared"),
        ({"cardData": {"license": False}}, "apache-2.0", "/tags/5", "structured"),
        ({"cardData": {"license": "m\u202eit"}}, "apache-2.0", "/tags/5", "structured"),
        ({"cardData": None}, "apache-2.0", "/tags/5", "structured"),
    ],
)
def test_the_author_is_asked_for_the_licence_before_the_tags(
    changes: dict[str, Any], value: str, locator: str, method: str
) -> None:
    fact = facts(repository(**changes))["licence"]
    assert (fact.value, fact.locator, fact.method) == (value, locator, method)


def test_a_tag_without_a_licence_is_none() -> None:
    assert "licence" not in facts(repository(tags=["license:", "en"]))


@pytest.mark.parametrize(
    ("files", "tags", "shown"),
    [
        (["README.md", "model-00001-of-00002.safetensors"], [], "/siblings/1/rfilename"),
        (["onnx/model_q4.onnx"], [], "/siblings/0/rfilename"),
        (["pytorch_model.bin"], [], "/siblings/0/rfilename"),
        (["training_args.bin", "optimizer.pt", "tokenizer.model"], ["safetensors"], None),
        (["config.json", "README.md"], ["pytorch"], None),
        (["m\u202eodel.safetensors"], [], None),
        (None, ["marsh", "gguf"], "/tags/1"),
        (None, ["marsh"], None),
        ([], ["onnx"], "/tags/0"),
    ],
)
def test_weights_are_open_where_their_files_are_seen(
    files: list[str] | None, tags: list[str], shown: str | None
) -> None:
    siblings = None if files is None else [{"rfilename": name, "size": 3} for name in files]
    found = facts(repository(siblings=siblings, tags=tags)).get("open_weights")
    assert (found.locator if found else None) == shown


def test_what_training_left_behind_is_no_weight() -> None:
    assert not any(
        is_weights(name) for name in ("a/optimizer.pt", "rng_state_0.pth", "vocab.bin", "scheduler.pt", "pt")
    )
    assert all(is_weights(name) for name in ("consolidated.00.pth", "a/b.gguf", "tf_model.h5", "adapter_model.bin"))


def test_a_disabled_repository_gives_nobody_its_weights() -> None:
    found = facts(repository(disabled=True))
    assert found["disabled"].value is True
    assert "open_weights" not in found


def test_a_licence_file_is_seen_in_the_first_folder_only() -> None:
    siblings = [{"rfilename": name} for name in ("docs/LICENSE", "licence.md", "LICENSE")]
    assert facts(repository(siblings=siblings))["licence_file"].value == "licence.md"


def test_languages_are_read_from_the_card_before_the_tags_and_never_guessed() -> None:
    names = {name for name in facts(repository(tags=["en", "ml", "cv", "pt", "code", "fra"])) if "language:" in name}
    assert names == {"language:en", "language:pt"}
    declared = repository(cardData={"language": ["ml", "fra", False, "en", "en", {"x": 1}, "<b>"]})
    found = [fact for fact in declared.facts if fact.name.startswith("language:")]
    assert [(fact.name, fact.locator, fact.method) for fact in found] == [
        ("language:en", "/cardData/language/3", "declared"),
        ("language:fr", "/cardData/language/1", "declared"),
        ("language:ml", "/cardData/language/0", "declared"),
    ]


def test_base_models_come_with_what_was_made_of_them() -> None:
    tags = [
        "base_model:fen/Owl",
        "base_model:quantized:fen/Owl",
        "base_model:fen/Crane",
        "base_model:",
        "base_model:a b",
    ]
    found = [fact for fact in repository(tags=tags).facts if fact.name.startswith("base_model:")]
    assert [(fact.name, fact.locator) for fact in found] == [
        ("base_model:quantized:fen/Owl", "/tags/1"),
        ("base_model:base:fen/Crane", "/tags/2"),
    ]


def test_a_task_and_a_relation_that_nobody_knows_are_retained_and_counted() -> None:
    one = repository(pipeline_tag="bird-calling", tags=["base_model:hatched:fen/Owl"], nest=3)
    assert one.unfamiliar == ("task:bird-calling", "base_model:hatched:fen/Owl")
    assert one.leftovers == ("/nest",)


def test_the_gate_the_size_and_what_is_read_past() -> None:
    one = repository(gated="manual", safetensors={"parameters": {"BF16": 7}, "total": 7_000_000_000}, spaces=["a/b"])
    found = facts(one)
    assert (found["gated"].value, found["parameter_count"].value) == ("manual", 7_000_000_000)
    assert found["parameter_count"].locator == "/safetensors/total"
    assert one.leftovers == ()
    assert "gated" not in facts(repository())
    assert "parameter_count" not in facts(repository(safetensors={"total": 0}))


def test_benchmark_figures_keep_their_digits_and_places() -> None:
    (result,) = repository(**{"model-index": INDEX}).results
    assert result == (
        "text-generation",
        "marsh-qa",
        "accuracy",
        "71.5",
        "/model-index/0/results/0/metrics/0/value",
        "71.5",
    )
    (result,) = repository(cardData={"model-index": INDEX}).results
    assert result.locator == "/cardData/model-index/0/results/0/metrics/0/value"


def test_files_of_results_come_first_and_proposals_of_others_do_not_count() -> None:
    figure = {"dataset": {"id": "fen/marsh", "task_id": "wading"}, "value": 20.90}
    one = repository(
        evalResults=[{**figure, "pullRequest": 4}, {"data": figure, "verified": True}, figure, {"value": 1}, 7],
        **{"model-index": INDEX},
    )
    assert one.results == (
        ("wading", "fen/marsh", "value", "20.9", "/evalResults/1/data/value", "20.9"),
        ("wading", "fen/marsh", "value", "20.9", "/evalResults/2/value", "20.9"),
    )


@pytest.mark.parametrize(
    "index", [7, "x", [7], {"results": 3}, [{"results": [{"metrics": [{"type": "a", "value": {}}]}]}]]
)
def test_results_that_are_none_are_passed_over(index: object) -> None:
    assert repository(**{"model-index": index}).results == ()
    assert repository(evalResults=index).results == ()


def test_results_are_bounded_and_fit_a_line() -> None:
    metrics = [
        {"type": "a\nb", "value": 1},
        {"type": "x" * 300, "value": 1},
        *[{"type": "m", "value": n} for n in range(50)],
    ]
    results = repository(**{"model-index": [{"results": [{"metrics": metrics}]}]}).results
    assert [result.value for result in results] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    ("asked_as", "same_as"),
    [
        (None, ()),
        ("heronlab/Heron-Seven", ("huggingface:heronlab/Heron-Seven",)),
        ("heronlab/heron-7b", ()),
        ("old-lab/Heron-7B", ()),
        ("heron-7b", ()),
    ],
)
def test_a_former_name_counts_when_its_owner_is_the_same(asked_as: str | None, same_as: tuple[str, ...]) -> None:
    assert repository(asked_as=asked_as).same_as == same_as


@pytest.mark.parametrize(
    ("card_data", "same_as"),
    [
        ({"repository": "https://github.com/heron-lab/heron"}, ("github:heron-lab/heron",)),
        ({"github": "https://github.com/Heron-Lab/Heron.git"}, ("github:Heron-Lab/Heron",)),
        ({"repository": "https://github.com/other/heron"}, ()),
        ({"repository": "https://github.com/heron-lab/egret"}, ()),
        ({"repository": "https://github.evil.example/heron-lab/heron"}, ()),
        ({"code": "https://github.com/heron-lab/heron", "repo": "https://github.com/heron-lab/heron-7b"}, ()),
        ({"repository": 7}, ()),
    ],
)
def test_code_is_named_only_where_it_is_surely_the_models_own(
    card_data: dict[str, Any], same_as: tuple[str, ...]
) -> None:
    assert repository(cardData=card_data).same_as == same_as


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "/id"),
        ({"id": "a/b/c"}, "/id"),
        ({"id": "../etc/passwd"}, "/id"),
        ({"id": "_heron/x"}, "/id"),
        ({"id": "heron/\u212aite"}, "/id"),
        ({"id": "heron/x\n"}, "/id"),
        ({"id": "h/" + "x" * 199}, "/id"),
        ({"tags": "en"}, "/tags"),
        ({"tags": ["en", 7]}, "/tags/1"),
        ({"tags": ["e\u202en"]}, "/tags/0"),
        ({"downloads": -1}, "/downloads"),
        ({"downloads": "many"}, "/downloads"),
        ({"likes": 1.5}, "/likes"),
        ({"gated": True}, "/gated"),
        ({"disabled": "no"}, "/disabled"),
        ({"createdAt": "yesterday"}, "/createdAt"),
        ({"lastModified": 7}, "/lastModified"),
        ({"safetensors": 7}, "/safetensors"),
        ({"safetensors": {"total": "7B"}}, "/safetensors/total"),
        ({"cardData": "text"}, "/cardData"),
        ({"siblings": {}}, "/siblings"),
        ({"siblings": [{"name": "x"}]}, "/siblings/0/rfilename"),
        ({"pipeline_tag": ["a"]}, "/pipeline_tag"),
        ({"library_name": "a\u0007b"}, "/library_name"),
    ],
)
def test_a_field_of_the_hub_that_is_not_what_it_should_be_is_refused_by_name(
    changes: dict[str, Any], field: str
) -> None:
    refusal = refused(hub({**RECORD, **changes}))
    assert (refusal.stage, refusal.field) == ("normalise", field)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        ({"asked": "a/b", "error": "x"}, "/status"),
        ({"asked": "a b", "error": "x", "status": 401}, "/asked"),
        ({"asked": "a/b", "error": 7, "status": 401}, "/error"),
        ({"asked": "a/b", "error": "x", "status": "401"}, "/status"),
        ({"error": "Invalid username or password."}, "/modelId"),
        ([], ""),
        ("<html>", ""),
    ],
)
def test_an_answer_that_is_no_record_is_refused(made: object, field: str) -> None:
    assert refused(hub(made)).field == field


OPTIONAL = sorted({*RECORD, "cardData", "siblings", "safetensors", "model-index", "evalResults"} - {"id"})


@unhurried
@given(st.dictionaries(st.sampled_from(OPTIONAL), VALUES))
def test_whatever_is_in_a_field_the_record_is_read_or_refused_by_name(changes: dict[str, Any]) -> None:
    judged = admit(hub({**RECORD, **changes}))
    if isinstance(judged, Quarantined):
        assert judged.field.split("/")[1] in changes
    else:
        shown_in(judged, {**RECORD, **changes})


def shown_in(listing: Listing, made: Any) -> None:
    """Every fact states what is at its locator."""
    record = parse_record(json.dumps(made))
    for one in (*listing.facts, *listing.results):
        stated = as_stated(resolve(record, one.locator))
        assert one.as_stated == stated or (one.method == "pattern" and str(one.as_stated) in str(stated)), one


@pytest.mark.recordings
def test_recorded_items_of_2022_and_of_today_are_all_read() -> None:
    folder = recordings_dir() / "data/huggingface"
    items = [json.loads(line) for line in (folder / "models_full_2022-02_sample.jsonl").read_text().splitlines()]
    for row in json.loads((folder / "trending_1000_latest.json").read_text())["models"]:
        renamed = {"pipeline_tag": row["pipelineTag"], "library_name": row["libraryName"]}
        items.append({key: row[key] for key in ("id", "tags", "downloads", "likes", "createdAt")} | renamed)
    for path in sorted((folder / "http_fixtures").glob("*.json")):
        body = json.loads(path.read_text())["body"]
        items += [item for item in (body if isinstance(body, list) else [body]) if item and "error" not in item]
    counts: Counter[str] = Counter()
    for item in items:
        judged = admit(hub(item, item.get("id") or item["modelId"]))
        assert isinstance(judged, Listing), judged
        assert (judged.leftovers, judged.unfamiliar) == ((), ()), judged.id
        shown_in(judged, item)
        counts.update({fact.name.partition(":")[0] for fact in judged.facts})
    assert len(items) > 2500
    assert (counts["listed"], counts["licence"] > 1100, counts["open_weights"] > 1900) == (len(items), True, True)


@pytest.mark.parametrize(
    ("name", "pickled"),
    [
        ("pytorch_model.bin", True), ("pytorch_model-00001-of-00002.bin", True), ("a/model.pt", True),
        ("weights.th", True),
        ("model.pth", True), ("last.ckpt", True), ("model.pkl", True), ("pipe.joblib", True), ("model.gguf", False),
        ("model.safetensors", False), ("training_args.bin", False), ("optimizer.pt", False), ("vocab.bin", False),
    ],
)  # fmt: skip
def test_pickled_weights_are_known_by_every_usual_name(name: str, pickled: bool) -> None:
    assert is_pickled(name) is pickled


def test_the_day_from_which_on_the_hub_notes_days_is_none() -> None:
    assert "listed_on" not in facts(repository(createdAt="2022-03-02T23:29:04.000Z"))
    assert facts(repository(createdAt="2022-03-02T23:29:05.000Z"))["listed_on"].value == "2022-03-02"


def test_weights_of_an_adapter_are_not_counted_by_its_base_models_size() -> None:
    adapter = repository(tags=[*RECORD["tags"], "base_model:adapter:HeronLab/Heron-7B"])
    assert "parameter_count_in_name" not in {fact.name for fact in adapter.facts}


@pytest.mark.parametrize(
    ("declared", "successor"),
    [
        ("HeronLab/Heron-8B", "HeronLab/Heron-8B"), (["HeronLab/Heron-8B"], "HeronLab/Heron-8B"), (REPOSITORY, None),
        ("see our page", None), (True, None), ("", None),
    ],
)  # fmt: skip
def test_the_newer_version_that_a_card_declares_is_its_successor(declared: object, successor: str | None) -> None:
    found = [fact for fact in repository(cardData={"new_version": declared}).facts if fact.name == "successor"]
    assert [(fact.value, fact.method) for fact in found] == ([] if successor is None else [(successor, "declared")])
    assert all(fact.locator.startswith("/cardData/new_version") for fact in found)
