"""Measures what others need for the same bodies, files and cards; run by `benchmarks.beside_others`, without our code.

    .tools/peers/bin/python benchmarks/peers/others.py FOLDER

FOLDER has passports/*.json and cards/*.md. Prints, as JSON, the least CPU seconds of each work for all of them.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import model_signing
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from huggingface_hub import ModelCard
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets

ROUNDS = 15


def best_s(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of several rounds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def without_floats(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with texts in place of floats, which the canonical JSON of TUF has not."""
    if isinstance(value, dict):
        return {name: without_floats(one) for name, one in value.items()}
    if isinstance(value, list):
        return [without_floats(one) for one in value]
    return str(value) if isinstance(value, float) else value


def signed_bodies(bodies: list[Any]) -> dict[str, Callable[[], object]]:
    """Return the works that verify a signature of each body: by securesystemslib alone, and as metadata of TUF."""
    signer = CryptoSigner.generate_ed25519()
    plain = [json.dumps(body).encode() for body in bodies]
    signatures = [signer.sign(encode_canonical(body).encode()) for body in bodies]
    root = Root(expires=datetime(2100, 1, 1, tzinfo=UTC))
    root.add_key(signer.public_key, "targets")
    metadata = []
    for body in bodies:
        one = Metadata(Targets(expires=root.expires, unrecognized_fields={"body": body}))
        one.sign(signer)
        metadata.append(one.to_bytes())

    def verify() -> None:
        for text, signature in zip(plain, signatures, strict=True):
            signer.public_key.verify_signature(signature, encode_canonical(json.loads(text)).encode())

    def verify_tuf() -> None:
        for text in metadata:
            read = Metadata[Targets].from_bytes(text)
            root.verify_delegate("targets", read.signed_bytes, read.signatures)

    return {
        "securesystemslib: parse, canonical JSON, signature": verify,
        "python-tuf: the same as metadata": verify_tuf,
    }


def signed_files(folder: Path) -> dict[str, Callable[[], object]]:
    """Return the works of model_signing on the same files: one signature over the hashes of all, by an elliptic key."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public, signature = folder / "key.pem", folder / "key.pub", folder / "all.sig"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    sign = model_signing.signing.Config().use_elliptic_key_signer(private_key=private)
    check = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public)
    sign.sign(folder / "passports", signature)
    return {
        "model_signing: verify": lambda: check.verify(folder / "passports", signature),
        "model_signing: sign": lambda: sign.sign(folder / "passports", signature),
    }


def main() -> None:
    """Print the figures and the versions."""
    folder = Path(sys.argv[1])
    bodies = [without_floats(json.loads(path.read_bytes())) for path in sorted((folder / "passports").iterdir())]
    cards = [path.read_text("utf-8", "replace") for path in sorted((folder / "cards").iterdir())]
    works = {**signed_bodies(bodies), **signed_files(folder)}
    works["huggingface_hub: ModelCard"] = lambda: [model_card(card) for card in cards]
    named = ("securesystemslib", "tuf", "model-signing", "huggingface_hub")
    print(json.dumps({"versions": {n: version(n) for n in named}, "cpu_s": {n: best_s(w) for n, w in works.items()}}))


def model_card(text: str) -> ModelCard | None:
    """Return a card; None where its front matter is refused."""
    try:
        return ModelCard(text, ignore_metadata_errors=True)
    except Exception:  # noqa: BLE001 - whatever it raises for a card that it cannot read
        return None


if __name__ == "__main__":
    main()
