"""Artifacts of a run on Prefect's pages: a summary, the changes, and the quarantine."""

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from pipelines.views.run_summary import as_markdown, change_rows, quarantine_rows, summary_lines
from schemas.run import Published, RunReport

LONGEST_TABLE = 500
"""Most rows of a table artifact; the run report in the store has all."""


async def show(report: RunReport, published: Published | None) -> None:
    """Create the artifacts of a run; `published` is None where it published nothing."""
    text = as_markdown(summary_lines(report, published))
    await acreate_markdown_artifact(text, key="summary", description=f"Run {report.run}")
    for key, rows in (("changes", change_rows(report)), ("quarantine", quarantine_rows(report))):
        if rows:
            await acreate_table_artifact(rows[:LONGEST_TABLE], key=key, description=f"Run {report.run}")
