"""A fixed key, a fixed time, and the golden passport that was signed with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.signing.keys import KeyRing, Signer

GOLDEN_DIR = Path(__file__).parents[1] / "golden"
GOLDEN = GOLDEN_DIR / "heron-7b.2026-06-01.json"
SEED = bytes(range(32))
SIGNER = Signer(SEED)
KEYS = KeyRing([SIGNER.public_key])
SIGNED_AT = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
EXPIRES_AT = SIGNED_AT + timedelta(days=30)
IN_DATE = SIGNED_AT + timedelta(days=1)
ISSUER = "registry.example"
