"""Bytes that are signed: a payload type and a body, so that a signature of one kind of file is valid for no other.

The encoding is that of DSSE v1 (github.com/secure-systems-lab/dsse, protocol.md), so a DSSE envelope can carry the
same signature.
"""

import base64
from collections.abc import Mapping
from typing import Any

from pipelines.formats.canonical_json import canonical


def pae(payload_type: str, body: bytes) -> bytes:
    """Return type and body joined by DSSE's pre-authentication encoding: no other pair gives the same bytes."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


def signed_body(envelope: Mapping[str, Any]) -> bytes:
    """Return the bytes that an envelope's signature covers: all of it but the signature, in canonical form.

    Raises NotCanonicalError when a value in it has no canonical form.
    """
    return canonical({name: value for name, value in envelope.items() if name != "signature"})


def to_dsse(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a signed passport (`{"passport": …}`) as a DSSE envelope with the same signature."""
    envelope = document["passport"]
    return {
        "payload": base64.b64encode(signed_body(envelope)).decode(),
        "payloadType": envelope["payloadType"],
        "signatures": [{"keyid": envelope["keyId"], "sig": envelope["signature"]}],
    }
