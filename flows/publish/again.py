"""Publishes a generation with the passports of the one before, under a newer root or with further revocations."""

from collections.abc import Callable
from dataclasses import dataclass

from flows.publish.protocol import publish
from flows.publish.publication import Publication, PublicationError, Publisher, Rendering
from flows.registry.reader import Reader, read_served
from flows.registry.revocations import SealedRevocations
from pipelines.passport.document import PIPELINE
from schemas.run import Published, RunReport
from schemas.times import timestamp

Revoke = Callable[[Reader], SealedRevocations]
"""From the generation that is built on to the list of revocations of the new one."""


@dataclass(frozen=True)
class Again:
    """A publication without a crawl: who publishes, what is written for readers, and why."""

    publisher: Publisher
    rendering: Rendering
    flow: str
    """"keys" or "revoke"."""
    revoke: Revoke | None = None

    def publish(self) -> Published:
        """Publish it; raise PublicationError where nothing was published yet, and as `publish` does."""
        publisher = self.publisher
        base = read_served(publisher.store, publisher.keys, publisher.clock())
        return publish(publisher, self._publication(base), base=base, rebase=self._publication)

    def _publication(self, base: Reader | None) -> Publication:
        if base is None:
            raise PublicationError(f"nothing published yet at {self.publisher.store.name}: run `passports refresh`")
        at = self.publisher.clock()
        run = f"{at.strftime('%Y%m%dT%H%M%SZ')}-{self.publisher.nonce[:8]}-{self.flow}"
        return Publication(
            passports=base.snapshot.passports,
            rows=lambda slots: list(base.rows(slots=slots)),
            objects={},
            sources={},
            rules=base.rules(),
            lifetimes=base.snapshot.lifetimes,
            run_id=run,
            run_report=self._report(run, base).model_dump_json().encode(),
            rendering=self.rendering,
            revocations=self.revoke(base) if self.revoke else None,
        )

    def _report(self, run: str, base: Reader) -> RunReport:
        now = timestamp(self.publisher.clock())
        return RunReport.model_validate({
            "run": run, "flow": self.flow, "state": "done", "started_at": now, "finished_at": now, "pipeline": PIPELINE,
            "rules_sha256": base.snapshot.rules_sha256, "crawls": (), "breaches": (), "accounting": None, "changes": (),
            "issued": {}, "unchanged": base.snapshot.passports, "absent": 0, "not_renewed": {}, "quarantined": (),
        })  # fmt: skip
