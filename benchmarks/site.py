"""Measures how the rendering of the site and its exports grows: `python -m benchmarks.site [PASSPORTS …]`.

Each size is rendered by a separate process into a store in memory that drops what it is given: the passports are the
demo's, under other names, in shards of the size that a registry has. Prints seconds, files and the peak memory, of all
pages and then of a day that changes 16 passports.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.growth import held
from flows.registry.reader import Reader
from flows.site.pages import SitePages
from flows.store.local import LocalStore
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer
from pipelines.registry.export_keys import BULK_KEYS, EXPORTS_KEY, feed_key
from pipelines.registry.slots import slot
from schemas.registry import ShardRow
from tests.support.browser import publish_demo
from tests.support.publications import AT, KEYS, SIGNER, publish_versions, row

SIZES = (317, 2_700, 20_000)
SITE = Site(Issuer("registry.example", "https://registry.example"))
CHANGED = 16
MOST_FILES = 100
MOST_SECONDS = 60
MOST_FRONT_BYTES = 150_000


def main() -> None:
    """Measure each size, print the figures, and assert the bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passports", type=int, nargs="*", default=SIZES)
    parser.add_argument("--render", type=Path, help="be the process that renders the passports in this folder")
    asked = parser.parse_args()
    if asked.render:
        sys.stdout.buffer.write(orjson.dumps(rendered(asked.render, asked.passports[0])))
        return
    with tempfile.TemporaryDirectory() as name:
        demo = publish_demo(Path(name))
        for passports in asked.passports:
            command = [sys.executable, "-m", "benchmarks.site", str(passports), "--render", str(demo)]
            found = orjson.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603
            print(f"{passports:>9,} passports: {found}", flush=True)
            assert passports > SIZES[1] or found["files_of_a_day"] < MOST_FILES
            assert found["front_bytes"] < MOST_FRONT_BYTES
            assert passports > SIZES[1] or found["seconds"] < MOST_SECONDS


def rendered(demo: Path, passports: int) -> dict[str, Any]:
    """Render all pages of a registry, and then those of a day; return the figures."""
    documents = [path.read_bytes() for path in sorted((demo / "registry/objects").rglob("*.json"))]
    served, before = Served(demo.parent / str(passports), documents, passports), held("VmRSS")
    begun = time.process_time()
    first = SitePages(SITE, SIGNER, served, served.object, afresh=True)  # type: ignore[arg-type]
    files = front = written = bulk = 0
    for key, body in first.changed():
        size = body.stat().st_size if isinstance(body, Path) else len(body or b"")
        files, written = files + 1, written + size
        front = size if key == "index.html" else front
        bulk += size if key in BULK_KEYS else 0
        if isinstance(body, bytes) and (key.startswith("registry/") or key in (EXPORTS_KEY, *served.feeds)):
            served.store.create(key, body)
    served.store.put(*next(iter(first.listed().items())))
    took = time.process_time() - begun
    served.changed = CHANGED
    day = time.process_time()
    again = sum(1 for _ in SitePages(SITE, SIGNER, served, served.object, afresh=False).changed())  # type: ignore[arg-type]
    return {
        "seconds": round(took, 1), "files": files, "files_a_second": round(files / took),
        "megabytes": round(written / 1e6), "front_bytes": front,
        "export_megabytes": round(bulk / 1e6, 1),
        "files_of_a_day": again, "seconds_of_a_day": round(time.process_time() - day, 1),
        "before_mb": round(before / 1e6), "peak_mb": round(held("VmHWM") / 1e6),
    }  # fmt: skip


class Served(Reader):
    """A registry of any size, whose rows and passports are made on demand."""

    def __init__(self, folder: Path, documents: list[bytes], passports: int) -> None:
        self.store = LocalStore(folder)
        publish_versions(self.store, {"acme-tern": 1})
        super().__init__(self.store, KEYS, AT)
        self._documents, self._row, self.changed = documents, row("acme-tern"), 0
        shards = self.snapshot.shards[0].model_copy(update={"rows": passports})
        self.snapshot = self.snapshot.model_copy(update={"shards": (shards,)})
        self._numbers = range(passports)

    def rows(self, _: object = None, slots: range = range(256)) -> Iterator[ShardRow]:
        """Yield the rows of some slots."""
        for number in self._numbers:
            if slot(slug := f"acme-model-{number}") in slots:
                version = number < self.changed
                before = f"{number:063x}0" if version else None
                found = {
                    "slug": slug,
                    "object": f"{number:063x}{int(version)}",
                    "previous": before,
                    "generation": 1 + version,
                }
                yield self._row.model_copy(update=found)

    @property
    def feeds(self) -> set[str]:
        """Keys of the feeds of the passports that a day changes."""
        return {feed_key(f"acme-model-{number}") for number in range(CHANGED)}

    def object(self, sha256: str) -> bytes:
        """Return a passport under the name of its row."""
        return _renamed(self._documents[int(sha256[:-1], 16) % len(self._documents)], sha256)


def _renamed(document: bytes, sha256: str) -> bytes:
    return document.replace(b'"score":', b'"score":1', 1) if sha256.endswith("1") else document


if __name__ == "__main__":
    main()
