import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from schemas.crawl import KNOWN_RECORDS_SCHEMA
from schemas.listing import RawListing
from tests.support.spiders.crawls import OBSERVED_AT
from tests.support.spiders.scripted_server import PREFIX, Answer, answering, crawl_of

EARLIER = "2026-07-01T00:00:00.000Z"


def repository(name: str, **fields: Any) -> dict[str, Any]:
    return {"full_name": name, "private": False, "stargazers_count": 7, "pushed_at": "2026-06-30T10:00:00Z", **fields}


def known_file(folder: Path, *wanted: str, raws: tuple[RawListing, ...] = ()) -> str:
    path = folder / "known.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(KNOWN_RECORDS_SCHEMA)
        database.executemany("INSERT INTO wanted (source, id) VALUES ('github', ?)", [(one,) for one in wanted])
        rows = [(raw.source, raw.id, raw.model_dump_json()) for raw in raws]
        database.executemany("INSERT INTO known VALUES (?, ?, ?)", rows)
    database.close()
    return str(path)


def earlier(name: str, version: str | None) -> RawListing:
    body = json.dumps(repository(name, stargazers_count=5))
    return RawListing(
        source="github",
        id=name,
        url=f"https://api.example/repos/{name}",
        observed_at=EARLIER,
        body=body,
        content_sha256="0" * 64,
        version=version,
    )


def test_wanted_repositories_are_asked_for_one_after_the_other(tmp_path: Path) -> None:
    answers = {f"/repos/heron-lab/{n}": [Answer(200, repository(f"heron-lab/{n}"), {"ETag": f'W/"{n}"'})] for n in "ab"}
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known_file(tmp_path, "heron-lab/b", "heron-lab/a"))
    assert source.paths() == ["/repos/heron-lab/a", "/repos/heron-lab/b"]
    assert came.ids() == ["heron-lab/a", "heron-lab/b"]
    assert [(line.raw.version, line.raw.asked_as) for line in came.admitted] == [('W/"a"', None), ('W/"b"', None)]
    assert [line.listing.kind for line in came.admitted] == ["code", "code"]
    assert (came.report.complete, came.report.announced, came.report.listings) == (True, None, 2)
    headers = source.asked[0][1]
    assert (headers["Accept"], headers["X-Github-Api-Version"]) == ("application/vnd.github+json", "2022-11-28")
    assert {"Authorization", "If-None-Match"}.isdisjoint(headers)


def test_without_a_file_nothing_is_wanted_and_only_names_single_ones(tmp_path: Path) -> None:
    with answering({"/repos/heron-lab/a": [Answer(200, repository("heron-lab/a"))]}) as source:
        nothing = crawl_of("github", source.url, tmp_path)
        named = crawl_of("github", source.url, tmp_path, only="heron-lab/a")
    assert (nothing.report.listings, nothing.report.complete) == (0, True)
    assert (named.ids(), len(source.asked)) == (["heron-lab/a"], 1)


def test_the_token_goes_to_the_api_alone_and_what_it_shows_of_us_is_not_retained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
    shown = repository("heron-lab/a", temp_clone_token="clone-secret", permissions={"admin": True})
    with answering({}) as elsewhere, answering({}) as source:
        source.answers["/repos/heron-lab/a"] = [Answer(200, shown)]
        moved = Answer(301, b"", {"Location": f"{elsewhere.url}/repositories/7"})
        source.answers["/repos/heron-lab/b"] = [moved]
        came = crawl_of("github", source.url, tmp_path, only="heron-lab/a,heron-lab/b")
    assert {headers["Authorization"] for _, headers in source.asked} == {"Bearer ghp_secret"}
    assert (elsewhere.asked, came.ids()) == ([], ["heron-lab/a"])
    assert "secret" not in came.text
    assert "permissions" not in came.text
    assert "redirects are not followed" in came.quarantined[0].reason


def test_what_has_not_changed_is_the_known_record_seen_again(tmp_path: Path) -> None:
    known = known_file(tmp_path, "heron-lab/a", "Heron-Lab/B", raws=(earlier("heron-lab/a", '"v1"'),))
    answers = {
        "/repos/heron-lab/a": [Answer(304, b"", {"ETag": '"v1"'})],
        "/repos/Heron-Lab/B": [Answer(200, repository("heron-lab/b"))],
    }
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known)
    asked = dict(source.asked)
    assert asked["/repos/heron-lab/a"]["If-None-Match"] == '"v1"'
    assert "If-None-Match" not in asked["/repos/Heron-Lab/B"]
    again = next(line.raw for line in came.admitted if line.raw.id == "heron-lab/a")
    assert again == earlier("heron-lab/a", '"v1"').model_copy(update={"observed_at": OBSERVED_AT})
    assert (came.report.complete, came.report.listings, len(came.admitted)) == (True, 2, 2)
    assert {line.raw.asked_as for line in came.admitted} == {None}


@pytest.mark.parametrize("location", ["{url}/repositories/7", f"{PREFIX}/repositories/7", "/repositories/7"])
def test_a_renamed_repository_is_followed_one_hop_and_says_what_it_was_asked_as(location: str, tmp_path: Path) -> None:
    with answering({"/repositories/7": [Answer(200, repository("heron-lab/new"))]}) as source:
        source.answers["/repos/heron/old"] = [Answer(301, b"{}", {"Location": location.format(url=source.url)})]
        came = crawl_of("github", source.url, tmp_path, known=known_file(tmp_path, "heron/old"))
    [line] = came.admitted
    assert (line.raw.id, line.raw.asked_as) == ("heron-lab/new", "heron/old")
    assert line.listing.same_as == ("github:heron/old",)
    assert came.report.complete


