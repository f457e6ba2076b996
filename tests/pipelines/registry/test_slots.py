from typing import Any

from pipelines.registry.slots import EVERY_SLOT, shard_by_slot, shard_count, shards_over, slots_of
from schemas.registry import ShardRef, Snapshot
from tests.support.publications import sha256


def with_shards(indexes: range, rows: int) -> Snapshot:
    stated: dict[str, Any] = {
        "shards": tuple(ShardRef(index=index, sha256=sha256(b"%d" % index), rows=rows) for index in indexes)
    }
    return Snapshot.model_construct(**stated)


def test_each_slot_leads_to_the_shard_that_has_it() -> None:
    for snapshot in (with_shards(range(1), 22), with_shards(range(3, 12), 1_000), with_shards(range(1, 256), 1_000)):
        found = [[ref for ref, _ in shards_over(snapshot, range(number, number + 1))] for number in EVERY_SLOT]
        assert [[ref] if ref else [] for ref in shard_by_slot(snapshot)] == found
        assert sum(map(len, found)) == len(snapshot.shards) * len(slots_of(0, shard_count(snapshot.passports)))
