"""`passports verify`."""

import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from flows import terminal
from flows.clock import clock_of, source_date_epoch
from flows.errors import FlowError
from flows.proving import Prover
from flows.reader import Reader
from flows.settings import Settings, SettingsError, read_settings
from flows.store import open_store
from flows.store.base import Store
from flows.targets import unknown_slug
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
    targets: list[str],
    *,
    every: bool,
    evidence: bool,
    store_url: str | None,
    key_file: Path | None,
    at: str | None,
    generation: int | None = None,
    as_json: bool,
) -> None:
    """Judge the targets, or all; exit 1 unless every one is good."""
    if bool(targets) == every:
        raise SettingsError("name the passports to verify, or give --all")
    if evidence and not all(_is_slug(target) for target in targets):
        raise SettingsError("--evidence looks into the store's records: name passports by their slugs, or give --all")
    settings, now = read_settings(store=store_url), moment(at)
    slugs = every or any(_is_slug(target) for target in targets)
    store = open_store(settings.store) if slugs or store_url else None
    trust = trust_for(settings, store, key_file)
    reader = Reader(store, trust.keys, now) if store else None
    if reader and generation is not None:
        reader = reader.at_generation(generation)
    if every and reader:
        judged = list(_judged_all(reader, base_urls_of(settings)))
    else:
        judged = [Judged(target, _judge(target, reader, trust.keys, now)) for target in targets]
    if evidence and reader:
        with closing(Prover(reader)) as prover:
            judged = [Judged(t, prover.prove(t)._replace(age=f.age) if f.verdict.good else f) for t, f in judged]
    tell(judged, origin=trust.origin, as_json=as_json, brief=every)


def moment(at: str | None) -> datetime:
    """The instant to judge at: the one given, or the clock's; raise SettingsError when it is none."""
    if at is None:
        return clock_of(source_date_epoch())()
    try:
        return instant(at)
    except ValueError as error:
        raise SettingsError(f"--at: {error}") from None


def judged_all(store: Store, keys: KeyRing, at: datetime, base_urls: Iterable[str] = ()) -> list[Judged]:
    """Judge every passport that a store serves, and the copy of each that readers fetch."""
    return list(_judged_all(Reader(store, keys, at), base_urls))


def base_urls_of(settings: Settings) -> tuple[str, ...]:
    """Give the address that a user names for the registry; none where only the default says one."""
    return (settings.base_url,) if "base_url" in settings.model_fields_set else ()


def tell(judged: list[Judged], *, origin: str, as_json: bool, brief: bool) -> None:
    """Show what was found, all of it or only what is not good; exit 1 unless all is good."""
    bad = [one for one in judged if not one.finding.verdict.good]
    if as_json:
        terminal.document(answer(judged, origin))
    else:
        _table(bad if brief else judged)
        verified = f"{len(judged) - len(bad):,} of {len(judged):,} passports verified, by {origin}"
        terminal.say(verified)
    if bad:
        sys.exit(1)


def answer(judged: list[Judged], origin: str) -> dict[str, object]:
    """What was found, for programs."""
    found = [{"target": j.target, **j.finding._asdict()} for j in judged]
    verified = sum(one.finding.verdict.good for one in judged)
    return {"trusted": origin, "verified": verified, "of": len(judged), "findings": found}


def _judged_all(reader: Reader, base_urls: Iterable[str]) -> Iterator[Judged]:
    for row in reader.rows():
        served = reader.is_served
        yield Judged(row.slug, reader.check_copy(row.slug, base_urls=base_urls) if served else reader.check(row.slug))


def _judge(target: str, reader: Reader | None, keys: KeyRing, at: datetime) -> Finding:
    if _is_slug(target) and reader:
        return reader.check(target) if reader.row(target) else _unknown(target, reader)
    raw = _read(target)
    return reader.check(raw) if reader else verify_passport(raw, keys=keys, at=at)[0]


def _unknown(slug: str, reader: Reader) -> Finding:
    return Finding(Verdict.NOT_IN_SNAPSHOT, str(unknown_slug(slug, (row.slug for row in reader.rows()))))


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
    except (OSError, ValueError, HTTPException) as error:
        reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
        raise FetchError(f"{url}: {reason}") from None
    return body


def _table(judged: Iterable[Judged]) -> None:
    judged = list(judged)
    if judged:
        records = [
            {"passport": target, "verdict": terminal.coloured(found.verdict), "age": _age(found), "why": found.reason}
            for target, found in judged
        ]
        terminal.rows(records, ("passport", "verdict", "age", "why"))
        counts = Counter(j.finding.verdict for j in judged if j.finding.verdict is not Verdict.OK)
        if len(judged) > 1 and counts:
            terminal.OUT.print(", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common()))


def _age(finding: Finding) -> object:
    return terminal.coloured(finding.age) if finding.age else "-"
