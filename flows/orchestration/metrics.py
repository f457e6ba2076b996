"""Writes the results of runs as Prometheus metrics, to a file for the node exporter's textfile collector.

A file instead of a push: a run ends before it could be scraped, the machine's node exporter runs anyway, and a file
needs no further server and no password. Several flows write the same file, so each preserves the samples of the others:
a run's samples stay until the next run of the same flow and sources.
"""

import fcntl
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from flows.progress import LOG
from pipelines.freshness import AGES
from pipelines.views.ages import BAD_AGES, SECONDS_PER_HOUR, Ages
from schemas.run import RunReport
from schemas.times import instant

Labels = tuple[tuple[str, str], ...]
Series = dict[tuple[str, Labels], float]
"""Name and labels → value."""

HELP = {
    "passports_run_seconds": "Duration of the last run, from its first request to its report.",
    "passports_run_success": "1 when the last run published all that it crawled, 0 when a gate stopped some or all.",
    "passports_run_finished_timestamp_seconds": "When the last run ended, in Unix time.",
    "passports_run_passports": "Models of the last run that have a passport.",
    "passports_listings": "Records in the source's list at the last crawl.",
    "passports_quarantined": "Records of the source that the last run refused.",
    "passports_served": "Passports that are served, by age.",
    "passports_stale": "Passports that are served but must no longer be relied on: stale or expired.",
    "passports_source_age_seconds": "Age of the source's last good crawl.",
    "passports_generation": "The generation that is served.",
    "passports_watched_timestamp_seconds": "When the watch last ran, in Unix time.",
}
"""Name of a metric → its help text; each is a gauge."""


class Sample(NamedTuple):
    """One value of one metric, with its labels."""

    name: str
    value: float
    labels: Labels = ()


def run_metrics(report: RunReport, sources: Collection[str]) -> Iterator[Sample]:
    """Yield the samples of a run that was to crawl these sources.

    The labels depend on the job, not on its result: a failure shows until the next run of the same job succeeds.
    """
    run = (("flow", report.flow), ("sources", ",".join(sorted(sources))))
    begun, ended = instant(report.started_at), instant(report.finished_at)
    yield Sample("passports_run_seconds", (ended - begun).total_seconds(), run)
    yield Sample("passports_run_success", float(report.state == "done"), run)
    yield Sample("passports_run_finished_timestamp_seconds", ended.timestamp(), run)
    if report.accounting:
        yield Sample("passports_run_passports", report.accounting.passports, run)
    refused = Counter(record.source for record in report.quarantined)
    for crawl in report.crawls:
        labels = (("flow", report.flow), ("source", crawl.source))
        yield Sample("passports_listings", crawl.listings, labels)
        yield Sample("passports_quarantined", refused[crawl.source], labels)


def age_metrics(ages: Ages) -> Iterator[Sample]:
    """Yield the samples of the ages of what is served."""
    yield Sample("passports_generation", ages.generation)
    yield Sample("passports_watched_timestamp_seconds", ages.at.timestamp())
    for age in AGES:
        yield Sample("passports_served", ages.counts.get(age, 0), (("age", age),))
    yield Sample("passports_stale", sum(ages.counts.get(age, 0) for age in BAD_AGES))
    for source in ages.sources:
        seconds = source.hours_ago * SECONDS_PER_HOUR
        yield Sample("passports_source_age_seconds", seconds, (("source", source.source),))


def leave_metrics(file: Path | None, samples: Iterable[Sample]) -> None:
    """Merge samples into the file of PASSPORTS_METRICS_FILE; if it cannot be written, log a warning and go on."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_name(f"{file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write_to_textfile(str(file), _registry(_left(file) | {(s.name, s.labels): s.value for s in samples}))
    except OSError as error:
        LOG.warning("PASSPORTS_METRICS_FILE: %s: %s: no metrics were written", file, error.strerror)


def _left(file: Path) -> Series:
    """Return the samples of earlier runs; none of a file that is no metrics file of ours, which is overwritten."""
    try:
        families = list(text_string_to_metric_families(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}
    samples = (sample for family in families for sample in family.samples if sample.name in HELP)
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


def _registry(series: Series) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_RunCollector(series))
    return registry


class _RunCollector(Collector):
    """Exposes samples that have all been collected before."""

    def __init__(self, series: Series) -> None:
        self._series = series

    def collect(self) -> Iterable[Metric]:
        """Yield each gauge with its samples, in the order of HELP."""
        for name, text in HELP.items():
            rows = sorted((labels, value) for (named, labels), value in self._series.items() if named == name)
            if rows:
                family = GaugeMetricFamily(name, text, labels=[label for label, _ in rows[0][0]])
                for labels, value in rows:
                    family.add_metric([text for _, text in labels], value)
                yield family
