"""`passports verify`."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from flows import terminal
from flows.clock import clock_of, source_date_epoch
from flows.proving import Prover
from flows.reader import Reader
from flows.settings import Settings, SettingsError, read_settings
from flows.store import open_store
from flows.trusting import trust_for
from flows.verification import Judged, Registry, judged_all, judged_target, names_slug, proved
from schemas.times import instant
from schemas.verdict import Finding, Verdict


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
    if evidence and not all(map(names_slug, targets)):
        raise SettingsError("--evidence looks into the store's records: name passports by their slugs, or give --all")
    settings, now = read_settings(store=store_url), moment(at)
    slugs = every or any(map(names_slug, targets))
    store = open_store(settings.store) if slugs or store_url else None
    trust = trust_for(settings, store, key_file)
    registry = Registry(store, Reader(store, trust.keys, now)) if store else None
    if registry and generation is not None:
        registry = registry._replace(reader=registry.reader.at_generation(generation))
    if every and registry:
        judged = list(judged_all(registry, base_urls_of(settings)))
    else:
        judged = [judged_target(target, registry, trust.keys, now) for target in targets]
    if evidence and registry:
        with closing(Prover(registry.reader)) as prover:
            judged = [proved(one, prover, registry) for one in judged]
    tell(judged, origin=trust.origin, as_json=as_json, brief=every)


def moment(at: str | None) -> datetime:
    """The instant to judge at: the one given, or the clock's; raise SettingsError when it is none."""
    if at is None:
        return clock_of(source_date_epoch())()
    try:
        return instant(at)
    except ValueError as error:
        raise SettingsError(f"--at: {error}") from None


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
