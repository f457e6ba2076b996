"""Roots of trust: their form, the chain from one to the next, and what a root allows each key to sign."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest

from pipelines.formats.canonical_json import canonical
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import SignatureError, open_file, sign_file
from pipelines.signing.roots import (
    MAX_ROOT_BYTES,
    RootError,
    SignedRoot,
    endorsed,
    follow,
    read_root,
    trusted_root,
    unsigned,
)
from pipelines.signing.signatures import REVOCATIONS_TYPE, SNAPSHOT_TYPE, TIMESTAMP_TYPE
from pipelines.signing.verification import verify_passport
from schemas.root import TrustRoot
from schemas.times import instant
from schemas.verdict import Verdict
from tests.support.contract.documents import minimal
from tests.support.roots import (
    DATED,
    NEVER,
    PASSPORTS,
    REGISTRY,
    REVOCATIONS,
    ROOT,
    SECOND_ROOT,
    THIRD_ROOT,
    role_key,
    root,
    signed,
    signer,
    x,
)
from tests.support.signed import seal_passport

FIRST = signed(root())
EARLY, LATER = "2010-01-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z"
NEW_REGISTRY = signer("registry 2")


def test_a_root_is_read_as_it_was_written() -> None:
    raw = FIRST.to_bytes()
    assert read_root(raw) == trusted_root(raw) == FIRST
    assert raw == canonical(orjson.loads(raw))
    assert orjson.loads(raw)["signed"]["passports"] == [
        {"public_key": x(PASSPORTS), "state": "active", "valid_from": "2020-01-01T00:00:00.000Z", "valid_until": NEVER}
    ]


def test_its_thumbprint_is_that_of_its_content_whoever_signed_it() -> None:
    assert FIRST.signed_with(SECOND_ROOT).ref == FIRST.ref == unsigned(root()).ref
    assert signed(root(expires_at=LATER)).ref != FIRST.ref


SPOILT: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("exactly the members", lambda document: document.update(extra=1)),
    ("exactly the members", lambda document: document.pop("signatures")),
    ('"algorithm" must be', lambda document: document.update(algorithm="none")),
    ('"payloadType"', lambda document: document.update(payloadType=SNAPSHOT_TYPE)),
    ("version: Input should be greater", lambda document: document["signed"].update(version=0)),
    ("version: Input should be a valid integer", lambda document: document["signed"].update(version=1.5)),
    ("threshold is higher", lambda document: document["signed"].update(threshold=2)),
    ("threshold: Input should be greater", lambda document: document["signed"].update(threshold=0)),
    ("names a key twice", lambda document: document["signed"].update(root_keys=[x(ROOT), x(ROOT)])),
    ("names a root key", lambda document: document["signed"]["registry"][0].update(public_key=x(ROOT))),
    ("at least 1 item", lambda document: document["signed"].update(revocations=[])),
    ("Extra inputs", lambda document: document["signed"].update(note="")),
    ("last_good", lambda document: document["signed"]["registry"][0].update(state="revoked")),
    ("last_good", lambda document: document["signed"]["registry"][0].update(last_good=3)),
    ("valid_until must be later", lambda document: document["signed"]["registry"][0].update(valid_until=EARLY)),
    ("expires_at must be later", lambda document: document["signed"].update(expires_at=DATED)),
    ("32 bytes", lambda document: document["signed"]["registry"][0].update(public_key="_" * 43)),
    ("not a list of at most", lambda document: document.update(signatures={})),
    ("not a list of at most", lambda document: document.update(signatures=document["signatures"] * 60)),
    ('another "keyId"', lambda document: document.update(signatures=document["signatures"] * 2)),
    ("64 bytes", lambda document: document["signatures"][0].update(signature="AAAA")),
    ("exactly the members keyId", lambda document: document["signatures"][0].update(x=1)),
]  # fmt: skip


@pytest.mark.parametrize(("says", "spoil"), SPOILT, ids=[str(number) for number in range(len(SPOILT))])
def test_a_file_in_another_form_is_refused(says: str, spoil: Callable[[dict[str, Any]], object]) -> None:
    document = orjson.loads(FIRST.to_bytes())
    spoil(document)
    with pytest.raises(RootError) as caught:
        read_root(canonical(document))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        FIRST.to_bytes() + b"\n",
        json.dumps(orjson.loads(FIRST.to_bytes())).encode(),
        FIRST.to_bytes().replace(b'{"algorithm"', b'{"algorithm":"Ed25519","algorithm"'),
        b'{"signed":' + b"[" * 500 + b"]" * 500 + b"}",
        b" " * (MAX_ROOT_BYTES + 1),
    ],
)
def test_bytes_that_are_no_canonical_root_are_refused(raw: bytes) -> None:
    with pytest.raises(RootError):
        read_root(raw)


def test_a_changed_value_breaks_every_signature() -> None:
    document = orjson.loads(FIRST.to_bytes())
    document["signed"]["expires_at"] = LATER
    with pytest.raises(RootError, match="1 more of its own 1 root keys must sign it"):
        trusted_root(canonical(document))


def test_the_next_version_is_signed_by_the_old_keys_and_by_its_own() -> None:
    second = signed(root(2, (SECOND_ROOT,)), ROOT, SECOND_ROOT)
    assert follow(FIRST, second.to_bytes()).root.root_keys == (x(SECOND_ROOT),)
    third = signed(root(3, (SECOND_ROOT,)), SECOND_ROOT)
    assert follow(second, third.to_bytes()).root.version == 3


NOT_NEXT = [
    ("root keys of version 1 must sign", signed(root(2, (SECOND_ROOT,)), SECOND_ROOT)),
    ("1 more of its own 1 root keys", signed(root(2, (SECOND_ROOT,)), ROOT)),
    ("version 2 must follow", signed(root(3))),
    ("version 2 must follow", signed(root(1))),
    ("root keys of version 1 must sign", signed(root(2, (SECOND_ROOT,)), SECOND_ROOT, THIRD_ROOT, REGISTRY)),
    ("dated before", signed(root(2, issued_at="2026-05-01T00:00:00.000Z"))),
]  # fmt: skip


@pytest.mark.parametrize(("says", "made"), NOT_NEXT)
def test_what_does_not_follow_is_refused(says: str, made: SignedRoot) -> None:
    with pytest.raises(RootError, match=says):
        follow(FIRST, made.to_bytes())


def test_two_of_three_keys_must_sign_and_no_key_counts_twice() -> None:
    three = (ROOT, SECOND_ROOT, THIRD_ROOT)
    first = signed(root(1, three, threshold=2), ROOT, THIRD_ROOT)
    assert first.lacking == 0
    made = unsigned(root(2, three, threshold=2)).signed_with(ROOT).signed_with(ROOT)
    assert made.lacking == 1
    with pytest.raises(RootError, match="1 more of its own 3 root keys"):
        follow(first, made.to_bytes())
    assert follow(first, made.signed_with(SECOND_ROOT).to_bytes()).root.version == 2


def test_a_signature_for_another_kind_of_file_is_none_for_a_root() -> None:
    content = orjson.loads(FIRST.to_bytes())["signed"]
    other = sign_file(content, payload_type=SNAPSHOT_TYPE, signer=ROOT)
    document = orjson.loads(FIRST.to_bytes())
    document["signatures"] = [{"keyId": ROOT.key_id, "signature": other["signature"]}]
    with pytest.raises(RootError, match="root keys must sign it"):
        trusted_root(canonical(document))


def revoking(version: int, last_good: int, **changes: Any) -> TrustRoot:
    old = role_key(REGISTRY, state="revoked", last_good=last_good, **changes)
    return root(version, registry=(old, role_key(NEW_REGISTRY)))


def test_a_revoked_key_is_never_trusted_again() -> None:
    second = follow(FIRST, signed(revoking(2, 7)).to_bytes())
    for made in (root(3), revoking(3, 8)):
        with pytest.raises(RootError, match=f"trusts the registry key {REGISTRY.key_id}, which version 2 revokes"):
            follow(second, signed(made).to_bytes())
    follow(second, signed(revoking(3, 6)).to_bytes())
    follow(second, signed(root(3, registry=(role_key(NEW_REGISTRY),))).to_bytes())


def test_the_key_of_a_store_without_roots_endorses_the_first_root() -> None:
    old = signer("one key")
    keys = KeyRing([old.public_key])
    assert endorsed(FIRST.signed_with(old), keys)
    assert not endorsed(FIRST, keys)
    assert not endorsed(FIRST._replace(signatures={**FIRST.signatures, old.key_id: bytes(64)}), keys)
    assert not endorsed(signed(root(2)).signed_with(old), keys)


def snapshot(by: Signer, generation: int = 7, at: str = DATED) -> bytes:
    payload = {"generation": generation, "created_at": at}
    return orjson.dumps(sign_file(payload, payload_type=SNAPSHOT_TYPE, signer=by))


def pointer(by: Signer, at: str = DATED) -> bytes:
    return orjson.dumps(sign_file({"generation": 1, "issued_at": at}, payload_type=TIMESTAMP_TYPE, signer=by))


def verdict(raw: bytes, payload_type: str, keys: KeyRing) -> str:
    try:
        open_file(raw, payload_type=payload_type, keys=keys)
    except SignatureError as error:
        return error.finding.verdict
    return "ok"


def test_a_key_signs_only_what_its_role_is() -> None:
    keys = KeyRing.of_root(root())
    assert verdict(snapshot(REGISTRY), SNAPSHOT_TYPE, keys) == "ok"
    assert verdict(pointer(REGISTRY), TIMESTAMP_TYPE, keys) == "ok"
    for other in (PASSPORTS, REVOCATIONS, ROOT, signer("a stranger's")):
        assert verdict(snapshot(other), SNAPSHOT_TYPE, keys) == "unknown_key"
        assert verdict(pointer(other), TIMESTAMP_TYPE, keys) == "unknown_key"
    revocations = orjson.dumps(sign_file({"issued_at": DATED}, payload_type=REVOCATIONS_TYPE, signer=REGISTRY))
    assert verdict(revocations, REVOCATIONS_TYPE, keys) == "unknown_key"
    assert passport_verdict(REGISTRY, keys) == "unknown_key"
    assert passport_verdict(PASSPORTS, keys) == "ok_offline"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-05-31T23:59:59.999Z", "unknown_key"),
        (DATED, "ok"),
        ("2026-06-30T23:59:59.999Z", "ok"),
        (LATER, "unknown_key"),
    ],
)
def test_a_key_signs_from_its_first_day_to_its_last(at: str, expected: str) -> None:
    named = role_key(REGISTRY, valid_from=DATED, valid_until=LATER, state="retired")
    keys = KeyRing.of_root(root(registry=(named,)))
    assert verdict(snapshot(REGISTRY, at=at), SNAPSHOT_TYPE, keys) == expected
    assert verdict(pointer(REGISTRY, at), TIMESTAMP_TYPE, keys) == expected


def test_what_a_revoked_key_signed_up_to_its_last_good_generation_stays_good() -> None:
    keys = KeyRing.of_root(revoking(2, 7))
    assert [verdict(snapshot(REGISTRY, n), SNAPSHOT_TYPE, keys) for n in (1, 7, 8)] == ["ok", "ok", "key_revoked"]
    assert verdict(pointer(REGISTRY), TIMESTAMP_TYPE, keys) == "key_revoked", "a pointer states what is served now"
    assert verdict(snapshot(NEW_REGISTRY, 8), SNAPSHOT_TYPE, keys) == "ok"


def passport_verdict(by: Signer, keys: KeyRing, generation: int | None = None) -> Verdict:
    at: datetime = instant(DATED)
    sealed = seal_passport(
        minimal()["passport"]["unfragile"],
        signer=by,
        signed_at=at,
        expires_at=instant(LATER),
    )
    return verify_passport(orjson.dumps(sealed), keys=keys, at=at, generation=generation)[0].verdict


def test_a_passport_of_a_revoked_key_is_good_if_a_good_generation_issued_it() -> None:
    named = role_key(PASSPORTS, state="revoked", last_good=7)
    keys = KeyRing.of_root(root(passports=(named,)))
    assert passport_verdict(PASSPORTS, keys, 7) == "ok_offline"
    assert passport_verdict(PASSPORTS, keys, 8) == "key_revoked"
    assert passport_verdict(PASSPORTS, keys) == "key_revoked", "a file alone does not state its generation"


def test_nothing_that_does_not_verify_is_called_revoked_instead_of_forged() -> None:
    keys = KeyRing.of_root(revoking(2, 7))
    forged = orjson.loads(snapshot(REGISTRY, 9))
    forged["signed"]["generation"] = 3
    assert verdict(orjson.dumps(forged), SNAPSHOT_TYPE, keys) == "bad_signature"
