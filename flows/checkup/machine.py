"""Checks the machine on which a run would be: its clock, folders and Prefect server."""

import shutil
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from flows.config.clock import clock_of, source_date_epoch
from flows.config.extras import require
from flows.config.settings import Settings
from flows.errors import FlowError
from flows.orchestration.server import check_home, is_healthy, named_server, prefect_home
from pipelines.formats.text import amount
from schemas.times import timestamp


class UnwritableError(FlowError):
    """A folder that a run writes to cannot be written to."""


class Check(NamedTuple):
    """The result of one check."""

    name: str
    state: Literal["fit", "warning", "unfit", "unknown"]
    """Unfit: a run would fail. Warning: not yet, but something has to be done. Unknown: it could not be checked."""
    detail: str


def fixed_clock() -> Check:
    """Return whether SOURCE_DATE_EPOCH fixes the clock; raise ClockError for a date that is none."""
    epoch = source_date_epoch()
    if epoch is None:
        return Check("fixed clock", "fit", "SOURCE_DATE_EPOCH is not set: dates are those of the system's clock")
    at = timestamp(clock_of(epoch)())
    return Check("fixed clock", "warning", f"SOURCE_DATE_EPOCH fixes the clock of runs at {at}: unset it to publish")


def work(settings: Settings, nonce: str) -> Check:
    """Return whether a run can make its folder; raise UnwritableError."""
    folder = settings.work or Path(tempfile.gettempdir())
    ensure_writable(first_there(folder), nonce)
    free = amount(shutil.disk_usage(first_there(folder)).free // 2**20, "MiB", "MiB")
    return Check("work folder", "fit", f"{folder}, with {free} free")


def metrics(settings: Settings, nonce: str) -> Check:
    """Return whether a run can write its metrics, where it is to; raise UnwritableError."""
    file = settings.metrics_file
    if file is None:
        return Check("metrics file", "fit", "PASSPORTS_METRICS_FILE is not set: no metrics are written")
    if file.is_dir():
        return Check("metrics file", "unfit", f"{file} is a folder: set PASSPORTS_METRICS_FILE to a file in it")
    ensure_writable(file.parent, nonce)
    return Check("metrics file", "fit", str(file))


def prefect(settings: Settings) -> Check:
    """Return whether the server answers that runs use, or can be started; raise SettingsError."""
    if named := named_server():
        require("schedule", "PREFECT_API_URL")
        if is_healthy(named):
            return Check("Prefect", "fit", f"the server at {named} answers, and runs are flows on it")
        return Check("Prefect", "unfit", f"no Prefect server answers at {named}: start it, or unset PREFECT_API_URL")
    if settings.task_runner == "dask":
        check_home()
        return Check("Prefect", "fit", f"builds on Dask start a server in {prefect_home()}")
    return Check("Prefect", "fit", "not needed: PREFECT_API_URL is not set, and runs need no server")


def first_there(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists: a run makes the others."""
    return next((one for one in (folder, *folder.parents) if one.exists()), folder)


def ensure_writable(folder: Path, nonce: str) -> None:
    """Raise UnwritableError unless a file can be made in a folder; it is removed again."""
    probe = folder / f".passports-doctor-{nonce}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise UnwritableError(f"{folder} cannot be written to ({error.strerror}): choose another folder") from None
