"""The licence among a repository's files comes as its card does: by commit, byte for byte, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from schemas.listing import RawListing
from tests.support.spiders.hub import (
    EARLIER,
    SHA,
    card,
    detail,
    known_file,
    known_text,
    licence_path,
    licences,
    raws,
    redirect,
)
from tests.support.spiders.scripted_server import Answer, Crawled, answering, crawl_of

HUB = "huggingface"
MIT = "MIT License\r\n\r\nCopyright (c) the marsh\r\n"
LISTED = {"siblings": [{"rfilename": "README.md"}, {"rfilename": "LICENSE"}]}


def hosted(name: str, text: str | bytes | None = MIT, **fields: Any) -> dict[str, list[Answer]]:
    reported = {licence_path(name): [Answer(200, text.encode() if isinstance(text, str) else text)]} if text else {}
    return detail(name, **{**LISTED, **fields}) | card(name) | reported


def known(name: str, version: str | None, text: str = "As it was\n") -> RawListing:
    return known_text(f"{HUB}-licence", name, version, text)


def crawled(
    folder: Path, answers: dict[str, list[Answer]], *names: str, remembered: tuple[RawListing, ...] = ()
) -> tuple[Crawled, list[str]]:
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, folder, known=known_file(folder, *names, raws=remembered))
    return came, source.paths()


def test_a_licence_follows_the_card_and_none_is_asked_for_that_is_not_listed(tmp_path: Path) -> None:
    answers = hosted("heron-lab/a") | hosted("heron-lab/b", None, siblings=[{"rfilename": "LICENSE-CODE"}])
    came, paths = crawled(tmp_path, answers, "heron-lab/a", "heron-lab/b")
    assert [line.raw.source for line in came.admitted] == [HUB, f"{HUB}-card", f"{HUB}-licence", HUB, f"{HUB}-card"]
    text = licences(came)["heron-lab/a"]
    assert (text.body, text.version, text.url.endswith("/heron-lab/a/resolve/main/LICENSE")) == (MIT, SHA, True)
    assert [path for path in paths if "LICEN" in path.partition("?")[0]] == [licence_path("heron-lab/a")]
    assert (came.report.complete, came.report.listings) == (True, 2)


def test_a_licence_of_the_same_commit_is_not_fetched_again(tmp_path: Path) -> None:
    names = ("heron-lab/changed", "heron-lab/same")
    answers = hosted(names[0]) | hosted(names[1])
    remembered = (known(names[0], "0" * 40), known(names[1], SHA))
    came, paths = crawled(tmp_path, answers, *names, remembered=remembered)
    assert {name: text.body for name, text in licences(came).items()} == {names[0]: MIT, names[1]: "As it was\n"}
    assert licences(came)[names[1]].observed_at != EARLIER
    assert (licence_path(names[0]) in paths, licence_path(names[1]) in paths) == (True, False)


def test_a_licence_that_is_not_listed_any_more_is_gone_without_being_asked_for(tmp_path: Path) -> None:
    answers = hosted("heron-lab/a", siblings=[])
    came, paths = crawled(tmp_path, answers, "heron-lab/a", remembered=(known("heron-lab/a", "0" * 40),))
    assert (licences(came)["heron-lab/a"].body, licence_path("heron-lab/a") in paths) == ("", False)
    came, _ = crawled(tmp_path, answers, "heron-lab/a", remembered=(known("heron-lab/a", "0" * 40, ""),))
    assert licences(came) == {}


@pytest.mark.parametrize("status", [401, 403, 404, 451])
def test_a_licence_that_is_listed_and_not_to_be_had_is_none(status: int, tmp_path: Path) -> None:
    answers = hosted("heron-lab/a", None) | {licence_path("heron-lab/a"): [Answer(status, {"error": "x"})]}
    came, _ = crawled(tmp_path, answers, "heron-lab/a")
    assert (licences(came)["heron-lab/a"].body, came.quarantined, came.report.complete) == ("", [], True)
    came, _ = crawled(tmp_path, answers, "heron-lab/a", remembered=(known("heron-lab/a", "0" * 40),))
    retained = licences(came)["heron-lab/a"]
    assert (retained.body, retained.observed_at == EARLIER) == (
        ("As it was\n", True) if status in (401, 403) else ("", False)
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(200, b"x" * (256 * 1024 + 1)), "262144 bytes are stored"),
        (Answer(200, b"<!DOCTYPE html><title>Wait</title>"), "an HTML page instead of a licence"),
        (Answer(200, b"caf\xe9"), "byte 3 is 0xe9"),
        (Answer(500), "answered 500"),
        (redirect("/heron-lab/a/resolve/main/README.md")[0], "not followed for a licence"),
        (redirect("/login", 302)[0], "not followed for a licence"),
    ],
)
def test_a_licence_that_is_no_text_costs_nothing_else(answer: Answer, message: str, tmp_path: Path) -> None:
    answers = hosted("heron-lab/a", None) | hosted("heron-lab/b") | {licence_path("heron-lab/a"): [answer]}
    came, _ = crawled(tmp_path, answers, "heron-lab/a", "heron-lab/b")
    [refused] = came.quarantined
    assert (refused.source, refused.id, message in refused.reason) == (f"{HUB}-licence", "heron-lab/a", True)
    assert ([raw.id for raw in raws(came)], list(licences(came))) == (["heron-lab/a", "heron-lab/b"], ["heron-lab/b"])
    assert came.report.complete
