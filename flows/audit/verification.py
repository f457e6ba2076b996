"""Verifies passports one by one: each gets its own verdict, even where another one cannot be read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from flows.audit.copy_check import check_copy
from flows.audit.log_check import log_findings
from flows.config.given_files import GivenFileError, is_url, read_given, read_stdin, shown
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.signed_files import MAX_POINTER_BYTES, RegistryError
from flows.registry.unknown_slug import unknown_slug
from flows.store.base import Store, StoreError
from pipelines.errors import PipelineError
from pipelines.formats.slugs import is_slug
from pipelines.registry.layout import POINTER_KEY, log_key, shard_key
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import verify_passport
from schemas.registry import ShardRow
from schemas.verdict import Finding, Verdict

_Answer = TypeVar("_Answer")


LookedAt = Literal["served object", "log", "copy", "shard", "file", "URL", "standard input", "evidence", "site"]
"""What a verdict is about."""
STDIN = "-"
"""The target that is read from standard input."""


class JudgedTarget(NamedTuple):
    """A target (slug, file, address, or "-"), the finding about it, and what was looked at for it."""

    target: str
    finding: Finding
    looked_at: tuple[LookedAt, ...]


class OpenedRegistry(NamedTuple):
    """A store, and a reader of one of its generations."""

    store: Store
    reader: Reader


def judged_all(registry: OpenedRegistry, base_urls: Iterable[str] = ()) -> Iterator[JudgedTarget]:
    """Yield a verdict for every passport of a generation, and with it for its copy if the generation is served now.

    A shard that cannot be read gives one verdict, under its key, and the rest goes on; so does each fault of the public
    log. Raise StoreUnavailableError where the store itself is out of reach.
    """
    reader, log = registry.reader, RegistryLog(registry.reader)
    faults = _attempt(registry, lambda: list(log_findings(reader)))
    if isinstance(faults, Finding):
        faults = [(log_key("tile"), faults)]
    yield from (JudgedTarget(key, finding, ("log",)) for key, finding in faults)
    for ref in reader.snapshot.shards:
        rows = _attempt(registry, lambda: list(reader.shard(ref)))  # noqa: B023 - called at once
        if isinstance(rows, Finding):
            reason = f"{rows.reason}; the passports that it lists ({ref.rows:,}) cannot be verified"
            yield JudgedTarget(shard_key(ref.sha256), rows._replace(reason=reason), ("shard",))
            continue
        for row in rows:
            yield judged_slug(row.slug, registry, base_urls, log)


def judged_slug(
    slug: str, registry: OpenedRegistry, base_urls: Iterable[str] = (), log: RegistryLog | None = None
) -> JudgedTarget:
    """Verify the passport that a registry serves under a slug, its issue in the log, and its copy where it has one.

    Only the generation that is served now has copies. Give the `log` of the reader where many slugs are verified.
    """
    reader = registry.reader
    if _attempt(registry, lambda: reader.row(slug)) is None:
        reason = f"{unknown_slug(slug, (row.slug for row in reader.rows()))}; no file has that name either"
        return JudgedTarget(slug, Finding(Verdict.NOT_IN_SNAPSHOT, reason), ())
    if reader.is_served:
        finding = _attempt(registry, lambda: check_copy(reader, slug, base_urls=base_urls, log=log))
        return JudgedTarget(slug, finding, ("served object", "log", "copy"))
    finding = _attempt(registry, lambda: (log or RegistryLog(reader)).check(slug))
    return JudgedTarget(slug, finding, ("served object", "log"))


def judged_document(
    target: str, registry: OpenedRegistry | None, keys: KeyRing, at: datetime, *, private: bool
) -> JudgedTarget:
    """Verify a file, an address or standard input: by the registry, or without one by its signature alone.

    `private` is whether an address may lead to this machine or a private network.
    """
    kind: LookedAt = "standard input" if target == STDIN else "URL" if is_url(target) else "file"
    try:
        raw = read_stdin() if target == STDIN else read_given(target, private=private)
    except GivenFileError as error:
        return JudgedTarget(shown(target), Finding(Verdict.UNREADABLE, str(error)), ())
    if registry is None:
        return JudgedTarget(target, verify_passport(raw, keys=keys, at=at)[0], (kind,))
    return judged_bytes(target, raw, registry, kind)


def judged_bytes(name: str, raw: bytes, registry: OpenedRegistry, kind: LookedAt) -> JudgedTarget:
    """Verify the bytes of a passport by what the registry serves; `kind` says where they are from."""
    finding = _attempt(registry, lambda: RegistryLog(registry.reader).check(raw))
    return JudgedTarget(name, finding, (kind, "served object", "log"))


def proved(judged: JudgedTarget, prove: Callable[[str], Finding], registry: OpenedRegistry) -> JudgedTarget:
    """Return the verdict on a passport's evidence, as `prove` gives it, if it is good so far, else the one it has."""
    if not judged.finding.verdict.good:
        return judged
    finding = _attempt(registry, lambda: prove(judged.target), tampered=Verdict.EVIDENCE_MISMATCH)
    return JudgedTarget(judged.target, finding._replace(age=judged.finding.age), (*judged.looked_at, "evidence"))


def names_slug(target: str) -> bool:
    """Whether a target is a slug, and no file has that name."""
    return is_slug(target) and not Path(target).is_file()


def names_both(target: str) -> bool:
    """Whether a target may be a slug, and is the name of a file too, as within a store's folder; never of *.json."""
    return is_slug(target) and Path(target).is_file() and not target.endswith(".json")


def lists(registry: OpenedRegistry, slug: str) -> bool:
    """Whether a registry lists a passport of this slug, as far as can be read."""
    return isinstance(_attempt(registry, lambda: registry.reader.row(slug)), ShardRow)


def _attempt(
    registry: OpenedRegistry, judge: Callable[[], _Answer], *, tampered: Verdict = Verdict.NOT_IN_SNAPSHOT
) -> _Answer | Finding:
    """Return what `judge` returns, or a finding if one file is damaged; raise if the whole store is unreachable."""
    try:
        return judge()
    except (RegistryError, PipelineError) as error:
        return Finding(tampered, str(error))
    except StoreError as error:
        registry.store.get(POINTER_KEY, max_bytes=MAX_POINTER_BYTES)  # raises where all of it is out of reach
        return Finding(Verdict.UNREADABLE, str(error))
