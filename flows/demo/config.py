"""The demo's own gates, and its signing key, which is public."""

import hashlib
from importlib import resources

from pipelines.rules.gates import Gates, read_gates
from pipelines.signing.keys import Signer

DEMO_KEY_PHRASE = b"the key of the passports demo: anyone can sign with it"
"""Its SHA-256 is the demo's private signing key."""


def demo_gates() -> Gates:
    """Return the gates that suit the size of the bundled recording."""
    return read_gates(resources.files("flows.demo").joinpath("gates.toml").read_text(encoding="utf-8"))


def demo_signer() -> Signer:
    """Return the demo's signer. Its key is public, so its signatures show that signing works, and not who signed."""
    return Signer(hashlib.sha256(DEMO_KEY_PHRASE).digest())
