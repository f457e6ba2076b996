"""Builds the passports of a batch, one model at a time, and collects what must be published."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.publish.immutable_files import write_objects
from flows.store.base import Store
from pipelines.merge.subject import Subject
from pipelines.order import Issuance, Issued, Unchanged, make
from pipelines.registry.slots import slot
from pipelines.rules.gates import Gates
from schemas.base import Sha256
from schemas.listing import Quarantined
from schemas.registry import ShardRow
from schemas.run import Accounting, Breach, IssuedPassport

FEW_OBJECTS = 500
"""Most passports in memory until publication, some 30 MB, and most that a worker sends back to the run.

Of more, all are written ahead: to the store, named by no snapshot yet.
"""
MOST_CHANGES = 5_000
"""Most issued passports that a run report names."""


class Rows:
    """New rows of a batch, on disk in one file for each part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, index: int, rows: Mapping[str, ShardRow]) -> None:
        """Write the rows of a part."""
        lines = (rows[slug].model_dump_json().encode() + b"\n" for slug in sorted(rows))
        (self.folder / f"{index}.jsonl").write_bytes(b"".join(lines))

    def read(self, index: int, slots: range) -> dict[str, ShardRow]:
        """Return slug → row of one part, in these slots only; empty for a part that was not built."""
        if not (self.folder / f"{index}.jsonl").exists():
            return {}
        with (self.folder / f"{index}.jsonl").open("rb") as file:
            rows = (ShardRow.model_validate_json(line) for line in file)
            return {row.slug: row for row in rows if slot(row.slug) in slots}


@dataclass(slots=True)
class Built:
    """The result of building a batch or one part of it: passports, counts and refusals."""

    objects: dict[Sha256, bytes] = field(default_factory=dict)
    """Hash → signed passport, of those that were not written ahead."""
    ahead: int = 0
    """How many were written ahead."""
    changes: list[IssuedPassport] = field(default_factory=list)
    issued: Counter[str] = field(default_factory=Counter)
    added: int = 0
    """Passports of models that had none."""
    unchanged: int = 0
    absent: int = 0
    """Passports of models that are not listed any more."""
    refused: Counter[str] = field(default_factory=Counter)
    """Source → how many passports could not be made."""
    asked: Counter[str] = field(default_factory=Counter)
    """Source → how many passports were to be made."""
    quarantined: list[Quarantined] = field(default_factory=list)
    accounting: list[Accounting] = field(default_factory=list)

    def add(self, part: "Built", store: Store) -> None:
        """Add the result of a part; beyond FEW_OBJECTS in memory, passports are written ahead to the store."""
        self.objects |= part.objects
        self.ahead += part.ahead
        self.write_ahead(store, but=FEW_OBJECTS)
        self.changes += part.changes[: MOST_CHANGES - len(self.changes)]
        self.issued += part.issued
        self.added += part.added
        self.unchanged += part.unchanged
        self.absent += part.absent
        self.refused += part.refused
        self.asked += part.asked
        self.quarantined += part.quarantined
        self.accounting += part.accounting

    def write_ahead(self, store: Store, *, but: int) -> None:
        """Write the passports in memory to the store if there are more than `but`; no snapshot names them yet."""
        if len(self.objects) > but:
            self.ahead += sum(write_objects(store, self.objects.items()))
            self.objects.clear()


def build(
    subjects: Iterable[Subject],
    rows: Mapping[str, ShardRow],
    issuance: Issuance,
    *,
    store: Store,
    progress: Callable[[], None],
) -> tuple[Built, dict[str, ShardRow]]:
    """Issue the passports that are new, changed or due; return what was built, and slug → row of all not refused.

    Issued too are those signed with another key or dated in the future, and all where `issuance.terms.renew` says so;
    none whose last observation is too old to sign by. `rows` are those served now; `progress` is called after each
    model. Many passports are written ahead as they are made.
    """
    built, new = Built(), {}
    for subject in subjects:
        last = rows.get(subject.slug)
        made = make(subject, last, issuance)
        built.asked[subject.primary.source] += 1
        built.absent += subject.absence is not None
        match made:
            case Issued(row=row, document=document):
                new[row.slug] = row
                built.added += last is None
                built.objects[row.object] = document
                built.write_ahead(store, but=FEW_OBJECTS)
                built.changes.append(IssuedPassport(slug=row.slug, cause=row.cause))
                built.issued[row.cause] += 1
            case Unchanged(row=row):
                new[row.slug] = row
                built.unchanged += 1
            case Quarantined():
                built.quarantined.append(made)
                built.refused[made.source] += 1
        progress()
    return built, new


def breaches_of_build(built: Built, gates: Gates) -> list[Breach]:
    """Return a breach for each source of which too large a share of passports could not be made.

    A bad record loses its own passport alone; where many are lost, the rules are at fault.
    """
    found = []
    for source, asked in built.asked.items():
        largest = gates[source].largest_reject_rate
        if built.refused[source] > asked * largest:
            share = f"passports that could not be made: {built.refused[source]} of {asked}, more than {largest:.0%}"
            found.append(Breach(source=source, gate="largest_reject_rate", reason=f"{share}: see the quarantine"))
    return found
