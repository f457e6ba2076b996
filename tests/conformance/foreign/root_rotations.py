# mypy: ignore-errors
"""Plays rotations of a root through python-tuf: reads JSON, prints JSON. Runs beside tuf and securesystemslib alone.

A rotation is a list of versions, each { version, keys, threshold, signers, spoilt, expires } with names of keys; every
other role has the key "registry". For each the answer is how many were accepted, and whether the last one still is in
date, as ngclient judges it.
"""

import json
import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import ExpiredMetadataError, RepositoryError
from tuf.api.metadata import Metadata, Role, Root, Timestamp
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType


def signer_of(name):
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")))


def root_of(stated):
    signers = {name: signer_of(name) for name in {*stated["keys"], *stated["signers"], "registry"}}
    ids = [signers[name].public_key.keyid for name in stated["keys"]]
    online = Role([signers["registry"].public_key.keyid], 1)
    roles = {"root": Role(ids, stated["threshold"]), "timestamp": online, "snapshot": online, "targets": online}
    keys = {one.public_key.keyid: one.public_key for one in (signers[name] for name in (*stated["keys"], "registry"))}
    made = Metadata(Root(stated["version"], expires=datetime.fromisoformat(stated["expires"]), keys=keys, roles=roles))
    for name in stated["signers"]:
        made.sign(signers[name], append=True)
    for name in stated["spoilt"]:
        made.signatures[signers[name].public_key.keyid].signature = "00" * 64
    return made.to_bytes()


def played(versions, at):
    accepted = 0
    try:
        trusted = TrustedMetadataSet(root_of(versions[0]), EnvelopeType.METADATA)
        accepted += 1
        for stated in versions[1:]:
            trusted.update_root(root_of(stated))
            accepted += 1
    except (RepositoryError, ValueError):
        return {"accepted": accepted, "in_date": None}
    trusted.reference_time = datetime.fromisoformat(at)
    timestamp = Metadata(Timestamp(1, expires=datetime(2099, 1, 1, tzinfo=UTC)))
    timestamp.sign(signer_of("registry"))
    try:
        trusted.update_timestamp(timestamp.to_bytes())
    except ExpiredMetadataError:
        return {"accepted": accepted, "in_date": False}
    return {"accepted": accepted, "in_date": True}


def main():
    given = json.load(sys.stdin)
    print(json.dumps([played(versions, given["at"]) for versions in given["rotations"]]))


main()
