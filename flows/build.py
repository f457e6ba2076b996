"""Builds the passports of a batch, one model at a time, and gathers what must be published."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.gates import Gates
from pipelines.issue import Terms
from pipelines.keys import KeyRing, Signer
from pipelines.merge import Subject
from pipelines.order import Issued, Unchanged, make
from schemas.listing import Quarantined
from schemas.registry import ShardRow
from schemas.run import Breach, Change


@dataclass(slots=True)
class Built:
    """What came of a batch's models."""

    rows: dict[str, ShardRow] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)


def build(
    subjects: Iterable[Subject],
    rows: Mapping[str, ShardRow],
    *,
    terms: Terms,
    signer: Signer,
    generation: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Built:
    """Make each model's passport; `rows` are those served now, `progress` is told how many are done."""
    trusted, built = KeyRing([signer.public_key]), Built()
    for done, subject in enumerate(subjects, start=1):
        last = rows.get(subject.slug)
        made = make(subject, last, terms=terms, signer=signer, trusted=trusted, generation=generation)
        match made:
            case Issued(row=row, document=document):
                built.rows[row.slug] = row
                built.objects[row.object] = document
                built.changes.append(Change(slug=row.slug, cause=row.cause))
            case Unchanged(row=row):
                built.rows[row.slug] = row
                built.unchanged += 1
            case Quarantined():
                built.quarantined.append(made)
        progress(done)
    return built


def breaches_of_build(built: Built, subjects: Iterable[Subject], gates: Gates) -> list[Breach]:
    """Judge what was built: a bad record is refused alone, a fault of the rules refuses many."""
    refused, found = Counter(refusal.source for refusal in built.quarantined), []
    for source, asked in Counter(subject.primary.source for subject in subjects).items():
        largest = gates[source].largest_reject_rate
        if refused[source] > asked * largest:
            share = f"{refused[source]} of {asked} passports could not be made, more than {largest:.0%}"
            found.append(Breach(source=source, gate="largest_reject_rate", reason=f"{share}: see the quarantine"))
    return found
