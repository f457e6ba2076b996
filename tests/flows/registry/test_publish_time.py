"""No run publishes at a time before what is served, unless a source's clock says that it is the right one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flows.demo.replay import listening
from flows.maintenance.garbage import collect
from flows.registry.publish_time import ClockBehindError, confirmed_by
from flows.store.local import LocalStore
from pipelines.registry import layout
from schemas.times import timestamp
from tests.support.cli import Terminal
from tests.support.publications import AT, publish_versions, publisher
from tests.support.runs import NOON, Record, edited, files, issued, reader, refresh

AHEAD = NOON + timedelta(days=1000)
QWEN = "qwen-qwq-32b"


@contextmanager
def telling(date: str | None, status: int = 200) -> Iterator[str]:
    """A server that says it is that time."""

    class Clock(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            if date is not None:
                self.send_header("Date", date)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with listening(Clock) as url:
        yield url


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def refresh_in_time(root: Path, records: list[Record], at: datetime, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Refresh where the source's own clock says the same as ours; what was issued, and why."""
    with telling(http_date(at)) as url:
        patch.setenv("PASSPORTS_OPENROUTER_URL", url)
        return issued(refresh(root, records, at=at).report)


def test_a_clock_that_is_behind_publishes_nothing(store: Path, records: list[Record]) -> None:
    before = files(store)
    with pytest.raises(ClockBehindError, match=r"published at 2026-04-22T12.*is 2\.0 h behind that"):
        refresh(store, records, at=NOON - timedelta(hours=2))
    assert files(store) == before


def test_a_clock_that_is_behind_by_a_little_takes_the_time_of_what_is_served(
    store: Path, records: list[Record]
) -> None:
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=NOON - timedelta(minutes=4))
    assert reader(store).pointer.issued_at == timestamp(NOON)
    assert reader(store).snapshot.created_at == timestamp(NOON)


def test_what_a_clock_that_was_ahead_dated_is_issued_anew(
    equipped: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch, passports: Terminal
) -> None:
    root = equipped / "store"
    refresh(root, few, at=AHEAD)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp())))
    reported = passports("status", "--store", root)
    assert (reported.status, "not_yet_valid" in reported.out, "ahead of this clock" in reported.err) == (1, True, True)
    assert passports("status", "--store", root, "--json").json()["ages"] == {"not_yet_valid": len(few)}
    with pytest.raises(ClockBehindError):
        refresh(root, few)
    causes = refresh_in_time(root, few, NOON, monkeypatch)
    assert set(causes.values()) == {"refreshed"}
    assert len(causes) == len(few)
    served = reader(root)
    rows = list(served.rows())
    assert {served.check(row.slug).verdict for row in rows} == {"ok"}
    dates = {date for row in rows for date in (row.first_seen, row.last_seen, row.last_changed, row.last_observed_at)}
    assert max(dates) <= timestamp(NOON)
    assert {ref.last_scraped_at for ref in served.snapshot.sources} == {timestamp(NOON)}
    assert passports("status", "--store", root).status == 0
    assert issued(refresh(root, few, at=NOON + timedelta(hours=1)).report) == {}


def test_a_removal_that_a_clock_ahead_saw_is_looked_for_again(
    store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [record for record in records if record["id"] != "qwen/qwq-32b"]
    refresh(store, left, at=AHEAD)
    now = NOON + timedelta(hours=1)
    refresh_in_time(store, left, now, monkeypatch)
    row = reader(store, at=now).row(QWEN)
    assert row
    assert row.status == "active", "one observation by a right clock is one miss"
    day_after = now + timedelta(hours=25)
    refresh(store, left, at=day_after)
    gone = reader(store, at=day_after).row(QWEN)
    assert gone
    assert gone.status == "delisted"


def test_the_doctor_says_that_a_store_is_ahead(equipped: Path, few: list[Record], passports: Terminal) -> None:
    root = equipped / "store"
    far = datetime.now(NOON.tzinfo) + timedelta(days=1000)
    refresh(root, few, at=far)
    ended = passports("doctor", "--store", root, "--json")
    found = {one["name"]: one for one in ended.json()["checks"]}["registry"]
    assert (ended.status, found["state"], "not yet valid" in found["detail"]) == (1, "unfit", True)


def test_garbage_is_not_collected_by_a_clock_that_is_behind(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    publish_versions(store, {"acme-tern": 1}, nonce="1")
    pointer = store.get(layout.POINTER_KEY).body
    behind = AT - timedelta(hours=3)
    with pytest.raises(ClockBehindError):
        collect(publisher(store, "gc", clock=lambda: behind), generations=1, days=0)
    assert store.get(layout.POINTER_KEY).body == pointer


@pytest.mark.parametrize(
    ("date", "agrees"),
    [
        (http_date(NOON), True),
        (http_date(NOON + timedelta(minutes=4)), True),
        (http_date(NOON + timedelta(minutes=6)), False),
        (http_date(NOON).replace("GMT", "-0000"), True),
        ("yesterday", False),
        ("Wed, 22 Apr 99999999 12:00:00 GMT", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_source_confirms_a_clock_by_its_date(date: str | None, status: int, *, agrees: bool) -> None:
    with telling(date, status) as url:
        assert confirmed_by([url])(NOON) == agrees


def test_who_cannot_be_reached_confirms_nothing_and_one_that_does_is_enough() -> None:
    assert not confirmed_by(["http://127.0.0.1:9"])(NOON)
    with telling(http_date(NOON)) as url:
        assert confirmed_by(["http://127.0.0.1:9", url])(NOON)
