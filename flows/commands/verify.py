"""`passports verify`."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing

from flows.audit.auditor import Auditor
from flows.audit.opened import TrustOptions, open_registry, pin_first
from flows.audit.verification import JudgedTarget, OpenedRegistry, judged_all, judged_target, names_slug, proved
from flows.commands import terminal
from flows.commands.options import moment
from flows.config.settings import Settings, SettingsError, read_settings
from flows.registry.trust import TrustedKeys, trusted_keys
from schemas.verdict import Finding, Verdict


def verify(
    targets: list[str],
    *,
    every: bool,
    evidence: bool,
    store_url: str | None,
    trusting: TrustOptions,
    at: str | None,
    generation: int | None = None,
    as_json: bool,
) -> None:
    """Verify the targets, or with `every` all passports of the store; exit 1 unless every one is good."""
    if bool(targets) == every:
        raise SettingsError("name the passports to verify, or give --all")
    if evidence and not all(map(names_slug, targets)):
        raise SettingsError("--evidence reads the store's records: name passports by their slugs, or give --all")
    if trusting.first_use and trusting.memory is None:
        raise SettingsError("--trust-on-first-use must remember a key: leave out --no-state")
    settings, now = read_settings(store=store_url), moment(at)
    slugs = every or any(map(names_slug, targets))
    if not (slugs or store_url):
        trust = trusted_keys(settings, None, trusting.key, root=trusting.root)
        tell([judged_target(target, None, trust.keys, now) for target in targets], trust, as_json=as_json, brief=False)
        return
    opened = open_registry(settings, trusting, now)
    reader = opened.reader if generation is None else opened.reader.at_generation(generation)
    registry = OpenedRegistry(opened.store, reader)
    if every:
        judged = list(judged_all(registry, base_urls_of(settings)))
    else:
        judged = [judged_target(target, registry, opened.trust.keys, now) for target in targets]
    if evidence:
        with closing(Auditor(reader)) as prover:
            judged = [proved(one, prover, registry) for one in judged]
    opened = pin_first(opened, judged, trusting)
    judged = [one._replace(finding=opened.qualified(one.finding)) for one in judged]
    tell(judged, opened.trust, as_json=as_json, brief=every)


def base_urls_of(settings: Settings) -> tuple[str, ...]:
    """Return the base address that the user has set for the registry; empty where it is the default."""
    return (settings.base_url,) if "base_url" in settings.model_fields_set else ()


def tell(judged: list[JudgedTarget], trust: TrustedKeys, *, as_json: bool, brief: bool) -> None:
    """Show the findings, if `brief` only those that are not good; exit 1 unless all are good."""
    bad = [one for one in judged if not one.finding.verdict.good]
    if as_json:
        terminal.document(answer(judged, trust))
    else:
        _table([one for one in bad if one.finding.verdict is not Verdict.UNPINNED] if brief else judged)
        verified = f"{len(judged) - len(bad):,} of {len(judged):,} passports verified, by {trust.origin}"
        terminal.say(verified)
    if bad:
        sys.exit(1)


def answer(judged: list[JudgedTarget], trust: TrustedKeys) -> dict[str, object]:
    """Return the findings and the trusted keys, for JSON."""
    found = [{"target": j.target, **j.finding._asdict()} for j in judged]
    verified = sum(one.finding.verdict.good for one in judged)
    return {"trusted": trust.origin, "trust": trust.basis, "verified": verified, "of": len(judged), "findings": found}


def _table(judged: Iterable[JudgedTarget]) -> None:
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
