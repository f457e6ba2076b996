"""`passports keys init`."""

import json
from pathlib import Path

from flows.commands import terminal
from flows.config.settings import read_settings
from flows.config.signing_key import key_file, make_key
from pipelines.signing.keys import jwk


def init(file: Path | None, *, as_json: bool) -> None:
    """Make a signing key and show its public half."""
    key = make_key(file or key_file(read_settings()))
    public = jwk(key.signer.public_key)
    if as_json:
        terminal.document({"file": str(key.path), "public_key": public})
        return
    terminal.pairs([("signing key", key.path), ("key id", key.signer.key_id), ("public key", json.dumps(public))])
    terminal.note("Store a copy of the file where nobody else can read it. Give readers the public key.")
