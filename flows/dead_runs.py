"""Sees to it that a Prefect server crashes runs whose process is gone, by the automation beside this module."""

import asyncio
from importlib import resources

import yaml
from prefect.client.orchestration import get_client
from prefect.events.schemas.automations import AutomationCore

HEARTBEAT_S = 30
"""Seconds between two signs of life of a run; the automation waits for three. Prefect takes no less."""


def automation() -> AutomationCore:
    """Read it."""
    text = resources.files("flows").joinpath("dead_runs.yaml").read_text(encoding="utf-8")
    return AutomationCore.model_validate(yaml.safe_load(text))


async def watch_for_dead_runs() -> None:
    """Put the automation on the server, in the place of an older one of its name."""
    wanted = automation()
    async with get_client() as client:
        for old in await client.read_automations_by_name(wanted.name):
            await client.delete_automation(old.id)
        await client.create_automation(wanted)


if __name__ == "__main__":
    asyncio.run(watch_for_dead_runs())
