"""Judging the ages of what is served; the flow itself runs on a server in test_schedule."""

import base64
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flows.config.settings import read_settings
from flows.orchestration.watch import complaints_of
from pipelines.freshness import AGES
from pipelines.rules.gates import Gate, Gates, default_gates
from pipelines.views.age_chart import COLOURS, MOST_BARS, ages_svg, as_image
from pipelines.views.ages import Ages, ages_of, shown, source_of
from schemas.registry import ShardRow
from tests.support.publications import row
from tests.support.runs import GATE, NOON, Record, generation, reader, refresh

SVG = "{http://www.w3.org/2000/svg}"
SLOW = {**GATE, "refresh_after_h": 1000, "stale_after_h": 2000, "expires_after_h": 3000}
BY_SOURCE: Gates = {
    **default_gates(),
    "openrouter": Gate.model_validate(GATE),
    "huggingface": Gate.model_validate(SLOW),
}


@pytest.fixture
def aged(equipped: Path, few: list[Record]) -> Path:
    """A store whose passports were scraped at two times."""
    refresh(equipped / "store", few)
    first, *others = few
    changed = [first, *(record | {"context_length": 4096} for record in others)]
    refresh(equipped / "store", changed, at=NOON + timedelta(hours=60))
    return equipped / "store"


def judged(store: Path, hours: float, gates: Gates = BY_SOURCE, watched: tuple[str, ...] = ("openrouter",)) -> Ages:
    at = NOON + timedelta(hours=hours)
    return ages_of(generation(reader(store, at=at)), gates, at, watched=watched)


def complaints(ages: Ages, sources: str = "openrouter") -> list[str]:
    return complaints_of(ages, read_settings(sources=tuple(sources.split(","))))


@pytest.mark.parametrize(
    ("slug", "listing_id", "source"),
    [
        ("qwen-qwq-32b", "qwen/qwq-32b", "openrouter"),
        ("heron-lab--heron-7b", "Heron-Lab/Heron-7B", "huggingface"),
        ("heron-lab--heron-7b", "heron-lab/-heron-7b", "openrouter"),
        ("gpt2", "gpt2", "huggingface"),
    ],
)
def test_the_source_of_a_passport_is_read_from_how_its_slug_was_made(slug: str, listing_id: str, source: str) -> None:
    assert source_of(a_row(slug, listing_id)) == source


def a_row(slug: str, listing_id: str) -> ShardRow:
    return row("acme-tern", 1).model_copy(update={"slug": slug, "listing_id": listing_id})


def test_the_oldest_and_worst_are_reported_first(aged: Path) -> None:
    ages = judged(aged, 200)
    assert [(passport.age, passport.hours_ago) for passport in ages.passports] == [("stale", 200), *[("due", 140)] * 3]
    assert ages.counts == {"stale": 1, "due": 3}
    assert [passport.age for passport in shown(judged(aged, 100).passports)] == ["due"]


FROZEN = "the pointer expired at 2026-04-28T00:00:00.000Z: readers refuse it: run `passports refresh`"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (131, []),
        (133, [FROZEN]),
        (169, ["1 passport is stale", FROZEN]),
        (229, ["openrouter was last crawled 169.0 h ago: stale", "4 passports are stale", FROZEN]),
        (
            721,
            [
                "openrouter was last crawled 661.0 h ago: stale",
                "1 passport is expired",
                "3 passports are stale",
                FROZEN,
            ],
        ),
    ],
)
def test_a_watch_complains_of_what_must_not_be_relied_on(hours: int, expected: list[str], aged: Path) -> None:
    assert complaints(judged(aged, hours)) == expected


def test_a_source_that_is_not_crawled_here_is_shown_and_not_complained_of(aged: Path) -> None:
    ages = judged(aged, 229, watched=())
    assert ages.sources[0].age == "stale"
    assert not any("openrouter" in complaint for complaint in ages.stale)


def test_a_source_that_never_came_is_complained_of(aged: Path) -> None:
    source = "nowhere"
    ages = judged(aged, 80, watched=("openrouter", source))
    settings = read_settings().model_copy(update={"sources": ("openrouter", source)})
    assert complaints_of(ages, settings) == ["nowhere was never crawled"]


def shapes(ages: Ages) -> list[ET.Element]:
    root = ET.fromstring(ages_svg(ages))  # noqa: S314 - our own drawing
    drawn = (one for one in root.iter(f"{SVG}g") if one.get("class", "").startswith("series"))
    return [shape for one in drawn for shape in one.iter(f"{SVG}rect") if shape.get("fill") in COLOURS.values()]


def test_the_plot_shows_as_many_as_there_are_where_they_are(aged: Path) -> None:
    stale, due = COLOURS["stale"], COLOURS["due"]
    bars = {shape.get("fill"): shape for shape in shapes(judged(aged, 200))}
    assert set(bars) == {stale, due}
    heights = {colour: float(bar.get("height", "")) for colour, bar in bars.items()}
    assert heights[due] == pytest.approx(3 * heights[stale], abs=0.2)
    assert heights[stale] > 1
    assert float(bars[due].get("x", "")) < float(bars[stale].get("x", ""))
    assert "1 stale" in ages_svg(judged(aged, 200))


def test_the_plot_stays_as_large_however_old_or_few_they_are(aged: Path) -> None:
    ages = judged(aged, 200)
    many = tuple(ages.passports[0]._replace(hours_ago=24.0 * day, age=AGES[day % 5]) for day in range(1000))
    assert len(shapes(ages._replace(passports=many))) <= MOST_BARS * len(AGES)
    assert shapes(ages._replace(passports=())) == []
    assert "no passports" in ages_svg(ages._replace(passports=()))
    early = ages.passports[0]._replace(hours_ago=-1.0)
    assert len(shapes(ages._replace(passports=(early,)))) == 1, "a clock that goes wrong draws nothing outside"


def test_the_plot_is_written_as_an_address(aged: Path) -> None:
    svg = ages_svg(judged(aged, 200))
    kind, _, body = as_image(svg).partition(",")
    assert (kind, base64.b64decode(body).decode()) == ("data:image/svg+xml;base64", svg)
