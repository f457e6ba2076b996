# mypy: ignore-errors
"""Verifies DSSE envelopes by securesystemslib: reads JSON, prints JSON. Runs beside securesystemslib alone."""

import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def verified(envelope, key_id, public_key):
    key = SSlibKey(key_id, "ed25519", "ed25519", {"public": public_key})
    try:
        return list(Envelope.from_dict(envelope).verify([key], 1))
    except VerificationError:
        return []


print(json.dumps([verified(*one) for one in json.load(sys.stdin)]))
