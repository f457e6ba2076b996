"""Standard output and error, as this program writes to them: what cannot be written ends it in one sentence."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from flows.errors import FlowError

FAILED, BAD_USE, READER_GONE = 1, 2, 141
"""Exit statuses; the last as a shell says it of a program that SIGPIPE ended."""


class OutputError(FlowError):
    """What was to be shown cannot be."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status
        """What the program exits with; where the reader has gone, nobody is told a sentence."""


class Output:
    """A stream of text that raises OutputError where what is written to it cannot be."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the stream can do
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text."""
        with self._explained():
            return self._stream.write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        with self._explained():
            self._stream.flush()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._discard()
            if error.errno == errno.EPIPE:
                raise OutputError(f"nobody reads {self._name} any more", READER_GONE) from None
            remedy = "what was published stays published; send the output elsewhere and ask again"
            raise OutputError(f"{self._name} cannot be written ({error.strerror}): {remedy}", FAILED) from None

    def _discard(self) -> None:
        """Let what is still held back, and all that follows, go nowhere: it would fail again at the end."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def guard() -> None:
    """Have standard output and error raise OutputError; raise it at once where standard output is closed."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as long as the process lasts
    if sys.stdout is None:
        raise OutputError("standard output is closed: send it to a file, or to /dev/null", BAD_USE)
    sys.stdout = cast("TextIO", Output(sys.stdout, "standard output"))
    sys.stderr = cast("TextIO", Output(sys.stderr, "standard error"))
