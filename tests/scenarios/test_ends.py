"""Signals at random moments of runs: each ends within seconds and leaves no process, no folder and a whole store."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from glob import glob
from pathlib import Path

import pytest

from flows.demo import recording
from tests.support.prefect_server import PASSPORTS, below, command_line, surroundings
from tests.support.runs import playing, reader
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

QWEN = "qwen-qwq-32b"
MOMENTS = 50
LONGEST_S = 12.0
"""A run takes about as long on a busy machine, so that signals meet all of its stages."""
SCHEDULES = 10
LONGEST_START_S = 30.0
"""Within which a schedule starts its Prefect server and shows its deployments on a busy machine."""
ENDED_S = 10.0
"""Prefect's server is given five seconds of them."""


@pytest.fixture
def url() -> Iterator[str]:
    with playing(recording.models()) as served:
        yield served


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_run_that_is_ended_leaves_nothing(moment: int, store: Path, url: str) -> None:
    chance = random.Random(moment)  # noqa: S311 - a moment, not a secret
    command = chance.choice([("demo", "--store", str(store.parent / "demo")), ("refresh",), ("rescrape", QWEN)])
    end_at_a_moment(command, chance, LONGEST_S, store, url)


@pytest.mark.parametrize("moment", range(SCHEDULES))
def test_a_schedule_that_is_ended_leaves_nothing(moment: int, store: Path, url: str) -> None:
    chance = random.Random(f"schedule {moment}")  # noqa: S311 - likewise
    end_at_a_moment(("schedule",), chance, LONGEST_START_S, store, url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("table", ["passports", "statements"])
def test_a_run_that_is_ended_as_it_begins_a_table_leaves_nothing(
    table: str, number: signal.Signals, store: Path, url: str
) -> None:
    def begun(work: Path) -> None:
        there = f"{work}/**/passports-scratch-*/{table}"
        until(lambda: glob(there, recursive=True), every_s=0.0)  # noqa: PTH207 - pathlib fails where a folder vanishes

    end_when(begun, number, ("demo", "--store", str(store.parent / "demo")), store, url)


def end_at_a_moment(command: Sequence[str], chance: random.Random, longest_s: float, store: Path, url: str) -> None:
    """Send a signal to a command at a random moment; it must end soon, in order, and leave nothing."""
    sent = chance.choice([signal.SIGINT, signal.SIGTERM])
    end_when(lambda _: time.sleep(chance.uniform(0.0, longest_s)), sent, command, store, url)


def end_when(
    reached: Callable[[Path], None], sent: signal.Signals, command: Sequence[str], store: Path, url: str
) -> None:
    """Send a signal to a command once `reached`, given the folder for its work, returns."""
    work, temporary = store.parent / "work", store.parent / "tmp"
    temporary.mkdir()
    environment = surroundings(
        store.parent / "home",
        PASSPORTS_STORE=str(store),
        PASSPORTS_SOURCES="openrouter",
        PASSPORTS_OPENROUTER_URL=url,
        PASSPORTS_WORK=str(work),
        TMPDIR=str(temporary),
    )
    with subprocess.Popen(
        [*PASSPORTS, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        reached(work)
        started = list(below(process.pid))
        process.send_signal(sent)
        asked = time.monotonic()
        out, err = process.communicate(timeout=LIMIT_S)
        took_s = time.monotonic() - asked
    assert process.returncode in {0, 130, 143, -sent}, (out, err)
    assert took_s < ENDED_S
    assert "Traceback" not in err or "in main" not in err, "Python itself answers before the program has begun"
    assert "panicked" not in err
    until(lambda: not any(command_line(pid) not in ([], [b""]) for pid in started), limit_s=ENDED_S)
    assert not work.exists() or not list(work.glob("passports-run-*"))
    assert not list(temporary.glob("passports-*"))
    assert not list(store.glob(".tmp/*[!k]")), "no half-written file"
    verdicts = {reader(store).check(row.slug).verdict for row in reader(store).rows()}
    assert verdicts <= {"ok", "not_yet_valid"}, "the run that published did so after NOON"
