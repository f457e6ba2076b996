"""`passports doctor`."""

import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urljoin

from protego import Protego

from flows.checkup.expiry import root_of_trust
from flows.checkup.history import missing_snapshot
from flows.checkup.machine import Check, ensure_writable, first_there, fixed_clock, metrics, prefect, work
from flows.commands import terminal
from flows.config.clock import system_clock
from flows.config.extras import require_chosen
from flows.config.settings import Settings, gates_of, read_settings
from flows.config.signing_key import OpenedKey, find_key, key_file
from flows.config.web import Fetching, fetch, why_no_answer
from flows.errors import FlowError
from flows.publish.authority import Authority, open_authority
from flows.publish.continuity import ensure_never_published, ensure_newest
from flows.registry.demo_store import is_demo_store
from flows.registry.reader import Reader
from flows.registry.signed_files import EmptyStoreError
from flows.store.base import Store
from flows.store.open import open_store
from flows.store.probe import RACERS, probe
from flows.trust.trusted_keys import trusted_reader
from pipelines.ahead import CLOCK_SKEW, is_ahead, latest_date
from pipelines.formats.text import amount
from schemas.sources import CRAWLS
from schemas.times import http_date, timestamp


def doctor(store_url: str | None, *, as_json: bool) -> None:
    """Check everything that a run needs; exit 1 when something is unfit."""
    found = list(checks(read_settings(store=store_url), clock=system_clock, nonce=secrets.token_hex(16)))
    unfit = [check for check in found if check.state == "unfit"]
    if as_json:
        terminal.document({"fit": not unfit, "checks": [check._asdict() for check in found]})
    else:
        records = [{"what": one.name, "state": terminal.coloured(one.state), "detail": one.detail} for one in found]
        terminal.rows(records, ("what", "state", "detail"))
    if unfit:
        sys.exit(1)


ROBOT = "passports"
"""The name by which a robots.txt addresses our spiders."""

DEADLINE_S = 30.0
"""Seconds for a whole answer, also of one that comes byte by byte."""
MAX_ROBOTS_BYTES = 512 * 2**10
"""How much of a robots.txt a crawler must at least parse (RFC 9309)."""


def checks(settings: Settings, *, clock: Callable[[], datetime], nonce: str) -> Iterator[Check]:
    """Yield the results of checking settings, key, store, sources and clock; none raises, and nothing is published."""
    yield _tried("settings", lambda: _settings(settings))
    yield _tried("fixed clock", fixed_clock)
    yield _tried("work folder", lambda: work(settings, nonce))
    yield _tried("metrics file", lambda: metrics(settings, nonce))
    yield _tried("Prefect", lambda: prefect(settings))
    key, own = _key(settings, nonce)
    yield key
    yield from _store(settings, own, key, clock(), nonce)
    for source in settings.sources:
        yield from _network(source, settings.url_of(source), clock)


