"""`passports demo`."""

import shlex
import sys

from flows.audit.verification import JudgedTarget, OpenedRegistry, judged_all
from flows.commands import run as running
from flows.commands import terminal
from flows.commands import verify as verifying
from flows.config.clock import clock_of
from flows.config.settings import read_settings
from flows.demo.config import demo_signer
from flows.demo.recording import RECORDED_AT, SOURCE
from flows.demo.replay import serve
from flows.job.job import new_job
from flows.registry.reader import Reader
from flows.run.publish import RunOutcome
from flows.store.open import open_store
from flows.trust.trusted_keys import TrustedKeys
from pipelines.signing.keys import KeyRing
from schemas.times import timestamp

SITE_ADDRESS = "http://127.0.0.1:8000/"
"""Address of `passports serve` without options."""
ORIGIN = "the demo's own key, which everybody has"


def demo(store: str | None, *, as_json: bool) -> None:
    """Run the real pipeline on the bundled recording, then verify everything that it published."""
    epoch = int(RECORDED_AT.timestamp())
    with serve() as url:
        settings = read_settings(store=store, sources=(SOURCE,), openrouter_url=url)
        done = running.run(new_job("demo", settings, epoch=epoch), as_json=as_json)
    trust = TrustedKeys(KeyRing([demo_signer().public_key]), ORIGIN, "key")
    opened = open_store(settings.store)
    registry = OpenedRegistry(opened, Reader(opened, trust.keys, clock_of(epoch)()))
    judged = list(judged_all(registry, verifying.base_urls_of(settings)))
    (_answer if as_json else _show)(done, judged, trust)
    if not as_json:
        terminal.note(
            f"The recording is of {timestamp(RECORDED_AT)[:10]} and its passports have that date. By today's they "
            f"are expired, as `passports verify --all --key {demo_signer().key_id}` shows. "
            "Next: `passports refresh`."
        )
        where = f" --store {shlex.quote(settings.store)}" if store else ""
        terminal.note(f"Look at it: `passports serve{where} --open` shows the site at {SITE_ADDRESS}")


def _show(done: RunOutcome, judged: list[JudgedTarget], trust: TrustedKeys) -> None:
    running.show(done.report, done.published, as_json=False)
    verifying.tell(judged, trust, as_json=False, brief=True)


def _answer(done: RunOutcome, judged: list[JudgedTarget], trust: TrustedKeys) -> None:
    verification = verifying.answer(judged, trust)
    terminal.document({**running.answer(done.report, done.published), "verification": verification})
    if verification["verified"] != len(judged):
        sys.exit(1)
