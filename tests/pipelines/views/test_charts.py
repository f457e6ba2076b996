"""Charts as SVG: what they draw, and that a strict policy allows them."""

import re
from xml.etree import ElementTree as ET

import pytest

from pipelines.views.charts import Layer, lines, rows_of_dots, stacked_columns
from tests.support.pages import objections

DAYS = [f"2026-06-{day:02}" for day in range(1, 31)]


def series(drawn: str) -> list[ET.Element]:
    """Return the shapes of each series, in the order in which they are drawn."""
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    return [one for one in root.iter() if one.get("class", "").startswith("series")]


def heights(shapes: ET.Element) -> list[float]:
    return [float(one.get("height", "")) for one in shapes]


@pytest.mark.parametrize(
    "drawn",
    [
        stacked_columns(DAYS, [Layer([300] * 30), Layer(list(range(30))), Layer([1] * 30)]),
        lines({"a <b>": [(0, 1), (100, 300)]}, title="t & u", x_name="x", y_name="y", highest=400),
        rows_of_dots(["<script>", "b"], {"one": [0.5, None]}, title='"quoted"'),
    ],
)
def test_a_chart_has_no_style_script_or_reference(drawn: str) -> None:
    assert objections(drawn.encode()) == []
    assert "href" not in drawn
    assert "<script>" not in drawn
    assert len(drawn) < 60_000
    assert re.match(r'<svg viewBox="\d+ \d+ \d+ \d+"', drawn)


def test_a_chart_without_title_and_legend_has_no_empty_room_for_them_and_loses_nothing() -> None:
    drawn = stacked_columns(DAYS, [Layer([300] * 30)])
    left, top, width, height = (int(one) for one in re.findall(r"\d+", drawn.partition(">")[0])[:4])
    assert (top > 20, height < 280 - top) == (True, True)
    assert 'viewBox="0 0 ' in stacked_columns(DAYS, [Layer([300] * 30)], title="t")
    assert 'viewBox="0 0 ' in stacked_columns(DAYS, [Layer([300] * 30, "named")])
    titled = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    texts = [one for one in titled.iter() if one.tag.endswith("text") and (one.text or "").strip()]
    assert left < width
    assert {"0", "300", "2026-06-01"} <= {(one.text or "").strip() for one in texts}


def test_a_layer_is_drawn_over_the_higher_ones_that_it_is_part_of() -> None:
    highest, middle, lowest = series(stacked_columns(["a", "b"], [Layer([4, 1]), Layer([2, 0]), Layer([2, 1])]))
    assert len(list(middle)) == 1, "a count of 0 is left out"
    whole = heights(highest)[0]
    assert heights(middle)[0] == pytest.approx(whole * 6 / 8)
    assert heights(lowest) == pytest.approx([whole * 4 / 8, whole / 8])


def test_without_anything_to_draw_there_are_only_axes() -> None:
    (only,) = series(stacked_columns(["a"], [Layer([0])]))
    assert heights(only) == [0]


def test_the_first_label_is_at_the_top_and_a_missing_value_has_no_dot() -> None:
    drawn = rows_of_dots(["first", "second"], {"one": [1.0, 0.0], "two": [None, 0.5]}, title="dots")
    one, two = series(drawn)
    (high, low), (only,) = list(one), list(two)
    assert float(high.get("cy", "")) < float(low.get("cy", ""))
    assert float(low.get("cx", "")) < float(only.get("cx", "")) < float(high.get("cx", ""))
    places = {text: float(at) for at, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(first|second)<', drawn)}
    assert places["first"] < places["second"]


def test_lines_share_one_scale() -> None:
    drawn = lines({"a": [(0, 0), (1, 100)], "b": [(0, 400)]}, title="t", x_name="x", y_name="y", highest=400)
    assert len(series(drawn)) == 2
    assert ">400<" in drawn
