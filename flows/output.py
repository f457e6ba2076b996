"""Wraps standard output and error, so that a failed write ends the program with a one-sentence error."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, TextIO, cast

from flows.errors import FlowError

FAILED, BAD_USE, READER_GONE = 1, 2, 141
"""Exit statuses; READER_GONE is the one that shells report of a program ended by SIGPIPE."""


class OutputError(FlowError):
    """Standard output or error cannot be written to."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status
        """Exit status of the program; with READER_GONE no message is written, as nobody reads it."""


class Output:
    """A text stream that raises OutputError when a write or flush fails."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the stream can do
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text to the stream; raise OutputError on failure."""
        with self._explained():
            return self._stream.write(text)

    def flush(self) -> None:
        """Flush the stream; raise OutputError on failure."""
        with self._explained():
            self._stream.flush()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._discard()
            if error.errno == errno.EPIPE:
                raise OutputError(f"the reader of {self._name} has ended", READER_GONE) from None
            remedy = "the store keeps what was published; send the output elsewhere and run the command again"
            raise OutputError(f"{self._name} cannot be written ({error.strerror}): {remedy}", FAILED) from None

    def _discard(self) -> None:
        """Redirect the stream to the null device: its buffered text would fail again when the process ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def guard() -> None:
    """Make standard output and error raise OutputError on failed writes; raise it now if standard output is closed."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as long as the process lasts
    if sys.stdout is None:
        raise OutputError("standard output is closed: send it to a file, or to /dev/null", BAD_USE)
    if isinstance(sys.stdout, TextIOWrapper):  # whatever its encoding lacks is written as "\\u2192", and ends nothing
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout = cast("TextIO", Output(sys.stdout, "standard output"))
    sys.stderr = cast("TextIO", Output(sys.stderr, "standard error"))
