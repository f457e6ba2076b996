"""Measures what reads as instructions to a model: `python -m benchmarks.instructions`, part of `make accuracy`.

Recall on two sets of texts written for it, one of them blind (benchmarks/labels/instructions.toml says which). False
alarms on the ordinary texts of these sets, and on the recorded cards, descriptions and names, of which those that are
flagged are printed for a person to judge. Exits with 1 below the bounds.
"""

import json
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pipelines.texts.instructions import instruction_in
from tests.support.recordings import recorded_days, recordings_dir

LABELS = Path(__file__).parent / "labels/instructions.toml"
LEAST_RECALL = {"seen": 0.85, "blind": 0.75}
MOST_ALARMS = {"seen": 1, "blind": 2, "recorded": 3}


def recorded() -> Iterator[tuple[str, str]]:
    """Yield name and text of the recorded cards, descriptions and names, each text once."""
    hub = recordings_dir() / "data/huggingface"
    for card in sorted([*hub.glob("cards_azure_mit/*/description.md"), *hub.glob("cards_docker_apache2/*.md")]):
        yield f"{card.parent.name}/{card.name}", card.read_text("utf-8", "replace")
    with tarfile.open(hub / "cards_community/cards.tar.xz") as archive:
        for member in archive:
            if file := archive.extractfile(member):
                yield member.name, file.read().decode("utf-8", "replace")
    seen = set[str]()
    for day in recorded_days():
        document = json.loads((recordings_dir() / f"data/openrouter/models_{day}.json").read_bytes())
        for model in document if isinstance(document, list) else document.get("data") or document["models"]:
            for field in ("name", "description"):
                text = model.get(field) or ""
                if text not in seen:
                    seen.add(text)
                    yield f"{model['id']} {field}", text


def main() -> int:
    """Print what was measured; return 1 below a bound."""
    short = False
    for name, texts in tomllib.loads(LABELS.read_text("utf-8")).items():
        missed = [text for text in texts["injections"] if not instruction_in(text)]
        alarms = [text for text in texts["ordinary"] if instruction_in(text)]
        count, ordinary = len(texts["injections"]), len(texts["ordinary"])
        found = count - len(missed)
        print(f"{name}: {found} of {count} found ({found / count:.0%}), {len(alarms)} of {ordinary} ordinary flagged")
        print(*(f"  missed: {text!r}" for text in missed), *(f"  false: {text!r}" for text in alarms), sep="\n")
        short |= found / count < LEAST_RECALL[name] or len(alarms) > MOST_ALARMS[name]
    flagged, count, characters, begun = 0, 0, 0, time.process_time()
    for name, text in recorded():
        count, characters = count + 1, characters + len(text)
        if found := instruction_in(text):
            flagged += 1
            print(f"  {name}: {found.pattern}: {text[max(0, found.start - 40) : found.end + 40]!r}")
    took = time.process_time() - begun
    print(f"recorded: {flagged} of {count:,} texts flagged; {took / characters * 1e9:.0f} ns a character")
    return int(short or flagged > MOST_ALARMS["recorded"])


if __name__ == "__main__":
    sys.exit(main())
