import hashlib
import json
from datetime import timedelta, timezone
from typing import Any

import orjson
import pytest

from pipelines.passport.document import draft
from pipelines.passport.issue import issue
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.passports import PassportError, parse_and_check, sign, unsigned_bytes
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport
from schemas.verdict import Verdict
from tests.support.listings import TERMS, listing, subject
from tests.support.signed import EXPIRES_AT, GOLDEN, ISSUER, KEYS, SIGNED_AT, SIGNER, seal_passport


def unfragile() -> dict[str, Any]:
    return issue(draft(subject(listing()), TERMS), "first_seen", None, TERMS)


def unsigned(stated: dict[str, Any], key_id: str = SIGNER.key_id) -> bytes:
    return unsigned_bytes(stated, signed_at=SIGNED_AT, expires_at=EXPIRES_AT, issuer=ISSUER, key_id=key_id)


def test_the_bytes_are_those_of_a_passport_that_is_sealed_in_one_go() -> None:
    document = unsigned(unfragile())
    in_one_go = orjson.dumps(seal_passport(unfragile()))
    assert sign(document, parse_and_check(document), signer=SIGNER, trusted=KEYS) == in_one_go


def test_the_golden_passport_is_signed_again_byte_for_byte() -> None:
    golden: dict[str, Any] = orjson.loads(GOLDEN.read_bytes())
    document = unsigned(golden["passport"]["unfragile"])
    again = orjson.loads(sign(document, parse_and_check(document), signer=SIGNER, trusted=KEYS))
    assert orjson.dumps({**again, "_links": golden["_links"]}) == GOLDEN.read_bytes()


def test_instants_are_printed_in_utc() -> None:
    abroad = SIGNED_AT.astimezone(timezone(timedelta(hours=-5)))
    document = unsigned_bytes({}, signed_at=abroad, expires_at=EXPIRES_AT, issuer=ISSUER, key_id=SIGNER.key_id)
    assert document == unsigned({})
    assert orjson.loads(document)["passport"]["signedAt"] == "2026-06-01T12:00:00.250Z"


def test_an_instant_without_a_time_zone_is_not_signed() -> None:
    naive = SIGNED_AT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="no time zone"):
        unsigned_bytes({}, signed_at=naive, expires_at=EXPIRES_AT, issuer=ISSUER, key_id=SIGNER.key_id)


def test_a_reader_accepts_what_was_sealed() -> None:
    document = unsigned(unfragile())
    finding, passport = verify_passport(
        sign(document, parse_and_check(document), signer=SIGNER, trusted=KEYS), keys=KEYS, at=SIGNED_AT
    )
    assert finding.verdict is Verdict.OK_OFFLINE
    assert passport is not None
    assert passport["unfragile"] == json.loads(orjson.dumps(unfragile()))


def test_what_the_contract_refuses_is_never_signed_and_the_place_is_named() -> None:
    stated = unfragile()
    stated["trust"]["score"] = 101
    with pytest.raises(PassportError) as refusal:
        parse_and_check(unsigned(stated))
    assert refusal.value.pointer == "/passport/unfragile/trust/score"
    assert "101" in refusal.value.reason


def test_a_document_that_readers_would_not_take_is_refused() -> None:
    stated = unfragile()
    stated["artifact"]["name"] = "n" * MAX_PASSPORT_BYTES
    with pytest.raises(PassportError, match="bytes"):
        parse_and_check(unsigned(stated))


@pytest.mark.parametrize("trusted", [KeyRing(), KeyRing([SIGNER.public_key], revoked=[SIGNER.key_id])])
def test_a_key_that_readers_do_not_trust_seals_nothing(trusted: KeyRing) -> None:
    document = unsigned(unfragile())
    with pytest.raises(PassportError, match="do not trust"):
        sign(document, parse_and_check(document), signer=SIGNER, trusted=trusted)


def test_a_signature_of_another_key_than_the_one_named_is_refused() -> None:
    other = Signer(hashlib.sha256(b"another").digest())
    document = unsigned(unfragile())
    with pytest.raises(PassportError, match="cannot be verified with the key"):
        sign(document, parse_and_check(document), signer=other, trusted=KeyRing([SIGNER.public_key, other.public_key]))


@pytest.mark.parametrize("after", [timedelta(days=-1), timedelta(), timedelta(microseconds=9)])
def test_a_passport_that_would_be_void_before_it_is_signed_is_refused(after: timedelta) -> None:
    end = SIGNED_AT + after
    with pytest.raises(ValueError, match="crawl its sources again"):
        unsigned_bytes(unfragile(), signed_at=SIGNED_AT, expires_at=end, issuer="x", key_id=SIGNER.key_id)


def test_a_name_that_looks_like_the_place_of_the_signature_moves_nothing() -> None:
    stated = unfragile()
    stated["artifact"]["name"] = '"signature":"' + "A" * 86 + "=="
    document = unsigned(stated)
    made = sign(document, parse_and_check(document), signer=SIGNER, trusted=KEYS)
    assert verify_passport(made, keys=KEYS, at=SIGNED_AT)[0].verdict is Verdict.OK_OFFLINE
