"""The versions of a passport, newest first, as the generations that are kept served them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from flows.registry.reader import Reader
from flows.registry.signed_files import NotInSnapshotError
from flows.store.base import MissingKeyError
from pipelines.passport.changes import ValueChange, changes_between
from schemas.registry import ShardRow


class Version(NamedTuple):
    """One passport as it was served."""

    row: ShardRow
    passport: dict[str, Any]
    """The `passport` object: signed, its hash vouched for by the snapshot."""


class VersionStep(NamedTuple):
    """What a version changed."""

    version: Version
    changes: list[ValueChange] | None
    """None for the oldest that is kept: nobody knows what was before."""


def steps(reader: Reader, slug: str) -> Iterator[VersionStep]:
    """Give the versions, newest first, each with what it changed; raise NotInSnapshotError for one never served."""
    found = list(versions(reader, slug))
    if not found:
        raise NotInSnapshotError(f"{slug}: no such passport in {reader}")
    for newer, older in pairwise(found):
        yield VersionStep(newer, changes_between(older.passport["unfragile"], newer.passport["unfragile"]))
    yield VersionStep(found[-1], None)


def versions(reader: Reader, slug: str) -> Iterator[Version]:
    """Give the versions, newest first, back to the first or to where history is not kept any more."""
    issued: int | None = None
    for snapshot in reader.ancestry():
        if issued is not None and snapshot.generation >= issued:
            continue
        row = reader.at_snapshot(snapshot).row(slug)
        if row is None:
            return
        try:
            passport = orjson.loads(reader.object(row.object))["passport"]
        except MissingKeyError:
            return
        yield Version(row, passport)
        issued = row.generation
