"""`passports demo`."""

from flows import terminal
from flows.clock import clock_of
from flows.commands.running import run
from flows.commands.verifying import judged_all, tell
from flows.demo.leftovers import demo_signer
from flows.demo.recording import RECORDED_AT, serve
from flows.job import new_job
from flows.settings import read_settings
from flows.store import open_store
from pipelines.keys import KeyRing
from schemas.times import timestamp


def demo(store: str | None, *, as_json: bool) -> None:
    """Play the recording to the real pipeline, then verify everything that it published."""
    settings, epoch = read_settings(store=store), int(RECORDED_AT.timestamp())
    with serve() as url:
        run(new_job("demo", settings, epoch=epoch, source_urls={"openrouter": url}), as_json=as_json)
    keys = KeyRing([demo_signer().public_key])
    judged = judged_all(open_store(settings.store), keys, clock_of(epoch)())
    tell(judged, origin="the demo's own key, which everybody has", as_json=as_json, brief=True)
    if not as_json:
        terminal.note(
            f"The recording is of {timestamp(RECORDED_AT)[:10]} and its passports say so. Today they are expired, "
            f"which is what `passports verify --all --key {settings.store}/.well-known/jwks.json` says. "
            "Next: `passports refresh`."
        )
