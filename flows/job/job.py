"""A job: what a run is asked to do, in plain values that a scheduler may store; and the tools that it is done with."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import Field

from flows.config.clock import Clock, clock_of
from flows.config.settings import Settings, gates_of, read_settings
from flows.config.signing_key import OpenedKey, key_to_ask_with, open_key
from flows.demo.config import demo_gates, demo_signer
from flows.demo.recording import RECORDED_AT
from flows.publish.authority import open_authority
from flows.publish.publication import Publisher, Rendering, tell_step
from flows.registry.publish_time import Confirm, confirmed_by
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.open import open_store
from flows.trust.roots import RootChain
from flows.trust.seen import RememberedGeneration
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import Gates
from pipelines.signing.keys import KeyRing, Signer
from schemas.base import Frozen
from schemas.crawl import ListQuery
from schemas.revocations import Revocation
from schemas.sources import CRAWLS
from schemas.times import timestamp

RUN_ID_HEX = 8
DISTINGUISHING = ("issuer", "base_url", "extractor_url", "extractor_model", "extractor_texts")
"""Settings that change the result of a job but are no fields of it; the id of a run at a fixed clock includes them."""


class Job(Frozen):
    """What one run is asked to do, without secrets and without anything open."""

    run: str
    """Id of the run: its start time and eight hexadecimal digits, "20260422T081212Z-1a2b3c4d"."""
    flow: Literal["refresh", "rescrape", "demo"]
    store: str
    sources: tuple[str, ...]
    source_urls: dict[str, str]
    only: dict[str, tuple[str, ...]]
    """Source → ids to crawl of it; empty to crawl whole sources."""
    endpoints: bool
    hub_list: ListQuery | None
    """The query by which the Hub's list is crawled; None where it is not."""
    budgets: dict[str, int]
    """Source → how many of its records may be requested one by one."""
    facets: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Source → which answers about all its records to ask for, by the names of their settings."""
    changes: bool
    """Whether the list is crawled only for changes since its last complete crawl."""
    accept_drop: bool = False
    """Whether a person waives the gate against a source that has become much smaller: `--accept-drop`."""
    new_store: bool = False
    """Whether to begin a new history in a store that lost its pointer: `--new-store`."""
    epoch: int | None
    """SOURCE_DATE_EPOCH of the run, at which its clock is fixed; None for the system's clock."""
    work: str = ""
    """Folder for the run's files, set when it begins; empty before."""

    @property
    def whole(self) -> bool:
        """Whether whole sources are crawled, and not single records."""
        return not self.only

    @property
    def minimum_downloads(self) -> int | None:
        """Downloads from which a repository gets its own passport; None where no further repository gets one."""
        return self.hub_list.minimum_downloads if self.hub_list else None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person permits one run, which would otherwise stop: fields of the same names in its job."""

    accept_drop: bool = False
    new_store: bool = False


NOTHING_WAIVED: Final = Consent()


class Tools(NamedTuple):
    """What a job is done with. Each process that works on a job opens its own, as they cannot be passed on."""

    settings: Settings
    clock: Clock
    store: Store
    gates: Gates
    key: OpenedKey
    registry_key: OpenedKey
    """The key of snapshots and pointer; without a root of trust the same as that of the passports."""
    trusted: KeyRing
    """The keys that must have signed the store that the run builds on: its own, or those that the root names."""
    chain: RootChain | None
    """The store's root of trust; None where it has none."""
    mark: RememberedGeneration | None
    """The highest generation published from this machine; None for the demo, whose key is public."""
    recorded_at: str | None = None
    """Time of the demo's recording, by which its pages judge freshness; None for other flows."""

    @property
    def signer(self) -> Signer:
        """The signer of passports."""
        return self.key.signer

    @property
    def confirm(self) -> Confirm:
        """Asks the sources' servers for the time, when the clock is behind the served generation."""
        return confirmed_by(self.settings.source_urls[source] for source in self.settings.sources)

    @property
    def issuer(self) -> Issuer:
        """The issuer of the passports."""
        return Issuer(self.settings.issuer, self.settings.base_url)

    def terms(self, revoked: Mapping[str, Revocation], *, renew: bool) -> IssueContext:
        """Return what all passports of this run share; `renew` issues even unchanged ones that are not due."""
        substances = {slug: one.payload for slug, one in revoked.items()}
        return IssueContext(self.issuer, self.gates, self.clock(), self.signer.key_id, renew, substances)


