import hashlib
import json
from pathlib import Path

import pytest

from schemas.listing import RawListing
from tests.spiders.crawling import OBSERVED_AT
from tests.spiders.hub import (
    CARD,
    MISSING,
    SHA,
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
    under_prefix,
)
from tests.spiders.scripted import Answer, answering, crawl_of

HUB = "huggingface"
EARLIER = "2026-07-01T00:00:00.000Z"


def test_what_is_wanted_comes_with_its_card_in_order_and_is_all_that_is_asked_for(tmp_path: Path) -> None:
    answers = {}
    for name in ("heron-lab/a", "heron-lab/b", "tern"):
        answers |= detail(name) | card(name, f"# {name}\n")
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, "tern", "heron-lab/b", "heron-lab/a"))
    assert [(line.raw.source, line.raw.id) for line in came.admitted] == [
        (kind, name) for name in ("heron-lab/a", "heron-lab/b", "tern") for kind in (HUB, f"{HUB}-card")
    ]
    first, text = came.admitted[0].raw, came.admitted[1].raw
    assert json.loads(first.body) == record("heron-lab/a")
    assert (first.version, first.asked_as, first.observed_at) == (SHA, None, OBSERVED_AT)
    assert (text.body, text.version) == ("# heron-lab/a\n", SHA)
    assert text.content_sha256 == hashlib.sha256(b"# heron-lab/a\n").hexdigest()
    assert text.url == source.url + card_path("heron-lab/a")
    report = came.report
    assert (report.complete, report.announced, report.listings, report.admitted) == (True, None, 3, 6)
    assert (report.scope, len(source.asked)) == ("whole", 6)


def test_each_kind_of_request_says_what_it_accepts(tmp_path: Path) -> None:
    with answering(detail("heron-lab/a") | card("heron-lab/a")) as source:
        crawl_of(HUB, source.url, tmp_path, only="heron-lab/a")
    accepts = {path: headers["Accept"] for path, headers in source.asked}
    assert accepts[record_path("heron-lab/a")] == "application/json"
    assert accepts[card_path("heron-lab/a")].startswith("text/markdown, text/plain")


@pytest.mark.parametrize("status", [401, 404])
def test_a_repository_that_is_not_to_be_seen_is_a_record_that_says_so(tmp_path: Path, status: int) -> None:
    answers = {record_path("heron-lab/gone"): [Answer(status, {"error": "No. " * 200})]}
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/gone")
    [line] = came.admitted
    assert json.loads(line.raw.body) == {"asked": "heron-lab/gone", "error": ("No. " * 200)[:300], "status": status}
    assert (line.raw.id, line.listing.kind, came.report.complete) == ("heron-lab/gone", "absence", True)
    assert source.paths() == [record_path("heron-lab/gone")]


def test_a_repository_that_is_barred_is_put_aside_alone(tmp_path: Path) -> None:
    barred = {403: b'{"error": "barred"}', 410: b"<html>", 451: b""}
    answers = {record_path(f"heron-lab/{status}"): [Answer(status, body)] for status, body in barred.items()}
    with answering(answers | detail("heron-lab/b") | card("heron-lab/b")) as source:
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/403,heron-lab/b,heron-lab/410,heron-lab/451")
    assert [raw.id for raw in raws(came)] == ["heron-lab/b"]
    assert [(one.id, one.stage) for one in came.quarantined] == [(f"heron-lab/{status}", "fetch") for status in barred]
    assert all(f"answered {status}" in one.reason for status, one in zip(barred, came.quarantined, strict=True))
    assert came.report.complete


def test_a_renamed_repository_is_followed_one_hop(tmp_path: Path) -> None:
    path = "/api/models/tern-lab/new"
    ways = {"a": path, "b": under_prefix(path), "c": f"{path}?expand[]=sha"}
    for old, location in ways.items():
        answers = detail("tern-lab/new") | card("tern-lab/new") | {record_path(f"heron-lab/{old}"): redirect(location)}
        with answering(answers) as source:
            came = crawl_of(HUB, source.url, tmp_path, only=f"heron-lab/{old}")
        [raw] = raws(came)
        assert (raw.id, raw.asked_as, raw.version) == ("tern-lab/new", f"heron-lab/{old}", SHA)
        assert (list(cards(came)), came.report.complete) == (["tern-lab/new"], True)


def test_an_id_in_other_letters_is_the_same_repository_and_comes_once(tmp_path: Path) -> None:
    answers = detail("Heron-Lab/A") | card("Heron-Lab/A")
    answers[record_path("heron-lab/a")] = redirect("/api/models/Heron-Lab/A")
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/a,Heron-Lab/A")
    assert [(raw.id, raw.asked_as) for raw in raws(came)] == [("Heron-Lab/A", "heron-lab/a")]
    assert len(cards(came)) == 1


