"""The order of a record's way, from a raw listing to a signed and verified passport. Nothing else states it.

raw listing → normalise → validate                       `admit`, one listing at a time, while the crawl runs
listings    → merge                                      `pipelines.merge.gather`, once a batch is whole
subject     → enrich → score → issue → sign → verify     `make`, one model at a time
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import orjson

from pipelines.errors import PipelineError
from pipelines.issue import Draft, Terms, cause_of, draft, issue, last_changed
from pipelines.merge import Subject
from pipelines.normalise_endpoints import read_endpoints
from pipelines.normalise_openrouter import read_model
from pipelines.record import FieldError
from pipelines.signing import KeyRing, Signer, seal_passport
from pipelines.validate import validate
from pipelines.verify import verify_passport
from schemas.listing import Listing, Quarantined, RawListing
from schemas.registry import Cause, ShardRow
from schemas.times import instant

Stage = Literal["normalise", "validate", "enrich", "issue", "sign", "verify"]

READERS: dict[str, Callable[[RawListing], Listing]] = {
    "openrouter": read_model,
    "openrouter-endpoints": read_endpoints,
}
"""Source → what reads its records."""


class StepError(PipelineError):
    """A step refused a record, or failed on it: either way the record is quarantined and the batch goes on."""

    def __init__(self, stage: Stage, pointer: str, reason: str) -> None:
        super().__init__(f"{stage}: {pointer or 'the record'} {reason}")
        self.stage: Stage = stage
        self.pointer = pointer
        self.reason = reason


class Issued(NamedTuple):
    """A new passport: its row, and the bytes that are stored under their hash."""

    row: ShardRow
    document: bytes


class Unchanged(NamedTuple):
    """The passport that is served still says it all; its row notes that the model was seen again."""

    row: ShardRow


def admit(raw: RawListing) -> Listing | Quarantined:
    """Read one record and check that it holds together, or say what is wrong with it."""
    try:
        with _step("normalise"):
            listing = READERS[raw.source](raw)
        with _step("validate"):
            validate(listing)
    except StepError as error:
        return _quarantined(raw, error)
    return listing


def make(
    subject: Subject, last: ShardRow | None, *, terms: Terms, signer: Signer, trusted: KeyRing, generation: int
) -> Issued | Unchanged | Quarantined:
    """Make a model's passport, or find that none need be made, or say why none can be.

    `last` is the row that is served now, `trusted` the keys that readers trust, `generation` the one that will serve
    the result.
    """
    try:
        with _step("enrich"):
            candidate = draft(subject, terms)
            cause = cause_of(candidate, last, terms)
        if last is not None and cause is None:
            return Unchanged(last.model_copy(update={"last_seen": subject.primary.observed_at}))
        cause = cause or "first_seen"
        with _step("issue"):
            unfragile = issue(candidate, cause, last, terms)
        with _step("sign"):
            expires_at = instant(subject.primary.observed_at) + terms.gates[subject.primary.source].expires_after
            document = orjson.dumps(
                seal_passport(
                    unfragile, signer=signer, signed_at=terms.now, expires_at=expires_at, issuer=terms.issuer.name
                )
            )
        with _step("verify"):
            _verify_own_work(document, terms, trusted)
    except StepError as error:
        return _unissued(subject, error)
    return Issued(_row(candidate, document, last, terms, cause, generation), document)


@contextlib.contextmanager
def _step(stage: Stage) -> Iterator[None]:
    """Name the step in whatever goes wrong in it."""
    try:
        yield
    except FieldError as error:
        raise StepError(stage, error.pointer, error.reason) from error
    except (PipelineError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise StepError(stage, "", f"{type(error).__name__}: {error}") from error


def _verify_own_work(document: bytes, terms: Terms, trusted: KeyRing) -> None:
    finding, _ = verify_passport(document, keys=trusted, at=terms.now)
    if not finding.verdict.good:
        raise PipelineError(f"our own passport does not verify: {finding.verdict}: {finding.reason}")


def _row(
    candidate: Draft, document: bytes, last: ShardRow | None, terms: Terms, cause: Cause, generation: int
) -> ShardRow:
    primary = candidate.subject.primary
    return ShardRow.model_construct(
        slug=candidate.subject.slug,
        listing_id=primary.base_id,
        object=hashlib.sha256(document).hexdigest(),
        payload=candidate.payload,
        facts=candidate.facts,
        status=candidate.unfragile["artifact"]["status"],
        cause=cause,
        key_id=terms.key_id,
        previous=last.object if last else None,
        first_seen=last.first_seen if last else primary.observed_at,
        last_seen=primary.observed_at,
        last_changed=last_changed(candidate, last, terms),
        last_scraped_at=primary.observed_at,
        generation=generation,
    )


def _quarantined(raw: RawListing, error: StepError) -> Quarantined:
    return Quarantined(
        stage=error.stage,
        source=raw.source,
        id=raw.id,
        field=error.pointer,
        reason=error.reason,
        observed_at=raw.observed_at,
        raw=raw.body,
    )


def _unissued(subject: Subject, error: StepError) -> Quarantined:
    return Quarantined(
        stage=error.stage,
        source=subject.primary.source,
        id=subject.primary.id,
        field=error.pointer,
        reason=error.reason,
        observed_at=subject.primary.observed_at,
        raw=subject.primary.model_dump_json(),
    )
