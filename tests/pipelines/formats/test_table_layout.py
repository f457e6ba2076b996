"""How the columns of a table fit a width: what has no space in it is never narrower than it is long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.table_layout import GAP, INDENT, TableLayout, table_layout

SLUGS = ["slug", "acme-tern-2", "example-lab-kestrel"]
AGES = ["age", "fresh", "not_yet_valid"]
WHYS = ["why", "short", "its model was announced to end on 2026-05-05 and that day has passed"]


@pytest.mark.parametrize(
    ("columns", "width", "layout"),
    [
        ([SLUGS, AGES], 34, TableLayout(apart=False, widths=(19, 13))),
        ([SLUGS, AGES], 33, TableLayout(apart=True, widths=(13,))),
        ([SLUGS, AGES], 14, None),
        ([SLUGS], 5, None),
        ([SLUGS, AGES, WHYS], 200, TableLayout(apart=False, widths=(19, 13, 68))),
        ([SLUGS, AGES, WHYS], 80, TableLayout(apart=False, widths=(19, 13, 44))),
        ([SLUGS, AGES, WHYS], 59, TableLayout(apart=True, widths=(13, 42))),
        ([SLUGS, AGES, WHYS], 40, None),
        ([SLUGS, ["why", "it names example-lab-kestrel-instruct-0905 of another"]], 53, TableLayout(True, (51,))),
    ],
)
def test_columns_fit_or_the_first_or_all_are_put_apart(
    columns: list[list[str]], width: int, layout: TableLayout | None
) -> None:
    assert table_layout(columns, width) == layout


CELLS = st.text("ab -", max_size=60)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.integers(1, 200))
def test_what_is_laid_out_is_as_wide_as_it_may_be_and_breaks_no_word(columns: list[list[str]], width: int) -> None:
    laid = table_layout(columns, width)
    if laid is None:
        return
    shown = columns[laid.apart :]
    assert len(laid.widths) == len(shown)
    assert sum(laid.widths) + GAP * (len(shown) - 1) + INDENT * laid.apart <= width
    for cells, given_width in zip(shown, laid.widths, strict=True):
        longest = max((len(word) for cell in cells[1:] for word in cell.split(" ")), default=0)
        assert given_width >= min(longest, 44)
