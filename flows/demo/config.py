"""What holds for the demo only: its gates, and a key that is no secret."""

import hashlib
from importlib import resources

from pipelines.rules.gates import Gates, read_gates
from pipelines.signing.keys import Signer

DEMO_KEY_PHRASE = b"the key of the passports demo: anyone can sign with it"
"""Its SHA-256 is the demo's signing key. It proves that signing works, and nothing about who signed."""


def demo_gates() -> Gates:
    """The gates that fit the bundled recording."""
    return read_gates(resources.files("flows.demo").joinpath("gates.toml").read_text(encoding="utf-8"))


def demo_signer() -> Signer:
    """The demo's key, made from a phrase that everybody can read: it proves nothing but that the signing works."""
    return Signer(hashlib.sha256(DEMO_KEY_PHRASE).digest())
