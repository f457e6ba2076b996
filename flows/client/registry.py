"""`Registry`: opens a registry, and verifies whatever it answers."""

import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from flows.audit.opened import Opened, TrustOptions, memory_at, open_registry, pin_first, trust_options
from flows.audit.verification import OpenedRegistry, judged_bytes, judged_slug
from flows.client.answers import (
    Comparison,
    FoundPage,
    FoundPassport,
    NotReliableError,
    RegistryChange,
    ResolvedModel,
    VerifiedPassport,
    found_passport,
)
from flows.client.cache import MOST_CACHED_BYTES, CachedStore
from flows.client.history import changes_since
from flows.client.index import index_of
from flows.config.clock import Clock, system_clock
from flows.config.scratch import ScratchFolder
from flows.config.settings import Settings, read_settings
from flows.registry.signed_files import read_signed_pointer
from flows.registry.unknown_slug import unknown_slug
from flows.search.index import EVERY, SearchIndex
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from flows.trust.trusted_keys import TrustedKeys
from pipelines.formats.slugs import is_slug
from pipelines.views.comparison import compared
from pipelines.views.matching import called_for, ranked
from schemas.search import PassportFilter, SortKey
from schemas.verdict import Finding, Verdict

INDEXES_KEPT = 2
"""Search indexes on disk at once: the newest, and the one before, which other threads may still read."""


