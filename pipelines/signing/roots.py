"""Reads, makes and signs roots of trust, and follows them from one version to the next.

A root is signed by `threshold` of the keys of the version before it and by `threshold` of its own, so whoever trusts
one version can follow to the newest. docs/roots.md compares the rules with those of TUF.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from pipelines.errors import PipelineError
from pipelines.formats.canonical_json import NotCanonicalError, canonical
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.dsse import pae
from pipelines.signing.keys import KeyFormatError, KeyRing, Signer, public_key_id, public_key_of
from pipelines.signing.signatures import ALGORITHM, ROOT_TYPE, signature_bytes
from schemas.root import MOST_ROOT_KEYS, ROLES, RootRef, TrustRoot

MAX_ROOT_BYTES = 512_000
"""Largest root that is read; python-tuf's bound (`root_max_length`)."""
MAX_ROOT_DEPTH = 6
MOST_VERSIONS = 256
"""Most versions that are followed at once; python-tuf follows 32 (`max_root_rotations`)."""
MOST_SIGNATURES = 3 * MOST_ROOT_KEYS
"""Those of the old root keys, the new ones, and signing keys that endorse the first root."""

_MEMBERS = {"algorithm", "payloadType", "signatures", "signed"}


class RootError(PipelineError):
    """Raised where a root is not in the required form, or is not signed by the keys that must sign it."""


class ForkedRootError(RootError):
    """Raised where two roots of one version differ."""


class SignedRoot(NamedTuple):
    """A root with its signatures, which need not be valid yet."""

    root: TrustRoot
    ref: RootRef
    """Its version, and the thumbprint of its content."""
    body: bytes
    """The bytes that are signed, without DSSE's encoding."""
    signatures: Mapping[str, bytes]
    """Id of a key → signature (64 bytes)."""

    def valid_signatures(self, public_keys: Iterable[bytes]) -> int:
        """Return how many of these keys have signed it, each counted once."""
        ring, message = KeyRing(public_keys), pae(ROOT_TYPE, self.body)
        return sum(
            ring.confirms(signature, message, key_id=key_id)
            for key_id, signature in self.signatures.items()
            if key_id in ring.key_ids
        )

    @property
    def lacking(self) -> int:
        """How many signatures of its own root keys it lacks to be valid by itself."""
        return max(0, self.root.threshold - self.valid_signatures(keys_of(self.root)))

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON, the signatures in the order of their keys' ids."""
        signatures = [
            {"keyId": key_id, "signature": base64.b64encode(self.signatures[key_id]).decode()}
            for key_id in sorted(self.signatures)
        ]
        return canonical({**orjson.loads(self.body), "signatures": signatures})

    def signed_with(self, signer: Signer) -> "SignedRoot":
        """Return it with one more signature."""
        signature = base64.b64decode(signer.sign(ROOT_TYPE, self.body))
        return self._replace(signatures={**self.signatures, signer.key_id: signature})


def keys_of(root: TrustRoot) -> list[bytes]:
    """Return the root keys of a root."""
    return [public_key_of(text) for text in root.root_keys]


def unsigned(root: TrustRoot) -> SignedRoot:
    """Return a root without signatures; raise KeyFormatError where a key is not in its canonical spelling."""
    content = root.model_dump(mode="json", exclude_none=True)
    for text in (*root.root_keys, *(key.public_key for role in ROLES for key in root.keys_of(role))):
        public_key_of(text)
    body = canonical({"algorithm": ALGORITHM, "payloadType": ROOT_TYPE, "signed": content})
    return SignedRoot(root, RootRef(version=root.version, thumbprint=_thumbprint(content)), body, {})


