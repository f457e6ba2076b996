"""Lets a language model point at the limits that texts state, and keeps what can be shown. Off by default.

It stands between crawl and assemble, and gives what a crawl gives: a line a record, and a report as the last one.
Whatever the endpoint does, the run goes on: a text that it gave no answer about keeps what was found in it before, as
long as it is the same text.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from flows.config.clock import Clock
from flows.crawl.language_model import Endpoint
from pipelines.extraction.answer import ModelAnswerError, SourceText, accepted_proposals, states_something, text_of
from pipelines.extraction.prompt import question_of
from pipelines.extraction.record import answers, is_of, record_of
from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine, CrawlReport, QuarantinedLine
from schemas.lines import written_line
from schemas.listing import Listing, Quarantined, RawListing
from schemas.sources import EXTRACTION
from schemas.times import timestamp

if TYPE_CHECKING:
    from flows.crawl.language_model import ExtractionClient, Reply

AT_ONCE = 4
"""Questions that are on their way at the same time."""

FAILURES_IN_A_ROW = 3
"""After so many the endpoint is not asked any more in this run."""

SHOWN_CHARS = 2000
"""How much of an answer that cannot be read is kept."""

Line = AdmittedLine | QuarantinedLine


class _Waiting(NamedTuple):
    """A text to ask about, and the record of what was found in it before."""

    text: SourceText
    before: AdmittedLine | None

    def kept(self) -> list[Line]:
        """What was found before, where the text has stayed the same: its quotes still stand there."""
        return [self.before] if self.before and is_of(self.before.raw, self.text) else []


async def extract(
    records: Iterable[AdmittedLine], *, last: Callable[[str], RawListing | None], endpoint: Endpoint, clock: Clock
) -> AsyncGenerator[Line | CrawlReport]:
    """Ask about the texts of records, and yield a line for each that has an answer; the report comes last.

    `last` gives the last good record of this source by its id ("huggingface-card:<repository>"). What that answers
    already (the same text, question and model) is not asked again.
    """
    from flows.crawl.language_model import ExtractionClient  # noqa: PLC0415 - the library takes a second to import

    client = ExtractionClient(endpoint)
    work = _Extraction(client, endpoint, clock)
    try:
        for batch in work.batches(records, last):
            for came in [line for lines in await asyncio.gather(*map(work.lines, batch)) for line in lines]:
                line, _ = written_line(came)
                work.count(line)
                yield line
    finally:
        await client.close()
    yield work.report()


class _Extraction:
    """One run: what was asked, and what came of it."""

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
    ) -> Iterator[list[_Waiting]]:
        """Yield texts, so many together that at most `AT_ONCE` of them are to be asked about."""
        batch: list[_Waiting] = []
        for record in records:
            text = text_of(record.raw, record.listing.kind)
            if text is not None:
                self._texts += 1
                batch.append(_Waiting(text, _admitted(last(text.record_id))))
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
        yield batch

    async def lines(self, waiting: _Waiting) -> list[Line]:
        """What is known about a text: as it was answered before, or as the model answers now."""
        text, before = waiting
        if before and answers(before.raw, text, model=self._endpoint.model):
            return [before]
        if not (states_something(text) and self._may_ask()):
            return waiting.kept()
        self._asked += 1
        reply = await self._client.ask(question_of(text))
        self._note(reply)
        made = self._made(reply, text)
        return [made] if isinstance(made, AdmittedLine) else [made, *waiting.kept()]

    def count(self, line: Line) -> None:
        """Count a line for the report."""
        self._came[line.kind] += 1
        if isinstance(line, AdmittedLine):
            self._leftovers.update(f"/dropped/{reason}" for reason in json.loads(line.raw.body).get("dropped", {}))
            self._unfamiliar.update(line.listing.unfamiliar)

    def report(self) -> CrawlReport:
        """Draw up the report. It is complete: every text was looked at, and what failed is in the quarantine."""
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
            self._ended = f"{self._asked} texts were asked about, and no more may be: the others wait for the next run"
        return self._ended == "finished"

    def _note(self, reply: "Reply") -> None:
        self._in_a_row = self._in_a_row + 1 if reply.of_endpoint else 0
        if reply.hopeless or self._in_a_row == FAILURES_IN_A_ROW:
            self._ended = f"the endpoint {reply.reason}; it was not asked any more"

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
        return QuarantinedLine(
            quarantined=Quarantined(
                stage="fetch",
                source=EXTRACTION,
                id=text.record_id,
                field="",
                reason=reason,
                observed_at=timestamp(self._clock()),
                raw=(answer.replace(key, "(key)") if key else answer)[:SHOWN_CHARS],
            )
        )


def _admitted(last: RawListing | None) -> AdmittedLine | None:
    listing = admit(last) if last else None
    return AdmittedLine(raw=last, listing=listing) if last and isinstance(listing, Listing) else None
