"""Reads the list of the pages that a publication wrote: each passport's page and summary, and the other files."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from flows.registry.signed_files import RegistryError, read_page_lines, read_page_list
from flows.store.base import MissingKeyError, Store
from pipelines.pages.summary import Summary
from pipelines.registry.export_keys import PASSPORT_FILES
from pipelines.registry.layout import page_key
from pipelines.registry.slots import overlapping, slot
from pipelines.signing.keys import KeyRing
from schemas.registry import PageList


class PassportEntry(NamedTuple):
    """The page of one passport."""

    slug: str
    object: str
    """Hash of the signed passport that it shows."""
    sha256: str
    """Hash of the page."""
    summary: Summary
    files: dict[str, str]
    """Kind → hash of its files beside the page."""

    def line(self) -> bytes:
        """Return the entry as a line of the list."""
        return orjson.dumps({**self._asdict(), "summary": self.summary._asdict()})


class FileEntry(NamedTuple):
    """Another file of the site."""

    key: str
    sha256: str

    def line(self) -> bytes:
        """Return the entry as a line of the list."""
        return orjson.dumps(self._asdict())


class EarlierPages(NamedTuple):
    """The list that an earlier publication wrote; None where there is none, or none that can be built on."""

    store: Store
    listed: PageList | None

    @classmethod
    def of(cls, store: Store, keys: KeyRing, rendering: str | None = None) -> "EarlierPages":
        """Read the list of a store; where `rendering` is given, only one of pages that were rendered likewise."""
        try:
            found = read_page_list(store, keys)
        except RegistryError:
            found = None
        listed = found[0] if found else None
        usable = listed is not None and rendering in (None, listed.rendering)
        return cls(store, listed if usable else None)

    def passports(self, slots: range) -> dict[str, PassportEntry]:
        """Return slug → entry of the passports in some slots; {} where a part of the list is missing or damaged."""
        if self.listed is None:
            return {}
        found: dict[str, PassportEntry] = {}
        try:
            for part, _ in overlapping(self.listed.passports, self.listed.count, slots):
                for line in read_page_lines(self.store, part):
                    entry = _entry(orjson.loads(line))
                    if slot(entry.slug) in slots:
                        found[entry.slug] = entry
        except (RegistryError, MissingKeyError, TypeError):
            return {}
        return found

    def others(self) -> dict[str, str]:
        """Return key → hash of the other files; {} where that part of the list is missing or damaged."""
        if self.listed is None:
            return {}
        try:
            lines = [orjson.loads(line) for line in read_page_lines(self.store, self.listed.others)]
        except (RegistryError, MissingKeyError):
            return {}
        return {line["key"]: line["sha256"] for line in lines}

    def files(self) -> Iterator[FileEntry]:
        """Yield key and hash of every file of the list, a part at a time."""
        yield from (FileEntry(key, sha256) for key, sha256 in self.others().items())
        for entry in self.passports(range(256)).values() if self.listed else ():
            yield from _files_of(entry)


def entries_of(lines: Iterable[bytes], *, passports: bool) -> Iterator[FileEntry]:
    """Yield key and hash of each file that the lines of a part name; `passports` is whether it is one of passports."""
    for line in map(orjson.loads, lines):
        if passports:
            yield from _files_of(_entry(line))
        else:
            yield FileEntry(line["key"], line["sha256"])


def _files_of(entry: PassportEntry) -> Iterator[FileEntry]:
    yield FileEntry(page_key(entry.slug), entry.sha256)
    yield from (FileEntry(PASSPORT_FILES[kind](entry.slug), one) for kind, one in entry.files.items())


def _entry(line: dict[str, Any]) -> PassportEntry:
    return PassportEntry(
        line["slug"], line["object"], line["sha256"], Summary(**line["summary"]), line.get("files", {})
    )
