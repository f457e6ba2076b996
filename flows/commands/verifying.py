"""`passports verify`."""

import json
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from flows import terminal
from flows.clock import clock_of, source_date_epoch
from flows.errors import FlowError
from flows.reader import Reader
from flows.settings import SettingsError, read_settings
from flows.store import open_store
from flows.store.base import Store
from flows.trusting import trust_for
from pipelines.keys import KeyRing
from pipelines.slugs import is_slug
from pipelines.verify import verify_passport
from schemas.times import instant
from schemas.verdict import Finding, Verdict

FETCH_TIMEOUT_S = 20
MAX_PASSPORT_BYTES = 4 * 2**20


class FetchError(FlowError):
    """A target could not be read."""


class Judged(NamedTuple):
    """A target and what was found of it."""

    target: str
    finding: Finding


def verify(
    targets: list[str], *, every: bool, store_url: str | None, key_file: Path | None, at: str | None, as_json: bool
) -> None:
    """Judge the targets, or all; exit 1 unless every one is good."""
    if bool(targets) == every:
        raise SettingsError("name the passports to verify, or give --all")
    settings, now = read_settings(store=store_url), moment(at)
    slugs = every or any(_is_slug(target) for target in targets)
    store = open_store(settings.store) if slugs or store_url else None
    trust = trust_for(settings, store, key_file)
    if every and store:
        judged = judged_all(store, trust.keys, now)
    else:
        reader = Reader(store, trust.keys, now) if store else None
        judged = [Judged(target, _judge(target, reader, trust.keys, now)) for target in targets]
    tell(judged, origin=trust.origin, as_json=as_json, brief=every)


def moment(at: str | None) -> datetime:
    """The instant to judge at: the one given, or the clock's; raise SettingsError when it is none."""
    if at is None:
        return clock_of(source_date_epoch())()
    try:
        return instant(at)
    except ValueError as error:
        raise SettingsError(f"--at: {error}") from None


def judged_all(store: Store, keys: KeyRing, at: datetime) -> list[Judged]:
    """Judge every passport that a store serves, and the copy of each that readers fetch."""
    return list(_judged_all(Reader(store, keys, at)))


def tell(judged: list[Judged], *, origin: str, as_json: bool, brief: bool) -> None:
    """Show what was found, all of it or only what is not good; exit 1 unless all is good."""
    good = [one for one in judged if one.finding.verdict.good]
    if as_json:
        found = [{"target": j.target, "verdict": j.finding.verdict, "reason": j.finding.reason} for j in judged]
        terminal.OUT.print_json(
            json.dumps({"trusted": origin, "verified": len(good), "of": len(judged), "findings": found})
        )
    else:
        _table(judged if not brief else [one for one in judged if not one.finding.verdict.good])
        terminal.OUT.print(f"{len(good):,} of {len(judged):,} passports verified, by {origin}", soft_wrap=True)
    if len(good) < len(judged):
        sys.exit(1)


def _judged_all(reader: Reader) -> Iterator[Judged]:
    for row in reader.rows():
        finding = reader.check(row.slug)
        yield Judged(row.slug, reader.check_copy(row.slug) if finding.verdict.good else finding)


def _judge(target: str, reader: Reader | None, keys: KeyRing, at: datetime) -> Finding:
    if _is_slug(target) and reader:
        return reader.check(target)
    raw = _read(target)
    return reader.check(raw) if reader else verify_passport(raw, keys=keys, at=at)[0]


def _is_slug(target: str) -> bool:
    return is_slug(target) and not Path(target).is_file()


def _read(target: str) -> bytes:
    if target.startswith(("https://", "http://")):
        return _fetch(target)
    try:
        with Path(target).open("rb") as file:
            return file.read(MAX_PASSPORT_BYTES + 1)
    except OSError as error:
        raise FetchError(f"{target}: {error.strerror}: name a slug, a file or a URL") from None


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_S) as response:  # noqa: S310 - http and https only, see _read
            body: bytes = response.read(MAX_PASSPORT_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise FetchError(f"{url}: {reason}") from None
    return body


def _table(judged: Iterable[Judged]) -> None:
    judged = list(judged)
    if judged:
        records = [
            {"passport": j.target, "verdict": terminal.coloured(j.finding.verdict), "why": j.finding.reason}
            for j in judged
        ]
        terminal.rows(records, ("passport", "verdict", "why"))
        counts = Counter(j.finding.verdict for j in judged if j.finding.verdict is not Verdict.OK)
        if len(judged) > 1 and counts:
            terminal.OUT.print(", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common()))
