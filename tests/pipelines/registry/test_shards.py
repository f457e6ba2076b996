import hashlib
import random
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.registry.packing import (
    MAX_LINE_BYTES,
    MAX_PART_BYTES,
    ShardError,
    most_packed_bytes,
    pack,
    pack_into,
    packed_lines,
    ref_of,
    unpack,
)
from pipelines.registry.shards import checked_rows, decode_shard, encode_shard
from pipelines.registry.slots import COUNTS, SLOTS, overlapping, shard_count, slot, slots_by_shard, slots_of
from schemas.base import SLUG_PATTERN
from schemas.registry import ShardRef, ShardRow

NOW = "2026-06-15T14:50:47.607Z"
slugs = st.from_regex(SLUG_PATTERN.removesuffix("$"), fullmatch=True)


def row(slug: str) -> ShardRow:
    digest = hashlib.sha256(slug.encode()).hexdigest()
    return ShardRow(
        slug=slug,
        listing_id=f"acme/{slug}",
        object=digest,
        payload=digest,
        facts=digest,
        status="active",
        cause="first_seen",
        key_id="k",
        previous=None,
        first_seen=NOW,
        last_seen=NOW,
        last_changed=NOW,
        last_scraped_at=NOW,
        last_observed_at=NOW,
        generation=1,
    )


@pytest.mark.parametrize(
    ("passports", "shards"), [(0, 1), (5_000, 1), (5_001, 16), (100_000, 16), (100_001, 256), (2_000_000, 256)]
)
def test_the_number_of_shards_steps_up_with_the_passports(passports: int, shards: int) -> None:
    assert shard_count(passports) == shards


def test_a_slot_is_the_first_byte_of_a_slugs_hash() -> None:
    assert slot("acme-tern-1.5") == hashlib.sha256(b"acme-tern-1.5").digest()[0]


@pytest.mark.parametrize("count", COUNTS)
def test_every_slot_is_of_one_shard_and_cuts_of_fewer_are_cuts_of_more(count: int) -> None:
    cuts = [slots_of(index, count) for index in range(count)]
    assert [slot for slots in cuts for slot in slots] == list(range(SLOTS))
    starts = {slots_of(index, 256).start for index in range(256)}
    assert {slots.start for slots in cuts} <= starts


def test_overlapping_shards_are_named_with_whether_they_are_partly_asked_for() -> None:
    refs = [ShardRef(index=index, sha256="0" * 64, rows=1) for index in (0, 3, 4, 15)]
    assert [(ref.index, others) for ref, others in overlapping(refs, 16, range(63, 80))] == [(3, True), (4, False)]
    assert [(ref.index, others) for ref, others in overlapping(refs, 16, range(256))] == [
        (0, False), (3, False), (4, False), (15, False)
    ]  # fmt: skip
    assert list(overlapping(refs, 16, range(16, 48))) == []


@given(st.sets(slugs, max_size=40))
@settings(deadline=None)
def test_rows_survive_cutting_and_packing(names: set[str]) -> None:
    rows = [row(name) for name in sorted(names)]
    cuts = [checked_rows((r for r in rows if slot(r.slug) in slots), slots) for slots in slots_by_shard(5_001)]
    packed = [encode_shard(part) for part in cuts]
    assert packed == [encode_shard(part) for part in cuts]
    assert sorted(read.slug for body in packed for read in decode_shard(body)) == sorted(names)


