"""Sees to it that a Prefect server crashes runs whose process is gone, by the automation beside this module."""

import asyncio
import hashlib
from importlib import resources

import yaml
from prefect.client.orchestration import get_client
from prefect.events.schemas.automations import AutomationCore

HEARTBEAT_S = 30
"""Seconds between two signs of life of a run; the automation waits for three. Prefect takes no less."""


def automation() -> AutomationCore:
    """Read it; its tag tells one version from another."""
    text = resources.files("flows.orchestration").joinpath("dead_runs.yaml").read_text(encoding="utf-8")
    version = f"version {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return AutomationCore.model_validate({**yaml.safe_load(text), "tags": [version]})


async def watch_for_dead_runs() -> None:
    """See that the automation is on the server, and is the one of this version.

    One that says the same stays as it is: it is the one that still waits for a sign of life of runs that died before
    this start, and another in its place would know nothing of them.
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
