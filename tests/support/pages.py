"""Reads a page as a browser's parser would, and states what a strict policy or a reader would object to."""

from collections import Counter
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "img", "line", "circle", "rect", "hr", "path", "wbr"})
URLS = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset"})
DATA_TYPES = frozenset({"application/ld+json"})
"""Types of script elements that no browser runs."""


class Page(HTMLParser):
    """The elements, addresses and text of a page."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.urls: list[str] = []
        self.ids = Counter[str]()
        self.tags = Counter[str]()
        self.words: list[str] = []
        self.feed(body.decode())
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.faults += [f"id {name} is used twice" for name, count in self.ids.items() if count > 1]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags[tag] += 1
        self.faults += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") not in DATA_TYPES):
            self.faults.append(f"<{tag}> inline")
        for name in given.keys() & URLS:
            self.urls.append(given[name] or "")
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> closes <{self.open[-1] if self.open else 'nothing'}>")

    def handle_data(self, words: str) -> None:
        if self.open and self.open[-1] == "script":
            assert "<" not in words
        self.words.append(words)


def objections(body: bytes) -> list[str]:
    """Return what is wrong with a page: open or crossed elements, inline scripts or styles, addresses that run code."""
    page = Page(body)
    schemes = [url for url in page.urls if ":" in url.partition("/")[0]]
    outside = [url for url in schemes if not url.startswith(("https://", "http://"))]
    return page.faults + [f"leads to {url[:60]}" for url in outside]
