"""Remembers, for each registry, the highest generation seen under each signing key, and the pinned key.

The memory is a JSON file in the user's state folder, so that a rollback is noticed later. Registries are named by the
canonical spelling of their address (`flows.store.open.canonical_store`).
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import orjson
from pydantic import Field, StringConstraints, ValidationError

from flows.config.user_folders import state_folder
from flows.errors import FlowError
from flows.store.open import canonical_store
from pipelines.formats.strict_json import MalformedJsonError, parse
from schemas.base import Frozen, Sha256
from schemas.verdict import Finding, Verdict

MAX_REGISTRIES = 4096
MAX_KEYS = 64
"""How many signing keys are remembered for one registry."""
MAX_FILE_BYTES = 8 * 2**20
"""Four times the size for `MAX_REGISTRIES` registries with names of 100 characters and two keys each."""
_MAX_DEPTH = 6

KeyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The thumbprint of a public key (RFC 7638)."""


class SeenError(FlowError):
    """The memory of generations seen cannot be read or written; the message names the file and the remedy."""


class Seen(Frozen):
    """A generation, and the hash of its snapshot."""

    generation: Annotated[int, Field(ge=1)]
    snapshot_sha256: Sha256


class _KnownRegistry(Frozen):
    pinned: KeyId | None = None
    seen: dict[KeyId, Seen] = Field(default_factory=dict, max_length=MAX_KEYS)


class _File(Frozen):
    version: Literal[1] = 1
    registries: dict[str, _KnownRegistry] = Field(default_factory=dict, max_length=MAX_REGISTRIES)


def default_memory() -> "Memory":
    """Return the memory of the user who runs this process."""
    return Memory(state_folder() / "seen.json")


def departure(served: Seen, remembered: Seen | None, registry: str) -> Finding | None:
    """Return the finding that a registry went back behind what was seen before; None where it did not.

    Both an earlier generation and the same generation with another snapshot (another history) are a rollback.
    """
    if remembered is None or served.generation > remembered.generation:
        return None
    if served.generation < remembered.generation:
        reason = f"generation {served.generation} is served, but generation {remembered.generation} was seen before"
        return Finding(Verdict.ROLLBACK, f"{registry}: {reason}")
    if served.snapshot_sha256 != remembered.snapshot_sha256:
        reason = f"generation {served.generation} is served with another snapshot than the one that was seen before"
        return Finding(Verdict.ROLLBACK, f"{registry}: {reason}, so it is another history")
    return None


class Memory:
    """The memory in the file at `path`, which the first `remember` or `pin` creates with its folder.

    Every method raises SeenError where the file is damaged or inaccessible: silently starting anew would forget the
    generations that a rollback is noticed by.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, registry: str, key_id: str) -> Seen | None:
        """Return the highest generation of a registry seen under a key; None where none was seen."""
        return self._of(registry).seen.get(key_id)

    def remember(self, registry: str, key_id: str, seen: Seen) -> None:
        """Record a generation as the highest seen, unless this one or a higher one is recorded already."""
        with self._changing() as file:
            known = self._known(file, registry)
            last = known.seen.get(key_id)
            if last is None or last.generation < seen.generation:
                self._write(file, registry, _KnownRegistry(pinned=known.pinned, seen={**known.seen, key_id: seen}))

    def keys(self, registry: str) -> frozenset[str]:
        """Return the thumbprints of the keys under which a registry was seen."""
        return frozenset(self._of(registry).seen)

    def pinned(self, registry: str) -> str | None:
        """Return the thumbprint of the key pinned on first use of a registry; None where none is."""
        return self._of(registry).pinned

    def pin(self, registry: str, key_id: str) -> None:
        """Pin a registry's key; raise SeenError where another one is pinned."""
        with self._changing() as file:
            known = self._known(file, registry)
            if known.pinned not in (None, key_id):
                remedy = f"if its owner states that the key was changed, remove the registry's entry from {self.path}"
                raise SeenError(f"{registry}: the key {known.pinned} is remembered for it, not {key_id}: {remedy}")
            if known.pinned is None:
                self._write(file, registry, _KnownRegistry(pinned=key_id, seen=known.seen))

    def ensure_writable(self) -> None:
        """Raise SeenError where nothing could be remembered: call it before work whose result has to be."""
        with self._changing():
            pass

    def _of(self, registry: str) -> _KnownRegistry:
        return self._known(self._read(), registry)

    @staticmethod
    def _known(file: _File, registry: str) -> _KnownRegistry:
        return file.registries.get(registry) or _KnownRegistry()

    def _read(self) -> _File:
        try:
            with self.path.open("rb") as opened:
                raw = opened.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return _File()
        except OSError as error:
            raise self._out_of_reach(error) from None
        try:
            return _File.model_validate(parse(raw, max_bytes=MAX_FILE_BYTES, max_depth=_MAX_DEPTH))
        except MalformedJsonError as error:
            raise self._damaged(error.reason) from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise self._damaged(f"{'/'.join(str(part) for part in first['loc'])}: {first['msg']}") from None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_File]:
        """Hold the lock for changes, and give the file's content."""
        with self._reached():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._reached():
                fcntl.flock(held, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(held)

    def _write(self, file: _File, registry: str, known: _KnownRegistry) -> None:
        registries = {**file.registries, registry: known}
        body = orjson.dumps(_File.model_construct(registries=registries).model_dump(), option=orjson.OPT_INDENT_2)
        if len(registries) > MAX_REGISTRIES or len(known.seen) > MAX_KEYS or len(body) > MAX_FILE_BYTES:
            remedy = "remove the registries from it that you no longer read"
            raise SeenError(f"{self.path} has no room for another registry or key: {remedy}")
        with self._reached():
            descriptor, name = tempfile.mkstemp(prefix=f"{self.path.name}.", dir=self.path.parent)  # mode 0600
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(body)
                    opened.flush()
                    os.fsync(opened.fileno())
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._out_of_reach(error) from None

    def _out_of_reach(self, error: OSError) -> SeenError:
        remedy = "let this user read and write it, or set XDG_STATE_HOME to a folder that can be written to"
        return SeenError(
            f"{self.path}, which remembers the generations seen, cannot be used ({error.strerror}): {remedy}"
        )

    def _damaged(self, reason: str) -> SeenError:
        remedy = "restore it from a backup; or remove it, which forgets the generations seen and the remembered keys"
        return SeenError(f"{self.path}, which remembers the generations seen, is damaged ({reason}): {remedy}")


class RememberedGeneration(NamedTuple):
    """The highest generation remembered of one registry under one key, to read and to raise."""

    memory: Memory
    registry: str
    key_id: str

    def recall(self) -> Seen | None:
        """Return the highest generation; None where none is remembered. Raises SeenError."""
        return self.memory.recall(self.registry, self.key_id)

    def raise_to(self, seen: Seen) -> None:
        """Record a generation, if it is higher. Raises SeenError."""
        self.memory.remember(self.registry, self.key_id, seen)


def remembered_generation(store_url: str, key_id: str) -> RememberedGeneration:
    """Return the user's `RememberedGeneration` of a key and a store, whose address may have any spelling."""
    return RememberedGeneration(default_memory(), canonical_store(store_url), key_id)
