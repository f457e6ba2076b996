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
from typing import Literal, NamedTuple

import orjson
from pydantic import Field, ValidationError

from flows.config.given_files import read_file
from flows.config.user_folders import state_folder
from flows.errors import FlowError
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.keys import KeyRing
from schemas.base import Frozen
from schemas.root import RootRef
from schemas.seen import MAX_KEYS, Seen, SeenLog, SeenRegistry

MAX_REGISTRIES = 4096
MAX_FILE_BYTES = 8 * 2**20
"""Four times the size for `MAX_REGISTRIES` registries with names of 100 characters and two keys each."""
_MAX_DEPTH = 6
_NOTHING = SeenRegistry()
_FORGET = "run `passports store forget --pins`"


class SeenError(FlowError):
    """The memory of generations seen cannot be read or written; the message names the file and the remedy."""


class _File(Frozen):
    version: Literal[1] = 1
    registries: dict[str, SeenRegistry] = Field(default_factory=dict, max_length=MAX_REGISTRIES)


def default_memory() -> "Memory":
    """Return the memory of the user who runs this process."""
    return Memory(state_folder() / "seen.json")


class Memory:
    """The memory in the file at `path`, which the first `remember` or `pin` creates with its folder.

    Every method raises SeenError where the file is damaged or inaccessible: silently starting anew would forget the
    generations that a rollback is noticed by.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, registry: str) -> SeenRegistry:
        """Return all that is remembered of a registry."""
        return self._known(self._read(), registry)

    def recall(self, registry: str, key_id: str) -> Seen | None:
        """Return the highest generation of a registry seen under a key; None where none was seen."""
        return self.of(registry).seen.get(key_id)

    def highest(self, registry: str, keys: KeyRing) -> Seen | None:
        """Return the highest generation seen under any of these keys, so that a return to a replaced key is noticed.

        What a key signed after the root's last good generation does not count: so a registry whose key was stolen, or
        that was restored from an older copy, goes on under a new key (docs/incident.md).
        """
        known = self.of(registry).seen.items()
        found = [seen for key_id, seen in known if _counts(keys, key_id, seen.generation)]
        return max(found, key=lambda seen: seen.generation, default=None)

    def log(self, registry: str, keys: KeyRing) -> SeenLog | None:
        """Return the largest log seen under one of these keys, with the same exception; None where none was seen."""
        found = self.of(registry).log
        return found if found and _counts(keys, found.key_id, found.generation) else None

    def remember(self, registry: str, key_id: str, seen: Seen) -> None:
        """Record a generation as the highest seen, unless this one or a higher one is recorded already."""
        with self._changing() as file:
            known = self._known(file, registry)
            last = known.seen.get(key_id)
            if last is None or last.generation < seen.generation:
                self._write(file, registry, known.model_copy(update={"seen": {**known.seen, key_id: seen}}))

    def raise_to(self, registry: str, root: RootRef | None, revocations: int = 0) -> None:
        """Record the newest root and the number of a list of revocations, each unless a newer one is recorded."""
        with self._changing() as file:
            known = self._known(file, registry)
            newer = root if known.root is None or (root and root.version > known.root.version) else known.root
            changed = known.model_copy(update={"root": newer, "revocations": max(known.revocations, revocations)})
            if changed != known:
                self._write(file, registry, changed)

    def remember_log(self, registry: str, log: SeenLog, keys: KeyRing) -> None:
        """Record a log, unless a larger one that still counts under these keys is recorded."""
        with self._changing() as file:
            known = self._known(file, registry)
            last = known.log
            if last is None or last.size < log.size or not _counts(keys, last.key_id, last.generation):
                self._write(file, registry, known.model_copy(update={"log": log}))

    def forget(self, registry: str, *, pins: bool) -> SeenRegistry:
        """Remove what was seen of a registry, and with `pins` the pinned key or root too; return what was remembered.

        For a registry that was restored from an older copy, or begun again, as its publisher states.
        """
        with self._changing() as file:
            known = self._known(file, registry)
            left = SeenRegistry() if pins else SeenRegistry(pinned=known.pinned, pinned_root=known.pinned_root)
            if left != known:
                self._write(file, registry, left)
            return known

    def keys(self, registry: str) -> frozenset[str]:
        """Return the thumbprints of the keys under which a registry was seen."""
        return frozenset(self.of(registry).seen)

    def pinned(self, registry: str) -> str | None:
        """Return the thumbprint of the key pinned on first use of a registry; None where none is."""
        return self.of(registry).pinned

    def pin(self, registry: str, key_id: str) -> None:
        """Pin a registry's key; raise SeenError where another one is pinned."""
        with self._changing() as file:
            known = self._known(file, registry)
            if known.pinned not in (None, key_id):
                remedy = f"if its owner states that the key was changed, {_FORGET}"
                raise SeenError(f"{registry}: the key {known.pinned} is remembered for it, not {key_id}: {remedy}")
            if known.pinned is None:
                self._write(file, registry, known.model_copy(update={"pinned": key_id}))

    def pin_root(self, registry: str, root: RootRef) -> None:
        """Pin a root of a registry; raise SeenError where another registry's history was pinned before."""
        with self._changing() as file:
            known = self._known(file, registry)
            if known.pinned_root not in (None, root.thumbprint):
                remedy = f"if its owner states that it was begun again, {_FORGET}"
                raise SeenError(
                    f"{registry}: the root {known.pinned_root} is remembered, not {root.thumbprint}: {remedy}"
                )
            if known.pinned_root is None:
                self._write(file, registry, known.model_copy(update={"pinned_root": root.thumbprint}))

    def ensure_writable(self) -> None:
        """Raise SeenError where nothing could be remembered: call it before work whose result has to be."""
        with self._changing():
            pass

    @staticmethod
    def _known(file: _File, registry: str) -> SeenRegistry:
        return file.registries.get(registry) or SeenRegistry()

    def _read(self) -> _File:
        try:
            raw = read_file(self.path, max_bytes=MAX_FILE_BYTES + 1)
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

    def _write(self, file: _File, registry: str, known: SeenRegistry) -> None:
        registries = {**file.registries, registry: known}
        written = {name: one.model_dump(exclude_defaults=True) for name, one in registries.items() if one != _NOTHING}
        body = orjson.dumps({"version": file.version, "registries": written}, option=orjson.OPT_INDENT_2)
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


def _counts(keys: KeyRing, key_id: str, generation: int) -> bool:
    """Whether what a key signed counts as seen: a trusted key, and not after the last good generation of a revoked."""
    key = keys.role_key(key_id, "registry")
    return key_id in keys.key_ids and (key is None or key.last_good is None or generation <= key.last_good)


class RememberedGeneration(NamedTuple):
    """The highest generation remembered of one registry under trusted keys, to read and to raise."""

    memory: Memory
    registry: str
    key_id: str
    """The key under which a generation is recorded."""
    keys: KeyRing

    def recall(self) -> Seen | None:
        """Return the highest generation; None where none is remembered. Raises SeenError."""
        return self.memory.highest(self.registry, self.keys)

    def raise_to(self, seen: Seen) -> None:
        """Record a generation, if it is higher. Raises SeenError."""
        self.memory.remember(self.registry, self.key_id, seen)