class Registry:
    """A registry of passports: a directory, a bucket or an address. Made by `Registry.open`.

    It answers from the generation that was served when it was opened, until `refresh`. Passports are verified when
    they are read; what is found comes from the search index, which the snapshot names. Threads may share it.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        trusting: TrustOptions,
        clock: Clock = system_clock,
        *,
        recorded_at: str | None = None,
    ) -> None:
        self._store, self._settings, self._trusting, self._clock = store, settings, trusting, clock
        self.recorded_at = recorded_at
        """When a recording was made, which is judged by that time; None for every other registry."""
        self._folder = ScratchFolder()
        self._indexing = threading.Lock()
        self._indexes: dict[str, SearchIndex] = {}
        self._opened = self._open()

    @classmethod
    def open(
        cls,
        store: str | None = None,
        *,
        key: str | None = None,
        root: str | None = None,
        trust_on_first_use: bool = False,
        state: Path | None = None,
        remember: bool = True,
        cache: Path | None = None,
        cache_bytes: int = MOST_CACHED_BYTES,
        clock: Clock = system_clock,
    ) -> Self:
        """Open the registry at a directory, s3://, gs://, az:// or https://; by default that of PASSPORTS_STORE.

        `key` is the thumbprint of its publisher's key, `root` that of its root of trust, or a file with it: give one.
        Else what is remembered for the registry is trusted, or this machine's own key; `trust_on_first_use` remembers
        the registry's own. Otherwise no verdict is good ("unpinned"). `state` is the file of what was seen, of which
        `remember=False` uses none; `cache` a folder for files of a registry elsewhere, `cache_bytes` at most.

        Raises SettingsError, SigningKeyError, KeyChangedError, EmptyStoreError, TamperedError, StoreError, SeenError.
        """
        settings = read_settings(store=store)
        at, memory = open_store(settings.store), memory_at(state, none=not remember)
        if cache and not isinstance(at, LocalStore):
            at = CachedStore(at, cache, most_bytes=cache_bytes)
        return cls(at, settings, trust_options(key, root, memory, first_use=trust_on_first_use), clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove its temporary files; done at the latest when it is no longer used."""
        self._folder.close()

    def __str__(self) -> str:
        return str(self._opened.reader)

    def __len__(self) -> int:
        return self._opened.reader.snapshot.passports

    def __contains__(self, slug: object) -> bool:
        return isinstance(slug, str) and is_slug(slug) and self._opened.reader.row(slug) is not None

    def __iter__(self) -> Iterator[VerifiedPassport]:
        """Yield every passport, each verified when it is reached; raise as `passport` does."""
        opened = self._now()
        return (self._read(opened, row.slug) for row in opened.reader.rows())

    @property
    def generation(self) -> int:
        """The number of the generation that it answers from."""
        return self._opened.reader.generation

    @property
    def trust(self) -> TrustedKeys:
        """The trusted keys, and why they are trusted."""
        return self._opened.trust

    @property
    def published_at(self) -> str:
        """When the generation was published: the date of its snapshot, whenever its pointer was renewed since."""
        return self._opened.reader.snapshot.created_at

    @property
    def pointer_expires_at(self) -> str:
        """Until when the registry vouches that no newer generation is withheld."""
        return self._opened.reader.pointer.expires_at

    @property
    def counts(self) -> dict[str, int]:
        """Status → number of passports."""
        return dict(self._opened.reader.snapshot.counts)

    def passport(self, slug: str) -> VerifiedPassport:
        """Return a passport with its verdict, which is not good where it is out of date: see `reliable`.

        Raises UnknownSlugError; NotReliableError where it is not what a trusted key signed; TamperedError, StoreError.
        """
        return self._read(self._now(), slug)

    def verify(self, passport: str | bytes) -> Finding:
        """Return the verdict on a passport, given as slug or as the bytes of a document; never raises for a bad one."""
        opened = self._now()
        registry = OpenedRegistry(opened.store, opened.reader)
        if isinstance(passport, bytes):
            return opened.qualified(judged_bytes("", passport, registry, "file").finding)
        if not is_slug(passport):
            return Finding(Verdict.NOT_IN_SNAPSHOT, f"{passport[:200]!r} is not a slug, such as qwen-qwq-32b")
        return opened.qualified(judged_slug(passport, registry).finding)

    def standing(self) -> Finding:
        """Return the verdict on what is served as a whole: rolled back, frozen, or signed by an unpinned key."""
        opened = self._now()
        sound = Finding(Verdict.OK, f"{opened.reader} is signed by a trusted key, and its pointer is in date")
        return opened.qualified(opened.reader.standing() or sound)

    def find(
        self, wanted: PassportFilter = EVERY, *, order: SortKey = "slug", cursor: str | None = None, limit: int = 50
    ) -> FoundPage:
        """Return the passports that a filter selects, in order; `cursor` is that of the page before."""
        at = self._clock()
        listed = self._search_index().passports(wanted, at=at, order=order, cursor=cursor, limit=limit)
        return FoundPage(tuple(found_passport(row, at) for row in listed.passports), listed.next_cursor)

    def count(self, wanted: PassportFilter = EVERY) -> int:
        """Return how many passports a filter selects."""
        return self._search_index().count(wanted, at=self._clock())

    def search(self, text: str, wanted: PassportFilter = EVERY, *, limit: int = 20) -> tuple[FoundPassport, ...]:
        """Return the passports with the words of a text, the best first; the last word may be begun only."""
        at = self._clock()
        return tuple(found_passport(row, at) for row in self._search_index().search(text, wanted, at=at, limit=limit))

    def resolve(self, task: str, wanted: PassportFilter = EVERY, *, limit: int = 10) -> tuple[ResolvedModel, ...]:
        """Return the models that fit a task in plain words, the best first, with what they have for it."""
        called, at, index = called_for(task), self._clock(), self._search_index()
        if not called:
            return ()
        matches = ranked(called, index.having((fit.uri for fit in called), wanted, at=at))[:limit]
        rows = index.named(match.slug for match in matches)
        found = ((found_passport(rows[match.slug], at), match) for match in matches)
        return tuple(ResolvedModel(one.passport, one.age, match.likeness, match.uris) for one, match in found)

    def compare(self, *slugs: str) -> Comparison:
        """Return passports side by side, the facts that differ first; raise as `passport` does."""
        opened = self._now()
        passports = tuple(self._read(opened, slug) for slug in dict.fromkeys(slugs))
        return Comparison(passports, compared([passport.document for passport in passports]))

    def changes(self, since: int | datetime = 0, *, limit: int | None = None) -> Iterator[RegistryChange]:
        """Yield what changed after a generation or an instant, the oldest first; raise NotInSnapshotError."""
        return islice(changes_since(self._opened.reader, since), limit)

    def refresh(self) -> bool:
        """Go on to the generation that is served now; returns whether it is another one. Raises as `open` does."""
        _, token, _ = read_signed_pointer(self._store, self._opened.reader.keys)
        if token == self._opened.reader.token and self._opened.reader.pointer.commit == "swap":
            return False
        before, self._opened = self._opened, self._open()
        return self._opened.reader.generation != before.reader.generation

    def _open(self) -> Opened:
        opened = open_registry(self._settings, self._trusting, self._clock(), store=self._store)
        return pin_first(opened, (), self._trusting)

    def _now(self) -> Opened:
        """Return the opened generation, judged at this instant."""
        return self._opened._replace(reader=self._opened.reader.as_of(self._clock()))

    def _read(self, opened: Opened, slug: str) -> VerifiedPassport:
        row = opened.reader.row(slug) if is_slug(slug) else None
        if row is None:
            raise unknown_slug(slug, self._search_index().slugs())
        finding, content, _ = opened.reader.verified(slug)
        if content is None:
            raise NotReliableError(slug, finding)
        judged = opened.qualified(opened.log.judged(row, finding))
        return VerifiedPassport(slug, judged, content, row.object, opened.reader.generation)

    def _search_index(self) -> SearchIndex:
        """Return the search index of the generation, which is fetched when it is first needed."""
        reader = self._opened.reader
        with self._indexing:
            sha256 = reader.snapshot.search.sha256 if reader.snapshot.search else reader.snapshot_sha256
            if sha256 not in self._indexes:
                path = self._folder.path / f"{sha256}.sqlite"
                self._indexes[sha256] = index_of(reader, path)
                while len(self._indexes) > INDEXES_KEPT:
                    self._indexes.pop(next(iter(self._indexes))).remove()
            return self._indexes[sha256]
