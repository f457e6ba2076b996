from pathlib import Path

import pytest

from tests.support.spiders.hub import (
    MISSING,
    TOP,
    card,
    card_path,
    cards,
    detail,
    known_file,
    page,
    raws,
    record,
    record_path,
    redirect,
)
from tests.support.spiders.scripted_server import Answer, answering, crawl_of

HUB = "huggingface"


def test_the_token_goes_to_the_hub_alone_and_into_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_very-secret")
    with answering({}) as elsewhere, answering(detail("heron-lab/a") | detail("heron-lab/b")) as source:
        source.answers[card_path("heron-lab/a")] = redirect(f"{elsewhere.url}/README.md")
        source.answers[record_path("heron-lab/c")] = redirect(f"{elsewhere.url}/api/models/heron-lab/c")
        came = crawl_of(
            HUB, source.url, tmp_path, only="heron-lab/a,heron-lab/b,heron-lab/c", settings={"LOG_LEVEL": "DEBUG"}
        )
    assert {headers.get("Authorization") for _, headers in source.asked} == {"Bearer hf_very-secret"}
    assert (elsewhere.asked, "very-secret" in came.text) == ([], False)


@pytest.mark.parametrize("error", ["Invalid credentials in Authorization header", 'User Access Token "ci" is expired'])
def test_a_token_that_does_not_hold_makes_no_repository_look_missing(error: str, tmp_path: Path) -> None:
    refusal = Answer(401, {"error": error})
    with answering({record_path("heron-lab/a"): [refusal], record_path("heron-lab/b"): [MISSING]}) as source:
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/a,heron-lab/b")
    assert (came.report.complete, [line for line in came.admitted if line.raw.id == "heron-lab/a"]) == (False, [])
    [reported] = came.reasons()
    assert "check HF_TOKEN" in reported


def test_faults_that_pass_are_survived_and_others_reported(tmp_path: Path) -> None:
    good = Answer(200, record("heron-lab/a"))
    passing = [Answer(500), Answer(200, b"<html>"), Answer(200, b"[]"), Answer(429, b"", {"Retry-After": "1"}), good]
    answers = {record_path("heron-lab/a"): passing, record_path("heron-lab/b"): [Answer(503)]} | card("heron-lab/a")
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, settings={"RETRY_TIMES": "4"}, only="heron-lab/a,heron-lab/b")
    assert ([raw.id for raw in raws(came)], list(cards(came))) == (["heron-lab/a"], ["heron-lab/a"])
    [refused] = came.quarantined
    assert (refused.id, came.report.complete) == ("heron-lab/b", True)
    assert "answered 503 (Service Unavailable), 5 times" in refused.reason


@pytest.mark.parametrize("answer", [Answer(400), Answer(500), redirect("/login", 302)[0]])
@pytest.mark.parametrize("of_card", [False, True], ids=["record", "card"])
def test_one_repository_or_card_that_cannot_be_had_is_put_aside_alone(
    answer: Answer, of_card: bool, tmp_path: Path
) -> None:
    names = [f"heron-lab/{n}" for n in "abc"]
    answers = {path: answer for name in names for path, answer in (detail(name) | card(name)).items()}
    answers[(card_path if of_card else record_path)("heron-lab/b")] = [answer]
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, only=",".join(names))
    assert [raw.id for raw in raws(came)] == (names if of_card else names[::2])
    assert (list(cards(came)), came.report.complete) == (names[::2], True)
    [refused] = came.quarantined
    assert (refused.source, refused.id, refused.stage) == (f"{HUB}-card" if of_card else HUB, "heron-lab/b", "fetch")
    assert f"answered {answer.status}" in refused.reason


def test_a_hub_that_is_down_is_left_alone_with_one_failure(tmp_path: Path) -> None:
    wanted = [f"heron-lab/{n:03}" for n in range(160)]
    with answering({record_path(name): [Answer(500)] for name in wanted}) as source:
        down = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *wanted), minimum_downloads="1")
    asked = len(set(source.paths()))
    [reported] = down.reasons()
    assert "answered 500" in reported
    assert reported.endswith(f"; repositories not requested after it: {160 - asked}")
    assert (down.report.complete, asked <= 16, len(down.quarantined) < 16) == (False, True, True)
    closed = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *wanted), minimum_downloads="1")
    [reported] = closed.reasons()
    assert "was refused a connection" in reported
    assert ("repositories not requested after it" in reported, closed.report.requests < 60) == (True, True)


def test_where_cards_do_not_come_the_walk_ends_with_one_failure(tmp_path: Path) -> None:
    names = [f"heron-lab/{n:02}" for n in range(40)]
    answers = {TOP: page(*map(record, names))} | {card_path(name): [Answer(503)] for name in names}
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, {"RETRY_TIMES": "0"}, minimum_downloads="1")
    [reported] = came.reasons()
    assert reported.endswith(f"; repositories not requested after it: {41 - len(source.paths())}")
    assert (came.report.complete, len(source.paths()) <= 17) == (False, True)


def test_a_quota_that_is_free_too_late_ends_the_crawl(tmp_path: Path) -> None:
    wanted = [f"heron-lab/{n:02}" for n in range(40)]
    answers = {record_path(name): [Answer(429, {}, {"Retry-After": "3600"})] for name in wanted}
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *wanted))
    [reported] = came.reasons()
    assert "repositories not requested after it" in reported
    assert (came.report.complete, len(source.paths()) <= 4) == (False, True)
