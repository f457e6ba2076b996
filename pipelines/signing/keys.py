"""Ed25519 keys: their ids, their text form (JWK, RFC 8037), the signer, and the ring of trusted keys."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, Self

import orjson
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from pipelines.errors import PipelineError
from pipelines.formats.canonical_json import canonical
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.dsse import pae
from schemas.root import ROLES, Role, RoleKey, TrustRoot
from schemas.verdict import Verdict

KEY_BYTES = 32
"""Length of an Ed25519 seed and of a public key (RFC 8032, section 5.1.5)."""
MAX_KEY_FILE_BYTES = 1 << 20
"""Largest key file that is read: some 5,000 public keys."""
MAX_KEY_FILE_DEPTH = 8


class KeyFormatError(PipelineError):
    """Raised where a key or key file is not in the required form. The message never contains any of it."""


def jwk(public_key: bytes) -> dict[str, str]:
    """Return a public key (32 bytes) as a JWK with its id; raise KeyFormatError on another length."""
    return {**_essential_members(public_key), "kid": key_id(public_key), "use": "sig"}


def key_id(public_key: bytes) -> str:
    """Id of a public key (32 bytes): the SHA-256 thumbprint of its JWK (RFC 7638), 43 characters of base64url."""
    return _base64url(hashlib.sha256(canonical(_essential_members(public_key))).digest())


def public_key_of(text: str) -> bytes:
    """Return the 32 bytes of a public key in base64url; raise KeyFormatError unless it is their canonical spelling."""
    octets = _from_base64url(text)
    if octets is None:
        raise KeyFormatError(f"a public key is not {KEY_BYTES} bytes in base64url without padding")
    return octets


def public_key_id(text: str) -> str:
    """Return the id of a public key in base64url; raise KeyFormatError likewise."""
    return key_id(public_key_of(text))


def is_key_id(text: str) -> bool:
    """Whether a text has the form of a key's id, as `key_id` writes it."""
    return _from_base64url(text) is not None


class Signer:
    """A private key that signs and cannot be printed, copied, pickled or serialised.

    Made from an Ed25519 seed of 32 bytes; raises KeyFormatError on another length. `held_elsewhere` makes one of a key
    that another program or device holds.
    """

    __slots__ = ("_sign", "key_id", "public_key")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise KeyFormatError(f"a signing key's seed has {KEY_BYTES} bytes, not {len(seed)}")
        self.public_key, secret = crypto_sign_seed_keypair(seed)
        # A function alone, since str() of nacl's SigningKey is the seed; that class also copies each message twice.
        self._sign: Callable[[bytes], bytes] = lambda message: crypto_sign(message, secret)[:crypto_sign_BYTES]
        self.key_id = key_id(self.public_key)

    @classmethod
    def held_elsewhere(cls, public_key: bytes, sign: Callable[[bytes], bytes]) -> Self:
        """Return the signer of a key held elsewhere; `sign` returns the Ed25519 signature (64 bytes) of a message."""
        signer = cls.__new__(cls)
        signer._sign, signer.public_key = sign, public_key  # noqa: SLF001 - its own
        signer.key_id = key_id(public_key)
        return signer

    def sign(self, payload_type: str, body: bytes) -> str:
        """Return the signature of a body of this payload type, in base64 (88 characters)."""
        return base64.b64encode(self.sign_as_it_is(pae(payload_type, body))).decode()

    def sign_as_it_is(self, message: bytes) -> bytes:
        """Return the signature (64 bytes) of what `pae` made, or of a form that others define: a log's checkpoint."""
        return self._sign(message)

    def __repr__(self) -> str:
        return f"Signer(key_id={self.key_id!r})"

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Signer cannot be copied or pickled, which would spread its key: read the key file again")

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        self.__getstate__()


def signing_key_to_jwk(seed: bytes) -> str:
    """Return the text of a key file, a private JWK, for a signing key (its seed, 32 bytes). Keep it secret."""
    private = {**jwk(Signer(seed).public_key), "d": _base64url(seed)}
    return orjson.dumps(private, option=orjson.OPT_APPEND_NEWLINE).decode()


def signing_key_from_jwk(text: str) -> Signer:
    """Return the signer for the text of a private key file; raise KeyFormatError, which shows nothing of the text."""
    members = _read_object(text)
    if members is None:
        raise KeyFormatError("the signing key is not a JSON object: give a private Ed25519 JWK")
    public_key, seed = _public_key(members, "the signing key"), _from_base64url(members.get("d"))
    if seed is None:
        raise KeyFormatError(
            f'the signing key\'s "d" is not {KEY_BYTES} bytes in base64url: give a private Ed25519 JWK'
        )
    signer = Signer(seed)
    if signer.public_key != public_key:
        raise KeyFormatError('the signing key\'s "x" is not the public key of its "d": the file is damaged')
    return signer


