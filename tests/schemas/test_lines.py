import hashlib

import pytest

from pipelines.registry.packing import MAX_LINE_BYTES, MAX_PART_BYTES, pack, unpack
from schemas.crawl import CRAWL_LINE, AdmittedLine, FetchFailure, QuarantinedLine
from schemas.lines import LARGEST_LINE_BYTES, LONGEST_KEPT, RecordLine, escaped, written_line
from schemas.listing import Listing, Quarantined, RawListing

AT = "2026-01-01T00:00:00.000Z"


def admitted(body: str = "{}", unfamiliar: tuple[str, ...] = ()) -> AdmittedLine:
    sha256 = hashlib.sha256(body.encode(errors="replace")).hexdigest()
    raw = RawListing.model_construct(
        source="huggingface-card", id="a/b", url="u", observed_at=AT, body=body, content_sha256=sha256
    )
    listing = Listing(
        source=raw.source,
        id="a/b",
        kind="card",
        base_id="a/b",
        slug="a--b",
        variant=None,
        name="b",
        author="a",
        facts=(),
        prices=(),
        providers=(),
        leftovers=(),
        unfamiliar=(),
        url="u",
        observed_at=AT,
        content_sha256=sha256,
    )
    return AdmittedLine(raw=raw, listing=listing.model_copy(update={"unfamiliar": unfamiliar}))


def refused(**texts: str) -> QuarantinedLine:
    made = {"source": "s", "id": "a", "field": "", "reason": "r", "raw": "", **texts}
    return QuarantinedLine(quarantined=Quarantined(stage="fetch", observed_at=AT, **made))


def test_a_record_is_written_as_it_is() -> None:
    for line in (admitted("é"), refused(raw="é")):
        assert written_line(line) == (line, line.model_dump_json().encode())


@pytest.mark.parametrize(
    "line", [admitted("\ud800"), admitted(unfamiliar=("base_model:\udfff",))], ids=["body", "read"]
)
def test_a_record_that_utf_8_cannot_carry_is_quarantined_with_its_body_spelled_out(line: AdmittedLine) -> None:
    retained, text = written_line(line)
    assert isinstance(retained, QuarantinedLine)
    assert CRAWL_LINE.validate_json(text) == retained
    assert (retained.quarantined.source, retained.quarantined.id) == ("huggingface-card", "a/b")
    assert "lone surrogate" in retained.quarantined.reason
    assert retained.quarantined.raw == line.raw.body.replace("\ud800", r"\ud800")


def test_a_refusal_or_a_failure_that_repeats_half_a_character_is_spelled_out() -> None:
    retained, text = written_line(refused(id="a\ud800", field="/\udc00", reason="is '\ud800'", raw="\udfff"))
    assert (
        CRAWL_LINE.validate_json(text)
        == retained
        == refused(id=r"a\ud800", field=r"/\udc00", reason=r"is '\ud800'", raw=r"\udfff")
    )
    failure = FetchFailure(url="u", status=None, reason="answered '\ud800'")
    assert escaped(failure).reason == r"answered '\ud800'"


def of_size(size: int) -> AdmittedLine:
    return admitted("x" * (size - len(admitted("").model_dump_json())))


def test_a_line_is_as_large_as_the_bound_allows_and_no_larger() -> None:
    whole, text = written_line(of_size(LARGEST_LINE_BYTES))
    assert (whole.kind, len(text)) == ("admitted", LARGEST_LINE_BYTES)
    cut, text = written_line(of_size(LARGEST_LINE_BYTES + 1))
    assert isinstance(cut, QuarantinedLine)
    assert (cut.quarantined.source, cut.quarantined.id, cut.quarantined.stage) == (
        "huggingface-card",
        "a/b",
        "validate",
    )
    assert f"{LARGEST_LINE_BYTES + 1:,} bytes" in cut.quarantined.reason
    assert f"more than {LARGEST_LINE_BYTES:,}" in cut.quarantined.reason
    assert (cut.quarantined.raw, len(text) < 2 * LONGEST_KEPT) == ("x" * LONGEST_KEPT, True)


@pytest.mark.parametrize("name", ["id", "field", "reason", "raw"])
def test_a_refused_record_is_cut_where_it_is_larger_than_a_line(name: str) -> None:
    line: RecordLine = refused(**{name: "\0" * LARGEST_LINE_BYTES})
    retained, text = written_line(line)
    assert CRAWL_LINE.validate_json(text) == retained == refused(**{name: "\0" * LONGEST_KEPT})


def test_stores_take_every_line_that_is_admitted_with_room_for_notes() -> None:
    assert 2 * LARGEST_LINE_BYTES <= MAX_LINE_BYTES
    _, text = written_line(of_size(LARGEST_LINE_BYTES))
    assert list(unpack(pack([text]), max_bytes=MAX_PART_BYTES)) == [text]
