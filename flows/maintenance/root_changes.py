"""Puts a signed root of trust in force: stores it, and publishes a generation under it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flows.config.settings import Settings
from flows.config.signing_key import OpenedKey, SigningKeyError, find_key
from flows.maintenance.repair import recover
from flows.publish.again import Again, Revoke
from flows.publish.publication import Publisher, Rendering, tell_step
from flows.registry.reader import Reader
from flows.registry.revocations import read_revocations, seal_revocations
from flows.registry.signed_files import TamperedError, read_pointer
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.open import canonical_store, open_store
from flows.trust.roots import RootChain, endorsed_chain, ensure_may_sign, pinned_chain
from flows.trust.seen import RememberedGeneration, default_memory
from pipelines.passport.links import Issuer
from pipelines.registry.layout import POINTER_KEY, root_key
from pipelines.signing.keys import KeyRing
from pipelines.signing.roots import ForkedRootError, RootError, SignedRoot, follow, trusted_root
from pipelines.signing.rotation import unusable_roles
from schemas.root import RootRef
from schemas.times import timestamp


class RootInForce(NamedTuple):
    """The root that is in force now."""

    ref: RootRef
    generation: int | None
    """The generation that was published under it; None where nothing was published to the store before."""


class RootChange(NamedTuple):
    """Where a root is put in force, and by whom."""

    settings: Settings
    store: Store
    clock: Callable[[], datetime]
    nonce: str

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], datetime], nonce: str) -> "RootChange":
        """Return the change of the settings' store."""
        return cls(settings, open_store(settings.store), clock, nonce)

    @property
    def passports_key(self) -> OpenedKey:
        """The key that signs passports; raise SigningKeyError where there is none."""
        found = find_key(self.settings)
        if found is None:
            raise SigningKeyError("no signing key: set PASSPORTS_SIGNING_KEY_FILE, or make one: `passports keys init`")
        return found

    def chain(self) -> RootChain | None:
        """Return the root in force and those before; None where the store has none that is trusted here."""
        pin = self.settings.root or default_memory().of(canonical_store(self.settings.store)).pinned_root
        if pin:
            return pinned_chain(self.store, pin)
        own = find_key(self.settings)
        return endorsed_chain(self.store, KeyRing([own.signer.public_key])) if own else None

    def apply(self, raw: bytes) -> RootInForce:
        """Put a root in force, or finish that where it was interrupted.

        Raises RootError where it does not follow from the one in force, ForkedRootError where the store has another one
        of that version, SigningKeyError where our keys may not sign under it, and as publishing does.
        """
        made = trusted_root(raw)
        if missing := unusable_roles(made.root, self.clock()):
            raise RootError(f"no key may sign {', '.join(missing)} under it now: name one with `passports keys rotate`")
        last = self.chain() if made.root.version > 1 or self.store.exists(root_key(1)) else None
        chain = self._following(last, made)
        registry = find_key(self.settings, "registry") or self.passports_key
        at = timestamp(self.clock())
        ensure_may_sign(chain, self.passports_key.signer, "passports", at)
        ensure_may_sign(chain, registry.signer, "registry", at)
        key = root_key(made.root.version)
        if not self.store.create(key, raw) and self.store.get(key).body != raw:
            raise ForkedRootError(f"{self.store.name} has another {key}: whoever signed it decided otherwise")
        self._remember(chain)
        if not self.store.exists(POINTER_KEY):
            return RootInForce(made.ref, None)
        return RootInForce(made.ref, self._publish(chain, registry, last))

    def _following(self, last: RootChain | None, made: SignedRoot) -> RootChain:
        if last is None:
            if made.root.version > 1:
                raise SigningKeyError("the root in force is not known here: set PASSPORTS_ROOT to it or its thumbprint")
            return RootChain(made, {1: made})
        there = last.versions.get(made.root.version)
        if there is None:
            made = follow(last.newest, made.to_bytes())
        elif there.ref != made.ref or there is not last.newest:
            raise ForkedRootError(f"{self.store.name} is at version {last.ref.version}, so this one is no next version")
        return RootChain(made, {**last.versions, made.root.version: made})

    def _remember(self, chain: RootChain) -> None:
        memory, name = default_memory(), canonical_store(self.settings.store)
        if self.settings.root is None and memory.of(name).pinned_root is None:
            memory.pin_root(name, chain.versions[min(chain.versions)].ref)
        memory.raise_to(name, chain.ref)

    def _publish(self, chain: RootChain, registry: OpenedKey, last: RootChain | None) -> int:
        mark = RememberedGeneration(
            default_memory(), canonical_store(self.settings.store), registry.signer.key_id, chain.keys
        )
        publisher = Publisher(self.store, registry.signer, self.clock, self.nonce, mark, on_step=tell_step, chain=chain)
        issuer = Issuer(self.settings.issuer, self.settings.base_url)
        rendering = rendering_for(issuer, self.passports_key.signer, chain, registry=registry.signer)
        self._ensure_pointer(publisher, rendering)
        return Again(publisher, rendering, "keys", self._resealing(chain, last)).publish().generation

    @staticmethod
    def _ensure_pointer(publisher: Publisher, rendering: Rendering) -> None:
        """Move the pointer to the newest good generation where the root revokes the key that signed it."""
        try:
            read_pointer(publisher.store, publisher.keys)
        except TamperedError:
            recover(publisher, rendering)

    def _resealing(self, chain: RootChain, last: RootChain | None) -> Revoke | None:
        """Return what signs the list of revocations anew, where the root revokes the key that signed it; else None."""
        pointed = Reader(self.store, chain.keys, self.clock())
        ref = pointed.snapshot.revocations
        if ref is None or last is None:
            return None
        try:
            read_revocations(self.store, ref, chain.keys)
        except TamperedError:
            listed = read_revocations(self.store, ref, last.keys)
        else:
            return None
        signer = find_key(self.settings, "revocations")
        if signer is None:
            raise SigningKeyError("the list of revocations must be signed anew: set PASSPORTS_REVOCATIONS_KEY_FILE")
        ensure_may_sign(chain, signer.signer, "revocations", timestamp(self.clock()))
        anew = listed.model_copy(update={"number": ref.number + 1, "issued_at": timestamp(self.clock())})
        return lambda _: seal_revocations(anew, signer.signer)
