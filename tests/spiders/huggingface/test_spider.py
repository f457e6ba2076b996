import hashlib
import json
from pathlib import Path

import pytest

from tests.support.spiders.crawls import OBSERVED_AT
from tests.support.spiders.hub import (
    SHA,
    card,
    card_path,
    cards,
    detail,
    known_file,
    raws,
    record,
    record_path,
    redirect,
    under_prefix,
)
from tests.support.spiders.scripted_server import Answer, answering, crawl_of

HUB = "huggingface"


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
    assert {one.id for one in came.quarantined if "is not the name of a repository" in one.reason} == set(names)
