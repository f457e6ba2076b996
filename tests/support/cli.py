"""Runs the command line in the tests' process: from arguments to output and exit status."""

import json
from typing import Any, NamedTuple

import pytest

from flows.cli import main
from flows.commands import terminal


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs commands: call it with the arguments after `passports`."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capsys = patch, capsys
        for console in (terminal.OUT, terminal.ERR):
            patch.setattr(console, "_width", 400)
            patch.setattr(console, "_height", 50)

    def __call__(self, *arguments: object) -> Ended:
        self.patch.setattr("sys.argv", ["passports", *map(str, arguments)])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main()
        out, err = self.capsys.readouterr()
        assert isinstance(ending.value.code, int)
        return Ended(ending.value.code, out, err)
