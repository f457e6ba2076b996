"""The Prefect flows refresh, rescrape and publish, with a task for each stage of a run. No task is passed a secret."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import random
from contextvars import ContextVar
from dataclasses import dataclass

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.build.builder import Builder
from flows.build.passports import Built
from flows.config.clock import source_date_epoch
from flows.config.settings import read_settings
from flows.crawl.sources import breach_of, crawl_source, crawl_waves, extract_limits
from flows.ingest.crawl_file import CrawlFailedError, CrawlOutcome
from flows.ingest.ingestion import Ingestion, begin, ingest, with_failures
from flows.job.job import Consent, Job, new_job, open_tools
from flows.job.workspace import workspace
from flows.maintenance.replicate import mirror
from flows.orchestration.artifacts import show
from flows.orchestration.build_tasks import builder_of
from flows.orchestration.metrics import leave_metrics, run_metrics
from flows.orchestration.tasks import RETRIED, Opaque, survive_broken_pipe
from flows.progress import LOG, STARTING, tell
from flows.run.assemble import Assembled, GateClosedError, assemble
from flows.run.publish import RunOutcome, build_passports, publish_generation
from flows.run.targets import listings_to_crawl
from schemas.run import Breach, Published, RunReport


@dataclass(frozen=True)
class BegunCrawls:
    """Crawls of the first wave that were begun while Prefect was still starting, so that the two waits overlap."""

    so_far: Ingestion
    """The ingestion that they begin with."""
    tasks: "dict[str, asyncio.Task[CrawlOutcome]]"
    """Source → its crawl."""


BEGUN_CRAWLS: ContextVar[BegunCrawls | None] = ContextVar("begun_crawls", default=None)
"""The crawls begun for the job that runs now."""


@task(name="crawl", task_run_name="crawl {source}", **RETRIED)
async def crawl_task(job: Job, source: str, so_far: Opaque[Ingestion]) -> Opaque[CrawlOutcome]:
    """Crawl one source; the listings in `so_far` name the ids to ask for."""
    begun = BEGUN_CRAWLS.get()
    started = begun.tasks.pop(source, None) if begun else None
    return Opaque(await (started or crawl_source(job, source, so_far.content)))


@task(name="ingest", **RETRIED)
def ingest_task(job: Job, so_far: Opaque[Ingestion], outcome: Opaque[CrawlOutcome]) -> Opaque[Ingestion]:
    """Judge a crawl by its gate and, if it passes, update the listings, which later crawls take ids from."""
    return Opaque(ingest(job, so_far.content, outcome.content))


@task(name="extract", cache_policy=NO_CACHE)
async def extract_task(job: Job, so_far: Opaque[Ingestion]) -> Opaque[CrawlOutcome | None]:
    """Ask a language model for the limits that texts state; None where no model is set."""
    return Opaque(await extract_limits(job, so_far.content))


@task(name="assemble", **RETRIED)
def assemble_task(job: Job, ingestion: Opaque[Ingestion]) -> Opaque[Assembled]:
    """Return the batch of the crawls that passed their gates, joined with what is served."""
    return Opaque(assemble(job, ingestion.content))


@task(name="publish", **RETRIED)
def publish_task(
    job: Job, assembled: Opaque[Assembled], built: Opaque[Built], builder: Opaque[Builder]
) -> Opaque[RunOutcome]:
    """Publish a generation; if another run has published meanwhile, build again on its generation first."""
    return Opaque(publish_generation(job, assembled.content, built.content, builder.content))


async def run_job(job: Job) -> RunOutcome:
    """Run all stages of a job within a flow; raise GateClosedError or the error of a stage."""
    builder = builder_of(open_tools(job).settings)
    try:
        assembled = assemble_task(job, Opaque(await crawl_all(job)))
        built = Opaque(build_passports(job, assembled.content, builder))
        done = publish_task(job, assembled, built, Opaque(builder)).content
    except GateClosedError as error:
        await _tell(job, error.report, None)
        raise
    await _tell(job, done.report, done.published)
    return done


async def _tell(job: Job, report: RunReport, published: Published | None) -> None:
    """Publish a run's report as artifacts and metrics."""
    await show(report, published)
    leave_metrics(open_tools(job).settings.metrics_file, run_metrics(report, job.sources))