def _tried(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except FlowError as error:
        return Check(name, "unfit", str(error))


def _settings(settings: Settings) -> Check:
    gates = gates_of(settings)
    require_chosen(settings)
    return Check(
        "settings", "fit", f"issuer {settings.issuer}, served at {settings.base_url}, gates for {', '.join(gates)}"
    )


def _key(settings: Settings, nonce: str) -> tuple[Check, OpenedKey | None]:
    """Return whether there is a usable key, or one can be made, and the key."""
    try:
        found = find_key(settings)
        if found is None and not settings.signing_key_file:
            ensure_writable(first_there(key_file(settings).parent), nonce)
    except FlowError as error:
        return Check("key", "unfit", str(error)), None
    if found:
        return Check("key", "fit", f"{found.signer.key_id} from {found.path or 'the environment'}"), found
    if settings.signing_key_file:
        missing = f"{key_file(settings)} does not exist: make it with `passports keys init`"
        return Check("key", "unfit", missing), None
    return Check("key", "unknown", f"no key yet: the first refresh makes one in {key_file(settings)}"), None


def _store(settings: Settings, own: OpenedKey | None, key: Check, at: datetime, nonce: str) -> Iterator[Check]:
    try:
        store = open_store(settings.store)
        commit = probe(store, nonce=nonce)
        store.barrier()
    except FlowError as error:
        yield Check("store", "unfit", str(error))
        return
    how = (
        "by compare-and-swap"
        if commit == "swap"
        else "by creating files, as the store ignores the condition of a replacement"
    )
    yield Check(
        "store",
        "fit",
        f"{store.name}: of {RACERS} simultaneous writes exactly one succeeds; generations are committed {how}",
    )
    if key.state == "unfit":
        yield Check("registry", "unknown", "not checked, as the key cannot be used")
        return
    try:
        ours = open_authority(settings, store, own, timestamp(at)) if own else None
    except FlowError as error:
        yield Check("registry", "unfit", str(error))
        return
    yield _tried("registry", lambda: _registry(settings, store, ours, at))
    if ours:
        yield root_of_trust(ours, at)


def _registry(settings: Settings, store: Store, ours: Authority | None, at: datetime) -> Check:
    """Return whether a run can build on what a store serves, as a run decides it: flows/job/preflight.py."""
    if is_demo_store(store):
        ensure_never_published(store, ours and ours.mark)
        return Check("registry", "unknown", f"{store.name} has only the demo's recording, which a refresh replaces")
    try:
        reader = Reader(store, ours.keys, at) if ours else trusted_reader(settings, store, at)
    except EmptyStoreError as error:
        if ours:
            ensure_newest(store, None, ours.keys, ours.mark)
        return Check("registry", "unknown", str(error))
    if ours:
        ensure_newest(store, reader, ours.keys, ours.mark)
    if is_ahead(latest_date(reader.pointer, reader.snapshot), at):
        clock = f"it is {timestamp(at)} by this clock: correct it, or, if it is right, run `passports refresh`"
        return Check(
            "registry",
            "unfit",
            f"{reader} is not yet valid: published at {latest_date(reader.pointer, reader.snapshot)}, and {clock}",
        )
    if missing := missing_snapshot(reader):
        remedy = "restore it with `passports store scrub --copy URL`, from a mirror that has it"
        lost = f"{reader} retains generation {missing}, but its snapshot is gone"
        return Check("registry", "warning", f"{lost}: {remedy}")
    until = f"{amount(reader.snapshot.passports, 'passport')}, to be renewed before {reader.pointer.expires_at}"
    if reader.frozen:
        return Check("registry", "warning", f"{reader}: {until}, which has passed: run `passports refresh`")
    return Check("registry", "fit", f"{reader}: {until}")


def _network(source: str, url: str, clock: Callable[[], datetime]) -> Iterator[Check]:
    name, path, robots_url = f"network: {source}", CRAWLS[source].probe_path, urljoin(url, "/robots.txt")
    try:
        robots = _fetched(robots_url, MAX_ROBOTS_BYTES)[0].decode("utf-8-sig", errors="ignore")
        allowed = Protego.parse(robots).can_fetch(f"{url}{path}", ROBOT)
        _, told = _fetched(f"{url}{path}", 0) if allowed else (b"", None)
    except (OSError, ValueError, HTTPException) as error:
        remedy = f"check the network and PASSPORTS_{source.upper()}_URL, or leave it out of PASSPORTS_SOURCES"
        yield Check(name, "unfit", f"no usable answer from {url} ({why_no_answer(error)}): {remedy}")
        return
    if not allowed:
        yield Check(
            name,
            "unfit",
            f"{robots_url} does not allow {ROBOT} to fetch {path}: ask its owner, or leave it out of PASSPORTS_SOURCES",
        )
        return
    yield Check(name, "fit", f"{url}{path} answers, and its robots.txt allows it")
    yield _clock(url, told, clock())


def _fetched(url: str, max_bytes: int) -> tuple[bytes, str | None]:
    """Return up to `max_bytes` of an answer and its Date header.

    For a robots.txt that includes a refusal (4xx): a crawl parses it too, and as a rule it forbids nothing.
    """
    asking = Fetching(max_bytes, DEADLINE_S, private=True, same_host=True, refusals=True)  # the operator's own setting
    try:
        answer = fetch(url, asking, **{"User-Agent": ROBOT})
    except HTTPError as error:
        if url.endswith("/robots.txt") and error.code in range(400, 500):
            return error.read(), error.headers["Date"]
        raise
    return answer.body, answer.headers["Date"]


def _clock(url: str, theirs: str | None, now: datetime) -> Check:
    if theirs is None:
        return Check("clock", "unknown", f"{url} sends no Date header, so this clock was not checked against it")
    there = http_date(theirs)
    if there is None:
        return Check("clock", "unknown", f"{url} sends the Date header {theirs[:40]!r}, which is not an HTTP date")
    apart = abs(now - there)
    if apart > CLOCK_SKEW:
        return Check(
            "clock",
            "unfit",
            f"{_seconds(apart)} apart from {url}: correct this clock, as passports get their dates from it",
        )
    return Check("clock", "fit", f"{_seconds(apart)} apart from {url}")


def _seconds(apart: timedelta) -> str:
    return f"{apart.total_seconds():.0f} s"
