from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.download.waits import backoff_s, quota_free_at, rate_limit_reset_s, retry_after_s

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:30 -0000", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("1.5", 0.0),
        ("9" * 20, 0.0),
        ("", 0.0),
        ("Wed, 21 Oct 99999 07:28:30 GMT", 0.0),
        ("Wed, 21 Oct 99999999999999999999 07:28:30 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:28:99999999999999999999 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:28:30 +99999999999999999999", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ('"api";r=0;t=251', 251.0),
        ('"api"; r=0; t=251', 251.0),
        ('"api";t=251;r=0', 251.0),
        ('"api";r=499;t=251', 0.0),
        ('"burst";r=0;t=5, "daily";r=0;t=90, "other";r=7;t=900', 90.0),
        ('"api";r=0', 0.0),
        ("", 0.0),
    ],
)
def test_an_exhausted_quota_names_its_reset(header: str, seconds: float) -> None:
    assert rate_limit_reset_s(header) == seconds


def test_backoff_doubles_up_to_its_bound_and_half_of_it_is_chance() -> None:
    least = [backoff_s(tries, first_s=1.0, longest_s=10.0, chance=0.0) for tries in range(1, 7)]
    most = [backoff_s(tries, first_s=1.0, longest_s=10.0, chance=1.0) for tries in range(1, 7)]
    assert (least, most) == ([0.5, 1.0, 2.0, 4.0, 5.0, 5.0], [1.0, 2.0, 4.0, 8.0, 10.0, 10.0])


@pytest.mark.parametrize(
    ("remaining", "reset", "free_at"),
    [
        (b"0", b"1784000000", datetime(2026, 7, 14, 3, 33, 20, tzinfo=UTC)),
        (b" 0 ", b" 0 ", datetime(1970, 1, 1, tzinfo=UTC)),
        (b"1", b"1784000000", None),
        (b"00", b"1784000000", None),
        (None, b"1784000000", None),
        (b"0", None, None),
        (b"0", b"", None),
        (b"0", b"soon", None),
        (b"0", b"-5", None),
        (b"0", b"1784000000000", None),
    ],
)
def test_a_used_up_quota_names_the_second_at_which_it_is_free(
    remaining: bytes | None, reset: bytes | None, free_at: datetime | None
) -> None:
    assert quota_free_at(remaining, reset) == free_at


@given(st.one_of(st.text(alphabet="MonTueWd, 0123456789:+-GMT", max_size=60), st.text(max_size=60)))
@settings(deadline=None)
def test_no_header_of_a_source_raises(header: str) -> None:
    retry_after_s(header, NOW)
    rate_limit_reset_s(header)
    quota_free_at(b"0", header.encode())
