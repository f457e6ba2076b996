"""The same flow with either task runner, on Prefect's own server and a real Dask cluster of this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.config.settings import read_settings
from flows.demo import recording
from flows.errors import SettingsError
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.runs import NOON, SEED, files, playing

ROOT = Path(__file__).parents[3]
FLOW = """
import asyncio, os, sys
import flows.orchestration.environment
import flows.build.batch, flows.build.builder
from flows.job.job import new_job
from flows.orchestration.refresh import job_flow
from flows.config.settings import read_settings
from flows.job.workspace import workspace

flows.build.batch.shard_count = lambda _: 16
flows.build.builder.PASSPORTS_A_TASK = 4

async def both():
    for runner in sys.argv[1:]:
        os.environ["PASSPORTS_TASK_RUNNER"] = runner
        job = new_job("refresh", read_settings(store=runner), epoch=int(os.environ["EPOCH"]))
        with workspace(job) as placed:
            done = (await job_flow(placed)).content
        left = [name for name in os.listdir(os.environ["PASSPORTS_WORK"]) if name.startswith("passports-run-")]
        print(runner, done.report.state, len(done.report.changes), left)

if __name__ == "__main__":
    asyncio.run(both())
"""


@pytest.mark.harness
@pytest.mark.slow
def test_the_same_bytes_are_published_whoever_builds_them(equipped: Path, home: Path) -> None:
    with playing(recording.models()) as url:
        settings = {
            "PASSPORTS_OPENROUTER_URL": url,
            "PASSPORTS_SIGNING_KEY": signing_key_to_jwk(SEED),
            "PASSPORTS_WORK": str(equipped / "work"),
            "PREFECT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "EPOCH": str(int(NOON.timestamp())),
        }
        script = equipped / "both.py"
        script.write_text(FLOW)
        ended = subprocess.run(
            [sys.executable, str(script), "threads", "dask"],
            cwd=equipped,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["threads done 22 []", "dask done 22 []"], "and no folder is left"
    threads, dask = (files(equipped / runner) for runner in ("threads", "dask"))
    assert len([key for key in threads if key.startswith("api/v1/passport/")]) == 22
    assert threads == dask
    private = json.loads(signing_key_to_jwk(SEED))["d"]
    assert not [secret for secret in (private, SEED.hex(), repr(SEED)) if secret in ended.stdout + ended.stderr]
    assert ended.stderr.count("Finished in state Completed") > 6, "a task for each run of parts, on either"


@pytest.mark.parametrize(
    "address", ["10.0.0.5:8786", "http://10.0.0.5:8786", "tcp://", "tcp://user@host:1", "tls://h/p"]
)
def test_a_scheduler_is_named_by_how_it_is_reached(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_DASK_SCHEDULER", address)
    with pytest.raises(SettingsError, match="PASSPORTS_DASK_SCHEDULER"):
        read_settings()


@pytest.mark.parametrize("runner", ["ray", "process", "Dask"])
def test_another_runner_is_none(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_TASK_RUNNER", runner)
    with pytest.raises(SettingsError, match="PASSPORTS_TASK_RUNNER"):
        read_settings()


def test_a_run_without_workers_does_not_import_them() -> None:
    imported = "[name for name in ('dask', 'distributed') if name in sys.modules]"
    shown = f"import sys, flows.orchestration.refresh; print({imported})"
    ended: Any = subprocess.run([sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
