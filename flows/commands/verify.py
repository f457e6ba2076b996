"""`passports verify`."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from flows.audit.opened import TrustOptions, open_registry, pin_first
from flows.audit.site_check import check_site
from flows.audit.verification import (
    STDIN,
    JudgedTarget,
    OpenedRegistry,
    judged_all,
    judged_document,
    judged_slug,
    lists,
    names_both,
    names_slug,
    proved,
)
from flows.commands import terminal
from flows.commands.options import moment
from flows.config.settings import Settings, read_settings
from flows.errors import SettingsError
from flows.registry.signed_files import RegistryError
from flows.store.base import StoreError
from flows.trust.trusted_keys import TrustedKeys, trusted_keys
from pipelines.formats.text import amount
from schemas.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be verified: some targets, or every passport of a store, as of an instant or in a generation."""

    targets: tuple[str, ...]
    every: bool
    """Whether all passports of the store are meant, and no targets."""
    evidence: bool
    """Whether the evidence is found again in the store's records."""
    store_url: str | None
    at: str | None
    generation: int | None = None
    site: bool = False
    """Whether the files of the site are compared with the signed list of them, too."""


def verify(scope: Scope, trusting: TrustOptions, *, as_json: bool) -> None:
    """Verify what the scope names, and show the findings; exit 1 unless every one is good.

    Raise SettingsError for options that do not go together.
    """
    _ensure_fitting(scope, trusting)
    settings, now = read_settings(store=scope.store_url), moment(scope.at)
    targets = scope.targets
    if not (scope.every or scope.store_url):
        by_name = any(map(names_slug, targets)) or (
            "store" in settings.model_fields_set and any(map(names_both, targets))
        )
        if not by_name:
            tell(*_by_signature(targets, settings, trusting, now, None), as_json=as_json, brief=False)
            return
        if not all(map(names_slug, targets)) and (unread := _unreadable(settings, trusting, now)):
            tell(*_by_signature(targets, settings, trusting, now, unread), as_json=as_json, brief=False)
            return
    opened = open_registry(settings, trusting, now)
    reader = opened.reader if scope.generation is None else opened.reader.at_generation(scope.generation)
    registry = OpenedRegistry(opened.store, reader)
    if scope.every:
        judged = list(judged_all(registry, base_urls_of(settings)))
    else:
        judged = [_judged(target, registry, settings) for target in targets]
    if scope.evidence:
        from flows.audit.auditor import Auditor  # noqa: PLC0415 - it imports all rules, which verdicts do not need

        with closing(Auditor(reader)) as prover:
            judged = [proved(one, prover.prove, registry) for one in judged]
    site = check_site(reader) if scope.site else None
    judged += [JudgedTarget(key, finding, ("site",)) for key, finding in (site.faults if site else ())]
    opened = pin_first(opened, judged, trusting)
    judged = [one._replace(finding=opened.qualified(one.finding)) for one in judged]
    tell(judged, opened.trust, as_json=as_json, brief=scope.every, site_files=site and site.files)


def _ensure_fitting(scope: Scope, trusting: TrustOptions) -> None:
    """Raise SettingsError for options that do not go together."""
    if scope.targets and scope.every:
        raise SettingsError("give either passports to verify or --all, not both")
    if scope.targets.count(STDIN) > 1:
        raise SettingsError("- reads the whole of standard input: give it once")
    if not scope.targets and not scope.every:
        raise SettingsError("name the passports to verify, or give --all")
    if scope.evidence and not all(names_slug(target) or names_both(target) for target in scope.targets):
        raise SettingsError("--evidence reads the store's records: name passports by their slugs, or give --all")
    if scope.site and (not scope.every or scope.generation is not None):
        raise SettingsError(
            "--site compares all pages that are served now: give it with --all, without --at-generation"
        )
    if trusting.first_use and trusting.memory is None:
        raise SettingsError("--trust-on-first-use must remember a key: leave out --no-state")


def _judged(target: str, registry: OpenedRegistry, settings: Settings) -> JudgedTarget:
    if names_slug(target) or (names_both(target) and lists(registry, target)):
        return judged_slug(target, registry, base_urls_of(settings))
    return judged_document(target, registry, registry.reader.keys, registry.reader.at, private=settings.allow_private)


def _unreadable(settings: Settings, trusting: TrustOptions, now: datetime) -> Finding | None:
    """Return the finding about each slug where the registry cannot be read; None where it can."""
    try:
        open_registry(settings, trusting, now)
    except (RegistryError, StoreError) as error:
        return Finding(Verdict.UNREADABLE, str(error))
    return None


