"""Builds the parts of a batch: all in this process, in order, or some of them as a worker in another process."""

from collections.abc import Callable, Iterable, Iterator

from flows.build.batch import Batch
from flows.build.batch_part import part_of
from flows.build.passports import Built, Rows, build
from flows.build.substances import former_substances
from flows.build.workers import BuildInput
from flows.job.job import Job, open_tools
from flows.progress import tell
from pipelines.order import Issuance
from pipelines.registry.slots import shard_index, slots_of

PASSPORTS_A_TASK = 10_000
"""About how many: smaller tasks cost more than they save, and larger ones leave workers idle at the end."""

Builder = Callable[[Job, BuildInput], Iterable[Built]]
"""Builds a batch and yields the results in the order of its parts, one for each part or task."""


def build_here(job: Job, build_input: BuildInput) -> Iterator[Built]:
    """Build a batch in this process, yielding the result of each part."""
    done = 0
    for index in parts_affected(build_input.batch):
        built = build_part(job, build_input, index, done=done)
        done += sum(built.asked.values())
        yield built


def build_parts(job: Job, build_input: BuildInput, parts: Iterable[int], *, done: int = 0) -> Built:
    """Build some parts of a batch into one result; `done` passports were made before, for the progress shown."""
    built, store = Built(), open_tools(job).store
    for index in parts:
        built.add(build_part(job, build_input, index, done=done + sum(built.asked.values())), store)
    return built


def build_part(job: Job, build_input: BuildInput, index: int, *, done: int = 0) -> Built:
    """Make the passports of one part, its new rows written to the batch's folder.

    `done` passports were made before, for the progress shown.
    """
    tools, (batch, state, folder) = open_tools(job), build_input
    part = part_of(batch, state, index)
    subjects = part.gathered.subjects
    expected = max(done + len(subjects), (state.passports or batch.models) if batch.parts > 1 else 0)
    counted = iter(range(done + 1, done + len(subjects) + 1))
    tell("build", done, expected)
    terms = tools.terms(state.reader.revoked if state.reader else {}, renew=job.flow == "rescrape")
    former = former_substances(job, terms, f"{batch.parts}-{index}")
    built, new = build(
        subjects,
        state.rows(slots_of(index, batch.parts)),
        Issuance(terms, tools.signer, tools.trusted, state.generation + 1, former),
        store=tools.store,
        progress=lambda: tell("build", next(counted), expected),
    )
    if former is not None:
        former.write(whole=batch.affected is None)
    Rows(folder / "rows").write(index, new)
    built.quarantined += part.quarantined
    built.accounting.append(part.accounting)
    return built


def parts_affected(batch: Batch) -> list[int]:
    """Return the parts that hold passports to build."""
    if batch.affected is None:
        return list(range(batch.parts))
    return sorted({shard_index(slug, batch.parts) for slug in batch.affected})


def runs_of(batch: Batch) -> list[tuple[int, ...]]:
    """Group consecutive parts to build, each group for one task of about PASSPORTS_A_TASK passports."""
    parts, each = parts_affected(batch), max(1, PASSPORTS_A_TASK * batch.parts // max(batch.models, 1))
    return [tuple(parts[start : start + each]) for start in range(0, len(parts), each)]
