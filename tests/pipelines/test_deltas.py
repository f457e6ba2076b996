import hashlib

import pytest
import zstandard

from pipelines.deltas import decode_delta, delta, delta_sha256, encode_delta, print_delta
from pipelines.shards import ShardError, pack
from schemas.registry import ShardRow
from tests.pipelines.test_shards import row


def reissued(slug: str) -> ShardRow:
    return row(slug).model_copy(update={"object": "f" * 64, "cause": "source_changed"})


BEFORE = [row("acme-gull"), row("acme-rail"), row("acme-tern")]
AFTER = [reissued("acme-tern"), row("acme-gull").model_copy(update={"last_seen": "2026-06-16T00:00:00.000Z"}), row("b")]


def test_what_is_added_changed_and_removed_is_told_in_order_of_slug_and_what_stays_is_not() -> None:
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
    with pytest.raises(ShardError, match="holds a line that is no change"):
        list(decode_delta(pack([line])))
