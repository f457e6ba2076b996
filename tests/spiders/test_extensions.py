import json
from pathlib import Path

from tests.spiders.crawling import crawled, ids, quarantined
from tests.spiders.server import model, serving


def test_a_record_that_our_own_code_breaks_on_is_quarantined_and_oddities_are_counted(tmp_path: Path) -> None:
    breaking = json.dumps({"tests.spiders.breaking.BreaksOnOne": 300})
    odd = {"supported_parameters": ["tools", "telepathy"], "aura": "blue"}
    models = [model("ada/m1", **odd), model("ada/m2", **odd), model("ada/m3"), model("ada/m4")]
    with serving(models=models) as source:
        outcome = crawled(source.url, tmp_path, settings={"ITEM_PIPELINES": breaking})
    assert ids(outcome) == ["ada/m1", "ada/m2", "ada/m4"]
    [refused] = quarantined(outcome)
    assert (refused.id, refused.stage) == ("ada/m3", "normalise")
    assert "AttributeError: a fault of the pipeline" in refused.reason
    assert (outcome.report.complete, outcome.report.listings) == (True, 4)
    assert outcome.report.leftovers == {"/aura": 2}
    assert outcome.report.unknown_values == {"parameter:telepathy": 2}
    assert not list(tmp_path.glob("*.part"))
