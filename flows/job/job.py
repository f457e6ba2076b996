"""A job: what a run was asked to do, in plain values that a scheduler may keep; and the tools it is done with."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal, NamedTuple

from flows.config.clock import Clock, clock_of
from flows.config.settings import Settings, gates_of, read_settings
from flows.config.signing_key import OpenedKey, open_key
from flows.demo.config import demo_gates, demo_signer
from flows.registry.punctuality import Confirm, confirmed_by
from flows.registry.seen import HighMark, high_mark
from flows.store.base import Store
from flows.store.open import open_store
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import Gates
from pipelines.signing.keys import KeyRing, Signer
from schemas.base import Frozen
from schemas.crawl import ListQuery
from schemas.sources import CRAWLS
from schemas.times import timestamp

RUN_ID_HEX = 8
DISTINGUISHING = ("issuer", "base_url", "extractor_url", "extractor_model", "extractor_texts")
"""Settings that a job does not name, and that make another run of it."""


class Job(Frozen):
    """One run: no secrets, nothing that is open."""

    run: str
    """Id of the run: its beginning, and eight hexadecimal digits."""
    flow: Literal["refresh", "rescrape", "demo"]
    store: str
    sources: tuple[str, ...]
    source_urls: dict[str, str]
    only: dict[str, tuple[str, ...]]
    """Source → ids to crawl of it; empty for everything."""
    endpoints: bool
    hub_list: ListQuery | None
    """What is asked for of the Hub's list; None where it is not gone through."""
    budgets: dict[str, int]
    """Source → records of it that may be asked for one by one."""
    changes: bool
    """Whether only that of the list is asked for which has changed since all of it was gone through."""
    accept_drop: bool = False
    """Whether somebody has looked and says that a source has become so much smaller."""
    new_store: bool = False
    """Whether a new history is begun in a store that lost its pointer."""
    epoch: int | None
    """SOURCE_DATE_EPOCH of the run: its clock stands still there."""
    work: str = ""
    """Folder that the run may write to, given to it where it begins."""

    @property
    def whole(self) -> bool:
        """Whether whole sources are crawled."""
        return not self.only

    @property
    def minimum_downloads(self) -> int | None:
        """Downloads from which a repository gets a passport of its own; None where none does that has none yet."""
        return self.hub_list.minimum_downloads if self.hub_list else None


class Tools(NamedTuple):
    """What a job is done with; opened anew by whoever does a part of it, never handed on."""

    settings: Settings
    clock: Clock
    store: Store
    gates: Gates
    key: OpenedKey
    mark: HighMark | None
    """The highest generation published from here; None for the demo, whose key everybody has."""

    @property
    def signer(self) -> Signer:
        """The key that signs."""
        return self.key.signer

    @property
    def trusted(self) -> KeyRing:
        """The keys whose store we build on: our own."""
        return KeyRing([self.signer.public_key])

    @property
    def confirm(self) -> Confirm:
        """Who is asked for the time where the clock is behind what is served: the sources."""
        return confirmed_by(self.settings.source_urls[source] for source in self.settings.sources)

    @property
    def issuer(self) -> Issuer:
        """Who issues."""
        return Issuer(self.settings.issuer, self.settings.base_url)

    def terms(self, *, renew: bool) -> IssueContext:
        """What holds for every passport of this run."""
        return IssueContext(self.issuer, self.gates, self.clock(), self.signer.key_id, renew)


def new_job(
    flow: Literal["refresh", "rescrape", "demo"],
    settings: Settings,
    *,
    epoch: int | None,
    only: Mapping[str, tuple[str, ...]] | None = None,
    source_urls: Mapping[str, str] | None = None,
    accept_drop: bool = False,
    new_store: bool = False,
) -> Job:
    """Write down a job; where the clock stands still its id is a digest of the rest, so that it repeats."""
    asked = {
        "flow": flow,
        "store": settings.store,
        "sources": tuple(source for source in CRAWLS if source in (only or source_urls or settings.sources)),
        "source_urls": dict(source_urls or settings.source_urls),
        "only": dict(only or {}),
        "endpoints": settings.endpoints or flow != "refresh",
        "hub_list": settings.hub_list if flow == "refresh" else None,
        "budgets": settings.budgets if flow == "refresh" else {},
        "changes": settings.changes and flow == "refresh",
        "accept_drop": accept_drop,
        "new_store": new_store,
        "epoch": epoch,
    }
    begun = clock_of(epoch)().strftime("%Y%m%dT%H%M%SZ")
    tail = secrets.token_hex(RUN_ID_HEX // 2) if epoch is None else _digest(asked, settings)
    return Job.model_validate({"run": f"{begun}-{tail}", **asked})


def _digest(asked: Mapping[str, object], settings: Settings) -> str:
    """Tell a run by all that it was asked for, wherever its store is, and wherever the demo's own server listens."""
    by_place = {"store", "source_urls"} if asked["flow"] == "demo" else {"store"}
    told = {name: value for name, value in asked.items() if name not in by_place}
    told |= {name: getattr(settings, name) for name in DISTINGUISHING}
    return hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:RUN_ID_HEX]


def open_tools(job: Job) -> Tools:
    """Open what a job needs; raises FlowError naming what cannot be opened."""
    settings = read_settings(store=job.store)
    demo = job.flow == "demo"
    key = demo_key() if demo else open_key(settings)
    gates = demo_gates() if demo else gates_of(settings)
    mark = None if demo else high_mark(job.store, key.signer.key_id)
    return Tools(settings, clock_of(job.epoch), open_store(job.store), gates, key, mark)


def demo_key() -> OpenedKey:
    """The demo's key, opened like any other."""
    return OpenedKey(demo_signer(), None, made=False)


def nonce(job: Job, clock: Clock) -> str:
    """Mark this run's pointer: by chance, or where the clock stands still by what the run is."""
    if job.epoch is not None:
        return hashlib.sha256(f"{job.run} {timestamp(clock())}".encode()).hexdigest()[:32]
    return secrets.token_hex(16)
