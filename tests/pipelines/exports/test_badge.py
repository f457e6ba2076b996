from typing import Any

import pytest
from lxml import etree

from pipelines.exports.badge import badge, revoked_badge
from tests.pipelines.exports.documents import HOSTILE_TEXTS, documents, spoilt
from tests.support.contract.documents import full


def drawn(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False))


@pytest.mark.parametrize("document", documents())
def test_a_badge_states_status_score_and_the_day_of_the_signature_and_no_verdict(document: dict[str, Any]) -> None:
    text = " ".join(drawn(badge(document)).itertext())
    assert "active, score " in text
    assert "signed 2026-06-15" in text
    assert not any(word in text for word in ("fresh", "valid", "stale", "trusted"))


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_hostile_texts_draw_nothing_and_run_nothing(by: str) -> None:
    body = badge(spoilt(full(), by))
    found = drawn(body)
    assert {etree.QName(one).localname for one in found.iter()} == {"svg", "title", "rect", "g", "text"}
    assert not [name for one in found.iter() for name in one.attrib if name.startswith("on") or "href" in name]
    assert len(body) < 5_000


def test_a_revoked_passports_badge_says_so() -> None:
    assert "revoked 2026-06-20" in " ".join(drawn(revoked_badge("acme-tern", "2026-06-20T00:00:00.000Z")).itertext())
