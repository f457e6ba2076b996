"""Builds the parts of a batch as Prefect tasks: in this process, or on the workers of a Dask cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.build.builder import Builder, build_parts, runs_of
from flows.build.passports import FEW_OBJECTS, Built
from flows.build.workers import BuildInput, read_build_input, write_build_input
from flows.config.settings import Settings
from flows.job.job import Job, open_tools
from flows.orchestration.tasks import RETRIED, Opaque
from flows.progress import tell

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner


@task(name="build", cache_policy=NO_CACHE)
def build_here_task(job: Job, build_input: Opaque[BuildInput], parts: tuple[int, ...], done: int) -> Opaque[Built]:
    """Build some parts in this process; `done` passports were made before."""
    return Opaque(build_parts(job, build_input.content, parts, done=done))


@task(name="build", **RETRIED)
def build_there_task(job: Job, folder: str, parts: tuple[int, ...]) -> Opaque[Built]:
    """Build some parts on a worker, which reads the batch from the run's folder and writes most passports ahead."""
    built = build_parts(job, read_build_input(job, Path(folder)), parts)
    built.write_ahead(open_tools(job).store, but=FEW_OBJECTS)
    return Opaque(built)


def builder_of(settings: Settings) -> Builder:
    """Return the builder that the settings choose: workers of Dask, or this process."""
    return partial(build_there, settings) if settings.task_runner == "dask" else build_in_turn


def build_in_turn(job: Job, build_input: BuildInput) -> Iterator[Built]:
    """Build a batch in this process, one task at a time; yield the result of each."""
    done, parcel = 0, Opaque(build_input)
    for parts in runs_of(build_input.batch):
        built = build_here_task(job, parcel, parts, done).content
        done += sum(built.asked.values())
        yield built


def build_there(settings: Settings, job: Job, build_input: BuildInput) -> Iterator[Built]:
    """Build a batch on the workers of a cluster; yield the results in the order of its parts.

    A batch of a single task is built in this process, where no cluster has to be started.
    """
    runs = runs_of(build_input.batch)
    if len(runs) == 1:
        yield from build_in_turn(job, build_input)
        return
    folder, done = str(write_build_input(job, build_input)), 0
    with _cluster(settings, job) as runner, _server_known():
        tell("build", 0, build_input.batch.models)
        futures = [runner.submit(build_there_task, {"job": job, "folder": folder, "parts": parts}) for parts in runs]
        while futures:
            built = futures.pop(0).result().content
            done += sum(built.asked.values())
            tell("build", done, max(done, build_input.batch.models) if futures else done)
            yield built


def _cluster(settings: Settings, job: Job) -> "DaskTaskRunner":
    """Connect to the cluster of the settings, or start one on this machine that ends with the build.

    Any client of a scheduler can run code on its workers, which sign: the one started here accepts only ours, by TLS.
    """
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - half a second, and only runs with workers need it

    if settings.dask_scheduler:
        return DaskTaskRunner(address=settings.dask_scheduler)
    here = {"n_workers": os.cpu_count(), "threads_per_worker": 1, "local_directory": job.work}
    private = {"protocol": "tls", "security": True, "dashboard_address": "127.0.0.1:0"}
    return DaskTaskRunner(cluster_kwargs=here | private)


@contextmanager
def _server_known() -> Iterator[None]:
    """Pass the address of this run's Prefect server to workers, so that each does not start another one."""
    running = FlowRunContext.get()
    with temporary_settings({PREFECT_API_URL: str(running.client.api_url)} if running else {}):
        yield
