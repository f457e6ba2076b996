"""Compares files of the public log with the signed log, and makes those that differ anew, or from another store."""

from collections.abc import Iterator

from flows.publish.copies import rewrite_files
from flows.registry.log import reading
from flows.registry.reader import Reader
from flows.registry.signed_files import REMEDY
from flows.store.base import MissingKeyError, Store, TooLargeError
from pipelines.log.check import FileCheck, LogFile, files_from_above
from pipelines.log.entries import frontier_of
from pipelines.log.tree import LogError
from pipelines.registry.layout import log_key

UNREADABLE = (LogError, MissingKeyError, TooLargeError)


class LogScrub:
    """Compares the files of the log of a generation that is served."""

    def __init__(self, reader: Reader, other: Store | None) -> None:
        self._reader = reader
        head = reader.snapshot.log
        self.files = list(files_from_above(head.size)) if head else []
        """All files of the log, each after those that it is judged by."""
        self._read = reading(reader.store, reader.snapshot.run)
        self._check = FileCheck(frontier_of(head), self._read)
        self._elsewhere = reading(other) if other else None

    def spoilt(self, file: LogFile) -> tuple[str, bool] | None:
        """Return why a stored file is not that of the log, and whether it was made anew; None where it is right."""
        try:
            fault = self._check.fault(file, self._read(file.name))
        except MissingKeyError:
            fault = "is missing"
        except (LogError, TooLargeError) as error:
            return f"cannot be compared: {error}: {REMEDY}", False
        if fault is None:
            return None
        for body in self._candidates(file):
            rewrite_files(self._reader, {log_key(file.name): body})
            return f"{fault}", True
        return f"{fault}: {REMEDY}", False

    def _candidates(self, file: LogFile) -> Iterator[bytes]:
        """Yield bytes that are right: as the files below state them, then another store's."""
        for make in (self._check.from_below, self._from_elsewhere):
            try:
                body = make(file)
                right = self._check.fault(file, body) is None
            except UNREADABLE:
                continue
            if right:
                yield body

    def _from_elsewhere(self, file: LogFile) -> bytes:
        if self._elsewhere is None:
            raise LogError("there is no other store")
        return self._elsewhere(file.name)