def _by_signature(
    targets: Iterable[str], settings: Settings, trusting: TrustOptions, now: datetime, of_slugs: Finding | None
) -> tuple[list[JudgedTarget], TrustedKeys]:
    """Judge files and addresses by their signature alone; slugs, where there are some, get `of_slugs`."""
    trust = trusted_keys(settings, None, trusting.key, root=trusting.root)
    return [
        JudgedTarget(target, of_slugs, ())
        if of_slugs and names_slug(target)
        else _which(_with_remedy(judged_document(target, None, trust.keys, now, private=settings.allow_private), trust))
        for target in targets
    ], trust


def _with_remedy(judged: JudgedTarget, trust: TrustedKeys) -> JudgedTarget:
    """Return the verdict on a file whose key is not trusted with the option that names keys; a root names them all."""
    if judged.finding.verdict is not Verdict.UNKNOWN_KEY or trust.basis == "root":
        return judged
    reason = f"{judged.finding.reason}, and pass them with --key FILE"
    return judged._replace(finding=judged.finding._replace(reason=reason))


def _which(judged: JudgedTarget) -> JudgedTarget:
    """Return a bad verdict on a file that has the name of a slug with which of the two was read."""
    if judged.finding.verdict.good or not names_both(judged.target):
        return judged
    reason = f"{judged.finding.reason}; read was the file of this name: for the passport of this slug, give its --store"
    return judged._replace(finding=judged.finding._replace(reason=reason))


def base_urls_of(settings: Settings) -> tuple[str, ...]:
    """Return the base address that the user has set for the registry; empty where it is the default."""
    return (settings.base_url,) if "base_url" in settings.model_fields_set else ()


def tell(
    judged: list[JudgedTarget], trust: TrustedKeys, *, as_json: bool, brief: bool, site_files: int | None = None
) -> None:
    """Show the findings, if `brief` without good and unpinned ones; exit 1 unless all are good.

    `site_files` is how many files of the site were compared with the signed list; None where none were.
    """
    bad = [one for one in judged if not one.finding.verdict.good]
    if as_json:
        terminal.document(answer(judged, trust, site_files))
    else:
        _table([one for one in bad if one.finding.verdict is not Verdict.UNPINNED] if brief else judged)
        passports, files = _parted(judged)
        good = sum(one.finding.verdict.good for one in passports)
        verified = f"{good:,} of {amount(len(passports), 'passport')} verified, by {trust.origin}"
        terminal.say(f"{verified}{_looked_at(passports)}")
        if site_files is not None:
            terminal.say(
                f"{amount(site_files, 'file')} of the site compared with the signed list: {len(files):,} differ"
            )
    if bad:
        sys.exit(1)


def answer(judged: list[JudgedTarget], trust: TrustedKeys, site_files: int | None = None) -> dict[str, object]:
    """Return the findings and the trusted keys, for JSON; the findings on files of the site count as no passports."""
    passports, _ = _parted(judged)
    found = [{"target": j.target, **j.finding._asdict(), "looked_at": list(j.looked_at)} for j in judged]
    return {
        "trusted": trust.origin,
        "trust": trust.basis,
        "verified": sum(one.finding.verdict.good for one in passports),
        "of": len(passports),
        "site_files": site_files,
        "findings": found,
    }


def _parted(judged: Iterable[JudgedTarget]) -> tuple[list[JudgedTarget], list[JudgedTarget]]:
    """Return the findings on passports, and those on files of the site."""
    passports: list[JudgedTarget] = []
    files: list[JudgedTarget] = []
    for one in judged:
        (files if one.looked_at == ("site",) else passports).append(one)
    return passports, files


def _looked_at(judged: Iterable[JudgedTarget]) -> str:
    """Return what the verdicts are about, as the end of a sentence."""
    kinds = dict.fromkeys(kind for one in judged for kind in one.looked_at)
    return f"; read: {', '.join(kinds)}" if kinds else ""


def _table(judged: Iterable[JudgedTarget]) -> None:
    judged = list(judged)
    if judged:
        records = [
            {"passport": target, "verdict": terminal.coloured(found.verdict), "age": _age(found), "why": found.reason}
            for target, found, _ in judged
        ]
        terminal.rows(records, ("passport", "verdict", "age", "why"))
        counts = Counter(j.finding.verdict for j in judged if j.finding.verdict is not Verdict.OK)
        if len(judged) > 1 and counts:
            terminal.OUT.print(", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common()))


def _age(finding: Finding) -> object:
    return terminal.coloured(finding.age) if finding.age else "-"
