"""Lists the versions of a passport that the retained generations served, newest first."""

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
    """A passport as one generation served it."""

    row: ShardRow
    passport: dict[str, Any]
    """The `passport` object of its envelope, read by the hash that the signed snapshot leads to."""


class VersionStep(NamedTuple):
    """A version, and its differences from the one before."""

    version: Version
    changes: list[ValueChange] | None
    """None for the oldest retained version, whose predecessor is unknown."""


def steps(reader: Reader, slug: str) -> Iterator[VersionStep]:
    """Yield the versions, newest first, with what each changed; raise NotInSnapshotError when there is none."""
    found = list(versions(reader, slug))
    if not found:
        raise NotInSnapshotError(f"{slug}: no such passport in {reader}")
    for newer, older in pairwise(found):
        yield VersionStep(newer, changes_between(older.passport["unfragile"], newer.passport["unfragile"]))
    yield VersionStep(found[-1], None)


def versions(reader: Reader, slug: str) -> Iterator[Version]:
    """Yield the versions, newest first, back to the first one or to the end of the retained history."""
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
