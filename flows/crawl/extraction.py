"""Asks a language model for the limits that texts state, and retains answers whose quotes occur there. Off by default.

It runs after the crawls and yields what a crawl does: one line for each record, and a report last. No failure of the
endpoint stops the run: a text without a new answer retains the proposals found before, if the text is unchanged.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from itertools import starmap
from typing import TYPE_CHECKING

from flows.config.clock import Clock
from flows.crawl.endpoint import Endpoint
from pipelines.extraction.answer import ModelAnswerError, SourceText, accepted_proposals, states_something, text_of
from pipelines.extraction.prompt import question_of
from pipelines.extraction.record import answers, is_of, record_of
from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine, CrawlReport, QuarantinedLine
from schemas.lines import written_line
from schemas.listing import Listing, Observation, Quarantined, RawListing
from schemas.sources import EXTRACTION
from schemas.times import timestamp

if TYPE_CHECKING:
    from flows.crawl.language_model import ExtractionClient, Reply

AT_ONCE = 4
"""Most questions in flight at the same time."""

FAILURES_IN_A_ROW = 3
"""Failures of the endpoint after which it is not asked again in this run."""

SHOWN_CHARS = 2000
"""Most characters of an unreadable answer that are quarantined."""

Line = AdmittedLine | QuarantinedLine


async def extract(
    records: Iterable[AdmittedLine], *, last: Callable[[str], RawListing | None], endpoint: Endpoint, clock: Clock
) -> AsyncGenerator[Line | CrawlReport]:
    """Ask about the texts of records; yield a line for each new or earlier answer, or refusal, and the report last.

    `last` returns the last good extraction by its id ("huggingface-card:<repository>"). If it has the same text,
    question and model, the text is not asked about again.
    """
    from flows.crawl.language_model import ExtractionClient  # noqa: PLC0415 - the library takes a second to import

    client = ExtractionClient(endpoint)
    work = _Extraction(client, endpoint, clock)
    try:
        for batch in work.batches(records, last):
            for came in [line for lines in await asyncio.gather(*starmap(work.lines, batch)) for line in lines]:
                line, _ = written_line(came)
                work.count(line)
                yield line
    finally:
        await client.close()
    yield work.report()


class _Extraction:
    """The extraction of one run: asks about texts and counts the answers for its report."""

    def __init__(self, client: "ExtractionClient", endpoint: Endpoint, clock: Clock) -> None:
        self._client, self._endpoint, self._clock = client, endpoint, clock
        self._started_at = timestamp(clock())
        self._texts = self._asked = self._in_a_row = 0
        self._ended = "finished"
        self._came: Counter[str] = Counter()
        self._leftovers: Counter[str] = Counter()
        self._unfamiliar: Counter[str] = Counter()

    def batches(
        self, records: Iterable[AdmittedLine], last: Callable[[str], RawListing | None]
    ) -> Iterator[list[tuple[SourceText, AdmittedLine | None]]]:
        """Yield texts, each with its last extraction, in batches of AT_ONCE; the last one may be smaller, or empty."""
        batch: list[tuple[SourceText, AdmittedLine | None]] = []
        for record in records:
            text = text_of(record.raw, record.listing.kind)
            if text is not None:
                self._texts += 1
                batch.append((text, _admitted(last(text.record_id))))
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
        yield batch

    async def lines(self, text: SourceText, before: AdmittedLine | None) -> list[Line]:
        """Return the lines of a text: its earlier answer if that still holds, else the model's answer or a refusal.

        `before` is its last extraction, whose quotes still occur in a text that has not changed.
        """
        valid: list[Line] = [before] if before and is_of(before.raw, text) else []
        if before and answers(before.raw, text, model=self._endpoint.model):
            return [before]
        if not (states_something(text) and self._may_ask()):
            return valid
        self._asked += 1
        reply = await self._client.ask(question_of(text))
        self._note(reply)
        made = self._made(reply, text)
        return [made] if isinstance(made, AdmittedLine) else [made, *valid]

    def count(self, line: Line) -> None:
        """Count a line, what was dropped from it and its unknown claims, for the report."""
        self._came[line.kind] += 1
        if isinstance(line, AdmittedLine):
            self._leftovers.update(f"/dropped/{reason}" for reason in json.loads(line.raw.body).get("dropped", {}))
            self._unfamiliar.update(line.listing.unfamiliar)

    def report(self) -> CrawlReport:
        """Return the report. It is complete: every text was considered, and what failed is in the quarantine."""
        return CrawlReport(
            source=EXTRACTION,
            complete=True,
            finish_reason=self._ended,
            started_at=self._started_at,
            finished_at=timestamp(self._clock()),
            requests=self._client.requests,
            responses_by_status=dict(sorted(self._client.statuses.items())),
            retries=self._client.requests - self._asked,
            listings=self._came.total(),
            announced=self._texts,
            admitted=self._came["admitted"],
            quarantined=self._came["quarantined"],
            failures=(),
            leftovers=dict(sorted(self._leftovers.items())),
            unknown_values=dict(sorted(self._unfamiliar.items())),
        )

    def _may_ask(self) -> bool:
        if self._ended == "finished" and self._asked == self._endpoint.texts:
            self._ended = f"{self._asked} texts were sent, the most of one run: the others wait for the next run"
        return self._ended == "finished"

    def _note(self, reply: "Reply") -> None:
        self._in_a_row = self._in_a_row + 1 if reply.of_endpoint else 0
        if reply.hopeless or self._in_a_row == FAILURES_IN_A_ROW:
            self._ended = f"the endpoint {reply.reason}; nothing more was sent to it"

    def _made(self, reply: "Reply", text: SourceText) -> Line:
        now, model = timestamp(self._clock()), self._endpoint.model
        if reply.answer is None:
            return self._refused(text, f"the endpoint {reply.reason}", "")
        try:
            found = record_of(accepted_proposals(reply.answer, text), text, model=model, observed_at=now)
        except ModelAnswerError as error:
            return self._refused(text, f"the answer of {model} {error}", reply.answer)
        listing = admit(found)
        if isinstance(listing, Quarantined):
            return QuarantinedLine(quarantined=listing)
        return AdmittedLine(raw=found, listing=listing)

    def _refused(self, text: SourceText, reason: str, answer: str) -> QuarantinedLine:
        key = self._endpoint.key.get_secret_value() if self._endpoint.key else ""
        seen = Observation(EXTRACTION, text.record_id, timestamp(self._clock()), text.url)
        shown = (answer.replace(key, "(key)") if key else answer)[:SHOWN_CHARS]
        return QuarantinedLine(quarantined=Quarantined.of(seen, "fetch", reason, raw=shown))


def _admitted(last: RawListing | None) -> AdmittedLine | None:
    listing = admit(last) if last else None
    return AdmittedLine(raw=last, listing=listing) if last and isinstance(listing, Listing) else None
