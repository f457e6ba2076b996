"""What a run builds from, and how a worker in another process reads it: it is sent only the job and the folder's path.

A worker opens all else itself: the batch in the run's folder, the served passports in the store, the signing key and
the settings in its own environment, which must be the same as the run's.
"""

import hashlib
import pickle  # nosec B403 # only the run's own file is read
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from flows.build.batch import Batch
from flows.errors import FlowError
from flows.ingest.listings import Listings
from flows.job.job import Job, Tools, open_tools
from flows.job.workspace import is_ours_alone
from flows.registry.published import EMPTY, PublishedState, served
from pipelines.passport.document import PIPELINE
from pipelines.rules.rulebook import rulebook

_FILE = "batch.pickle"
_SERVED = "served"


class WorkerError(FlowError):
    """A worker cannot build: the run's folder is missing or unsafe, or code, key or settings are not the run's."""


class BuildInput(NamedTuple):
    """A batch, the state served now, and the folder that the new rows are written to."""

    batch: Batch
    served: PublishedState
    folder: Path


class WorkerEnvironment(NamedTuple):
    """The code, rules, signing key and settings of a process. A worker builds only if its own equal the run's."""

    code: str
    rules: str
    signing_key: str
    issuer: str
    base_url: str
    gates: str

    @classmethod
    def of(cls, tools: Tools) -> "WorkerEnvironment":
        """Return the environment of this process."""
        gates = hashlib.sha256(repr(sorted(tools.gates.items())).encode()).hexdigest()
        return cls(PIPELINE, rulebook().sha256, tools.signer.key_id, *tools.issuer, gates)


def write_build_input(job: Job, build_input: BuildInput) -> Path:
    """Write a batch to its folder, for workers to read, and return the folder."""
    listings = Listings(build_input.batch.listings.lines, unread=build_input.batch.listings.unread)
    with (build_input.folder / _FILE).open("wb") as file:
        pickle.dump((WorkerEnvironment.of(open_tools(job)), build_input.served.generation), file)
        _Pickler(file).dump(build_input.batch._replace(listings=listings))
    return build_input.folder


def read_build_input(job: Job, folder: Path) -> BuildInput:
    """Read a batch in a worker, cached for its further tasks; raise WorkerError where the worker cannot build it."""
    return _read_basis(job.model_dump_json(), folder)


@lru_cache(maxsize=1)
def _read_basis(job: str, folder: Path) -> BuildInput:
    tools = open_tools(Job.model_validate_json(job))
    with _opened(folder) as file:
        surroundings, generation = pickle.load(file)  # nosec B301  # noqa: S301 - the run's own file, in a folder of its owner's alone
        _demand_alike(surroundings, WorkerEnvironment.of(tools))
        state = _served(tools, generation)
        return BuildInput(_Unpickler(file, state).load(), state, folder)


def _opened(folder: Path) -> BinaryIO:
    """Open the file of a batch; raise WorkerError where it is missing or another user could have written it."""
    try:
        seen = folder.stat()
    except FileNotFoundError:
        remedy = "set PASSPORTS_WORK to a folder that the run and all of its workers share"
        raise WorkerError(f"this worker does not find {folder}: {remedy}") from None
    if not is_ours_alone(seen):
        raise WorkerError(f"{folder} can be written to by others: run the worker as the user who runs the flow")
    return (folder / _FILE).open("rb")


def _demand_alike(run: WorkerEnvironment, worker: WorkerEnvironment) -> None:
    for name, wanted, found in zip(run._fields, run, worker, strict=True):
        if wanted != found:
            difference = f"the run has {wanted}, this worker {found}"
            raise WorkerError(
                f"{name.replace('_', ' ')}: {difference}: start workers with the run's code and PASSPORTS_ settings"
            )


def _served(tools: Tools, generation: int) -> PublishedState:
    """Open the generation that the run builds on, even if another run has published a newer one since."""
    now = served(tools.store, tools.trusted, tools.clock()) if generation else EMPTY
    if now.reader and now.generation != generation:
        return PublishedState(now.reader.at_generation(generation))
    return now


class _Pickler(pickle.Pickler):
    """Writes a batch with a placeholder for the served state, which each reader opens itself."""

    def persistent_id(self, obj: object) -> str | None:
        return _SERVED if isinstance(obj, PublishedState) else None


class _Unpickler(pickle.Unpickler):
    """Reads a batch, with the served state that the reader opened in the placeholders."""

    def __init__(self, file: BinaryIO, state: PublishedState) -> None:
        super().__init__(file)
        self._state = state

    def persistent_load(self, pid: object) -> PublishedState:
        if pid != _SERVED:
            raise pickle.UnpicklingError(f"no such thing as {pid!r}")
        return self._state
