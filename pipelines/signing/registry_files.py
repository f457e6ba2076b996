"""Signs registry files, and returns the payload of a registry file whose signature is valid."""

from collections.abc import Mapping
from typing import Any

from pipelines.errors import PipelineError
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.dsse import signed_body
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.signatures import ALGORITHM, signature_fault
from schemas.verdict import Finding, Verdict

MAX_RECORD_BYTES = 16 << 20
"""Largest file that is read. A snapshot names at most 256 shards, some 100 bytes each; the rest is for run reports."""
MAX_RECORD_DEPTH = 32

_RECORD_MEMBERS = {"signed", "signature", "algorithm", "keyId", "payloadType"}


class SignatureError(PipelineError):
    """Raised where a signed registry file cannot be trusted; `finding` has the verdict and the reason."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.verdict}: {finding.reason}")
        self.finding = finding


def sign_file(payload: Mapping[str, Any], *, payload_type: str, signer: Signer) -> dict[str, Any]:
    """Return a signed file: `{"signed": payload, "signature": …, "algorithm": …, "keyId": …, "payloadType": …}`.

    Raises NotCanonicalError where the payload has no canonical form.
    """
    statement = {"signed": payload, "algorithm": ALGORITHM, "keyId": signer.key_id, "payloadType": payload_type}
    return {"signed": payload, "signature": signer.sign(payload_type, signed_body(statement)), **statement}


def open_file(raw: bytes, *, payload_type: str, keys: KeyRing) -> dict[str, Any]:
    """Return the payload of a signed file of this type; raise SignatureError unless its signature is valid."""
    try:
        record = parse(raw, max_bytes=MAX_RECORD_BYTES, max_depth=MAX_RECORD_DEPTH)
    except MalformedJsonError as error:
        raise SignatureError(Finding(Verdict.MALFORMED, f"{error.reason}; fetch the file again")) from None
    if not isinstance(record, dict) or set(record) != _RECORD_MEMBERS or not isinstance(record["signed"], dict):
        members = ", ".join(sorted(_RECORD_MEMBERS))
        raise SignatureError(
            Finding(Verdict.MALFORMED, f"not a signed registry file: it must have exactly the members {members}")
        )
    finding = signature_fault(record, payload_type=payload_type, keys=keys)
    if finding:
        raise SignatureError(finding)
    payload: dict[str, Any] = record["signed"]
    return payload