def test_redirects_that_lead_away_or_on_and_on_are_not_followed(tmp_path: Path) -> None:
    with answering({}) as elsewhere, answering(detail("heron-lab/f")) as source:
        away = {
            "heron-lab/a": f"{elsewhere.url}/api/models/heron-lab/f",
            "heron-lab/b": "/login?next=/api/models/heron-lab/f",
            "heron-lab/c": "/api/models/../../heron-lab",
            "heron-lab/d": "/api/models/heron-lab/a",
            "heron-lab/e": "//evil.example/api/models/heron-lab/f",
        }
        source.answers |= {record_path(name): redirect(location) for name, location in away.items()}
        came = crawl_of(HUB, source.url, tmp_path, only=",".join(away))
    assert (len(came.quarantined), came.admitted, came.report.complete) == (5, [], True)
    assert all("points to" in one.reason for one in came.quarantined)
    assert (elsewhere.asked, record_path("heron-lab/f") in source.paths()) == ([], False)
    with answering(detail("heron-lab/f")) as source:
        source.answers[record_path("heron-lab/a")] = redirect("/api/models/heron-lab/f", 302)
        assert len(crawl_of(HUB, source.url, tmp_path, only="heron-lab/a").quarantined) == 1


def test_what_names_no_repository_is_never_asked_for(tmp_path: Path) -> None:
    names = [
        "../../etc/passwd",
        "a/b/c",
        "..",
        "heron-lab/",
        "/x",
        "a b/c",
        "a/b?x=1",
        "é/a",
        "heron-lab/..",
        "a/" + "x" * 201,
    ]
    with answering({}) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *names))
    assert (source.asked, came.report.complete) == ([], True)
    assert {one.id for one in came.quarantined if "names no repository" in one.reason} == set(names)


def test_gated_disabled_and_bare_records_are_taken_as_they_are_and_private_ones_are_not(tmp_path: Path) -> None:
    answers = (
        detail("heron-lab/gated", gated="manual")
        | card("heron-lab/gated", "Access is restricted", 401)
        | detail("heron-lab/off", disabled=True, gated="auto")
        | card("heron-lab/off", "Access to this resource is disabled.", 403)
        | {record_path("heron-lab/bare"): [Answer(200, {"modelId": "heron-lab/bare"})]}
        | detail("heron-lab/secret", private=True)
        | {record_path("heron-lab/odd"): [Answer(200, {"id": 7})]}
    )
    with answering(answers) as source:
        came = crawl_of(
            HUB,
            source.url,
            tmp_path,
            only=",".join(f"heron-lab/{n}" for n in ("gated", "off", "bare", "secret", "odd")),
        )
    assert [raw.id for raw in raws(came)] == ["heron-lab/gated", "heron-lab/off", "heron-lab/bare"]
    assert {name: (raw.body, raw.version) for name, raw in cards(came).items()} == {
        "heron-lab/gated": ("", None),  # to be asked for again: it may be given the next time
        "heron-lab/off": ("", None),
        "heron-lab/bare": ("", None),
    }
    assert [(one.id, one.field) for one in came.quarantined] == [("heron-lab/odd", "/id")]
    assert (came.report.complete, "heron-lab/secret" in came.text) == (True, False)


def test_cards_come_byte_for_byte_or_are_put_aside_with_the_reason(tmp_path: Path) -> None:
    odd = '\ufeff# Tern\r\n\x00{"a": NaN}\u202e\n'
    bodies: dict[str, str | bytes] = {
        "odd": odd,
        "latin": b"caf\xe9 au lait",
        "large": b"x" * (1024 * 1024 + 1),
        "full": b"y" * (1024 * 1024),
        "page": b"<!DOCTYPE html><title>Just a moment...</title>",
    }
    answers = card("heron-lab/none", "Entry not found", 404) | detail("heron-lab/none")
    for name, body in bodies.items():
        answers |= detail(f"heron-lab/{name}") | card(f"heron-lab/{name}", body)
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, only=",".join(f"heron-lab/{name}" for name in ("none", *bodies)))
    assert {name: len(raw.body.encode()) for name, raw in cards(came).items()} == {
        "heron-lab/none": 0,
        "heron-lab/odd": len(odd.encode()),
        "heron-lab/full": 1024 * 1024,
    }
    assert (cards(came)["heron-lab/odd"].body, cards(came)["heron-lab/none"].version) == (odd, SHA)
    reasons = {one.id: one.reason for one in came.quarantined}
    assert "byte 3 is 0xe9" in reasons["heron-lab/latin"]
    assert "1048576 bytes are kept" in reasons["heron-lab/large"]
    assert "an HTML page where a card belongs" in reasons["heron-lab/page"]
    assert (len(reasons), came.report.complete) == (3, True)


