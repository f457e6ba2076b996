import hashlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.shards import (
    MAX_LINE_BYTES,
    ShardError,
    decode_shard,
    encode_shard,
    pack,
    shard_count,
    shard_index,
    split,
    unpack,
)
from schemas.base import SLUG_PATTERN
from schemas.registry import ShardRow

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
        generation=1,
    )


@pytest.mark.parametrize(
    ("passports", "shards"), [(0, 1), (5_000, 1), (5_001, 16), (100_000, 16), (100_001, 256), (2_000_000, 256)]
)
def test_the_number_of_shards_steps_up_with_the_passports(passports: int, shards: int) -> None:
    assert shard_count(passports) == shards


@pytest.mark.parametrize("count", [1, 16, 256])
def test_a_slug_goes_to_the_shard_that_the_first_byte_of_its_hash_names(count: int) -> None:
    first = hashlib.sha256(b"acme-tern-1.5").digest()[0]
    assert shard_index("acme-tern-1.5", count) == {1: 0, 16: first >> 4, 256: first}[count]


@given(st.sets(slugs, max_size=40))
@settings(deadline=None)
def test_rows_survive_splitting_and_packing_and_their_order_does_not_matter(names: set[str]) -> None:
    rows = [row(name) for name in names]
    shards = split(rows)
    packed = {index: encode_shard(part) for index, part in shards.items()}
    assert packed == {index: encode_shard(part) for index, part in split(reversed(rows)).items()}
    assert sorted(read.slug for body in packed.values() for read in decode_shard(body)) == sorted(names)


def test_six_thousand_rows_spread_evenly_over_sixteen_shards() -> None:
    shards = split([row(f"model-{number}") for number in range(6_000)])
    assert sorted(shards) == list(range(16))
    assert all(250 < len(part) < 500 for part in shards.values())
    assert all(shard_index(read.slug, 16) == index for index, part in shards.items() for read in part)


def test_a_slug_with_two_rows_is_refused() -> None:
    with pytest.raises(ShardError, match="'a' has two rows"):
        split([row("a"), row("b"), row("a")])


@pytest.mark.parametrize("rows", [["b", "a"], ["a", "a"]])
def test_a_shard_out_of_order_or_with_a_slug_twice_is_refused(rows: list[str]) -> None:
    with pytest.raises(ShardError, match="sorted"):
        decode_shard(encode_shard(row(slug) for slug in rows))


@pytest.mark.parametrize("line", [b"{}", b"[]", b"", b"null", row("a").model_dump_json().encode()[:-1] + b',"x":1}'])
def test_a_line_that_is_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(ShardError, match="row that is none"):
        decode_shard(pack([line]))


@given(st.lists(st.binary(max_size=300).filter(lambda line: b"\n" not in line), max_size=50))
@settings(deadline=None)
def test_lines_come_back_as_they_were_packed(lines: list[bytes]) -> None:
    assert list(unpack(pack(lines))) == lines
    assert pack(lines) == pack(iter(lines))


PACKED = pack(hashlib.sha256(bytes([number])).hexdigest().encode() for number in range(256))


@pytest.mark.parametrize(
    "body",
    [b"", b"junk", PACKED + b"x", PACKED + PACKED, PACKED + pack([b"more"]), zstandard.compress(b"no line end")],
    ids=["empty", "junk", "trailing byte", "twice", "second frame", "unfinished line"],
)
def test_what_is_not_one_whole_frame_of_lines_is_refused(body: bytes) -> None:
    with pytest.raises(ShardError):
        list(unpack(body))


def test_every_cut_and_many_a_flipped_bit_is_noticed() -> None:
    damaged = [PACKED[:end] for end in range(0, len(PACKED), 97)]
    damaged += [PACKED[:at] + bytes([PACKED[at] ^ 1]) + PACKED[at + 1 :] for at in range(8, len(PACKED), 97)]
    for body in damaged:
        with pytest.raises(ShardError):
            list(unpack(body))


def test_a_bomb_is_stopped_long_before_it_is_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"a\n" * (40 * 2**20))
    with pytest.raises(ShardError, match="more than 1000 bytes"):
        list(unpack(bomb, max_bytes=1000))


def test_a_line_without_end_is_stopped() -> None:
    with pytest.raises(ShardError, match="line of more than"):
        list(unpack(pack([b"a" * (2 * MAX_LINE_BYTES)])))


def test_a_frame_that_wants_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, format=zstandard.FORMAT_ZSTD1)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(b"a\n") + compressor.flush()
    with pytest.raises(ShardError, match=r"memory|window|large"):
        list(unpack(body))
