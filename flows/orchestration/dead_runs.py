"""Makes a Prefect server mark runs as crashed whose process has died, by the automation in dead_runs.yaml."""

import asyncio
import hashlib
from importlib import resources

import yaml
from prefect.client.orchestration import get_client
from prefect.events.schemas.automations import AutomationCore

HEARTBEAT_S = 30
"""Seconds between two heartbeats of a run; the automation waits for three. Prefect accepts no less."""


def automation() -> AutomationCore:
    """Return the automation, with a tag that is different for each version of its file."""
    text = resources.files("flows.orchestration").joinpath("dead_runs.yaml").read_text(encoding="utf-8")
    version = f"version {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return AutomationCore.model_validate({**yaml.safe_load(text), "tags": [version]})


async def watch_for_dead_runs() -> None:
    """Make the server have this version of the automation, once, and no other version.

    The same version is not replaced: it is still waiting for heartbeats of runs that died before this start, and a new
    one would not know of them.
    """
    wanted = automation()
    async with get_client() as client:
        there = await client.read_automations_by_name(wanted.name)
        same = [one for one in there if one.tags == wanted.tags]
        for old in there:
            if old not in same[:1]:
                await client.delete_automation(old.id)
        if not same:
            await client.create_automation(wanted)


if __name__ == "__main__":
    asyncio.run(watch_for_dead_runs())
