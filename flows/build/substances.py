"""Stores what passports stated in substance, by model, so that the next run does not compose an unchanged one again."""

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from flows.build.composer import COMPOSER
from flows.build.leftovers import clear_leftovers
from flows.job.job import Job
from flows.job.workspace import is_ours_alone, substances_folder
from pipelines.passport.document import IssueContext, Substance
from pipelines.passport.inputs import terms_digest
from schemas.base import Sha256

MOST_BYTES: Final = 64 * 2**20
"""Largest file that is read; a larger one is begun anew. That of the largest part of two million models has 2 MiB."""


class ComposedModel(NamedTuple):
    """What was composed of one model, and the digest of what it was composed from."""

    inputs: Sha256
    substance: Substance


_ENTRIES: Final[TypeAdapter[dict[str, ComposedModel]]] = TypeAdapter(dict[str, ComposedModel])


class StoredSubstances:
    """The substances of one part's models. Only what the same composer stored is used.

    The file is sealed: a hash of the composer and of all entries comes first. Where it is wrong, or others can write to
    the file or its folder, every model is composed anew. It may be removed at any time.
    """

    def __init__(self, path: Path, composer: str, is_same: Callable[[], bool] = lambda: True) -> None:
        """Read the file of a part; `is_same` says whether the composer's code is still what is installed."""
        self._path, self._composer, self._is_same = path, composer.encode(), is_same
        self._former = self._read()
        self._current: dict[str, ComposedModel] = {}
        """What was found or composed in this run."""

    def find(self, slug: str, inputs: Sha256) -> Substance | None:
        """Return what was composed of a model from the same inputs; None where it has to be composed."""
        entry = self._former.get(slug)
        if entry is None or entry.inputs != inputs:
            return None
        self._current[slug] = entry
        return entry.substance

    def remember(self, slug: str, inputs: Sha256, substance: Substance) -> None:
        """Store what was composed of a model, once `write` is called."""
        self._current[slug] = ComposedModel(inputs, substance)

    def write(self, *, whole: bool) -> None:
        """Replace the file where entries differ, and remove what other runs left beside it and use no more.

        Where the whole part was built, entries of models that it has no more are dropped. Where it cannot be written,
        later runs do without it, and so they do where other code was installed meanwhile.
        """
        entries = self._current if whole else self._former | self._current
        if entries != self._former and self._is_same():
            self._replace(_ENTRIES.dump_json(entries))
        clear_leftovers(self._path)

    def _replace(self, body: bytes) -> None:
        new = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(self._seal(body) + body)
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)

    def _read(self) -> dict[str, ComposedModel]:
        try:
            if not (is_ours_alone(self._path.parent.lstat()) and _is_usable(self._path.lstat())):
                return {}
            sealed = self._path.read_bytes()
        except OSError:
            return {}
        length = hashlib.sha256().digest_size
        seal, body = sealed[:length], sealed[length:]
        try:
            return _ENTRIES.validate_json(body) if seal == self._seal(body) else {}
        except ValidationError:
            return {}

    def _seal(self, body: bytes) -> bytes:
        return hashlib.sha256(self._composer + b"\n" + body).digest()


def former_substances(job: Job, terms: IssueContext, part: str) -> StoredSubstances | None:
    """Return what earlier refreshes of this store composed of a part's models; None where nothing is to be stored."""
    code = _composer(job.run) if job.flow == "refresh" else None
    if code is None:
        return None
    composer, path = f"{code} {terms_digest(terms)}", substances_folder(job) / f"{part}.json"
    return StoredSubstances(path, composer, lambda: COMPOSER.digest() == code)


@lru_cache(maxsize=1)
def _composer(run: str) -> str | None:
    """Return the digest of the code that this process composes with, once for each run, as a schedule does many."""
    del run
    return COMPOSER.digest()


def _is_usable(seen: os.stat_result) -> bool:
    return is_ours_alone(seen) and stat.S_ISREG(seen.st_mode) and seen.st_size <= MOST_BYTES
