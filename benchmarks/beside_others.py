"""Measures us beside others on the same bodies, files and cards: `python -m benchmarks.beside_others`.

    python3 -m venv .tools/peers && .tools/peers/bin/pip install -r benchmarks/peers/requirements.txt

Verifying the bundled recording's passports, beside securesystemslib, python-tuf and model_signing; reading recorded
cards (PASSPORTS_RECORDINGS, else the labelled set) beside huggingface_hub's ModelCard. CPU time, the best of several
rounds. `benchmarks.again` has a crawl beside Scrapy alone, `benchmarks.registry` bare writes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.cards import own_set, recordings
from benchmarks.passports import Bench, best_s
from benchmarks.performance import EVERY, recorded
from pipelines.markdown.front_matter import read_front_matter
from pipelines.normalise.huggingface.card import read_card
from schemas.listing import Observation, RawListing

PEERS = Path(".tools/peers/bin/python")
ROUNDS = 5


def main() -> int:
    """Print a table of microseconds for each passport or card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, default=PEERS, help="of the environment with the others")
    asked = parser.parse_args()
    data = recordings()
    cards = list(recorded(data))[::EVERY] if data else [one.card for one in own_set()]
    bench = Bench.of_recording()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "passports", bench.documents, "json")
        written(folder / "cards", cards, "md")
        command = [str(asked.python), "benchmarks/peers/others.py", name]
        others = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603 - ours
    seen = Observation("huggingface-card", "heron-lab/heron", "2026-04-22T08:00:00.000Z")
    raws = [RawListing.of(seen, card.decode("utf-8", "replace")) for card in cards]
    verify, building, read, front = best_s(
        ROUNDS,
        bench.verify,
        bench.build,
        lambda: [read_card(raw) for raw in raws],
        lambda: [read_front_matter(card) for card in cards],
    )
    print(f"load {os.getloadavg()[0]:.1f}; {others['versions']}")
    show(
        f"{len(bench.documents)} passports, each",
        len(bench.documents),
        verify,
        "ours: verify, the contract too",
        verify,
    )
    for other, taken in others["cpu_s"].items():
        if "ModelCard" not in other:
            show("", len(bench.documents), taken, other, verify)
    show("", len(bench.documents), building, "ours: build, sign and verify", verify)
    show(f"{len(cards)} cards, each", len(cards), front, "ours: the front matter alone", front)
    show("", len(cards), others["cpu_s"]["huggingface_hub: ModelCard"], "huggingface_hub: ModelCard", front)
    show("", len(cards), read, "ours: all that a card states", front)
    return 0


def written(folder: Path, files: list[bytes], kind: str) -> None:
    """Write files to a new folder, by number."""
    folder.mkdir()
    for number, body in enumerate(files):
        (folder / f"{number:04}.{kind}").write_bytes(body)


def show(of: str, count: int, taken: float, name: str, ours: float) -> None:
    """Print one line."""
    print(f"{of:<22}{name:<54}{taken / count * 1e6:9.0f} µs {taken / ours:6.2f} x ours")


if __name__ == "__main__":
    sys.exit(main())
