"""The Prefect flows refresh, rescrape and publish, with a task for each stage of a run. No task is passed a secret."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
import asyncio
import random

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
from flows.config.settings import Settings, read_settings
from flows.crawl.sources import crawl_source, extract_limits
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.ingestion import Ingestion, ingest
from flows.job.job import Consent, Job, new_job, open_tools
from flows.job.workspace import workspace
from flows.maintenance.replicate import mirror
from flows.orchestration.artifacts import show
from flows.orchestration.build_tasks import builder_of
from flows.orchestration.metrics import leave_metrics, run_metrics
from flows.orchestration.tasks import RETRIED, Opaque, survive_broken_pipe
from flows.progress import LOG
from flows.run.assemble import Assembled, assemble
from flows.run.publish import PartialRunError, RunOutcome, publish_generation
from flows.run.stages import Stages, run_stages
from flows.run.targets import listings_to_crawl
from schemas.run import Published, RunReport


@task(name="crawl", task_run_name="crawl {source}", **RETRIED)
async def crawl_task(job: Job, source: str, so_far: Opaque[Ingestion]) -> Opaque[CrawlOutcome]:
    """Crawl one source; the listings in `so_far` name the ids to ask for."""
    return Opaque(await crawl_source(job, source, so_far.content))


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
    """Run all stages of a job within a flow, each as a task; raise PartialRunError where sources were left out."""
    done = await run_stages(job, stages_of(open_tools(job).settings))
    if done.report.state == "partial":
        raise PartialRunError(done)
    return done


def stages_of(settings: Settings) -> Stages:
    """Return the stages as tasks, between which values pass without being traversed."""

    async def crawl(job: Job, source: str, so_far: Ingestion) -> CrawlOutcome:
        return (await crawl_task(job, source, Opaque(so_far))).content

    async def extract(job: Job, so_far: Ingestion) -> CrawlOutcome | None:
        return (await extract_task(job, Opaque(so_far))).content

    def publish(job: Job, assembled: Assembled, built: Built, builder: Builder) -> RunOutcome:
        return publish_task(job, Opaque(assembled), Opaque(built), Opaque(builder)).content

    return Stages(
        crawl=crawl,
        ingest=lambda job, so_far, outcome: ingest_task(job, Opaque(so_far), Opaque(outcome)).content,
        extract=extract,
        assemble=lambda job, ingestion: assemble_task(job, Opaque(ingestion)).content,
        builder=builder_of(settings),
        publish=publish,
        report=_tell,
    )


async def _tell(job: Job, report: RunReport, published: Published | None) -> None:
    """Publish a run's report as artifacts and metrics."""
    await show(report, published)
    leave_metrics(open_tools(job).settings.metrics_file, run_metrics(report, job.sources))


@flow(name="job", flow_run_name="{job.flow} {job.run}", validate_parameters=False)
async def job_flow(job: Job) -> Opaque[RunOutcome]:
    """Run a job that the command line has made."""
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
    return random.uniform(0.0, jitter_s) if by_schedule else 0.0  # nosec B311  # noqa: S311 - a moment, not a secret


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
