import base64
import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import pytest
from nacl.signing import SigningKey
from pydantic import BaseModel, ConfigDict

from pipelines.signing.keys import (
    KeyFormatError,
    KeyRing,
    Signer,
    is_key_id,
    jwk,
    key_id,
    signing_key_from_jwk,
    signing_key_to_jwk,
)
from pipelines.signing.signatures import signature_bytes
from schemas.verdict import Verdict
from tests.support.recordings import vectors_dir
from tests.support.signed import SEED, SIGNER

# RFC 8032, section 7.1, test 1: seed, public key; RFC 8037, appendix A, uses the same key.
RFC_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
PUBLIC = jwk(SIGNER.public_key)
PRIVATE: dict[str, Any] = json.loads(signing_key_to_jwk(SEED))
SPELLINGS_OF_THE_SEED = [
    SEED.hex(),
    SEED.hex(":"),
    base64.b64encode(SEED).decode().rstrip("="),
    base64.urlsafe_b64encode(SEED).decode().rstrip("="),
    repr(SEED)[2:-1],
    str(list(SEED))[1:-1],
    SEED.decode("latin-1"),
]


@dataclass
class Holder:
    signer: Signer


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    signer: Signer


def logged(signer: Signer) -> str:
    return logging.LogRecord("n", logging.INFO, "p", 1, "%s %r", (signer, signer), None).getMessage()


def fail(held: Signer) -> None:
    raise RuntimeError("failed with", held)


def raised(signer: Signer) -> str:
    try:
        fail(signer)
    except RuntimeError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(shown.format())
    raise AssertionError("nothing was raised")


SHOWN: list[Callable[[Signer], str]] = [
    repr,
    str,
    lambda signer: f"{signer} {signer!r} {signer!s} {signer!a} {signer:}",
    "{0} {0!r}".format,
    "%s".__mod__,
    lambda signer: pprint.pformat([signer, Holder(signer)]),
    lambda signer: repr(Model(signer=signer)) + str(Model(signer=signer).model_dump()),
    lambda signer: json.dumps(signer, default=repr),
    lambda signer: orjson.dumps(signer, default=str).decode(),
    lambda signer: repr([getattr(signer, name) for name in Signer.__slots__]),
    lambda signer: str([str(getattr(signer, name)) for name in Signer.__slots__]),
    logged,
    raised,
]

REFUSED: list[Callable[[Signer], object]] = [
    pickle.dumps,
    lambda signer: pickle.dumps(signer, 0),
    copy.copy,
    copy.deepcopy,
    lambda signer: asdict(Holder(signer)),
    lambda signer: signer.__getstate__(),
    lambda signer: signer.__reduce__(),
    json.dumps,
    orjson.dumps,
    lambda signer: Model(signer=signer).model_dump_json(),
    lambda signer: Model(signer=signer).model_copy(deep=True),
    vars,
    memoryview,  # type: ignore[list-item]
]


@pytest.mark.parametrize("show", SHOWN)
def test_a_signer_never_shows_its_seed(show: Callable[[Signer], str]) -> None:
    shown = show(SIGNER)
    assert not [spelling for spelling in SPELLINGS_OF_THE_SEED if spelling in shown]


def test_the_spellings_would_catch_what_pynacl_shows() -> None:
    shown = str(SigningKey(SEED))
    assert [spelling for spelling in SPELLINGS_OF_THE_SEED if spelling in shown]


