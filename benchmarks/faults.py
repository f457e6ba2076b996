"""Compares a store after a hundred faults with an undisturbed one: `python -m benchmarks.faults [--runs N] [--seed N]`.

The recorded days of OpenRouter are crawled, built and published in order, against the replay server of the recordings
(PASSPORTS_RECORDINGS): once undisturbed, and once with N runs that each have a random fault, and one good run at the
end of every day. Both stores must then state the same; benchmarks/alike.py compares them. Each run is a separate
process that does the stages of a refresh (benchmarks/refreshing.py).
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.alike import SEED, damage, differing, garbage, held_locks, temporary, verified
from benchmarks.breaking import Fault, Thrown, small_disk, throw, thrown_at
from benchmarks.refreshing import CLOSED, PUBLISHED
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.recordings import recorded_days, recordings_dir

GOOD_H, BROKEN_H, DAY_S = 18, 12, 86_400
"""Hour of each day's good run and of its first disturbed one (the next follow a minute apart); seconds of a day."""
LIMIT_S = 120
DIED, HUNG = "died", "hung"
OUTCOMES = (PUBLISHED, CLOSED, DIED, HUNG)


class Ended(NamedTuple):
    """How a run ended."""

    outcome: str
    """What it printed last ("published", "closed"), else "died", or "hung" if it had to be killed."""
    report: str
    """The last line of its standard error."""
    took_s: float


class World(NamedTuple):
    """A folder with the key and all that runs write, and the server that replays the source."""

    folder: Path
    url: str

    @property
    def store(self) -> Path:
        """Folder of the store."""
        return self.folder / "store"

    def play(self, **wish: object) -> None:
        """Make the server replay a day, with a fault."""
        asked = urllib.request.Request(f"{self.url}/__control", json.dumps(wish).encode())  # noqa: S310 - our own server
        urllib.request.urlopen(asked, timeout=LIMIT_S).close()  # noqa: S310 - likewise

    def surroundings(self) -> dict[str, str]:
        """Return a run's environment, without this machine's settings and with the folders of this world."""
        retained = {name: value for name, value in os.environ.items() if not name.startswith("PASSPORTS_")}
        own = {
            "PASSPORTS_STORE": self.store,
            "PASSPORTS_SIGNING_KEY_FILE": self.folder / "key.jwk",
            "PASSPORTS_WORK": self.folder / "work",
            "PASSPORTS_SOURCES": "openrouter",
            "PASSPORTS_OPENROUTER_URL": f"{self.url}/openrouter",
            "TMPDIR": self.folder / "tmp",
            "HOME": self.folder / "home",
        }
        return retained | {name: str(value) for name, value in own.items()}


