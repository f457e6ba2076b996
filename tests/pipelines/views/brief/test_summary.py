import json
from typing import Any

from pipelines.passport.changes import ValueChange
from pipelines.views.brief.differences import changed_part
from pipelines.views.brief.layout import laid_out
from pipelines.views.brief.summary import brief, foot
from schemas.listing import Listing
from schemas.verdict import Finding, Verdict
from tests.support.listings import endpoints, issued, listing

OK = Finding(Verdict.OK, "signed by a trusted key, in date", "fresh")
MOST_LINES = 90


def passport(*listings: Listing) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(issued(*(listings or (listing(),))).document)["passport"]
    return document


def parts(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Title → label → text."""
    read = brief(document, issued(listing()).row, OK)
    return {part.title: {row.label: row.text for row in part.rows} for part in read}


def test_verdict_and_freshness_come_first() -> None:
    (title, rows), *_ = parts(passport()).items()
    assert title == "Heron Lab: Heron 7B"
    assert list(rows.items()) == [
        ("verdict", "ok: signed by a trusted key, in date"),
        ("scraped", "2026-06-01 09:00 UTC; fresh; valid until 2026-07-01 09:00 UTC"),
        ("status", "active; no end announced; issued because: first seen"),
        ("score", rows["score"]),
    ]
    assert rows["score"].startswith(f"{passport()['unfragile']['trust']['score']} of 100; ")


def test_an_announced_end_and_a_successor_are_in_the_status() -> None:
    document = passport(listing(expiration_date="2026-09-01"))
    document["unfragile"]["artifact"]["model"]["successor"] = "heron-lab/heron-8b"
    (rows, *_) = parts(document).values()
    assert rows["status"].startswith("deprecated; ends 2026-09-01, its successor is heron-lab/heron-8b; ")


def test_purposes_that_the_same_words_show_share_them() -> None:
    text = "Heron 7B is made for coding and for translation."
    assert parts(passport(listing(description=text)))["What it is for"] == {
        "coding, translation": f'description: "{text}"'
    }
    assert parts(passport())["What it is for"] == {"": "No source states it."}


def test_each_capability_has_one_line_with_its_certainty_and_what_shows_it() -> None:
    (can,) = (rows for title, rows in parts(passport()).items() if title.startswith("What it can do"))
    assert can["tool calling"] == "0.99  parameter: tools (OpenRouter)"
    assert can["seeded sampling"] == "   -  parameter: seed (OpenRouter)"


def test_what_fails_says_what_to_do_and_what_its_kind_does_comes_after() -> None:
    read = parts(passport(listing(knowledge_cutoff="2024-06")))
    assert any(
        text.endswith(" → supply current facts in the prompt") for text in read["How it fails, and what to do"].values()
    )
    assert list(read).index("How it fails, and what to do") < list(read).index("How others of its kind fail too")


def test_endpoints_and_their_differences_are_summed_up() -> None:
    served = endpoints(
        {}, {"tag": "reed", "provider_name": "Reed", "quantization": "bf16", "context_length": 32_768, "status": -5}
    )
    what = parts(passport(listing(), served))["What it is"]
    assert what["endpoints"] == "2: 1 up, 1 degraded; uptime 99.83 %"
    assert what["their contexts"] == "32,768 to 65,536 tokens"
    assert what["their precision"] == "fp8 (1), bf16 (1)"


def test_the_risk_to_data_has_its_reason() -> None:
    assert parts(passport())["Data"]["risk"].startswith("high: ")


def test_unknowns_have_their_reasons_and_what_was_not_checked_is_beside_them() -> None:
    rows = parts(passport(listing(hugging_face_id="")))["What is not known"]
    assert rows["its source was not asked"] == "providers"
    assert "licence" in rows["not stated"]
    assert rows["not checked"] == "builder identity is not verified yet; no observed match outcomes yet"


def test_sides_of_a_disagreement_say_where_they_differ() -> None:
    document = passport()
    sides = [
        {"value": ["tools", "seed"], "scope": "listing", "source": "a"},
        {"value": ["seed"], "scope": "x", "source": "b"},
    ]
    sizes = [
        {"value": 8192, "scope": "listing", "source": "a"},
        {"value": None, "scope": "top provider", "source": "a"},
    ]
    document["unfragile"]["conflicts"] = [
        {"path": "/artifact/model/parameters", "values": sides},
        {"path": "/artifact/model/context_tokens", "values": sizes},
    ]  # fmt: skip
    assert parts(document)["Where sources disagree"] == {
        "parameters": "tools (a) against no more (b)",
        "context tokens": "8,192 (listing) against nothing (top provider)",
    }


def test_a_disagreement_on_a_parameter_names_it_and_one_on_a_repository_what_the_hub_answers() -> None:
    document = passport()
    denied = [
        {"value": ["seed", "tools"], "scope": "listing, on tools", "source": "openrouter"},
        {"value": False, "scope": "catalogue, on tools", "source": "modelsdev"},
    ]
    unseen = [
        {"value": True, "scope": "catalogue", "source": "modelsdev"},
        {"value": 401, "scope": "model repository, status of the answer", "source": "huggingface"},
    ]
    document["unfragile"]["conflicts"] = [
        {"path": "/artifact/model/parameters", "values": denied},
        {"path": "/artifact/model/open_weights", "values": unseen},
    ]  # fmt: skip
    assert parts(document)["Where sources disagree"] == {
        "parameters": "tools: yes (openrouter) against no (modelsdev)",
        "open weights": "yes (modelsdev) against not shown, 401 (huggingface)",
    }


def test_what_is_the_same_for_all_of_a_kind_has_a_line_each() -> None:
    document = passport()
    assert all(
        row.most_lines == 1
        for part in brief(document, issued(listing()).row, OK)
        for row in part.rows
        if row.label == "-"
    )
    unknown = {"path": "/trust/failure_modes", "reason": "cut_off", "sources": ["openrouter"]}
    document["unfragile"]["unknowns"] = [unknown]
    assert parts(document)["What is not known"]["cut off in its source"] == "further limits"


def test_a_model_with_much_to_state_fits_two_screens() -> None:
    """The longest recorded passport has 27 endpoints, 14 capabilities and 12 failure modes."""
    providers = [
        {
            "provider_name": f"Provider {place}",
            "tag": f"p{place}",
            "quantization": quantization,
            "context_length": length,
        }
        for place, (quantization, length) in enumerate([("fp8", 65_536), ("fp4", 32_768), ("bf16", 40_000)] * 9)
    ]
    parameters = [
        "tools", "tool_choice", "parallel_tool_calls", "structured_outputs", "response_format", "reasoning", "seed",
        "logprobs", "reasoning_effort", "web_search_options",
    ]  # fmt: skip
    large = listing(
        supported_parameters=parameters, knowledge_cutoff="2024-06", context_length=262_144,
        expiration_date="2026-09-01",
        description="Heron 7B is made for coding, agents, translation and role-play. It can be wrong. " * 5,
        architecture={"input_modalities": ["text", "image", "file", "audio"], "output_modalities": ["text"]},
    )  # fmt: skip
    document = passport(large, endpoints(*providers))
    lines = [*laid_out(brief(document, issued(listing()).row, OK), 80)]
    assert len(lines) <= MOST_LINES
    assert all(len(line.strong + line.rest) <= 80 for line in lines)
    assert len(document["unfragile"]["artifact"]["model"]["providers"]) == 27


def test_the_first_changes_are_shown_and_the_others_counted() -> None:
    changes = [ValueChange(f"/artifact/model/prices/{kind}/usd", "1", None) for kind in ("a", "b", "c", "d")]
    assert [row.text for row in changed_part(changes, "yesterday", "heron").rows] == [
        "price of a: 1 → nothing $", "price of b: 1 → nothing $", "and 2 more: passports diff heron",
    ]  # fmt: skip
    assert [row.text for row in changed_part([], "yesterday", "heron").rows] == ["nothing of substance"]


def test_the_end_names_the_command_that_shows_all() -> None:
    unfragile = passport()["unfragile"]
    command = "passports show heron-lab-heron-7b --evidence"
    assert foot(unfragile, 100).endswith(f" entries of evidence: {command}")
    assert foot(unfragile, 80).splitlines()[1:] == [command]
