"""Opens a registry for reading, with the trusted keys, and compares it with the generation seen there before."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.config.settings import Settings
from flows.demo.config import demo_signer
from flows.errors import FlowError, SettingsError
from flows.progress import LOG
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError
from flows.store.base import Store
from flows.store.open import canonical_store, open_store
from flows.trust.departures import departure, departure_of_revocations, departure_of_root, fork
from flows.trust.recording import advice, stated_signer
from flows.trust.roots import RootChain
from flows.trust.seen import Memory, SeenError, default_memory
from flows.trust.trusted_keys import UNSEEN, TrustedKeys, trusted_keys
from pipelines.registry.layout import root_key
from schemas.root import RootRef
from schemas.seen import Seen, SeenLog
from schemas.times import instant
from schemas.verdict import Finding, Verdict

if TYPE_CHECKING:
    from flows.audit.verification import JudgedTarget


class KeyChangedError(FlowError):
    """A registry is signed with another key than before, and no key is pinned; or the demo's key was to be pinned."""


class TrustOptions(NamedTuple):
    """What a user chose about trust: key, memory, and whether to trust on first use."""

    key: str | None = None
    """A file of public keys, or a thumbprint."""
    memory: Memory | None = None
    """The generations and keys seen before; None to recall and remember nothing."""
    first_use: bool = False
    """Whether to pin a root or key that only the store itself publishes, if everything verifies with it."""
    root: str | None = None
    """A file of a root of trust, or its thumbprint."""


class Opened(NamedTuple):
    """An opened registry: its store, a reader of one generation, and the trusted keys."""

    name: str
    """The canonical spelling of its store, under which the memory has it."""
    store: Store
    reader: Reader
    trust: TrustedKeys
    departure: Finding | None
    """Why the generation served does not follow the one seen before; None where it does, or none was seen."""
    log: RegistryLog
    """The public log of the generation that is served."""

    def qualified(self, finding: Finding) -> Finding:
        """Replace a good finding if the registry was rolled back, or if only the registry vouches for its key."""
        if self.departure and (finding.verdict.good or finding.verdict is Verdict.COPY_DIFFERS):
            return self.departure._replace(age=finding.age)
        if not finding.verdict.good:
            return finding
        if self.trust.from_store:
            reason = (
                f"intact, but only {self.store.name} itself states that the key {self.reader.key_id} is its publisher's"
            )
            return finding._replace(verdict=Verdict.UNPINNED, reason=reason)
        if self.trust.basis in ("first_use", "first_use_now"):
            return finding._replace(reason=f"ok, trust on first use: {finding.reason}")
        return finding


def memory_at(path: Path | None, *, none: bool) -> Memory | None:
    """Return the memory at a path, or this user's, or None if `none`; raise SettingsError for a path and `none`."""
    if path and none:
        raise SettingsError("give either --state or --no-state")
    return None if none else Memory(path) if path else default_memory()


def trust_options(key: str | None, root: str | None, memory: Memory | None, *, first_use: bool = False) -> TrustOptions:
    """Return a user's options; raise SettingsError for both a key and a root."""
    if key and root:
        raise SettingsError("give either --key or --root: a root states which keys sign what")
    return TrustOptions(key, memory, first_use, root)


def chosen_trust(
    key: str | None, root: str | None, state: Path | None, *, no_state: bool, first_use: bool = False
) -> TrustOptions:
    """Return what a command's options `--key`, `--root`, `--state` and `--no-state` choose; raise SettingsError."""
    return trust_options(key, root, memory_at(state, none=no_state), first_use=first_use)


def open_registry(settings: Settings, options: TrustOptions, at: datetime, *, store: Store | None = None) -> Opened:
    """Open the generation that is served, and remember it where it follows the one seen before.

    `store` is the opened store of the settings, where the caller has one.

    Where it does not, `departure` of the result says so; nothing is raised. Raise KeyChangedError, SigningKeyError,
    EmptyStoreError, TamperedError, and SeenError where the memory is damaged.
    """
    store, name, memory = store or open_store(settings.store), canonical_store(settings.store), options.memory
    known = memory.of(name) if memory else UNSEEN
    trust = trusted_keys(settings, store, options.key, root=options.root, known=known)
    reader = _reader(store, trust, at)
    if trust.from_store:
        trust = trust._replace(origin=f"{trust.origin} ({_first_use_advice(reader.key_id)})")
    frozen = _root_withheld(reader, trust.chain)
    opened = Opened(name, store, reader, trust, frozen, RegistryLog(reader))
    if memory is None:
        return opened
    if trust.from_store and known.root is None:
        _ensure_same_key(memory, name, reader.key_id)
    if reader.key_id == demo_signer().key_id:  # everybody has that key: its history proves nothing
        return opened
    served = Seen(generation=reader.generation, snapshot_sha256=reader.snapshot_sha256)
    remembered = memory.highest(name, trust.keys)
    found = (
        _departure_of_root(store, trust.chain, known.root, name)
        or departure(served, remembered, name)
        or departure_of_revocations(reader.revocations_number, known.revocations, name)
        or (fork(reader, remembered, name) if remembered else None)
        or _departure_of_log(opened.log, memory.log(name, trust.keys))
    )
    if found is None:
        if frozen is None:
            _remember(memory, name, opened)
        return opened
    remedy = "ask its publisher; if that says that it was restored or started again, `passports store forget`"
    return opened._replace(departure=found._replace(reason=f"{found.reason}: {remedy}"))


