import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from pipelines.formats.canonical_json import NotCanonicalError
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import SignatureError, open_file, sign_file
from pipelines.signing.signatures import (
    ALGORITHM,
    PASSPORT_TYPE,
    SNAPSHOT_TYPE,
    TIMESTAMP_TYPE,
    signature_bytes,
    signature_fault,
)
from schemas.verdict import Verdict
from tests.support.signed import GOLDEN, KEYS, SEED, SIGNER

DOCUMENT: dict[str, Any] = orjson.loads(GOLDEN.read_bytes())
PASSPORT = DOCUMENT["passport"]
SNAPSHOT: dict[str, Any] = {"generation": 7, "shards": [{"index": 0, "sha256": "0" * 64}], "counts": {}, "parent": None}
SEALED = sign_file(SNAPSHOT, payload_type=SNAPSHOT_TYPE, signer=SIGNER)
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def open_snapshot(record: Any, keys: KeyRing = KEYS) -> dict[str, Any]:
    return open_file(orjson.dumps(record), payload_type=SNAPSHOT_TYPE, keys=keys)


def verdict_on(record: Any, keys: KeyRing = KEYS) -> Verdict:
    with pytest.raises(SignatureError) as caught:
        open_snapshot(record, keys)
    assert caught.value.finding.reason in str(caught.value)
    return caught.value.finding.verdict


@pytest.mark.parametrize("value", [float("nan"), 2**53, "\ud800", b"", datetime(2026, 6, 1, tzinfo=UTC)])
def test_what_has_no_canonical_form_is_not_sealed(value: Any) -> None:
    with pytest.raises(NotCanonicalError):
        sign_file({"value": value}, payload_type=SNAPSHOT_TYPE, signer=SIGNER)


def test_a_sealed_record_opens_to_what_was_sealed() -> None:
    assert list(SEALED) == ["signed", "signature", "algorithm", "keyId", "payloadType"]
    assert open_snapshot(SEALED) == SNAPSHOT
    pretty = json.dumps(SEALED, indent=1, sort_keys=True).encode()
    assert open_file(pretty, payload_type=SNAPSHOT_TYPE, keys=KEYS) == SNAPSHOT


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"signed": {**SNAPSHOT, "generation": 8}}, Verdict.BAD_SIGNATURE),
        ({"signed": {**SNAPSHOT, "generation": "7"}}, Verdict.BAD_SIGNATURE),
        ({"signed": {**SNAPSHOT, "more": 1}}, Verdict.BAD_SIGNATURE),
        ({"signed": {}}, Verdict.BAD_SIGNATURE),
        ({"signed": [SNAPSHOT]}, Verdict.MALFORMED),
        ({"signature": None}, Verdict.BAD_SIGNATURE),
        ({"signature": ""}, Verdict.BAD_SIGNATURE),
        ({"signature": "A" * 86 + "=="}, Verdict.BAD_SIGNATURE),
        ({"signature": PASSPORT["signature"]}, Verdict.BAD_SIGNATURE),
        ({"signature": SEALED["signature"] + "\n"}, Verdict.BAD_SIGNATURE),
        ({"algorithm": "none"}, Verdict.MALFORMED),
        ({"algorithm": "ed25519"}, Verdict.MALFORMED),
        ({"algorithm": None}, Verdict.MALFORMED),
        ({"payloadType": TIMESTAMP_TYPE}, Verdict.MALFORMED),
        ({"payloadType": SNAPSHOT_TYPE.upper()}, Verdict.MALFORMED),
        ({"keyId": None}, Verdict.MALFORMED),
        ({"keyId": [SIGNER.key_id]}, Verdict.MALFORMED),
        ({"keyId": ""}, Verdict.UNKNOWN_KEY),
        ({"keyId": SIGNER.key_id + " "}, Verdict.UNKNOWN_KEY),
        ({"publicKey": "x"}, Verdict.MALFORMED),
    ],
)
def test_an_altered_record_is_refused(change: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_on({**SEALED, **change}) is verdict


@pytest.mark.parametrize("member", list(SEALED))
def test_a_record_without_one_of_its_members_is_refused(member: str) -> None:
    assert verdict_on({name: SEALED[name] for name in SEALED if name != member}) is Verdict.MALFORMED


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b"{}", b"<html>", orjson.dumps(SEALED)[:-1], orjson.dumps(DOCUMENT)]
)
def test_what_is_no_record_is_malformed(raw: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        open_file(raw, payload_type=SNAPSHOT_TYPE, keys=KEYS)
    assert caught.value.finding.verdict is Verdict.MALFORMED


def test_a_record_with_a_repeated_member_is_refused() -> None:
    doubled = orjson.dumps(SEALED).replace(b'{"signed":', b'{"signed":{"generation":9},"signed":', 1)
    with pytest.raises(SignatureError, match="is twice"):
        open_file(doubled, payload_type=SNAPSHOT_TYPE, keys=KEYS)


def test_a_whole_number_that_only_a_double_holds_is_still_judged() -> None:
    assert verdict_on({**SEALED, "signed": {"generation": 1e300}}) is Verdict.BAD_SIGNATURE


def test_a_record_of_one_type_never_passes_for_another() -> None:
    raw = orjson.dumps({**SEALED, "payloadType": TIMESTAMP_TYPE})
    with pytest.raises(SignatureError) as caught:
        open_file(raw, payload_type=TIMESTAMP_TYPE, keys=KEYS)
    assert caught.value.finding.verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(("length", "read"), [(16 << 20, True), ((16 << 20) + 1, False)])
def test_a_record_of_16_megabytes_is_read_and_no_longer_one(length: int, read: bool) -> None:
    raw = orjson.dumps(SEALED).ljust(length)
    if read:
        assert open_file(raw, payload_type=SNAPSHOT_TYPE, keys=KEYS) == SNAPSHOT
    else:
        with pytest.raises(SignatureError, match="fetch the file again"):
            open_file(raw, payload_type=SNAPSHOT_TYPE, keys=KEYS)


@pytest.mark.parametrize(("depth", "read"), [(32, True), (33, False)])
def test_a_record_is_read_32_containers_deep_and_no_deeper(depth: int, read: bool) -> None:
    nested: Any = 0
    for _ in range(depth - 2):  # the record and its payload are two of them
        nested = [nested]
    payload = {"nested": nested}
    sealed = sign_file(payload, payload_type=SNAPSHOT_TYPE, signer=SIGNER)
    if read:
        assert open_snapshot(sealed) == payload
    else:
        assert verdict_on(sealed) is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("payload_type", "name"),
    [
        (PASSPORT_TYPE, "trust-passport"), (SNAPSHOT_TYPE, "registry-snapshot"), (TIMESTAMP_TYPE, "registry-timestamp"),
    ],
)  # fmt: skip
def test_types_are_those_of_the_published_format(payload_type: str, name: str) -> None:
    assert payload_type == f"application/vnd.unfragile.{name}+json"


