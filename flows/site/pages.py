"""Renders the pages of a generation: only those that its changes reach, and the signed list of all of them."""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from heapq import nsmallest
from itertools import chain
from pathlib import Path

import orjson

from flows.config.scratch import ScratchFolder
from flows.publish.publication import Body, Load
from flows.registry.listed_files import sha256_of
from flows.registry.page_list import EarlierPages, FileEntry, PassportEntry
from flows.registry.reader import Reader
from flows.registry.signed_files import seal
from flows.search.build import ContentDigest
from flows.site.bulk import BulkExports
from flows.site.llms import llms_text
from flows.site.maker_files import MakerFiles
from flows.site.passport_files import PAGE, PassportFiles
from flows.site.registry_pages import registry_pages
from flows.site.same_passports import VOCABULARY_KEY, has_same_passports, shows_only_passports
from flows.site.sitemaps import Sitemaps
from pipelines.exports.calendar import Ends
from pipelines.pages.addresses import table_key
from pipelines.pages.front import FIRST_ROWS, Vocabulary, front_page
from pipelines.pages.groups import Groups, Kind, group_page, makers_pages, vocabulary_page
from pipelines.pages.plain import plain_pages
from pipelines.pages.registry.status import Figures
from pipelines.pages.site import Site
from pipelines.pages.summary import Summary, by_use, summary_of
from pipelines.pages.table import table_part
from pipelines.pages.templating import assets, rendering_sha256
from pipelines.registry.export_keys import ENDS_KEY, PASSPORT_FILES
from pipelines.registry.layout import INDEX_KEY, LLMS_KEY, PAGES_KEY, SCHEMA_KEY, page_key, page_list_key
from pipelines.registry.packing import pack, ref_of
from pipelines.registry.slots import shard_count, slots_of
from pipelines.signing.contract import schema_text
from pipelines.signing.keys import Signer
from schemas.registry import PageList, ShardRef, ShardRow
from schemas.times import timestamp

_GROUPS: tuple[Kind, ...] = ("capability", "purpose", "failure")
_KEYS = {PAGE: page_key, **PASSPORT_FILES}
Changed = Iterator[tuple[str, Body | None]]


