"""The Prefect flow watch: shows the ages of everything that the store serves, and fails when something is stale."""

import flows.orchestration.environment  # isort: skip  # noqa: F401 - sets Prefect's surroundings, so it comes before Prefect
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import Settings, gates_of, read_settings
from flows.errors import FlowError
from flows.orchestration.artifacts import LONGEST_TABLE
from flows.orchestration.metrics import age_metrics, leave_metrics
from flows.orchestration.tasks import is_transient
from flows.store.open import open_store
from flows.trust.trusted_keys import trusted_reader
from pipelines.views.age_chart import ages_svg, as_image
from pipelines.views.ages import Ages, Generation, SourceAge, ages_of, shown
from pipelines.views.run_summary import as_markdown

FRESH, STALE = "passports.fresh", "passports.stale"
"""Names of the events that automations act on."""


class StaleError(FlowError):
    """Something served must not be relied on any more, or a source was never crawled."""


@task(name="ages", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5, retry_condition_fn=is_transient)
def read_ages(store_url: str | None) -> Ages:
    """Return the ages of all that a store serves."""
    settings = read_settings(store=store_url)
    store, now = open_store(settings.store), clock_of(source_date_epoch())()
    reader = trusted_reader(settings, store, now)
    return ages_of(
        Generation(reader.pointer, reader.snapshot, reader.rows()), gates_of(settings), now, watched=settings.sources
    )


@flow(name="watch")
def watch(store: str | None = None) -> None:
    """Judge the age of each passport and source by its gate; leave metrics, artifacts, an event; raise StaleError."""
    settings = read_settings(store=store)
    ages = read_ages(store)
    complaints = complaints_of(ages, settings)
    leave_metrics(settings.metrics_file, age_metrics(ages))
    show(ages)
    tell(ages, complaints, open_store(settings.store).name)
    if complaints:
        raise StaleError("; ".join(complaints))


def complaints_of(ages: Ages, settings: Settings) -> list[str]:
    """Return a sentence for each thing that is stale or was never crawled, and for a pointer that has expired."""
    crawled = {source.source for source in ages.sources}
    never = [f"{source} was never crawled" for source in settings.sources if source not in crawled]
    return [*ages.stale, *never, *ages.frozen]


def show(ages: Ages) -> None:
    """Create the artifacts: ages of the sources with a plot, and a table of the passports that are not fresh."""
    pairs = [("generation", str(ages.generation)), *((source.source, _words(source)) for source in ages.sources)]
    plot = f"![How many passports are how old]({as_image(ages_svg(ages))})"
    create_markdown_artifact(
        f"{as_markdown(pairs)}\n\n{plot}\n", key="freshness", description="Ages of sources and passports"
    )
    rows = [passport._asdict() for passport in shown(ages.passports)[:LONGEST_TABLE]]
    if rows:
        create_table_artifact(rows, key="ages", description="Passports that are not fresh and active, the worst first")


def tell(ages: Ages, complaints: list[str], store: str) -> None:
    """Emit the event that automations act on."""
    emit_event(
        event=STALE if complaints else FRESH,
        resource={"prefect.resource.id": f"passports.store.{store}", "prefect.resource.name": store},
        payload={"generation": ages.generation, "ages": ages.counts, "complaints": complaints},
    )


def _words(source: SourceAge) -> str:
    when = f"{source.hours_ago:,.1f} h ago (stale after {source.stale_after_h:,} h)"
    return f"{source.age}: {source.listings:,} listings, {when}"