@pytest.mark.parametrize("spread", REFUSED)
def test_a_signer_is_not_copied_or_serialised(spread: Callable[[Signer], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        spread(SIGNER)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [spelling for spelling in SPELLINGS_OF_THE_SEED if spelling in shown]


def test_a_signer_names_its_key() -> None:
    assert repr(SIGNER) == f"Signer(key_id='{key_id(SIGNER.public_key)}')"


def test_the_thumbprint_of_the_rfcs_key() -> None:
    assert Signer(RFC_SEED).public_key == RFC_PUBLIC
    assert key_id(RFC_PUBLIC) == RFC_THUMBPRINT
    assert jwk(RFC_PUBLIC)["kid"] == RFC_THUMBPRINT


def test_a_public_key_is_written_as_a_jwk_for_signatures() -> None:
    x = base64.urlsafe_b64encode(RFC_PUBLIC).decode().rstrip("=")
    assert jwk(RFC_PUBLIC) == {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": RFC_THUMBPRINT, "use": "sig"}


def test_what_a_signer_signs_its_public_key_confirms() -> None:
    signature = SIGNER.sign("a/type", b"body")
    assert len(signature) == 88
    message = b"DSSEv1 6 a/type 4 body"
    assert KeyRing([SIGNER.public_key]).confirms(base64.b64decode(signature), message, key_id=SIGNER.key_id)


@pytest.mark.parametrize(("length", "read"), [(1 << 20, True), ((1 << 20) + 1, False)])
def test_a_key_file_of_a_megabyte_is_read_and_no_longer_one(length: int, read: bool) -> None:
    text = json.dumps(PRIVATE).ljust(length)
    if read:
        assert signing_key_from_jwk(text).key_id == SIGNER.key_id
        assert KeyRing.from_jwks(json.dumps(PUBLIC).ljust(length)).key_ids == {SIGNER.key_id}
    else:
        with pytest.raises(KeyFormatError, match="not a JSON object"):
            signing_key_from_jwk(text)


@pytest.mark.parametrize(("depth", "read"), [(8, True), (9, False)])
def test_a_key_file_is_read_eight_containers_deep_and_no_deeper(depth: int, read: bool) -> None:
    # The object of the key itself is one of them.
    nested = "[" * (depth - 1) + "0" + "]" * (depth - 1)
    text = json.dumps(PRIVATE)[:-1] + f',"note":{nested}}}'
    if read:
        assert signing_key_from_jwk(text).key_id == SIGNER.key_id
    else:
        with pytest.raises(KeyFormatError, match="not a JSON object"):
            signing_key_from_jwk(text)


def test_the_recorded_thumbprint() -> None:
    example = json.loads((vectors_dir() / "derived/spec_examples.json").read_bytes())["rfc8037_A3_thumbprint"]
    (only,) = KeyRing.from_jwks(json.dumps(example["jwk"])).key_ids
    assert only == example["thumbprint"]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(KeyFormatError, match=f"32 bytes, not {length}"):
        Signer(bytes(length))
    with pytest.raises(KeyFormatError, match=f"32 bytes, not {length}"):
        key_id(bytes(length))


def test_a_signing_key_survives_its_file() -> None:
    text = signing_key_to_jwk(SEED)
    assert text.endswith("\n")
    assert signing_key_from_jwk(text).sign("t", b"body") == SIGNER.sign("t", b"body")
    assert {name: PRIVATE[name] for name in PUBLIC} == PUBLIC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a JSON object"),
        (base64.b64encode(SEED).decode(), "not a JSON object"),
        (json.dumps(PRIVATE)[:-1], "not a JSON object"),
        (json.dumps([PRIVATE]), "not a JSON object"),
        (json.dumps(PRIVATE)[:-1] + f',"d":"{PRIVATE["d"]}"}}', "not a JSON object"),
        (json.dumps({**PRIVATE, "note": "\ud800"}).replace("\\ud800", "\ud800"), "not a JSON object"),
        (json.dumps(PUBLIC), '"d" is not 32 bytes'),
        (json.dumps({**PRIVATE, "d": PRIVATE["d"] + "="}), '"d" is not 32 bytes'),
        (json.dumps({**PRIVATE, "d": PRIVATE["d"][:-4]}), '"d" is not 32 bytes'),
        (json.dumps({**PRIVATE, "d": "!" * 43}), '"d" is not 32 bytes'),
        (json.dumps({**PRIVATE, "d": list(SEED)}), '"d" is not 32 bytes'),
        (json.dumps({**PRIVATE, "x": jwk(RFC_PUBLIC)["x"], "kid": RFC_THUMBPRINT}), '"x" is not the public key'),
        (json.dumps({**PRIVATE, "crv": "X25519"}), "not an Ed25519 JWK"),
        (json.dumps({**PRIVATE, "kid": "mine"}), '"kid" is not the thumbprint'),
    ],
)
def test_a_bad_signing_key_file_is_refused_without_showing_it(text: str, reason: str) -> None:
    with pytest.raises(KeyFormatError, match=reason) as caught:
        signing_key_from_jwk(text)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [spelling for spelling in SPELLINGS_OF_THE_SEED if spelling in shown]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "what the parser raised carries the text"


def test_a_key_ring_is_read_from_a_set_or_a_single_key() -> None:
    both = KeyRing.from_jwks(json.dumps({"keys": [PUBLIC, jwk(RFC_PUBLIC)]}), revoked=[RFC_THUMBPRINT])
    assert both.key_ids == {SIGNER.key_id, RFC_THUMBPRINT}
    assert both.objection(SIGNER.key_id, "passports") is None
    assert both.objection(RFC_THUMBPRINT, "passports") is Verdict.KEY_REVOKED
    one = KeyRing.from_jwks(json.dumps(PUBLIC))
    assert one.objection(SIGNER.key_id, "passports") is None
    assert one.objection(RFC_THUMBPRINT, "passports") is Verdict.UNKNOWN_KEY
    assert KeyRing.from_jwks('{"keys":[]}').key_ids == frozenset()


def test_a_revoked_key_is_revoked_even_when_it_is_not_in_the_ring() -> None:
    assert KeyRing(revoked=[RFC_THUMBPRINT]).objection(RFC_THUMBPRINT, "passports") is Verdict.KEY_REVOKED


def test_unknown_members_of_a_key_are_passed_over() -> None:
    without_kid = {name: PUBLIC[name] for name in ("kty", "crv", "x")}
    assert KeyRing.from_jwks(json.dumps({**without_kid, "alg": "EdDSA", "x5t": "…"})).key_ids == {SIGNER.key_id}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("not json", "trusted keys are not a JSON object"),
        ([PUBLIC], "trusted keys are not a JSON object"),
        ({"keys": PUBLIC}, "trusted keys are not a JSON object"),
        ({"keys": [PUBLIC, "key"]}, "trusted key 1 is not a JSON object"),
        ({}, "trusted key 0 is not an Ed25519 JWK"),
        (PRIVATE, "trusted key 0 is a private key"),
        ({"keys": [PUBLIC, PRIVATE]}, "trusted key 1 is a private key"),
        ({**PUBLIC, "d": None}, "trusted key 0 is a private key"),
        ({**PUBLIC, "kid": "mine"}, '"kid" is not the thumbprint'),
        ({**PUBLIC, "kid": None}, '"kid" is not the thumbprint'),
        ({**PUBLIC, "kty": "EC"}, "not an Ed25519 JWK"),
        ({**PUBLIC, "crv": "Ed448"}, "not an Ed25519 JWK"),
        ({**PUBLIC, "x": PUBLIC["x"] + "="}, '"x" is not 32 bytes'),
        ({**PUBLIC, "x": PUBLIC["x"][:-1] + "p"}, '"x" is not 32 bytes'),
        ({**PUBLIC, "x": PUBLIC["x"][:-1]}, '"x" is not 32 bytes'),
        ({**PUBLIC, "x": "+" + PUBLIC["x"][1:]}, '"x" is not 32 bytes'),
        ({**PUBLIC, "x": "é" + PUBLIC["x"][1:]}, '"x" is not 32 bytes'),
        ({**PUBLIC, "x": 7}, '"x" is not 32 bytes'),
    ],
)
def test_a_bad_key_ring_is_refused_with_the_place(document: Any, reason: str) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(KeyFormatError, match=reason) as caught:
        KeyRing.from_jwks(text)
    assert PRIVATE["d"] not in "".join(traceback.format_exception(caught.value))


