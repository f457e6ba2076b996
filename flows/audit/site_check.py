"""Checks every page, export and index of a registry's site against what signed files state of them."""

from typing import NamedTuple

from flows.registry.listed_files import REWRITE, differing
from flows.registry.page_list import FileEntry, entries_of
from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError, read_page_lines, read_page_list
from flows.store.base import MissingKeyError
from pipelines.registry.layout import PAGES_KEY, page_list_key, search_key
from schemas.registry import PageList, ShardRef
from schemas.verdict import Finding, Verdict

_WAIT = "its publisher may still be writing the pages: verify again in a few minutes"


class SiteCheck(NamedTuple):
    """How many files of the site were compared, and the finding on each that is not what was signed."""

    files: int
    faults: list[tuple[str, Finding]]


def check_site(reader: Reader) -> SiteCheck:
    """Compare all files of the site with the signed list of the generation that a reader reads, which is served now.

    A list that is missing, of another generation or damaged is a finding under its own key. Raise StoreError where the
    store is out of reach.
    """
    files, faults, sizes = list[FileEntry](), list[tuple[str, Finding]](), dict[str, int]()
    if search := reader.snapshot.search:
        files.append(FileEntry(search_key(search.sha256), search.sha256))
        sizes[search_key(search.sha256)] = search.size_bytes
    listed = _list_of(reader)
    if isinstance(listed, Finding):
        faults.append((PAGES_KEY, listed))
    else:
        for part, passports in (*((ref, True) for ref in listed.passports), (listed.others, False)):
            found = _part(reader, part, passports=passports)
            if isinstance(found, Finding):
                faults.append((page_list_key(part.sha256), found))
            else:
                files += found
    for file in differing(reader.store, sorted(files), sizes):
        reason = f"is missing, or is not what was signed for {reader}: {REWRITE}"
        faults.append((file.key, Finding(Verdict.COPY_DIFFERS, f"{reader.store.name}: {file.key} {reason}")))
    return SiteCheck(len(files), faults)


def _list_of(reader: Reader) -> PageList | Finding:
    try:
        found = read_page_list(reader.store, reader.keys)
    except RegistryError as error:
        return Finding(Verdict.COPY_DIFFERS, str(error))
    if found is None:
        return Finding(Verdict.COPY_DIFFERS, f"there is no signed list of the pages of {reader}; {_WAIT}")
    if found[0].snapshot_sha256 != reader.snapshot_sha256:
        other = f"the signed list of pages is of generation {found[0].generation}, and served is {reader.generation}"
        return Finding(Verdict.COPY_DIFFERS, f"{other}; {_WAIT}")
    return found[0]


def _part(reader: Reader, part: ShardRef, *, passports: bool) -> list[FileEntry] | Finding:
    try:
        return list(entries_of(read_page_lines(reader.store, part), passports=passports))
    except (RegistryError, MissingKeyError) as error:
        return Finding(Verdict.COPY_DIFFERS, f"{error}: the files that it lists cannot be checked")
