"""Verifies passports one by one: each gets its own verdict, even where another one cannot be read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from flows.audit.auditor import Auditor
from flows.audit.copy_check import check_copy
from flows.config.given_files import GivenFileError, read_given
from flows.registry.reader import Reader
from flows.registry.signed_files import MAX_POINTER_BYTES, TamperedError
from flows.registry.unknown_slug import unknown_slug
from flows.store.base import Store, StoreError
from pipelines.formats.slugs import is_slug
from pipelines.registry.layout import POINTER_KEY, shard_key
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import verify_passport
from schemas.verdict import Finding, Verdict

_Answer = TypeVar("_Answer")


class JudgedTarget(NamedTuple):
    """A target (slug, file or address) and the finding about it."""

    target: str
    finding: Finding


class OpenedRegistry(NamedTuple):
    """A store, and a reader of one of its generations."""

    store: Store
    reader: Reader


def judged_all(registry: OpenedRegistry, base_urls: Iterable[str] = ()) -> Iterator[JudgedTarget]:
    """Yield a verdict for every passport of a generation, and with it for its copy if the generation is served now.

    A shard that cannot be read gives one verdict, under its key, and the rest goes on. Raise StoreUnavailableError
    where the store itself is out of reach.
    """
    reader = registry.reader
    check = (lambda slug: check_copy(reader, slug, base_urls=base_urls)) if reader.is_served else reader.check
    for ref in reader.snapshot.shards:
        rows = _attempt(registry, lambda: list(reader.shard(ref)))  # noqa: B023 - called at once
        if isinstance(rows, Finding):
            reason = f"{rows.reason}; the passports that it lists ({ref.rows:,}) cannot be verified"
            yield JudgedTarget(shard_key(ref.sha256), rows._replace(reason=reason))
            continue
        for row in rows:
            yield JudgedTarget(row.slug, _attempt(registry, lambda: check(row.slug)))  # noqa: B023 - called at once


def judged_target(target: str, registry: OpenedRegistry | None, keys: KeyRing, at: datetime) -> JudgedTarget:
    """Verify one passport, given as a slug, a file or an address: by the registry, or without one by its signature."""
    if names_slug(target) and registry:
        return judged_slug(target, registry)
    try:
        raw = read_given(target)
    except GivenFileError as error:
        return JudgedTarget(target, Finding(Verdict.UNREADABLE, str(error)))
    if registry is None:
        return JudgedTarget(target, verify_passport(raw, keys=keys, at=at)[0])
    return judged_bytes(target, raw, registry)


def judged_slug(slug: str, registry: OpenedRegistry) -> JudgedTarget:
    """Verify the passport of a slug, and no file that has the same name."""
    return JudgedTarget(slug, _attempt(registry, lambda: _of_slug(slug, registry.reader)))


def judged_bytes(name: str, raw: bytes, registry: OpenedRegistry) -> JudgedTarget:
    """Verify the bytes of a passport by what the registry serves."""
    return JudgedTarget(name, _attempt(registry, lambda: registry.reader.check(raw)))


def proved(judged: JudgedTarget, prover: Auditor, registry: OpenedRegistry) -> JudgedTarget:
    """Return the verdict on a passport's evidence if it is good so far, else the verdict that it has."""
    if not judged.finding.verdict.good:
        return judged
    finding = _attempt(registry, lambda: prover.prove(judged.target), tampered=Verdict.EVIDENCE_MISMATCH)
    return judged._replace(finding=finding._replace(age=judged.finding.age))


def names_slug(target: str) -> bool:
    """Whether a target is a slug, and no file has that name."""
    return is_slug(target) and not Path(target).is_file()


def _of_slug(slug: str, reader: Reader) -> Finding:
    if reader.row(slug):
        return reader.check(slug)
    return Finding(Verdict.NOT_IN_SNAPSHOT, str(unknown_slug(slug, (row.slug for row in reader.rows()))))


def _attempt(
    registry: OpenedRegistry, judge: Callable[[], _Answer], *, tampered: Verdict = Verdict.NOT_IN_SNAPSHOT
) -> _Answer | Finding:
    """Return what `judge` returns, or a finding if one file is damaged; raise if the whole store is unreachable."""
    try:
        return judge()
    except TamperedError as error:
        return Finding(tampered, str(error))
    except StoreError as error:
        registry.store.get(POINTER_KEY, max_bytes=MAX_POINTER_BYTES)  # raises where all of it is out of reach
        return Finding(Verdict.UNREADABLE, str(error))