def main() -> None:
    """Replay the days twice, and exit with 1 unless both stores state the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 - moments and rates, not secrets
    days = calendar()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        url = held.enter_context(replaying(asked.seed))
        possible = held.enter_context(small_disk(folder / "disturbed"))
        quiet, broken = world(folder / "undisturbed", url), world(folder / "disturbed", url)
        usual_s = statistics.median([good(quiet, day, at).took_s for day, at in days])
        print(f"undisturbed: {len(days)} runs, {usual_s:.1f} s each")
        show(disturbed(broken, days, deal(possible, asked.runs, len(days) - 1, chance), usual_s, chance))
        sys.exit(not alike(quiet, broken, days[-1][1] + 1))


def calendar() -> list[tuple[str, int]]:
    """Return each recorded day and the Unix time of its good run, and the last day once more, to confirm absences."""
    days = [(day, int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())) for day in recorded_days()]
    return [(day, begins + GOOD_H * 3600) for day, begins in [*days, (days[-1][0], days[-1][1] + DAY_S)]]


def deal(possible: tuple[Fault, ...], runs: int, days: int, chance: random.Random) -> list[list[Fault]]:
    """Distribute the faults over the days at random, each as often as any other; the repeated last day has none."""
    dealt = [possible[number % len(possible)] for number in range(runs)]
    chance.shuffle(dealt)
    return [*(dealt[number::days] for number in range(days)), []]


def disturbed(
    place: World, days: list[tuple[str, int]], dealt: list[list[Fault]], usual_s: float, chance: random.Random
) -> list[tuple[Fault, Ended]]:
    """Replay the days with faults and return how each run ended; after each, all that is served must verify."""
    found = []
    for (day, at), faults in zip(days, dealt, strict=True):
        for number, fault in enumerate(faults):
            thrown = throw(fault, place.folder, usual_s, chance)
            place.play(day=day, fault=fault.answer, fault_rate=thrown.rate)
            moment = at - (GOOD_H - BROKEN_H) * 3600 + 60 * number
            found.append((fault, run(place, moment, thrown)))
            if wrong := damage(place.store, moment):
                raise SystemExit(f"{thrown} on {day} left a store that does not verify: {wrong}")
        good(place, day, at)
    return found


def good(place: World, day: str, at: int) -> Ended:
    """Do an undisturbed run; exit unless it publishes."""
    place.play(day=day, fault="")
    ended = run(place, at)
    if ended.outcome != PUBLISHED:
        raise SystemExit(f"a run of {day} that nothing disturbed did not publish: {ended}")
    return ended


def run(place: World, epoch: int, thrown: Thrown | None = None) -> Ended:
    """Do a run, with a fault if one is given; exit if one of its processes survives it."""
    surroundings = place.surroundings() | {"SOURCE_DATE_EPOCH": str(epoch)}
    command, pipe = [sys.executable, "-m", "benchmarks.refreshing"], subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603 - ourselves
        command, env=surroundings, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()
    begun = time.perf_counter()
    with process, thrown_at(process, thrown) if thrown else nullcontext():
        outcome, err = _awaited(process)
    took_s = time.perf_counter() - begun
    _all_gone(process.pid)
    return Ended(outcome, (err.strip().splitlines() or [""])[-1][:300], took_s)


def _awaited(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        out, err = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return HUNG, process.communicate()[1]
    return out.strip() or DIED, err


def _all_gone(session: int) -> None:
    """Wait until all processes of a run have ended; its crawl soon notices that its parent has died."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise SystemExit(f"processes of run {session} are still alive ten seconds after it")


def show(found: list[tuple[Fault, Ended]]) -> None:
    """Print how often runs with each fault ended how, and the last line of runs that died."""
    count = Counter((fault.name, ended.outcome) for fault, ended in found)
    print(f"{'fault':24}{'runs':>10}{''.join(f'{outcome:>10}' for outcome in OUTCOMES)}")
    for name in dict.fromkeys(fault.name for fault, _ in sorted(found, key=lambda one: one[0].name)):
        numbers = [count[name, outcome] for outcome in OUTCOMES]
        print(f"{name:24}{sum(numbers):>10}{''.join(f'{number:>10}' for number in numbers)}")
    stated = Counter((fault.name, ended.report) for fault, ended in found if ended.outcome == DIED and ended.report)
    for (name, line), times in stated.most_common():
        print(f"  {name}, {times} times: {line}")


def alike(quiet: World, broken: World, at: int) -> bool:
    """Print differences of the two stores and what the faults left; return whether there is none."""
    found = differing(quiet.store, broken.store, at)
    for place in (quiet, broken):
        refused = verified(place.surroundings(), at)
        found += [f"verify --all of {place.folder.name}: {refused}"] if refused else []
    found += [f"a lock is held: {name}" for name in held_locks(broken.store)]
    found += [f"an unfinished file is left in the store: {name}" for name in temporary(broken.store)]
    left = [path for folder in ("work", "tmp") for path in (broken.folder / folder).iterdir()]
    found += [f"a killed run's folder is left: {path}" for path in left]
    print(f"for the next collection of garbage: {len(garbage(broken.store, at))} files")
    print("\n".join(found) or "the stores say the same; both verify; no lock is held; nothing unfinished is left")
    return not found


@contextmanager
def replaying(seed: int) -> Iterator[str]:
    """Replay the recordings until the context ends; yield the server's address."""
    command = [sys.executable, str(recordings_dir() / "tools/replay.py"), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stdout
        try:
            yield server.stdout.readline().split()[0]
        finally:
            server.terminate()


def world(folder: Path, url: str) -> World:
    """Return a world in a new folder, with a signing key."""
    for name in ("work", "tmp", "home"):
        (folder / name).mkdir(parents=True)
    key = folder / "key.jwk"
    key.touch(mode=0o600)
    key.write_text(signing_key_to_jwk(SEED))
    return World(folder, url)


if __name__ == "__main__":
    main()
