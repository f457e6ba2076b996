import json
import re
from pathlib import Path

import pytest

from tests.support.spiders import hub
from tests.support.spiders.crawls import crawled, ids, quarantined
from tests.support.spiders.scripted_server import Answer, answering, crawl_of
from tests.support.spiders.server import model, serving


def test_a_record_that_is_read_as_what_cannot_be_written_is_quarantined_and_counted_so(tmp_path: Path) -> None:
    breaking = json.dumps({"tests.support.spiders.faults.ReadsHalfACharacter": 300})
    with serving(models=[model("ada/m1"), model("ada/m2")]) as source:
        outcome = crawled(source.url, tmp_path, settings={"ITEM_PIPELINES": breaking})
    assert ids(outcome) == ["ada/m2"]
    [refused] = quarantined(outcome)
    assert (refused.source, refused.id, json.loads(refused.raw)["id"]) == ("openrouter", "ada/m1", "ada/m1")
    assert (outcome.report.admitted, outcome.report.quarantined, outcome.report.unknown_values) == (1, 1, {})


def test_a_record_that_is_larger_than_stores_take_is_quarantined_with_its_size_and_the_bound(tmp_path: Path) -> None:
    large = model("ada/m1", supported_parameters=[f"parameter-{n}" for n in range(100)], description="\0" * 2_000_000)
    with serving(models=[large, model("ada/m2")]) as source:
        outcome = crawled(source.url, tmp_path)
    assert ids(outcome) == ["ada/m2"]
    [refused] = quarantined(outcome)
    assert (refused.source, refused.id, refused.stage) == ("openrouter", "ada/m1", "validate")
    assert re.search(r"has [0-9,]+ bytes as a line of the crawl, more than 8,388,608", refused.reason)


def test_a_record_that_our_own_code_breaks_on_is_quarantined_and_oddities_are_counted(tmp_path: Path) -> None:
    breaking = json.dumps({"tests.support.spiders.faults.BreaksOnOne": 300})
    odd = {"supported_parameters": ["tools", "telepathy"], "aura": "blue"}
    models = [model("ada/m1", **odd), model("ada/m2", **odd), model("ada/m3"), model("ada/m4")]
    with serving(models=models) as source:
        outcome = crawled(source.url, tmp_path, settings={"ITEM_PIPELINES": breaking})
    assert ids(outcome) == ["ada/m1", "ada/m2", "ada/m4"]
    [refused] = quarantined(outcome)
    assert (refused.id, refused.stage) == ("ada/m3", "normalise")
    assert "AttributeError, a fault of the pipeline" in refused.reason
    assert (outcome.report.complete, outcome.report.listings) == (True, 4)
    assert outcome.report.leftovers == {"/aura": 2}
    assert outcome.report.unknown_values == {"parameter:telepathy": 2}
    assert not list(tmp_path.glob("*.part"))


def test_a_token_that_a_source_repeats_is_in_nothing_that_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token := "hf_very-secret")
    reported = {"error": f"Invalid token {token}"}
    answers = {
        hub.record_path("heron-lab/a"): [Answer(404, reported)],
        hub.record_path("heron-lab/b"): hub.redirect(f"/login?token={token}", 302),
        **hub.detail("heron-lab/c", tags=[token]),
        **hub.card("heron-lab/c"),
        **hub.detail("heron-lab/d"),
        **hub.card("heron-lab/d", f"# Heron {token}"),
        hub.record_path("heron-lab/e"): [Answer(401, reported)],
    }
    names = ",".join(f"heron-lab/{name}" for name in "abcde")
    with answering(answers) as source:
        came = crawl_of("huggingface", source.url, tmp_path, only=names)
    assert "very-secret" not in came.text
    assert [(one.source, one.id) for one in came.quarantined] == [
        ("huggingface", "heron-lab/a"), ("huggingface", "heron-lab/b"), ("huggingface", "heron-lab/c"),
        ("huggingface-card", "heron-lab/d"),
    ]  # fmt: skip
    assert "'/login?token=***'" in came.quarantined[1].reason
    assert came.reasons() == ["Invalid token ***: check HF_TOKEN, or unset it"]
    assert came.report.quarantined == len(came.quarantined)