class SitePages:
    """The pages of one generation, rendered a shard at a time; `folder` is for temporary files."""

    def __init__(
        self,
        site: Site,
        signer: Signer | None,
        reader: Reader,
        load: Load,
        *,
        afresh: bool,
        folder: Path | None = None,
    ) -> None:
        self._site, self._signer, self._reader, self._load = site, signer, reader, load
        self._rendering = _digest(site)
        self._listed = listed = EarlierPages.of(reader.store, reader.keys)
        likewise = not afresh and listed.listed is not None and listed.listed.rendering == self._rendering
        self._earlier = listed if likewise else listed._replace(listed=None)
        self._listed_others = listed.others()
        self._before = self._listed_others if likewise else {}
        self._same: PageList | None = None
        self._parts: list[ShardRef] = []
        self._others: dict[str, str] = {}
        self._first: list[Summary] = []
        self._figures, self._ends, self._sitemaps = Figures(), Ends(), Sitemaps(site, self._count)
        self._scratch = ScratchFolder(folder)
        self._entries, self._makers = self._scratch.path / "entries", MakerFiles(self._scratch.path)
        self._content, self._bulk = ContentDigest(), BulkExports(reader, load, self._scratch.path)
        self._files_of = PassportFiles(site, reader, load)

    @property
    def _count(self) -> int:
        return shard_count(self._reader.snapshot.passports)

    def changed(self) -> Changed:
        """Yield the pages of changed passports, and the other files that differ from the listed ones."""
        self._same = self._earlier.listed if self._before and self._is_same() else None
        groups = Groups(_GROUPS)
        for index in range(self._count):
            yield from self._shard(index, groups)
        if self._same:
            self._others |= {key: sha256 for key, sha256 in self._before.items() if shows_only_passports(key)}
        for key, body in chain(() if self._same else self._group_files(groups), self._files()):
            yield from self._file(key, body)
        for key, file in self._bulk.files(self._before, self._content.hexdigest()):
            if file is None:
                self._others[key] = self._before[key]
            else:
                yield from self._file(key, file)
        for key, body in self._sitemaps.files(self._others):
            yield from self._file(key, body)
        yield from ((key, None) for key in self._listed_others if key not in self._others)
        self._packed_others = pack(FileEntry(key, sha256).line() for key, sha256 in sorted(self._others.items()))
        self._others_ref = ref_of(self._packed_others, index=0, rows=len(self._others))
        if self._earlier.listed is None or self._earlier.listed.others != self._others_ref:
            yield page_list_key(self._others_ref.sha256), self._packed_others

    def listed(self) -> Mapping[str, bytes]:
        """Return the signed list, whose parts `changed` yielded."""
        if self._signer is None:
            return {}
        listed = PageList(
            generation=self._reader.generation,
            snapshot_sha256=self._reader.snapshot_sha256,
            rendering=self._rendering,
            issued_at=timestamp(self._reader.at),
            passports=tuple(self._parts),
            count=self._count,
            others=self._others_ref,
        )
        return {PAGES_KEY: seal(listed, self._signer)}

    def _shard(self, index: int, groups: Groups) -> Changed:
        """Yield the changed pages of one shard, its part of the list, and its part of the table."""
        slots, rows = slots_of(index, self._count), 0
        before = self._earlier.passports(slots)
        listed = before or self._listed.passports(slots)
        with self._entries.open("wb") as file:
            for row in self._reader.rows(slots=slots):
                rows += 1
                self._content.add(row)
                entry = before.get(row.slug)
                if entry is None or entry.object != row.object or row.slug in self._reader.revoked:
                    entry = yield from self._passport(row, listed.get(row.slug), entry)
                file.write(entry.line() + b"\n")
                self._figures.add(entry.summary)
                self._ends.add(entry.summary)
                self._sitemaps.add(entry.summary)
        if not rows:
            return
        for key, body in self._sitemaps.part(index):
            yield from self._file(key, body)
        if self._same and len(before) == rows:
            self._parts += [ref for ref in self._same.passports if ref.index == index]
        else:
            yield from self._listing(index, rows, groups)

    def _listing(self, index: int, rows: int, groups: Groups) -> Changed:
        """Yield a shard's part of the list and of the table, and add its passports to their groups."""
        for summary in self._summaries():
            groups.add(summary)
        self._makers.add(self._summaries())
        self._first = nsmallest(FIRST_ROWS, chain(self._first, self._summaries()), key=by_use)
        with self._entries.open("rb") as file:
            packed = pack(line.rstrip(b"\n") for line in file)
        ref = ref_of(packed, index=index, rows=rows)
        self._parts.append(ref)
        if self._earlier.listed is None or ref not in self._earlier.listed.passports:
            yield page_list_key(ref.sha256), packed
        yield from self._file(table_key(index), table_part(self._summaries()))

    def _summaries(self) -> Iterator[Summary]:
        """Yield the summaries of the shard's passports, whose entries are in a file, as memory should not hold all."""
        with self._entries.open("rb") as file:
            yield from (Summary(**orjson.loads(line)["summary"]) for line in file)

    def _passport(
        self, row: ShardRow, listed: PassportEntry | None, likewise: PassportEntry | None
    ) -> Generator[tuple[str, Body | None], None, PassportEntry]:
        """Yield those files of a passport that differ from the ones rendered likewise; return its entry.

        `listed` is its entry in the list, whatever its files were rendered with.
        """
        document = orjson.loads(self._load(row.object))
        there = listed.files if listed else {}
        files = self._files_of.render(row, document, there)
        hashes = {kind: hashlib.sha256(body).hexdigest() for kind, body in files.items()}
        known = {PAGE: likewise.sha256, **likewise.files} if likewise else {}
        yield from ((_KEYS[kind](row.slug), body) for kind, body in files.items() if known.get(kind) != hashes[kind])
        yield from ((_KEYS[kind](row.slug), None) for kind in there if kind not in files)
        return PassportEntry(row.slug, row.object, hashes.pop(PAGE), summary_of(row.slug, document), hashes)

    def _file(self, key: str, body: Body) -> Changed:
        """Yield a file that is none of a passport's, unless the list has it already."""
        self._others[key] = sha256_of(body)
        if self._before.get(key) != self._others[key]:
            yield key, body

    def _is_same(self) -> bool:
        """Whether the passports are those of the listed pages, so that pages of groups need not be rendered again."""
        listed = self._earlier.listed
        return listed is not None and listed.count == self._count and has_same_passports(self._reader, listed)

    def _group_files(self, groups: Groups) -> Iterator[tuple[str, bytes]]:
        """Yield the front page and the pages of what passports have in common."""
        site = self._site
        makers = list[tuple[str, str, int]]()
        for group in groups.by_key.values():
            yield group.key, group_page(site, group)
        for some in self._makers.groups():
            for group in some.by_key.values():
                makers.append((group.name, group.key, group.count))
                yield group.key, group_page(site, group)
        yield from makers_pages(site, makers)
        yield VOCABULARY_KEY, vocabulary_page(site, groups)
        vocabulary: Vocabulary = {
            "purposes": [(one.uri, one.name) for one in groups.of("purpose")],
            "capabilities": [(one.uri, one.name) for one in groups.of("capability")],
        }
        passports = self._reader.snapshot.passports
        yield INDEX_KEY, front_page(site, self._first, vocabulary, passports=passports, parts=self._count)

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files that are neither a passport's nor of what passports have in common."""
        site = self._site
        yield ENDS_KEY, self._ends.calendar(site)
        yield from registry_pages(site, self._reader, self._figures, self._load, self._before)
        yield from plain_pages(site, self._passports_key())
        yield from assets().items()
        yield from ((SCHEMA_KEY, schema_text().encode()), (LLMS_KEY, llms_text(site.issuer).encode()))

    def _passports_key(self) -> str:
        """Return the id of the key that signs passports now, as the root of trust states it, else of the only one."""
        keys = self._reader.keys
        named = [
            (key.valid_from, one)
            for one in keys.key_ids
            if (key := keys.role_key(one, "passports")) and key.state == "active"
        ]
        return max(named)[1] if named else self._reader.key_id


def _digest(site: Site) -> str:
    """Return a digest of all that every page is rendered with, apart from what it shows."""
    known = orjson.dumps([rendering_sha256(), *site.issuer, site.recorded_at, sorted(assets())])
    return hashlib.sha256(known).hexdigest()
