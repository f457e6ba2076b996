import hashlib

from pipelines.lifecycle.identity import with_notes
from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine
from schemas.listing import Listing
from tests.support.hub_records import repository_raw


def test_what_is_noted_of_a_record_is_read_with_it() -> None:
    line = admitted_line()
    found = with_notes(line, formerly=("HeronLab/Heron-Old",))
    assert found.raw.formerly == ("HeronLab/Heron-Old",)
    assert "huggingface:HeronLab/Heron-Old" in found.listing.same_as
    assert with_notes(line, formerly=()) == line


def test_a_record_that_earlier_rules_let_pass_stays_as_it_is() -> None:
    line = admitted_line()
    body = line.raw.body.replace("2026-", "2099-")
    of_the_future = line.raw.model_copy(
        update={"body": body, "content_sha256": hashlib.sha256(body.encode()).hexdigest()}
    )
    assert not isinstance(admit(of_the_future), Listing)
    retained = line.model_copy(update={"raw": of_the_future})
    assert with_notes(retained, formerly=("HeronLab/Heron-Old",)) == retained


def admitted_line() -> AdmittedLine:
    raw = repository_raw(lastModified="2026-01-01T00:00:00.000Z")
    listing = admit(raw)
    assert isinstance(listing, Listing)
    return AdmittedLine(raw=raw, listing=listing)