def reason_of(record: Any, keys: KeyRing = KEYS) -> str:
    with pytest.raises(SignatureError) as caught:
        open_snapshot(record, keys)
    return caught.value.finding.reason


def test_a_reader_learns_what_to_do_by_what_is_wrong() -> None:
    revoked = KeyRing([SIGNER.public_key], revoked=[SIGNER.key_id])
    assert reason_of(SEALED, revoked).endswith("is revoked: fetch a file signed with a current key")
    assert reason_of(SEALED, KeyRing()).endswith("is not trusted here: get the issuer's current keys")
    assert "is not 64 bytes in canonical base64" in reason_of({**SEALED, "signature": "x"})
    assert "the file was changed" in reason_of({**SEALED, "signed": {}})
    assert "it must have exactly the members algorithm, keyId, payloadType, signature, signed" in reason_of({})


def test_keys_that_do_not_count() -> None:
    other = Signer(bytes(32))
    assert verdict_on(SEALED, KeyRing()) is Verdict.UNKNOWN_KEY
    assert verdict_on(SEALED, KeyRing([other.public_key])) is Verdict.UNKNOWN_KEY
    assert verdict_on(SEALED, KeyRing([SIGNER.public_key], revoked=[SIGNER.key_id])) is Verdict.KEY_REVOKED
    forged = {**sign_file(SNAPSHOT, payload_type=SNAPSHOT_TYPE, signer=other), "keyId": SIGNER.key_id}
    assert verdict_on(forged, KeyRing([SIGNER.public_key, other.public_key])) is Verdict.BAD_SIGNATURE


def test_a_passport_holds_and_its_reasons_name_place_and_remedy() -> None:
    assert signature_fault(PASSPORT, payload_type=PASSPORT_TYPE, keys=KEYS) is None
    for change in ({"algorithm": "none"}, {"keyId": None}, {"keyId": "x"}, {"signature": "x"}, {"signedBy": "mallory"}):
        finding = signature_fault({**PASSPORT, **change}, payload_type=PASSPORT_TYPE, keys=KEYS)
        assert finding is not None
        assert re.search(r'"(algorithm|keyId|signature)".*: .|"signature" is not', finding.reason), finding
    finding = signature_fault({**PASSPORT, "signedAt": 2**53}, payload_type=PASSPORT_TYPE, keys=KEYS)
    assert finding is not None
    assert finding.verdict is Verdict.MALFORMED


def test_base64_is_read_in_its_one_canonical_spelling() -> None:
    text = base64.b64encode(bytes(range(64))).decode()
    assert signature_bytes(text) == bytes(range(64))
    last = BASE64.index(text[85])
    others = [text[:85] + BASE64[last + stray] + "==" for stray in range(1, 16)]
    respelled = [
        *others,
        text.rstrip("="),
        text[:-1],
        text + "=",
        text + "\n",
        " " + text,
        text[:40] + "\n" + text[40:],
        text[:40] + "-" + text[40:],
        text.replace("+", "-").replace("/", "_") if set(text) & set("+/") else "-" + text[1:],
        "é" + text[1:],
        text[:84],
        base64.b64encode(bytes(63)).decode(),
        base64.b64encode(bytes(65)).decode(),
        "",
    ]
    assert [spelling for spelling in respelled if signature_bytes(spelling) is not None] == []
    assert signature_bytes(text.encode()) is None


def test_a_respelled_signature_is_bad_although_its_bytes_are_right() -> None:
    signature = PASSPORT["signature"]
    respelled = signature[:85] + BASE64[BASE64.index(signature[85]) + 1] + "=="
    assert base64.b64decode(respelled) == base64.b64decode(signature)
    finding = signature_fault({**PASSPORT, "signature": respelled}, payload_type=PASSPORT_TYPE, keys=KEYS)
    assert finding is not None
    assert finding.verdict is Verdict.BAD_SIGNATURE


def test_the_same_seed_always_signs_alike() -> None:
    assert Signer(SEED).sign(PASSPORT_TYPE, b"body") == SIGNER.sign(PASSPORT_TYPE, b"body")
    assert PASSPORT["algorithm"] == ALGORITHM