def new_job(
    flow: Literal["refresh", "rescrape", "demo"],
    settings: Settings,
    *,
    epoch: int | None,
    only: Mapping[str, tuple[str, ...]] | None = None,
    consent: Consent = NOTHING_WAIVED,
) -> Job:
    """Return a new job; with a fixed clock its id is a digest of the rest, so that a repeated run has the same id."""
    asked = {
        "flow": flow,
        "store": settings.store,
        "sources": tuple(source for source in CRAWLS if source in (only or settings.sources)),
        "source_urls": settings.source_urls,
        "only": dict(only or {}),
        "endpoints": settings.endpoints or flow != "refresh",
        "hub_list": settings.hub_list if flow == "refresh" else None,
        "budgets": settings.budgets if flow == "refresh" else {},
        "facets": settings.facets if not only else {},
        "changes": settings.changes_only and flow == "refresh",
        **asdict(consent),
        "epoch": epoch,
    }
    begun = clock_of(epoch)().strftime("%Y%m%dT%H%M%SZ")
    tail = secrets.token_hex(RUN_ID_HEX // 2) if epoch is None else _digest(asked, settings)
    return Job.model_validate({"run": f"{begun}-{tail}", **asked})


def _digest(asked: Mapping[str, object], settings: Settings) -> str:
    """Return a digest of all that a run is asked to do, except its store, and in the demo the address of its server."""
    by_place = {"store", "source_urls"} if asked["flow"] == "demo" else {"store"}
    values = {name: value for name, value in asked.items() if name not in by_place}
    values |= {name: getattr(settings, name) for name in DISTINGUISHING}
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:RUN_ID_HEX]


def open_tools(job: Job) -> Tools:
    """Return the opened tools of a job; raise FlowError naming what cannot be opened.

    Once the job has its folder they are opened once in this process, for all of its stages and parts.
    """
    return _opened_once(job.model_dump_json()) if job.work else _opened(job)


def tools_to_ask_with(job: Job) -> Tools:
    """Return the tools for questions that are answered before a job begins: no key is made for them; raise likewise."""
    return _opened(job, key_to_ask_with)


@lru_cache(maxsize=1)
def _opened_once(job: str) -> Tools:
    return _opened(Job.model_validate_json(job))


def _opened(job: Job, key_of: Callable[[Settings], OpenedKey] = open_key) -> Tools:
    settings = read_settings(store=job.store)
    demo = job.flow == "demo"
    clock, store = clock_of(job.epoch), open_store(job.store)
    if demo:
        key = demo_key()
        trusted, recorded_at = KeyRing([key.signer.public_key]), timestamp(RECORDED_AT)
        return Tools(settings, clock, store, demo_gates(), key, key, trusted, None, None, recorded_at)
    gates, key = gates_of(settings), key_of(settings)
    ours = open_authority(settings, store, key, timestamp(clock()))
    return Tools(settings, clock, store, gates, key, ours.registry, ours.keys, ours.chain, ours.mark)


def demo_key() -> OpenedKey:
    """Return the demo's key in the form of an opened one."""
    return OpenedKey(demo_signer(), None, made=False)


def publisher_of(job: Job, tools: Tools) -> Publisher:
    """Return the publisher of a run, which reports the steps of its publication to whoever watches the run."""
    once = nonce(job, tools.clock)
    return Publisher(
        tools.store, tools.registry_key.signer, tools.clock, once, tools.mark, tools.confirm, tell_step, tools.chain
    )


def rendering_of(job: Job, tools: Tools) -> Rendering:
    """Return what a run writes for readers beside the registry, with its temporary files in the run's folder."""
    return rendering_for(
        tools.issuer,
        tools.signer,
        tools.chain,
        registry=tools.registry_key.signer,
        recorded_at=tools.recorded_at,
        folder=Path(job.work) if job.work else None,
    )


def nonce(job: Job, clock: Clock) -> str:
    """Return the nonce of a run's pointer: random, or with a fixed clock a hash of run and time."""
    if job.epoch is not None:
        return hashlib.sha256(f"{job.run} {timestamp(clock())}".encode()).hexdigest()[:32]
    return secrets.token_hex(16)