def test_six_thousand_slugs_spread_evenly_over_sixteen_shards() -> None:
    slots = Counter(slot(f"model-{number}") // 16 for number in range(6_000))
    assert sorted(slots) == list(range(16))
    assert all(250 < many < 500 for many in slots.values())


@pytest.mark.parametrize(
    ("names", "reason"),
    [(["b", "a"], "sort the rows"), (["a", "a"], "each slug once"), (["acme-tern"], "choose the shard by `slot`")],
)
def test_rows_that_do_not_belong_in_a_shard_as_they_come_are_refused(names: list[str], reason: str) -> None:
    slots = range(slot("acme-tern")) if "acme-tern" in names else range(SLOTS)
    with pytest.raises(ShardError, match=reason):
        checked_rows(map(row, names), slots)


@pytest.mark.parametrize("rows", [["b", "a"], ["a", "a"]])
def test_a_shard_out_of_order_or_with_a_slug_twice_is_refused(rows: list[str]) -> None:
    with pytest.raises(ShardError, match="sort the rows"):
        decode_shard(encode_shard(row(slug) for slug in rows))


@pytest.mark.parametrize("line", [b"{}", b"[]", b"", b"null", row("a").model_dump_json().encode()[:-1] + b',"x":1}'])
def test_a_line_that_is_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(ShardError, match="line that is not a row"):
        decode_shard(pack([line]))


@given(st.lists(st.binary(max_size=300).filter(lambda line: b"\n" not in line), max_size=50))
@settings(deadline=None)
def test_lines_come_back_as_they_were_packed(lines: list[bytes]) -> None:
    assert list(unpack(pack(lines), max_bytes=MAX_PART_BYTES)) == lines
    assert pack(lines) == pack(iter(lines))


PACKED = pack(hashlib.sha256(bytes([number])).hexdigest().encode() for number in range(256))


@pytest.mark.parametrize(
    "body",
    [b"", b"junk", PACKED + b"x", PACKED + PACKED, PACKED + pack([b"more"]), zstandard.compress(b"no line end")],
    ids=["empty", "junk", "trailing byte", "twice", "second frame", "unfinished line"],
)
def test_what_is_not_one_whole_frame_of_lines_is_refused(body: bytes) -> None:
    with pytest.raises(ShardError):
        list(unpack(body, max_bytes=MAX_PART_BYTES))


def test_every_cut_and_many_a_flipped_bit_is_noticed() -> None:
    damaged = [PACKED[:end] for end in range(0, len(PACKED), 97)]
    damaged += [PACKED[:at] + bytes([PACKED[at] ^ 1]) + PACKED[at + 1 :] for at in range(8, len(PACKED), 97)]
    for body in damaged:
        with pytest.raises(ShardError):
            list(unpack(body, max_bytes=MAX_PART_BYTES))


def test_a_bomb_is_stopped_long_before_it_is_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"a\n" * (40 * 2**20))
    with pytest.raises(ShardError, match="more than 1000 bytes"):
        list(unpack(bomb, max_bytes=1000))


@given(st.lists(st.binary(max_size=300).filter(lambda line: b"\n" not in line), max_size=50))
@settings(deadline=None)
def test_a_packed_file_is_named_by_its_sizes_which_let_it_be_unpacked(lines: list[bytes]) -> None:
    packed = pack(lines)
    ref = ref_of(packed, index=3, rows=len(lines))
    assert (ref.packed_bytes, ref.unpacked_bytes) == (len(packed), sum(len(line) + 1 for line in lines))
    assert list(unpack(packed, max_bytes=ref.unpacked_bytes or 0)) == lines
    assert len(packed) <= most_packed_bytes(ref.unpacked_bytes or 0)


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size).replace(b"\n", b" ")  # noqa: S311 - nothing secret


def test_what_cannot_be_compressed_stays_within_its_packed_size() -> None:
    for size in (0, 1, 2**17, 2**22):
        packed = pack([noise(size)])
        assert len(packed) <= most_packed_bytes(size + 1)


def test_a_line_of_many_pieces_takes_no_longer_than_its_length() -> None:
    packed = pack([line := noise(4 * 2**20)])
    began = time.process_time()
    assert list(unpack(packed, max_bytes=MAX_PART_BYTES)) == [line]
    assert time.process_time() - began < 5.0


def test_a_line_without_end_is_stopped() -> None:
    with pytest.raises(ShardError, match="line of more than"):
        list(unpack(zstandard.compress(b"a" * (2 * MAX_LINE_BYTES)), max_bytes=MAX_PART_BYTES))


@pytest.mark.parametrize(
    "line",
    [b"a" * MAX_LINE_BYTES, b"".join(sha256(b"%d" % n).hexdigest().encode() for n in range(MAX_LINE_BYTES // 64))],
    ids=["alike", "varied"],
)
def test_what_is_packed_can_be_unpacked_and_what_could_not_be_is_not_packed(line: bytes) -> None:
    assert list(unpack(pack([b"first", line, b"last"]), max_bytes=MAX_PART_BYTES)) == [b"first", line, b"last"]
    with pytest.raises(ShardError, match=r"a line that begins b'a{160}' of more than 16777216 bytes"):
        pack([b"first", b"a" * MAX_LINE_BYTES + b"b"])
    with pytest.raises(ShardError, match="line of more than"):
        list(unpack(zstandard.compress(line + b"b\n"), max_bytes=MAX_PART_BYTES))


def test_a_frame_that_wants_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, format=zstandard.FORMAT_ZSTD1)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(b"a\n") + compressor.flush()
    with pytest.raises(ShardError, match=r"memory|window|large"):
        list(unpack(body, max_bytes=MAX_PART_BYTES))


def test_lines_packed_into_a_file_are_those_that_are_packed_in_memory(tmp_path: Path) -> None:
    lines, path = [b"one", b"", b"three" * 2**20], tmp_path / "lines"
    with path.open("xb") as file:
        assert pack_into(file, iter(lines)) == 3
    assert path.read_bytes() == pack(lines)
    with path.open("rb") as file:
        assert list(packed_lines(file)) == lines
