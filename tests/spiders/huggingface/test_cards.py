from pathlib import Path

import pytest

from schemas.listing import RawListing
from tests.support.spiders.crawls import OBSERVED_AT
from tests.support.spiders.hub import (
    CARD,
    SHA,
    card,
    card_path,
    cards,
    detail,
    known_file,
    known_text,
    raws,
    record_path,
    redirect,
)
from tests.support.spiders.scripted_server import Answer, answering, crawl_of

HUB = "huggingface"


def test_gated_disabled_and_bare_records_are_read_as_they_are_and_private_ones_are_not(tmp_path: Path) -> None:
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
    assert "1048576 bytes are stored" in reasons["heron-lab/large"]
    assert "an HTML page instead of a card" in reasons["heron-lab/page"]
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
    return known_text(f"{HUB}-card", repository, version, text)


def test_a_card_of_the_same_commit_is_not_fetched_again(tmp_path: Path) -> None:
    retained = known_card("heron-lab/same", SHA)
    old = (retained, known_card("heron-lab/changed", "0" * 40), known_card("heron-lab/unversioned", None))
    answers: dict[str, list[Answer]] = {}
    for name in ("same", "changed", "unversioned"):
        answers |= detail(f"heron-lab/{name}") | card(f"heron-lab/{name}")
    with answering(answers) as source:
        known = known_file(tmp_path, *(raw.id for raw in old), raws=old)
        came = crawl_of(HUB, source.url, tmp_path, known=known)
    assert card_path("heron-lab/same") not in source.paths()
    assert cards(came)["heron-lab/same"] == retained.model_copy(update={"observed_at": OBSERVED_AT})
    assert {cards(came)[raw.id].body for raw in old[1:]} == {CARD}


@pytest.mark.parametrize("status", [401, 403])
def test_a_card_that_is_not_shown_any_more_is_retained_with_its_own_date(tmp_path: Path, status: int) -> None:
    old = (known_card("heron-lab/a", "0" * 40), known_card("heron-lab/never", None, ""))
    answers: dict[str, list[Answer]] = {}
    for raw in old:
        answers |= detail(raw.id) | card(raw.id, "Access is restricted", status)
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, known=known_file(tmp_path, *(raw.id for raw in old), raws=old))
    assert cards(came)["heron-lab/a"] == old[0]
    never = cards(came)["heron-lab/never"]
    assert (never.body, never.observed_at, came.report.complete) == ("", OBSERVED_AT, True)


def test_a_card_that_spells_half_a_character_or_none_ends_no_crawl(tmp_path: Path) -> None:
    limits = "\n# Limitations\n\nIt may state false facts about rivers as if they were true.\n"
    front = {
        "half": 'base_model: fen/owl\nbase_model_relation: "\\ud800"',
        "none": 'license: "\\UFFFFFFFF"',
        "plain": "license: mit",
    }
    answers: dict[str, list[Answer]] = {}
    for name, yaml in front.items():
        answers |= detail(f"heron-lab/{name}") | card(f"heron-lab/{name}", f"---\n{yaml}\n---\n{limits}")
    with answering(answers) as source:
        came = crawl_of(HUB, source.url, tmp_path, only=",".join(f"heron-lab/{name}" for name in front))
    found = {line.raw.id: line.listing for line in came.admitted if line.raw.source == "huggingface-card"}
    assert {name.partition("/")[2] for name in found} == set(front)
    assert all(any(fact.name.startswith("limit:") for fact in card.facts) for card in found.values())
    assert came.report.leftovers["/front_matter"] == 2


def test_a_refusal_in_words_that_utf_8_cannot_carry_ends_no_crawl(tmp_path: Path) -> None:
    reported = b'{"error": "Invalid credentials \\ud800"}'
    with answering({record_path("heron-lab/a"): [Answer(401, reported)]}) as source:
        came = crawl_of(HUB, source.url, tmp_path, only="heron-lab/a")
    assert came.reasons() == [r"Invalid credentials \ud800: check HF_TOKEN, or unset it"]
