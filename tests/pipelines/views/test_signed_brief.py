"""The brief of a passport: at most 4 kB whatever the listing is, signed, and of exactly one passport."""

import hashlib
from typing import Any

import orjson
import pytest

from flows.site.rendering import signed_brief
from pipelines.signing.registry_files import open_file
from pipelines.signing.signatures import BRIEF_TYPE
from pipelines.views.signed_brief import MAX_BRIEF_BYTES, brief_of
from tests.support.contract.documents import full, minimal
from tests.support.publications import KEYS, SIGNER, passport

HASH = "a" * 64


def test_a_brief_is_signed_and_names_its_passport_by_hash() -> None:
    document = passport("acme-tern")
    raw = signed_brief(SIGNER, "acme-tern", document)
    brief = open_file(raw, payload_type=BRIEF_TYPE, keys=KEYS)
    assert brief["passport_sha256"] == hashlib.sha256(document).hexdigest()
    assert brief["slug"] == "acme-tern"
    assert len(raw) <= MAX_BRIEF_BYTES
    assert raw == signed_brief(SIGNER, "acme-tern", document)


def test_a_brief_has_dates_and_no_verdict() -> None:
    brief = brief_of(full()["passport"], HASH)
    assert brief["stale_after"] > brief["due_after"] > brief["last_scraped_at"]
    assert not {"verdict", "age", "fresh"} & brief.keys()


@pytest.mark.parametrize("length", [10, 300, 100_000])
@pytest.mark.parametrize("letter", ["x", "\u202e", "語", "\U0001f600", '"'])
def test_a_brief_of_the_longest_texts_is_short(length: int, letter: str) -> None:
    document: dict[str, Any] = (full() if length < 10_000 else minimal())["passport"]
    unfragile = document["unfragile"]
    unfragile["artifact"]["name"] = letter * length
    unfragile["trust"]["failure_modes"] = [f"{number}{letter * length}" for number in range(12)]
    unfragile["capabilities"] = [
        {**unfragile["capabilities"][0], "name": f"{number}{letter * length}"} for number in range(40)
    ]
    raw = signed_brief(SIGNER, "acme", orjson.dumps({"passport": document | {"signedBy": "s" * 200}}))
    assert len(raw) <= MAX_BRIEF_BYTES
    brief = orjson.loads(raw)["signed"]
    assert len(brief["failure_modes"]) + brief["left_out"]["failure_modes"] == 12
    assert len(brief["capabilities"]) + brief["left_out"]["capabilities"] == 40
