"""Pages of what passports have in common: a capability, a purpose, a maker, a failure mode; and the indexes of them."""

import re
from collections.abc import Iterable, Iterator
from heapq import heappush, heappushpop
from typing import Any, Final, Literal, NamedTuple

from pipelines.enrich.catalogue import capability_uri
from pipelines.enrich.purposes import purpose_uri
from pipelines.pages.addresses import (
    MAKERS_KEY,
    capability_page,
    failure_page,
    maker_page,
    makers_part,
    purpose_page,
    root_of,
)
from pipelines.pages.site import Site
from pipelines.pages.summary import Summary, by_use
from pipelines.pages.templating import render
from pipelines.registry.layout import page_key
from pipelines.rules.purposes import purpose_rules
from pipelines.rules.rulebook import rulebook

Kind = Literal["capability", "purpose", "maker", "failure"]

MOST_MEMBERS: Final = 400
"""Most passports that the page of a group lists; those of a maker are all listed."""
MOST_MAKERS: Final = 500
"""Most makers that one page of their index lists."""
KIND_WORDS: Final[dict[Kind, str]] = {
    "capability": "Capability", "purpose": "Purpose", "maker": "Maker", "failure": "Failure mode",
}  # fmt: skip
_PLURALS: Final = {"capability": "Capabilities", "purpose": "Purposes", "failure": "Failure modes"}
_STATER: Final = re.compile(r"\{limit:[^}]*\}")
"""Place of who states a limit in the sentence of a rule."""
_VALUE: Final = re.compile(r"\{[^}]*\}")


class Member(NamedTuple):
    """A passport on the page of a group: nothing that changes from day to day."""

    name: str
    slug: str
    page: str
    maker: str


_Ranked = tuple[tuple[int, int, "_Reversed"], Member]


class Group:
    """The passports of one capability, purpose, maker or failure mode; of very many, the most used are listed."""

    def __init__(self, kind: Kind, key: str, name: str, uri: str) -> None:
        self.kind, self.key, self.name, self.uri, self.count = kind, key, name, uri, 0
        self._members: list[_Ranked] = []

    def add(self, item: "_Ranked") -> None:
        """Add a passport."""
        self.count += 1
        if self.kind == "maker" or len(self._members) < MOST_MEMBERS:
            heappush(self._members, item)
        else:
            heappushpop(self._members, item)

    @property
    def members(self) -> list[Member]:
        """The listed passports by name."""
        return sorted((member for _, member in self._members), key=lambda one: (one.name.casefold(), one.slug))


class _Reversed(str):
    """A slug that sorts the other way round, so that a heap drops the last slug first."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


class Groups:
    """All groups of the passports that were added."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = frozenset(kinds)
        self.by_key: dict[str, Group] = {}

    def add(self, summary: Summary) -> None:
        """Add a passport to every group that it is in."""
        ranked = _ranked(summary)
        for kind, key, name, uri in _memberships(summary):
            if kind in self._kinds:
                group = self.by_key.get(key)
                if group is None:
                    group = self.by_key[key] = Group(kind, key, name, uri)
                group.add(ranked)

    def of(self, kind: Kind) -> list[Group]:
        """Return the groups of a kind, by name."""
        return sorted((one for one in self.by_key.values() if one.kind == kind), key=lambda one: one.name.casefold())


def group_page(site: Site, group: Group) -> bytes:
    """Return the page of a group; it changes only when a passport joins, leaves or is renamed."""
    about = _about(group)
    values = {
        "site": site,
        "root": root_of(group.key),
        "key": group.key,
        "group": group,
        "kind": KIND_WORDS[group.kind],
        "about": about,
        "members": group.members,
        "filter_value": group.uri or group.name,
        "json_ld": site.json_ld({
            "@context": "https://schema.org", "@type": "DefinedTerm", "name": group.name,
            "description": about["description"], "termCode": group.uri, "url": site.address(group.key),
        }),
    }  # fmt: skip
    return render("group.html", values)


def makers_pages(site: Site, makers: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of the index of makers, each given as name, key of its page, and number of passports.

    An index of very many makers names pages of at most `MOST_MAKERS` of one letter each, and those list them.
    """
    found = sorted(makers, key=lambda one: one[0].casefold())
    letters: dict[str, list[tuple[str, str, int]]] = {}
    for maker in found:
        first = maker[0][:1].upper()
        letters.setdefault(first if first.isalpha() and first.isascii() else "#", []).append(maker)
    shared = {"site": site, "root": root_of(MAKERS_KEY), "key": MAKERS_KEY, "parts": []}
    if len(found) <= MOST_MAKERS:
        yield MAKERS_KEY, render("makers.html", {**shared, "letters": letters})
        return
    parts: list[tuple[str, str, str]] = []
    for letter, named in letters.items():
        for number, start in enumerate(range(0, len(named), MOST_MAKERS), start=1):
            key, some = makers_part(letter, number), named[start : start + MOST_MAKERS]
            parts.append((key, some[0][0], some[-1][0]))
            yield key, render("makers.html", {**shared, "root": root_of(key), "key": key, "letters": {letter: some}})
    yield MAKERS_KEY, render("makers.html", {**shared, "parts": parts, "letters": {}})


def vocabulary_page(site: Site, groups: Groups) -> bytes:
    """Return the index of purposes, capabilities and failure modes."""
    kinds: tuple[Kind, ...] = ("purpose", "capability", "failure")
    titled = [(_PLURALS[kind], kind, groups.of(kind)) for kind in kinds]
    return render("vocabulary.html", {"site": site, "root": "./", "key": "vocabulary", "kinds": titled})


def _memberships(summary: Summary) -> Iterator[tuple[Kind, str, str, str]]:
    for uri, name in summary.capabilities:
        yield "capability", capability_page(uri), name, uri
    for uri, name in summary.purposes:
        yield "purpose", purpose_page(uri), name, uri
    if summary.maker:
        yield "maker", maker_page(summary.maker), summary.maker, ""
    for mode in summary.modes:
        yield "failure", failure_page(mode), mode, ""


def _ranked(summary: Summary) -> _Ranked:
    """Return a passport as a heap of the most used has it, once for all of its groups."""
    use, score, slug = by_use(summary)
    return (-use, -score, _Reversed(slug)), Member(summary.name, slug, page_key(slug), summary.maker)


def _about(group: Group) -> dict[str, Any]:
    """Return what our rules say of a group; empty texts where they do not know it."""
    known: dict[str, Any] = {
        "title": group.name,
        "description": "",
        "intents": (),
        "shows": "",
        "remedy": "",
        "terms": (),
    }
    if group.kind == "capability":
        for rule in rulebook().capabilities.capability:
            if capability_uri(rule.categories[0], rule.name) == group.uri:
                return known | {"description": rule.description, "intents": rule.intents}
    if group.kind == "purpose":
        for purpose in purpose_rules().purposes:
            if purpose_uri(purpose) == group.uri:
                return known | {"description": purpose.description, "intents": purpose.intents}
    if group.kind == "failure":
        for mode in rulebook().failure_modes.failure_mode:
            if mode.id == group.name:
                title = group.name.replace("-", " ")
                return known | {
                    "title": title[:1].upper() + title[1:],
                    "description": _VALUE.sub("…", _STATER.sub("its card", mode.text)),
                    "shows": mode.shows, "remedy": mode.remedy, "terms": mode.taxonomy,
                }  # fmt: skip
    return known
