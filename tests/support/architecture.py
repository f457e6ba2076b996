"""Draws docs/architecture.svg from the code: each room as a column of its packages, with the imports between them.

`python -m tests.support.architecture` writes the file; tests/test_house.py fails while it is out of date.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tests.support.house import ORDER, ROOMS, ROOT, modules, named, place, tree

PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, HEIGHT, GAP, ARCS, MARGIN, TITLE = 172, 34, 10, 96, 24, 40
"""Pixels: width and height of a box, gap between boxes, space for arcs left of a column, margin, line of names."""
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2933 } .room { font-weight: 600; font-size: 15px }
.size { fill: #52606d; font-size: 11px } rect { fill: #e4ecf4; stroke: #829ab1 } .module { fill: #f5f7fa }
path { fill: none; stroke: #486581; stroke-opacity: .45 } .page { fill: #fff; stroke: none }
"""


class Box(NamedTuple):
    """A package, or a module at the root of its room."""

    name: str
    is_package: bool
    modules: int
    imports: tuple[str, ...]
    """Packages of the same room that it imports."""


def boxes(room: str) -> list[Box]:
    """Return the packages of a room in their order, the lowest first: each imports only those before it."""
    found: dict[str, list[Path]] = {name: [] for name in ORDER[room]}
    for path in modules(room):
        if path.name != "__init__.py" or len(path.parts) > 2:
            found[ORDER[room][place(".".join(path.with_suffix("").parts))[1]]].append(path)
    return [_box(room, name, paths) for name, paths in found.items()]


def _box(room: str, name: str, paths: list[Path]) -> Box:
    inside = {module for path in paths for module in named(path) if module.startswith(f"{room}.")}
    others = {ORDER[room][place(module)[1]] for module in inside} - {name}
    of_one = [path for path in paths if path.name != "__init__.py"]
    label = "root modules" if name == "*" else name
    return Box(label, len(paths) > 1, len(of_one), tuple(sorted(others)))


def picture() -> str:
    """Return the drawing as SVG; the same code gives the same text."""
    towers = {room: boxes(room) for room in ROOMS}
    highest = max(len(tower) for tower in towers.values())
    width = 2 * MARGIN + len(ROOMS) * (ARCS + WIDTH) + (len(ROOMS) - 1) * GAP
    height = 2 * MARGIN + TITLE + highest * (HEIGHT + GAP)
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", role="img")
    SubElement(
        svg, "title"
    ).text = "The packages of each room; an arc leads from a package down to one that it imports."
    SubElement(svg, "style").text = STYLE
    SubElement(svg, "rect", {"class": "page", "width": str(width), "height": str(height)})
    for column, (room, tower) in enumerate(towers.items()):
        left = MARGIN + column * (ARCS + WIDTH + GAP) + ARCS
        SubElement(svg, "text", {"class": "room", "x": str(left), "y": str(MARGIN + 14)}).text = f"{room}/"
        _tower(svg, tower, left, height - MARGIN)
    indent(svg)
    return tostring(svg, "unicode") + "\n"


def _tower(svg: Element, tower: list[Box], left: int, ground: int) -> None:
    middle = {box.name: ground - number * (HEIGHT + GAP) - HEIGHT // 2 for number, box in enumerate(tower)}
    for d in _arcs(tower, middle, left):
        SubElement(svg, "path", d=d)
    for box in tower:
        y, kind = middle[box.name] - HEIGHT // 2, "package" if box.is_package else "module"
        SubElement(
            svg,
            "rect",
            {"class": kind, "x": str(left), "y": str(y), "width": str(WIDTH), "height": str(HEIGHT)},
        )
        SubElement(svg, "text", x=str(left + 8), y=str(y + 15)).text = box.name
        size = f"{box.modules} modules" if box.is_package else f"{box.name}.py"
        SubElement(svg, "text", {"class": "size", "x": str(left + 8), "y": str(y + 28)}).text = size


def _arcs(tower: list[Box], middle: dict[str, int], left: int) -> Iterator[str]:
    for box in tower:
        for other in box.imports:
            top, bottom = middle[box.name], middle["root modules" if other == "*" else other]
            reach = min(ARCS - 6, 14 + (bottom - top) // 7)
            yield f"M{left} {top}C{left - reach} {top} {left - reach} {bottom} {left} {bottom}"


def summary(package: Path) -> str:
    """Return the first line of a package's docstring."""
    return (ast.get_docstring(tree(package / "__init__.py")) or "").partition("\n")[0]


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