def pin_first(opened: Opened, judged: "Iterable[JudgedTarget]", options: TrustOptions) -> Opened:
    """Pin the key that only the registry itself publishes, if `first_use` asks for it and all of `judged` is good.

    Returns the registry as trusted from then on. Raise SeenError where the key cannot be remembered, KeyChangedError
    for the demo's key.
    """
    sound = opened.departure is None and all(one.finding.verdict.good for one in judged)
    if not (options.first_use and options.memory and opened.trust.from_store and sound):
        return opened
    key_id = opened.reader.key_id
    if key_id == demo_signer().key_id:
        raise KeyChangedError(
            f"{opened.name} is signed with the demo's key, which everybody has, so it is not remembered"
        )
    if chain := opened.trust.chain:
        options.memory.pin_root(opened.name, chain.ref)
        named = f"the root of trust {chain.ref.thumbprint}, version {chain.ref.version}"
        origin = f"{named}, now remembered in {options.memory.path}: {opened.name} must go on from it from now on"
        return opened._replace(trust=TrustedKeys(chain.keys, origin, "first_use_now", chain))
    options.memory.pin(opened.name, key_id)
    origin = (
        f"the key {key_id}, now remembered in {options.memory.path}: {opened.name} must be signed with it from now on"
    )
    return opened._replace(trust=TrustedKeys(opened.trust.keys.only(key_id), origin, "first_use_now"))


def _reader(store: Store, trust: TrustedKeys, at: datetime) -> Reader:
    """Return a reader; where another key than ours signed the pointer, the error says what to do."""
    try:
        return Reader(store, trust.keys, at)
    except TamperedError as error:
        key_id = stated_signer(store)
        if trust.basis != "own" or key_id is None or key_id in trust.keys.key_ids:
            raise
        raise TamperedError(f"{error}; {advice(key_id)}") from None


def _first_use_advice(key_id: str) -> str:
    first_use = "or remember it with `passports verify --trust-on-first-use`"
    return advice(key_id) if key_id == demo_signer().key_id else f"{advice(key_id)}; {first_use}"


def _ensure_same_key(memory: Memory, name: str, key_id: str) -> None:
    known = memory.keys(name)
    if known and key_id not in known:
        remedy = f"ask its publisher; if the key was changed, pass --key {key_id}, or `passports store forget`"
        before = ", ".join(sorted(known))
        raise KeyChangedError(
            f"{name} is signed with the key {key_id}, but was seen with the key {before} before: {remedy}"
        )


def _root_withheld(reader: Reader, chain: RootChain | None) -> Finding | None:
    """Return a finding if a newer root than the one read is certain or possible, else None."""
    if chain is None:
        return None
    there, name = reader.snapshot.root, reader.store.name
    if there and there.version > chain.ref.version:
        reason = f"{reader} was made under root version {there.version}, and {name} has only {chain.ref.version}"
        return Finding(Verdict.FREEZE, f"{reason}: the newer root is withheld from you")
    if there and chain.thumbprints.get(there.version, there.thumbprint) != there.thumbprint:
        return Finding(Verdict.EQUIVOCATION, f"{reader} was made under another root version {there.version}")
    if instant(chain.newest.root.expires_at) <= reader.at:
        expired = f"root version {chain.ref.version} expired at {chain.newest.root.expires_at}"
        return Finding(Verdict.FREEZE, f"{name}: {expired}: a newer one may be withheld from you")
    return None


def _departure_of_root(store: Store, chain: RootChain | None, seen: RootRef | None, name: str) -> Finding | None:
    """Return a finding if the store does not go on from the root seen before; None where it does.

    Without a chain, as where a key is named that endorses no root, only the file's absence is noticed.
    """
    if chain is None and (seen is None or store.exists(root_key(seen.version))):
        return None
    return departure_of_root(chain.thumbprints if chain else {}, seen, name)


def _departure_of_log(log: RegistryLog, seen: SeenLog | None) -> Finding | None:
    return log.departure(seen.size, bytes.fromhex(seen.root)) if seen else None


def _remember(memory: Memory, name: str, opened: Opened) -> None:
    """Remember what is served; where the memory cannot be written, log a warning and go on."""
    reader, chain, log = opened.reader, opened.trust.chain, opened.log
    try:
        served = Seen(generation=reader.generation, snapshot_sha256=reader.snapshot_sha256)
        memory.remember(name, reader.key_id, served)
        memory.raise_to(name, chain.ref if chain else None, reader.revocations_number)
        if reader.snapshot.log:
            size, root = log.frontier.size, log.root.hex()
            seen = SeenLog(key_id=reader.key_id, generation=reader.generation, size=size, root=root)
            memory.remember_log(name, seen, reader.keys)
    except SeenError as error:
        LOG.warning(
            "generation %s could not be remembered, so a later rollback to an older one would not be noticed: %s",
            reader.generation,
            error,
        )
