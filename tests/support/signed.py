"""A fixed key, a fixed time, and the golden passport that was signed with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.signing.dsse import signed_body
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.signatures import ALGORITHM, ENVELOPE_VERSION, PASSPORT_TYPE
from schemas.times import timestamp

GOLDEN_DIR = Path(__file__).parents[1] / "golden"
GOLDEN = GOLDEN_DIR / "heron-7b.2026-06-01.json"
SEED = bytes(range(32))
SIGNER = Signer(SEED)
KEYS = KeyRing([SIGNER.public_key])
SIGNED_AT = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
EXPIRES_AT = SIGNED_AT + timedelta(days=30)
IN_DATE = SIGNED_AT + timedelta(days=1)
ISSUER = "registry.example"


def seal_passport(
    unfragile: dict[str, Any],
    signer: Signer = SIGNER,
    signed_at: datetime = SIGNED_AT,
    expires_at: datetime = EXPIRES_AT,
) -> dict[str, Any]:
    """Sign anything as a passport, also what breaks the contract: it takes no step of `pipelines.signing.passports`."""
    statement = {
        "unfragile": unfragile,
        "signedAt": timestamp(signed_at),
        "signedBy": ISSUER,
        "version": ENVELOPE_VERSION,
        "algorithm": ALGORITHM,
        "keyId": signer.key_id,
        "payloadType": PASSPORT_TYPE,
        "expiresAt": timestamp(expires_at),
    }
    signature = signer.sign(PASSPORT_TYPE, signed_body(statement))
    return {"passport": {"unfragile": unfragile, "signature": signature, **statement}}