def test_a_renamed_repository_is_asked_whether_it_has_changed_where_it_is_now(tmp_path: Path) -> None:
    known = known_file(tmp_path, "heron/old")
    last = earlier("heron-lab/new", '"v1"').model_copy(update={"asked_as": "heron/old"})
    with sqlite3.connect(known) as database:
        database.execute("INSERT INTO known VALUES ('github', 'heron/old', ?)", (last.model_dump_json(),))
    answers = {
        "/repos/heron/old": [Answer(301, b"{}", {"Location": "/repositories/7"})],
        "/repositories/7": [Answer(304, b"", {"ETag": '"v1"'})],
    }
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known)
    assert [headers.get("If-None-Match") for _, headers in source.asked] == [None, '"v1"']
    assert [line.raw for line in came.admitted] == [last.model_copy(update={"observed_at": OBSERVED_AT})]


def test_a_repository_that_was_crawled_under_its_old_name_is_not_crawled_again_unchanged(tmp_path: Path) -> None:
    known = known_file(tmp_path, "fen/old", "heron-lab/new", raws=(earlier("heron-lab/new", '"v1"'),))
    answers = {
        "/repos/fen/old": [Answer(301, b"{}", {"Location": "/repositories/7"})],
        "/repositories/7": [Answer(200, repository("heron-lab/new"))],
        "/repos/heron-lab/new": [Answer(304, b"", {"ETag": '"v1"'})],
    }
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known)
    assert [(line.raw.id, line.raw.asked_as) for line in came.admitted] == [("heron-lab/new", "fen/old")]
    assert [refused.id for refused in came.quarantined] == ["heron-lab/new"]


@pytest.mark.parametrize(
    "location",
    [
        "",
        "//127.0.0.2/repositories/7",
        "/user",
        "/repositories/7?x=1",
        "/repos/../user",
        "/repos/a/..",
        "ftp://x",
        "//[",
    ],
)
def test_a_redirect_to_anything_but_a_repository_is_not_followed(location: str, tmp_path: Path) -> None:
    with answering({"/repos/heron/old": [Answer(301, b"{}", {"Location": location})]}) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/old")
    assert source.paths() == ["/repos/heron/old"]
    assert (came.report.complete, [one.id for one in came.quarantined]) == (True, ["heron/old"])


def test_a_second_hop_is_not_followed(tmp_path: Path) -> None:
    answers = {
        "/repos/heron/old": [Answer(301, b"{}", {"Location": "/repositories/7"})],
        "/repositories/7": [Answer(301, b"{}", {"Location": "/repositories/7"})],
    }
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/old")
    assert source.paths() == ["/repos/heron/old", "/repositories/7"]
    assert [one.id for one in came.quarantined] == ["heron/old"]


def test_a_repository_that_is_gone_is_a_fault_of_its_record_alone(tmp_path: Path) -> None:
    blocked = {"message": "Repository access blocked", "block": {"reason": "tos"}}
    answers = {
        "/repos/heron/lawful": [Answer(451, {"block": {"reason": "dmca"}})],
        "/repos/heron/blocked": [Answer(403, blocked)],
        "/repos/heron/there": [Answer(200, repository("heron/there"))],
    }
    wanted = ("../user", "heron/..", "heron/blocked", "heron/gone", "heron/lawful", "heron/there")
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known_file(tmp_path, *wanted))
    assert came.ids() == ["heron/there"]
    assert [q.id for q in came.quarantined] == list(wanted[:-1])
    assert "'../user' is not the name of a repository" in came.quarantined[0].reason
    assert [q.reason.split(" answered ")[1][:3] for q in came.quarantined[2:]] == ["403", "404", "451"]
    assert (came.report.complete, came.report.listings) == (True, 6)
    assert all(path.startswith("/repos/heron/") for path in source.paths())


def test_what_is_another_repository_or_not_public_is_quarantined(tmp_path: Path) -> None:
    hidden = repository("heron/hidden", private=True, description="not for everybody")
    answers = {
        "/repos/heron/hidden": [Answer(200, hidden)],
        "/repos/heron/nameless": [Answer(200, {"private": False})],
        "/repos/heron/other": [Answer(200, repository("heron/else"))],
        "/repos/heron/was": [Answer(301, b"{}", {"Location": "/repos/heron/now"})],
        "/repos/heron/now": [Answer(200, repository("heron/now"))],
    }
    wanted = ("heron/hidden", "heron/nameless", "heron/now", "heron/other", "heron/was")
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, known=known_file(tmp_path, *wanted))
    assert came.ids() == ["heron/now"]
    assert [(q.id, q.field) for q in came.quarantined] == [
        ("heron/hidden", "/private"),
        ("heron/nameless", "/full_name"),
        ("heron/other", "/full_name"),
        ("heron/was", "/full_name"),
    ]
    assert "not for everybody" not in came.text
    assert "recorded under another name" in came.quarantined[-1].reason
