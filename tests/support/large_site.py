"""Writes the front page and the table of a large registry, made of the passports of a small one."""

import random
from collections.abc import Iterator
from pathlib import Path

import orjson

from pipelines.pages.addresses import table_key
from pipelines.pages.front import FIRST_ROWS, Vocabulary, front_page
from pipelines.pages.site import Site
from pipelines.pages.summary import Summary, by_use, summary_of
from pipelines.pages.table import table_part
from pipelines.pages.templating import assets
from pipelines.passport.links import Issuer
from pipelines.registry.layout import INDEX_KEY
from pipelines.registry.slots import shard_count, shard_index

SITE = Site(Issuer("registry.example", "https://registry.example"))


def summaries(store: Path, count: int) -> Iterator[Summary]:
    """Yield so many summaries: those of a store again and again, with other names, makers, prices and ranks."""
    own = [
        summary_of(path.name, orjson.loads(path.read_bytes())) for path in sorted((store / "api/v1/passport").iterdir())
    ]
    chance = random.Random(1)  # noqa: S311 - the same each time
    for number in range(count):
        one = own[number % len(own)]
        again = number // len(own)
        yield one._replace(
            slug=f"{one.slug}-{again}" if again else one.slug,
            name=f"{one.name} {again}" if again else one.name,
            maker=f"{one.maker} {chance.randrange(1 + again // 3)}" if again else one.maker,
            tokens_in=str(round(float(one.tokens_in) * chance.uniform(0.5, 2), 4)) if one.tokens_in else "",
            score=chance.randrange(30, 95),
            rank=chance.randrange(count) if again and chance.random() < 0.5 else one.rank,
        )


def write_site(folder: Path, store: Path, count: int) -> None:
    """Write the front page, the table and the assets for so many passports to a folder."""
    parts = shard_count(count)
    rows = sorted(summaries(store, count), key=lambda one: one.slug)
    by_part: dict[int, list[Summary]] = {}
    for one in rows:
        by_part.setdefault(shard_index(one.slug, parts), []).append(one)
    named: Vocabulary = {
        "purposes": sorted({found for one in rows for found in one.purposes}),
        "capabilities": sorted({found for one in rows for found in one.capabilities}),
    }
    first = sorted(rows, key=by_use)[:FIRST_ROWS]
    files = {table_key(index): table_part(some) for index, some in by_part.items()} | assets()
    files[INDEX_KEY] = front_page(SITE, first, named, passports=count, parts=parts)
    for key, body in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)