async def crawl_all(job: Job) -> Ingestion:
    """Crawl and ingest every source of a job, wave by wave; a crawl without a report does not stop the others."""
    begun = BEGUN_CRAWLS.get()
    so_far, failures = Opaque(begun.so_far if begun else begin(job)), list[Breach]()
    for wave in crawl_waves(job.sources):
        came = await asyncio.gather(*(crawl_task(job, source, so_far) for source in wave), return_exceptions=True)
        for source, outcome in zip(wave, came, strict=True):
            if isinstance(outcome, Opaque):
                so_far = ingest_task(job, so_far, outcome)
            elif isinstance(outcome, CrawlFailedError):
                failures.append(breach_of(source, outcome))
            else:
                raise outcome
    extraction = (await extract_task(job, so_far)).content
    if extraction:
        so_far = ingest_task(job, so_far, Opaque(extraction))
    return with_failures(so_far.content, failures)


@flow(name="job", flow_run_name="{job.flow} {job.run}", validate_parameters=False)
async def job_flow(job: Job) -> Opaque[RunOutcome]:
    """Run a job that the command line has made."""
    tell(STARTING, 1, 1)
    return Opaque(await run_job(job))


def _run_name() -> str:
    return f"refresh {', '.join(flow_run.parameters.get('sources') or read_settings().sources)}"


@flow(name="refresh", flow_run_name=_run_name)
async def refresh(
    sources: list[str] | None = None, store: str | None = None, jitter_s: float = 0.0, *, accept_drop: bool = False
) -> State[None] | None:
    """Crawl those of `sources` (None: all) that the settings switch on, build, sign and publish.

    A run started by a schedule first waits up to `jitter_s` seconds, so that installations do not all ask a source at
    the same second. A run started by a person begins at once; with `accept_drop` it accepts a drop that they checked.
    """
    survive_broken_pipe()
    asked = read_settings().sources
    asked = tuple(source for source in sources if source in asked) if sources else asked
    if not asked:
        return Completed(name="Skipped", message=f"not in PASSPORTS_SOURCES: {', '.join(sources or ())}")
    if wait_s := waiting_s(jitter_s):
        LOG.info("waiting %.0f s, so that not all installations start at the same second", wait_s)
        await asyncio.sleep(wait_s)
    settings = read_settings(sources=asked, store=store)
    await _do(new_job("refresh", settings, epoch=source_date_epoch(), consent=Consent(accept_drop)))
    return None


def waiting_s(jitter_s: float) -> float:
    """Return a random wait of up to `jitter_s` seconds for a run started by a schedule, 0 for any other."""
    context = FlowRunContext.get()
    by_schedule = context is not None and context.flow_run is not None and context.flow_run.auto_scheduled
    return random.uniform(0.0, jitter_s) if by_schedule else 0.0  # noqa: S311 - a moment, not a secret


@flow(name="rescrape", flow_run_name="rescrape {slug}")
async def rescrape(slug: str, store: str | None = None) -> None:
    """Crawl the records of one passport, named by its slug or by its listing's id, and publish it anew."""
    settings, epoch = read_settings(store=store), source_date_epoch()
    only = listings_to_crawl(slug, settings, epoch)
    await _do(new_job("rescrape", settings, epoch=epoch, only=only))


async def _do(asked: Job) -> None:
    """Run a job without a terminal; when it is cancelled, log what that leaves."""
    survive_broken_pipe()
    try:
        with workspace(asked) as job:
            await run_job(job)
    except (asyncio.CancelledError, TerminationSignal):
        LOG.warning("cancelled: its crawl has ended, and the store is as the last complete publication left it")
        raise


@flow(name="publish")
def publish(to: str, store: str | None = None) -> None:
    """Bring another store to the generation that this one serves."""
    survive_broken_pipe()
    done = mirror(read_settings(store=store), to)
    LOG.info("generation %d: copied %d immutable files", done.generation, done.copied)
