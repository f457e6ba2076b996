import base64
import json
from typing import Any

import orjson
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from pipelines.formats.canonical_json import canonical
from pipelines.signing.dsse import pae, signed_body, to_dsse
from tests.support.recordings import vectors_dir
from tests.support.signed import GOLDEN, SIGNER

DOCUMENT: dict[str, Any] = orjson.loads(GOLDEN.read_bytes())


@pytest.mark.parametrize(
    ("payload_type", "body", "expected"),
    [
        ("text/plain", b"a body", b"DSSEv1 10 text/plain 6 a body"),
        ("", b"", b"DSSEv1 0  0 "),
        ("é", b"\x00\xff", b"DSSEv1 2 \xc3\xa9 2 \x00\xff"),
    ],
)
def test_type_and_body_are_counted_in_bytes(payload_type: str, body: bytes, expected: bytes) -> None:
    assert pae(payload_type, body) == expected


def test_neither_type_nor_body_can_grow_into_the_other() -> None:
    assert pae("a", b"b 1 c") != pae("a 5 b", b"c")


def test_the_published_example() -> None:
    example = json.loads((vectors_dir() / "derived/spec_examples.json").read_bytes())["dsse_pae"]
    assert pae(example["payloadType"], example["body"].encode()) == example["pae"].encode()


def test_all_of_an_envelope_but_its_signature_is_signed() -> None:
    passport = DOCUMENT["passport"]
    covered = json.loads(signed_body(passport))
    assert covered == {name: passport[name] for name in passport if name != "signature"}
    assert signed_body({**passport, "signature": "another"}) == canonical(covered)


def test_plain_pynacl_verifies_the_dsse_form() -> None:
    envelope = json.loads(json.dumps(to_dsse(DOCUMENT)))
    payload, name = base64.b64decode(envelope["payload"], validate=True), envelope["payloadType"].encode()
    message = b" ".join([b"DSSEv1", str(len(name)).encode(), name, str(len(payload)).encode(), payload])
    (signature,) = envelope["signatures"]
    key = VerifyKey(SIGNER.public_key)
    assert key.verify(message, base64.b64decode(signature["sig"], validate=True)) == message
    assert signature["keyid"] == SIGNER.key_id
    assert json.loads(payload)["unfragile"] == DOCUMENT["passport"]["unfragile"]
    with pytest.raises(BadSignatureError):
        key.verify(message + b" ", base64.b64decode(signature["sig"]))
