import hashlib
import tracemalloc
from collections import deque

import pytest
import zstandard

from pipelines.registry.deltas import decode_delta, delta, delta_sha256, encode_delta, print_delta
from pipelines.registry.packing import MAX_PART_BYTES, ShardError, pack, unpack
from schemas.registry import ShardRow
from tests.pipelines.registry.test_shards import row


def reissued(slug: str) -> ShardRow:
    return row(slug).model_copy(update={"object": "f" * 64, "cause": "source_changed"})


BEFORE = [row("acme-gull"), row("acme-rail"), row("acme-tern")]
AFTER = [reissued("acme-tern"), row("acme-gull").model_copy(update={"last_seen": "2026-06-16T00:00:00.000Z"}), row("b")]


def test_what_is_added_changed_and_removed_is_reported_in_order_of_slug_and_what_stays_is_not() -> None:
    lines = [(line.change, line.slug, line.cause, line.before, line.object) for line in delta(BEFORE, AFTER)]
    assert lines == [
        ("removed", "acme-rail", None, row("acme-rail").object, None),
        ("changed", "acme-tern", "source_changed", row("acme-tern").object, "f" * 64),
        ("added", "b", "first_seen", None, row("b").object),
    ]


def test_a_delta_survives_packing_and_its_digest_is_of_what_was_packed() -> None:
    lines = list(delta(BEFORE, AFTER))
    packed = encode_delta(iter(lines))
    assert list(decode_delta(packed)) == lines
    assert delta_sha256(packed) == hashlib.sha256(b"".join(print_delta(lines))).hexdigest()
    assert delta_sha256(encode_delta([])) == hashlib.sha256(b"").hexdigest()


def test_the_digest_does_not_depend_on_how_it_was_compressed() -> None:
    lines = list(delta(BEFORE, AFTER))
    otherwise = zstandard.ZstdCompressor(level=1).compress(b"".join(print_delta(lines)))
    assert otherwise != encode_delta(lines)
    assert delta_sha256(otherwise) == delta_sha256(encode_delta(lines))


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"change":"moved"}', row("acme-gull").model_dump_json().encode()]
)
def test_a_line_that_is_no_change_is_refused(line: bytes) -> None:
    with pytest.raises(ShardError, match="has a line that is not a change"):
        list(decode_delta(pack([line])))


@pytest.mark.parametrize(("line", "count"), [(b"\n", 2**20), (b"a\n", 2**19), (b"a" * 1023 + b"\n", 2**15)])
def test_a_bomb_is_hashed_and_read_line_by_line_in_little_memory(line: bytes, count: int) -> None:
    """What is in memory is a piece and a line, as all lines would take 18 MiB or more."""
    lines = line * count
    bomb = zstandard.compress(lines)
    assert len(bomb) < 8_000
    tracemalloc.start()
    try:
        assert delta_sha256(bomb) == hashlib.sha256(lines).hexdigest()
        deque(unpack(bomb, max_bytes=MAX_PART_BYTES), maxlen=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


def test_no_more_of_a_delta_is_unpacked_than_was_signed() -> None:
    packed = encode_delta(lines := list(delta(BEFORE, AFTER)))
    size = sum(map(len, print_delta(lines)))
    assert delta_sha256(packed, max_bytes=size) == delta_sha256(packed)
    with pytest.raises(ShardError, match=f"unpacks to more than {size - 1} bytes"):
        delta_sha256(packed, max_bytes=size - 1)
    with pytest.raises(ShardError, match=f"unpacks to more than {size - 1} bytes"):
        list(decode_delta(packed, max_bytes=size - 1))
