"""What a run builds from, and how a worker in another process comes by it: only where it lies is sent.

Everything beside a job's plain values the worker reads for itself: the batch from the run's folder, what is served from
the store, the signing key and the settings from its own surroundings, which must be those of the run.
"""

import hashlib
import os
import pickle
import stat
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from flows.build.batch import Batch
from flows.errors import FlowError
from flows.ingest.listings import Listings
from flows.job.job import Job, Tools, open_tools
from flows.registry.published import EMPTY, PublishedState, served
from pipelines.passport.document import PIPELINE
from pipelines.rules.rulebook import rulebook

_FILE = "batch.pickle"
_SERVED = "served"


class WorkerError(FlowError):
    """A worker cannot do its part of a run, as it does not see what the run sees."""


class BuildInput(NamedTuple):
    """A batch, what is served now, and the folder for what comes of it."""

    batch: Batch
    served: PublishedState
    folder: Path


class WorkerEnvironment(NamedTuple):
    """What must be alike wherever parts of one run are built; each worker has its own, so they are compared."""

    code: str
    rules: str
    signing_key: str
    issuer: str
    base_url: str
    gates: str

    @classmethod
    def of(cls, tools: Tools) -> "WorkerEnvironment":
        """Say what this process builds with."""
        gates = hashlib.sha256(repr(sorted(tools.gates.items())).encode()).hexdigest()
        return cls(PIPELINE, rulebook().sha256, tools.signer.key_id, *tools.issuer, gates)


def write_build_input(job: Job, basis: BuildInput) -> Path:
    """Put a batch where workers read it; returns its folder."""
    stock = Listings(basis.batch.stock.lines, unread=basis.batch.stock.unread)
    with (basis.folder / _FILE).open("wb") as file:
        pickle.dump((WorkerEnvironment.of(open_tools(job)), basis.served.generation), file)
        _Pickler(file).dump(basis.batch._replace(stock=stock))
    return basis.folder


def read_build_input(job: Job, folder: Path) -> BuildInput:
    """Read a batch in a worker, once for all of its tasks; raise WorkerError."""
    return _read_basis(job.model_dump_json(), folder)


@lru_cache(maxsize=1)
def _read_basis(job: str, folder: Path) -> BuildInput:
    tools = open_tools(Job.model_validate_json(job))
    with _opened(folder) as file:
        surroundings, generation = pickle.load(file)  # noqa: S301 - the run's own file, in a folder of its owner's alone
        _demand_alike(surroundings, WorkerEnvironment.of(tools))
        state = _served(tools, generation)
        return BuildInput(_Unpickler(file, state).load(), state, folder)


def _opened(folder: Path) -> BinaryIO:
    """Open the file of a batch, unless somebody else may have written it."""
    try:
        seen = folder.stat()
    except FileNotFoundError:
        remedy = "set PASSPORTS_WORK to a folder that the run and all of its workers share"
        raise WorkerError(f"{folder} is not there for this worker: {remedy}") from None
    if seen.st_uid != os.geteuid() or stat.S_IMODE(seen.st_mode) & 0o022:
        raise WorkerError(f"{folder} can be written to by others: run the worker as the user who runs the flow")
    return (folder / _FILE).open("rb")


def _demand_alike(run: WorkerEnvironment, worker: WorkerEnvironment) -> None:
    for name, wanted, found in zip(run._fields, run, worker, strict=True):
        if wanted != found:
            told = f"the run has {wanted}, this worker {found}"
            raise WorkerError(f"{name.replace('_', ' ')}: {told}: give workers the run's code and PASSPORTS_ settings")


def _served(tools: Tools, generation: int) -> PublishedState:
    """Open what the run builds on, also where another run has published meanwhile."""
    now = served(tools.store, tools.trusted, tools.clock()) if generation else EMPTY
    if now.reader and now.generation != generation:
        return PublishedState(now.reader.at_generation(generation))
    return now


class _Pickler(pickle.Pickler):
    """Writes a batch without what is served: whoever reads it opens that for himself."""

    def persistent_id(self, obj: object) -> str | None:
        return _SERVED if isinstance(obj, PublishedState) else None


class _Unpickler(pickle.Unpickler):
    """Reads a batch, and puts in what is served."""

    def __init__(self, file: BinaryIO, state: PublishedState) -> None:
        super().__init__(file)
        self._state = state

    def persistent_load(self, pid: object) -> PublishedState:
        if pid != _SERVED:
            raise pickle.UnpicklingError(f"no such thing as {pid!r}")
        return self._state
