"""Reads the deployments of prefect.yaml, for a process that serves them all, and says when each runs next."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import importlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.server.schemas.schedules import CronSchedule
from prefect.types.entrypoint import EntrypointType
from pydantic import Field, ValidationError

from flows.crawl.process import ROOT
from flows.errors import FlowError
from schemas.base import Frozen

FILE = ROOT / "prefect.yaml"


class ScheduleError(FlowError):
    """prefect.yaml is missing or cannot be read."""


class Timetable(Frozen):
    """A schedule of a deployment."""

    cron: str
    timezone: str


class Limit(Frozen):
    """How many runs of a deployment there may be at once, and what becomes of a further one."""

    limit: int
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"]


class WorkPool(Frozen):
    """Where Prefect's workers find the deployment's runs; unused by a process that serves deployments itself."""

    name: str


class Deployment(Frozen):
    """One deployment, as in prefect.yaml."""

    name: str
    description: str
    entrypoint: str
    """Module and function, with dots: "flows.orchestration.watch.watch"."""
    work_pool: WorkPool
    concurrency_limit: Limit
    schedules: tuple[Timetable, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that it crawls; empty for a flow that crawls none."""
        return tuple(self.parameters.get("sources", ()))

    async def next_run(self, now: datetime) -> datetime | None:
        """Return when it runs next, as Prefect's own scheduler computes it; None without a schedule."""
        dates = [await CronSchedule(cron=t.cron, timezone=t.timezone).get_dates(1, start=now) for t in self.schedules]
        return min((date for found in dates for date in found), default=None)


def read_deployments(file: Path = FILE) -> list[Deployment]:
    """Read all deployments; raise ScheduleError naming the file and what is wrong with it."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        return [Deployment.model_validate(entry, strict=False) for entry in document["deployments"]]
    except FileNotFoundError:
        raise ScheduleError(f"{file} is missing: run the schedules from a checkout") from None
    except (ValidationError, yaml.YAMLError, TypeError, KeyError) as error:
        raise ScheduleError(f"{file}: {error}") from None


def switched_on(deployments: list[Deployment], sources: Collection[str]) -> list[Deployment]:
    """Return the deployments without the refreshes of sources that are not among `sources`."""
    return [one for one in deployments if not one.sources or set(one.sources) & set(sources)]


def served(deployment: Deployment) -> RunnerDeployment:
    """Return the deployment in the form that a process serves itself: the same, without a work pool."""
    module, _, name = deployment.entrypoint.rpartition(".")
    flow = cast("Flow[..., Any]", getattr(importlib.import_module(module), name))
    limit = deployment.concurrency_limit
    return RunnerDeployment.from_flow(
        flow,
        name=deployment.name,
        description=deployment.description,
        schedules=[Cron(timetable.cron, timezone=timetable.timezone) for timetable in deployment.schedules],
        parameters=dict(deployment.parameters),
        concurrency_limit=ConcurrencyLimitConfig(
            limit=limit.limit, collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy)
        ),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
