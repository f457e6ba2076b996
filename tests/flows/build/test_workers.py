import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.build.batch import MODELS_A_PART, Batch, part_count
from flows.build.builder import build_here, build_parts, parts_affected, runs_of
from flows.build.passports import Built
from flows.build.workers import BuildInput, WorkerError, read_build_input, write_build_input
from flows.job.job import Job, _opened_once
from flows.run.assemble import Assembled
from flows.run.publish import build_passports, publish_generation
from pipelines.registry.slots import shard_index
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.runs import NOON, SEED, Record, assemble_crawls, brought, files, finish, job_for, reader, refresh
from tests.support.spiders.server import model

LATER = NOON + timedelta(hours=1)
MANY = [model(f"ada/m{n}") for n in range(40)]


@pytest.fixture
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.build.batch.part_count", lambda _: 16)


@pytest.fixture
def job(equipped: Path) -> Job:
    work = equipped / "work"
    work.mkdir(mode=0o700)
    return job_for(equipped / "store").model_copy(update={"work": str(work)})


def assembled(job: Job, records: list[Record] = MANY) -> Assembled:
    return assemble_crawls(job, [brought(records)])


def as_a_worker(job: Job, build_input: BuildInput) -> list[Built]:
    """Build from the folder alone, run after run, as workers do."""
    folder = write_build_input(job, build_input)
    return [build_parts(job, read_build_input(job, folder), parts) for parts in runs_of(build_input.batch)]


@pytest.mark.usefixtures("many_parts")
def test_what_workers_build_is_what_one_process_builds(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.build.builder.PASSPORTS_A_TASK", 8)
    roots = {"one": build_here, "many": as_a_worker}
    for name, builder in roots.items():
        job = job_for(equipped / name)
        begun = assembled(job)
        assert len(runs_of(begun.build_input.batch)) > 3
        publish_generation(job, begun, build_passports(job, begun, builder), builder)
    one, many = (files(equipped / name) for name in roots)
    assert len([key for key in one if key.startswith("api/v1/passport/")]) == 40
    assert one == many


@pytest.mark.usefixtures("many_parts")
def test_a_worker_reads_what_was_served_when_the_run_began(job: Job) -> None:
    root = Path(job.store)
    refresh(root, MANY)
    begun = assemble_crawls(job, [brought(MANY, at=LATER)])
    refresh(root, [*MANY[1:], model("ada/new")], at=LATER)
    build_input = read_build_input(job, write_build_input(job, begun.build_input))
    assert reader(root, at=LATER).generation == 2
    assert build_input.served.generation == 1
    assert (
        build_input.served.rows() == begun.build_input.served.rows() != {row.slug: row for row in reader(root).rows()}
    )


def test_what_is_sent_and_written_holds_no_key(job: Job) -> None:
    folder = write_build_input(job, assembled(job).build_input)
    for body in (pickle.dumps((job, str(folder), (0,))), (folder / "batch.pickle").read_bytes()):
        assert SEED not in body
        assert SEED.hex().encode() not in body
        assert signing_key_to_jwk(SEED).encode() not in body
    assert len(pickle.dumps((job, str(folder), (0,)))) < 2000


OTHER: dict[str, tuple[str, str]] = {
    "base url": ("PASSPORTS_BASE_URL", "https://elsewhere.example"),
    "issuer": ("PASSPORTS_ISSUER", "elsewhere.example"),
    "signing key": ("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(bytes(range(1, 33)))),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_worker_with_other_settings_builds_nothing(name: str, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_build_input(job, assembled(job).build_input)
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE" if name == "signing key" else "NOTHING", raising=False)
    monkeypatch.setenv(*OTHER[name])
    _opened_once.cache_clear()  # another process opens its own tools
    with pytest.raises(
        WorkerError, match=rf"^{name}: the run has .*, this worker .*: start workers with the run's code"
    ):
        read_build_input(job, folder)


def test_a_worker_without_the_runs_folder_says_what_to_set(job: Job, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="set PASSPORTS_WORK to a folder that the run and all of its workers share"):
        read_build_input(job, tmp_path / "nowhere")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720, 0o702])
def test_a_batch_that_others_may_have_written_is_not_read(mode: int, job: Job) -> None:
    folder = write_build_input(job, assembled(job).build_input)
    folder.chmod(mode)
    with pytest.raises(WorkerError, match="can be written to by others"):
        read_build_input(job, folder)


def batch(**fields: Any) -> Batch:
    plain: dict[str, Any] = dict.fromkeys(Batch._fields)
    return Batch(**{**plain, **fields})


GRAINS = {
    "a few hundred": (500, 1, 1, 1),
    "the most in one part": (2_000, 1, 1, 1),
    "more parts than work": (6_000, 16, 1, 16),
    "the most in 16 parts": (32_000, 16, 4, 5),
    "some parts a task": (40_000, 256, 4, 64),
    "half a million": (500_000, 256, 52, 5),
    "two million": (2_000_000, 256, 256, 1),
    "nothing yet": (0, 1, 1, 1),
}


@pytest.mark.parametrize(("models", "parts", "tasks", "largest"), GRAINS.values(), ids=GRAINS)
def test_parts_are_small_and_tasks_are_few_and_hold_all_parts(
    models: int, parts: int, tasks: int, largest: int
) -> None:
    assert part_count(models) == parts
    assert models / parts <= MODELS_A_PART or models > 512_000
    runs = runs_of(batch(parts=parts, models=models))
    assert (len(runs), max(len(run) for run in runs)) == (tasks, largest)
    assert [index for run in runs for index in run] == list(range(parts))
    assert models < 10_000 or 5_000 <= models / tasks <= 20_000


def test_only_parts_that_are_concerned_are_built() -> None:
    wanted = frozenset({"ada-one", "ada-two"})
    affected = batch(parts=256, models=1_000_000, affected=wanted)
    assert parts_affected(affected) == sorted(shard_index(slug, 256) for slug in wanted)
    assert len(runs_of(affected)) == 1 + (len(parts_affected(affected)) > 2)


@pytest.mark.usefixtures("many_parts")
def test_a_rescrape_in_many_parts_touches_no_other_passport(equipped: Path) -> None:
    root = equipped / "store"
    refresh(root, MANY)
    before = {row.slug: row for row in reader(root).rows()}
    job = job_for(root, at=LATER, flow="rescrape", only=("ada/m7",))
    done = finish(job, [brought([model("ada/m7", name="Ada: Seven")], at=LATER)])
    after = {row.slug: row for row in reader(root, at=LATER).rows()}
    assert [change.slug for change in done.report.changes] == ["ada-m7"]
    assert {slug for slug in after if after[slug] != before[slug]} == {"ada-m7"}
    assert len(after) == 40
