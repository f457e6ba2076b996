import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.decimals import LONGEST_DECIMAL, digits, plain, read_decimal, to_exponential

PRICES = st.decimals(min_value=0, max_value=1000, allow_nan=False, allow_infinity=False, places=30)


@pytest.mark.parametrize("stated", ["0.0000000208333333333333", "0.00000008333333333333334", "0.1", "0", "1000", 7])
def test_a_decimal_survives_to_its_last_digit(stated: str | int) -> None:
    assert plain(read_decimal(stated)) == str(stated)


@pytest.mark.parametrize(
    ("stated", "printed"),
    [("1.50e-7", "0.00000015"), ("-1", "-1"), ("-0", "0"), ("0.00", "0"), ("1E2", "100"), (".5", "0.5"), ("10", "10")],
)
def test_plain_notation_has_neither_exponent_nor_idle_zeros(stated: str, printed: str) -> None:
    assert plain(read_decimal(stated)) == printed


def test_digits_keep_the_zeros_that_the_source_wrote() -> None:
    assert digits(Decimal("99.830")) == "99.830"


@given(PRICES)
def test_any_price_survives_printing_and_reading(price: Decimal) -> None:
    printed = plain(price)
    assert Decimal(printed) == price
    if len(printed) <= LONGEST_DECIMAL:
        assert read_decimal(printed) == price


@pytest.mark.parametrize(
    "stated",
    [None, True, [], {}, 0.1, "", " 1", "1 ", "1_0", "NaN", "Infinity", "-inf", "0x1", "1e", "\uff11", "\u0661",
     "1,5", "$1",
     "1" * 41, "1e-41", "1e41", "1e99999", b"1", "1\n"],
)  # fmt: skip
def test_what_is_no_decimal_in_ascii_is_refused(stated: object) -> None:
    with pytest.raises(ValueError, match=r"not a decimal|too large or too small"):
        read_decimal(stated)


@pytest.mark.parametrize(
    ("stated", "printed"),
    # Number(stated).toExponential(2) in Node.js 20. In the ties the nearest double decides.
    [
        ("0.00000015", "1.50e-7"), ("0.0000000208333333333333", "2.08e-8"), ("0.00000014999", "1.50e-7"),
        ("0.000001125", "1.13e-6"), ("1.005e-6", "1.00e-6"), ("9.995e-7", "9.99e-7"), ("0.000000995", "9.95e-7"),
        ("1.115e-6", "1.11e-6"), ("2.675e-7", "2.67e-7"), ("1.255e-7", "1.26e-7"), ("7.7455e-7", "7.75e-7"),
        ("6.255e-7", "6.25e-7"), ("8.345e-8", "8.34e-8"), ("0.0000019995", "2.00e-6"), ("99.95", "1.00e+2"),
        ("123456", "1.23e+5"), ("0.045", "4.50e-2"), ("1", "1.00e+0"), ("10", "1.00e+1"), ("0", "0.00e+0"),
        ("-1", "-1.00e+0"),
    ],
)  # fmt: skip
def test_to_exponential_prints_as_javascript_does(stated: str, printed: str) -> None:
    assert to_exponential(Decimal(stated)) == printed


@given(PRICES.filter(lambda price: price > Decimal("1e-30")))
def test_to_exponential_is_within_half_a_unit_of_the_price(price: Decimal) -> None:
    mantissa, _, exponent = to_exponential(price).partition("e")
    assert 1 <= Decimal(mantissa) < 10
    unit = Decimal(1).scaleb(int(exponent) - 2)
    assert abs(Decimal(f"{mantissa}e{exponent}") - price) <= unit * Decimal("0.50000001")
    assert math.isclose(float(to_exponential(price)), float(price), rel_tol=0.006)