def read_root(raw: bytes) -> SignedRoot:
    """Return the root in a file, whoever signed it; raise RootError unless it is canonical and in the required form."""
    try:
        document = parse(raw, max_bytes=MAX_ROOT_BYTES, max_depth=MAX_ROOT_DEPTH)
        if not isinstance(document, dict) or set(document) != _MEMBERS:
            raise RootError(f"not a root: it must have exactly the members {', '.join(sorted(_MEMBERS))}")
        if (document["algorithm"], document["payloadType"]) != (ALGORITHM, ROOT_TYPE):
            raise RootError(f'not a root: "algorithm" must be "{ALGORITHM}" and "payloadType" "{ROOT_TYPE}"')
        root = TrustRoot.model_validate_json(orjson.dumps(document["signed"]))
        made = unsigned(root)._replace(signatures=_signatures(document["signatures"]))
        if made.to_bytes() != raw:
            raise RootError("not in canonical form (RFC 8785): fetch the root again")
    except MalformedJsonError as error:
        raise RootError(f"not a root: {error.reason}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise RootError(f"not a root: {'/'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (KeyFormatError, NotCanonicalError) as error:
        raise RootError(f"not a root: {error}") from None
    return made


def trusted_root(raw: bytes) -> SignedRoot:
    """Return the root in a file that is trusted for another reason, after checking that its own keys signed it."""
    made = read_root(raw)
    if made.lacking:
        reason = f"{made.lacking} more of its own {len(made.root.root_keys)} root keys must sign it"
        raise RootError(f"version {made.root.version} is not valid: {reason}")
    return made


def follow(last: SignedRoot, raw: bytes) -> SignedRoot:
    """Return the root after `last`, out of its file; raise RootError unless it follows from it.

    It must have the next version, and be signed by enough root keys of `last` and enough of its own. A key that `last`
    calls revoked stays so, with the same last good generation or an earlier one.
    """
    made = trusted_root(raw)
    if made.root.version != last.root.version + 1:
        raise RootError(f"it is version {made.root.version}, and version {last.root.version + 1} must follow")
    missing = last.root.threshold - made.valid_signatures(keys_of(last.root))
    if missing > 0:
        reason = f"{missing} more of the root keys of version {last.root.version} must sign it"
        raise RootError(f"version {made.root.version} does not follow: {reason}")
    if made.root.issued_at < last.root.issued_at:
        raise RootError(f"version {made.root.version} does not follow: it is dated before version {last.root.version}")
    _ensure_still_revoked(last.root, made.root)
    return made


def endorsed(made: SignedRoot, keys: KeyRing) -> bool:
    """Whether a first root has the signature of a trusted key of the time before roots, as of a store with one key."""
    message = pae(ROOT_TYPE, made.body)
    return made.root.version == 1 and any(
        keys.confirms(signature, message, key_id=key_id)
        for key_id, signature in made.signatures.items()
        if key_id in keys.key_ids
    )


def _ensure_still_revoked(last: TrustRoot, new: TrustRoot) -> None:
    for role in ROLES:
        there = {key.public_key: key for key in new.keys_of(role)}
        for key in last.keys_of(role):
            now = there.get(key.public_key)
            if key.last_good is None or now is None:
                continue
            if now.last_good is None or now.last_good > key.last_good:
                named = f"the {role} key {public_key_id(key.public_key)}, which version {last.version} revokes"
                raise RootError(f"version {new.version} does not follow: it trusts {named}")


def _signatures(listed: object) -> dict[str, bytes]:
    if not isinstance(listed, list) or len(listed) > MOST_SIGNATURES:
        raise RootError(f'"signatures" is not a list of at most {MOST_SIGNATURES}')
    found: dict[str, bytes] = {}
    for one in listed:
        if not isinstance(one, dict) or set(one) != {"keyId", "signature"}:
            raise RootError('each of "signatures" must have exactly the members keyId, signature')
        key_id, signature = one["keyId"], signature_bytes(one["signature"])
        if not isinstance(key_id, str) or signature is None or key_id in found:
            raise RootError('each of "signatures" must have another "keyId", and 64 bytes in canonical base64')
        found[key_id] = signature
    return found


def _thumbprint(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(canonical(content)).digest()).rstrip(b"=").decode()