def test_a_signature_counts_only_for_its_key_and_message() -> None:
    ring = KeyRing([RFC_PUBLIC, SIGNER.public_key])
    signature = SigningKey(RFC_SEED).sign(b"message").signature
    assert ring.confirms(signature, b"message", key_id=RFC_THUMBPRINT)
    assert not ring.confirms(signature, b"massage", key_id=RFC_THUMBPRINT)
    assert not ring.confirms(signature, b"message", key_id=SIGNER.key_id)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_is_no_signature(length: int) -> None:
    assert not KeyRing([RFC_PUBLIC]).confirms(bytes(length), b"message", key_id=RFC_THUMBPRINT)


def test_a_signature_whose_scalar_was_raised_by_the_group_order_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    signature = SigningKey(RFC_SEED).sign(b"message").signature
    raised_scalar = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert not KeyRing([RFC_PUBLIC]).confirms(signature[:32] + raised_scalar, b"message", key_id=RFC_THUMBPRINT)


@pytest.mark.parametrize("public_key", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_a_key_of_small_order_confirms_nothing(public_key: bytes) -> None:
    forged = public_key + bytes(32)
    assert not KeyRing([public_key]).confirms(forged, b"anything", key_id=key_id(public_key))


def test_wycheproof_gives_the_stated_verdicts() -> None:
    groups = json.loads((vectors_dir() / "wycheproof/testvectors_v1/ed25519_test.json").read_bytes())["testGroups"]
    judged = 0
    for group in groups:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        ring = KeyRing([public_key])
        for case in group["tests"]:
            signature = signature_bytes(base64.b64encode(bytes.fromhex(case["sig"])).decode())
            message = bytes.fromhex(case["msg"])
            accepted = signature is not None and ring.confirms(signature, message, key_id=key_id(public_key))
            assert accepted == (case["result"] == "valid"), case
            # PyNaCl alone, without our length check, must agree too.
            assert ring.confirms(bytes.fromhex(case["sig"]), message, key_id=key_id(public_key)) == accepted, case
            judged += 1
    assert judged == 151


def test_a_ring_of_one_key_holds_that_key_alone() -> None:
    both = KeyRing.from_jwks(json.dumps({"keys": [PUBLIC, jwk(RFC_PUBLIC)]}), revoked=[RFC_THUMBPRINT])
    assert (both.only(SIGNER.key_id).key_ids, both.only(SIGNER.key_id).revoked) == ({SIGNER.key_id}, {RFC_THUMBPRINT})
    with pytest.raises(KeyError):
        both.only("another")


def test_a_thumbprint_is_spelled_in_one_way() -> None:
    assert is_key_id(RFC_THUMBPRINT)
    odd = RFC_THUMBPRINT[:-1] + chr(ord(RFC_THUMBPRINT[-1]) + 1)
    others = ["", "key.jwk", RFC_THUMBPRINT[:-1], f"{RFC_THUMBPRINT}=", f"./{RFC_THUMBPRINT}", "ü" * 43, odd]
    assert [text for text in others if is_key_id(text)] == []