class KeyRing:
    """Trusted public keys by their ids, the ids of keys that are revoked, and what a root allows each key to sign.

    Without a root, whose `root_version` is then 0, every key may sign everything, at any time.
    """

    __slots__ = ("_allowed", "_keys", "revoked", "root_version")

    def __init__(
        self,
        public_keys: Iterable[bytes] = (),
        *,
        revoked: Iterable[str] = (),
        allowed: Mapping[tuple[Role, str], RoleKey] | None = None,
        root_version: int = 0,
    ) -> None:
        self._keys = {key_id(public_key): VerifyKey(public_key) for public_key in public_keys}
        self.root_version = root_version
        self._allowed = allowed
        self.revoked = frozenset(revoked)

    @classmethod
    def of_root(cls, root: TrustRoot) -> Self:
        """Return the ring of the keys that a root names, each with its role, its dates and its state."""
        named = {(role, public_key_id(key.public_key)): key for role in ROLES for key in root.keys_of(role)}
        public_keys = {public_key_of(key.public_key) for key in named.values()}
        return cls(public_keys, allowed=named, root_version=root.version)

    @classmethod
    def from_jwks(cls, text: str, *, revoked: Iterable[str] = ()) -> Self:
        """Return the ring of a JWK Set or one JWK; raise KeyFormatError on others, a private key or a false `kid`."""
        document = _read_object(text)
        keys = document.get("keys", [document]) if document is not None else None
        if not isinstance(keys, list):
            raise KeyFormatError('the trusted keys are not a JSON object: give a JWK Set, {"keys": […]}, or one JWK')
        return cls((_trusted_key(members, f"trusted key {n}") for n, members in enumerate(keys)), revoked=revoked)

    @property
    def key_ids(self) -> frozenset[str]:
        """Ids of the keys in the ring, revoked ones included."""
        return frozenset(self._keys)

    def only(self, key_id: str) -> "KeyRing":
        """Return a ring with this key alone, which must be in this one."""
        return KeyRing([bytes(self._keys[key_id])], revoked=self.revoked)

    def one(self) -> bytes:
        """Return its only public key; raise KeyFormatError where it has none or several."""
        if len(self._keys) != 1:
            raise KeyFormatError(f"the file has {len(self._keys)} keys: give one with a single public key")
        return bytes(next(iter(self._keys.values())))

    def public_key(self, key_id: str) -> bytes:
        """Return the public key (32 bytes) of an id, which must be in the ring."""
        return bytes(self._keys[key_id])

    def objection(self, key_id: str, role: Role) -> Verdict | None:
        """Return why signatures of this key are not trusted in a role, whenever they were made; None where they are."""
        if key_id in self.revoked:
            return Verdict.KEY_REVOKED
        named = key_id in self._keys if self._allowed is None else (role, key_id) in self._allowed
        return None if named else Verdict.UNKNOWN_KEY

    def role_key(self, key_id: str, role: Role) -> RoleKey | None:
        """Return what the root states about a key in a role; None where there is no root, or it does not name it."""
        return self._allowed.get((role, key_id)) if self._allowed else None

    def confirms(self, signature: bytes, message: bytes, *, key_id: str) -> bool:
        """Whether the key of this id, which must be in the ring, made this signature (64 bytes) over the message."""
        try:
            self._keys[key_id].verify(message, signature)
        except CryptoError:  # base of all that PyNaCl raises, its own ValueError and TypeError included
            return False
        return True


def _trusted_key(members: object, name: str) -> bytes:
    if not isinstance(members, dict):
        raise KeyFormatError(f"{name} is not a JSON object: give public Ed25519 JWKs")
    if "d" in members:
        raise KeyFormatError(
            f'{name} is a private key (it has "d"): give its public half, and replace the key if others have read it'
        )
    return _public_key(members, name)


def _public_key(members: Mapping[str, Any], name: str) -> bytes:
    if (members.get("kty"), members.get("crv")) != ("OKP", "Ed25519"):
        raise KeyFormatError(f'{name} is not an Ed25519 JWK: "kty" must be "OKP" and "crv" "Ed25519"')
    public_key = _from_base64url(members.get("x"))
    if public_key is None:
        raise KeyFormatError(f'{name}: "x" is not {KEY_BYTES} bytes in base64url without padding')
    if members.get("kid", key_id(public_key)) != key_id(public_key):
        raise KeyFormatError(f'{name}: "kid" is not the thumbprint of the key (RFC 7638): correct it or leave it out')
    return public_key


def _essential_members(public_key: bytes) -> dict[str, str]:
    if len(public_key) != KEY_BYTES:
        raise KeyFormatError(f"an Ed25519 public key has {KEY_BYTES} bytes, not {len(public_key)}")
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(public_key)}


def _read_object(text: str) -> dict[str, Any] | None:
    # Without a reason: a parser's error quotes or carries the text, which may be a private key.
    try:
        value = parse(text.encode(), max_bytes=MAX_KEY_FILE_BYTES, max_depth=MAX_KEY_FILE_DEPTH)
    except (MalformedJsonError, UnicodeEncodeError):
        return None
    return value if isinstance(value, dict) else None


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _from_base64url(text: object) -> bytes | None:
    """Return the 32 bytes of a text; None unless it is their canonical base64url."""
    if not isinstance(text, str):
        return None
    try:
        octets = base64.b64decode(text + "=", altchars="-_", validate=True)
    except ValueError:
        return None
    return octets if len(octets) == KEY_BYTES and _base64url(octets) == text else None