def test_a_card_is_followed_to_the_hubs_cache_and_no_further(tmp_path: Path) -> None:
    cache = f"/api/resolve-cache/models/heron-lab/a/{SHA}/README.md?etag=%221%22"
    answers = detail("heron-lab/a") | detail("heron-lab/b") | {cache: [Answer(200, CARD.encode())]}
    with answering({}) as elsewhere, answering(answers) as source:
        source.answers[card_path("heron-lab/a")] = redirect(cache)
        source.answers[card_path("heron-lab/b")] = redirect(f"{elsewhere.url}/lfs/README.md", 302)
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/a,heron-lab/b")
    assert {name: (raw.body, raw.url) for name, raw in cards(came).items()} == {
        "heron-lab/a": (CARD, f"{source.url}{cache.partition('?')[0]}")
    }
    assert [(one.id, one.source) for one in came.quarantined] == [("heron-lab/b", f"{HUB}-card")]
    assert (elsewhere.asked, came.report.complete) == ([], True)


def known_card(repository: str, version: str | None, text: str = "# As it was\n") -> RawListing:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return RawListing(
        source=f"{HUB}-card", id=repository, url="https://hub.example/c", observed_at=EARLIER, body=text,
        content_sha256=digest, version=version,
    )  # fmt: skip


def test_a_card_of_the_same_commit_is_not_fetched_again(tmp_path: Path) -> None:
    kept = known_card("heron-lab/same", SHA)
    old = (kept, known_card("heron-lab/changed", "0" * 40), known_card("heron-lab/unversioned", None))
    answers: dict[str, list[Answer]] = {}
    for name in ("same", "changed", "unversioned"):
        answers |= detail(f"heron-lab/{name}") | card(f"heron-lab/{name}")
    with answering(answers) as source:
        known = known_file(tmp_path, *(raw.id for raw in old), raws=old)
        came = crawl_of(HUB, source.url, tmp_path, known=known)
    assert card_path("heron-lab/same") not in source.paths()
    assert cards(came)["heron-lab/same"] == kept.model_copy(update={"observed_at": OBSERVED_AT})
    assert {cards(came)[raw.id].body for raw in old[1:]} == {CARD}


@pytest.mark.parametrize("status", [401, 403])
def test_a_card_that_is_not_shown_any_more_is_kept_with_its_own_date(tmp_path: Path, status: int) -> None:
    old = (known_card("heron-lab/a", "0" * 40), known_card("heron-lab/never", None, ""))
    answers: dict[str, list[Answer]] = {}
    for raw in old:
        answers |= detail(raw.id) | card(raw.id, "Access is restricted", status)
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *(raw.id for raw in old), raws=old))
    assert cards(came)["heron-lab/a"] == old[0]
    never = cards(came)["heron-lab/never"]
    assert (never.body, never.observed_at, came.report.complete) == ("", OBSERVED_AT, True)


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
    [told] = came.reasons()
    assert "check HF_TOKEN" in told


def test_faults_that_pass_are_survived_and_others_told(tmp_path: Path) -> None:
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
    [told] = down.reasons()
    assert "answered 500" in told
    assert told.endswith(f"; {160 - asked} more repositories were not asked for")
    assert (down.report.complete, asked <= 16, len(down.quarantined) < 16) == (False, True, True)
    closed = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *wanted), minimum_downloads="1")
    [told] = closed.reasons()
    assert "was refused a connection" in told
    assert (told.endswith("more repositories were not asked for"), closed.report.requests < 60) == (True, True)


def test_where_cards_do_not_come_the_walk_ends_with_one_failure(tmp_path: Path) -> None:
    names = [f"heron-lab/{n:02}" for n in range(40)]
    answers = {TOP: page(*map(record, names))} | {card_path(name): [Answer(503)] for name in names}
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, {"RETRY_TIMES": "0"}, minimum_downloads="1")
    [told] = came.reasons()
    assert told.endswith(f"; {41 - len(source.paths())} more repositories were not asked for")
    assert (came.report.complete, len(source.paths()) <= 17) == (False, True)


def test_a_quota_that_is_free_too_late_ends_the_crawl(tmp_path: Path) -> None:
    wanted = [f"heron-lab/{n:02}" for n in range(40)]
    answers = {record_path(name): [Answer(429, {}, {"Retry-After": "3600"})] for name in wanted}
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *wanted))
    [told] = came.reasons()
    assert "more repositories were not asked for" in told
    assert (came.report.complete, len(source.paths()) <= 4) == (False, True)
