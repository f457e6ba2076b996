"""Draws the chart of docs/accuracy.md: precision and recall against the makers' own entries, as bars from 0 to 1."""

from pathlib import Path

from benchmarks.counts import Count, share

ROW, LEFT, WIDTH = 26, 170, 420
DARK, LIGHT = "#2b6cb0", "#90cdf4"
TITLE = "precision (dark) and recall (light) against the makers' own entries; models compared"


def draw(counts: list[Count], path: Path) -> None:
    """Write an SVG with one row for each capability."""
    height = 50 + len(counts) * ROW
    size = f'width="760" height="{height}" font-family="sans-serif" font-size="12"'
    rows = "".join(_row(c, 40 + place * ROW) for place, c in enumerate(counts))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="100%" height="100%" fill="#fff"/>'
    path.write_text(f'{head}<text x="8" y="14">{TITLE}</text>{_marks(height)}{rows}</svg>\n')


def _row(c: Count, y: int) -> str:
    bars = "".join(
        f'<rect x="{LEFT}" y="{y + offset}" width="{of * WIDTH:.0f}" height="8" fill="{colour}"/>'
        for offset, of, colour in ((0, c.precision, DARK), (9, c.recall, LIGHT))
        if of is not None
    )
    models = c.claimed + len(c.only_theirs) + c.neither
    stated = f"{share(c.precision)} / {share(c.recall)}; {models}"
    name = f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{c.capability}</text>'
    return f'{bars}{name}<text x="{LEFT + WIDTH + 8}" y="{y + 13}">{stated}</text>'


def _marks(height: int) -> str:
    places = [(n / 4, LEFT + WIDTH * n / 4) for n in range(5)]
    return "".join(
        f'<line x1="{x:.0f}" y1="32" x2="{x:.0f}" y2="{height - 8}" stroke="#ddd"/>'
        f'<text x="{x:.0f}" y="28" text-anchor="middle">{of:.2f}</text>'
        for of, x in places
    )
