"""Section B, the store: packed files that unpack to far more, and things in it that are no files."""

import os
from collections.abc import Callable
from pathlib import Path

import zstandard

from benchmarks.attacks.places import Place
from benchmarks.attacks.runs import Ran

MOST_MB = 250
MOST_S = 30
MIB = 2**20
SLUG = "qwen-qwq-32b"


def delta_of_a_kilobyte(place: Place) -> list[str]:
    """A delta is replaced by a kilobyte of zstd that unpacks to 32 MiB of line ends; the issuer scrubs the store."""
    return _scrubbed(place, packed(b"\n", 32 * MIB))


def delta_of_130_kilobytes(place: Place) -> list[str]:
    """A delta is replaced by 130 kB of zstd that unpack to 4 GiB of zeros and line ends; the store is scrubbed."""
    return _scrubbed(place, packed(bytes(1023) + b"\n", 4096 * MIB))


def delta_of_one_long_line(place: Place) -> list[str]:
    """A delta is replaced by one line of 1 GiB; the issuer scrubs the store."""
    return _scrubbed(place, packed(b"0", 1024 * MIB))


def delta_for_who_mirrors(place: Place) -> list[str]:
    """A delta unpacks to 2 GiB; the store is copied to another (`publish --to`)."""
    _delta(place).write_bytes(packed(b"\n", 2048 * MIB))
    ran = place.passports("publish", "--to", str(place.folder / "work/mirror"), reader=True, limit_s=90)
    return [*ran.faults(code=1), *_small(ran)]


def delta_for_who_compares(place: Place) -> list[str]:
    """A delta unpacks to 2 GiB; a reader asks for the versions of a passport (`diff`) and at the store's state."""
    _delta(place).write_bytes(packed(b"\n", 2048 * MIB))
    found = []
    for command in (("diff", SLUG), ("status",), ("show", SLUG)):
        ran = place.passports(*command, "--key", str(place.public_key), reader=True, limit_s=60)
        found += [f"{command[0]}: {fault}" for fault in _small(ran)]
    return found


def copy_is_a_symbolic_link(place: Place) -> list[str]:
    """A passport's copy is a symbolic link that leads to itself; all are verified."""
    return _verified_beside(place, _copy(place), lambda path: path.symlink_to(path.name))


def copy_is_a_pipe(place: Place) -> list[str]:
    """A passport's copy is a named pipe that nobody writes to; all are verified."""
    return _verified_beside(place, _copy(place), os.mkfifo)


def copy_is_a_folder(place: Place) -> list[str]:
    """A passport's copy is a folder; all are verified."""
    return _verified_beside(place, _copy(place), lambda path: path.mkdir())


def copy_is_a_device(place: Place) -> list[str]:
    """A passport's copy leads to a file without end (/dev/zero); all are verified."""
    return _verified_beside(place, _copy(place), lambda path: path.symlink_to("/dev/zero"))


def passport_is_a_pipe(place: Place) -> list[str]:
    """A signed passport itself is a named pipe; all are verified."""
    return _verified_beside(place, _object(place), os.mkfifo)


def passport_is_a_folder(place: Place) -> list[str]:
    """A signed passport itself is a folder; all are verified."""
    return _verified_beside(place, _object(place), lambda path: path.mkdir())


def passport_is_a_symbolic_link(place: Place) -> list[str]:
    """A signed passport itself is a symbolic link to nothing; all are verified."""
    return _verified_beside(place, _object(place), lambda path: path.symlink_to("/nothing/here"))


def pointer_is_a_pipe(place: Place) -> list[str]:
    """The pointer is a named pipe: readers say so, and do not wait for ever."""
    place.pointer.unlink()
    os.mkfifo(place.pointer)
    ran = place.passports("verify", "--all", "--key", str(place.public_key), reader=True, limit_s=20)
    return ran.faults(code=1)


def packed(piece: bytes, size_bytes: int) -> bytes:
    """Compress a piece, repeated until it is so large."""
    block = piece * (4 * MIB // len(piece))
    packing = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join([*(packing.compress(block) for _ in range(size_bytes // len(block))), packing.flush()])


def _delta(place: Place) -> Path:
    return place.store / f"registry/deltas/{place.newest}.jsonl.zst"


def _copy(place: Place) -> Path:
    return place.store / f"api/v1/passport/{SLUG}"


def _object(place: Place) -> Path:
    """The signed passport that a copy is of: the one of the store that has its signature."""
    signature = _copy(place).read_bytes().partition(b'"signature":"')[2][:88]
    return next(path for path in (place.store / "registry/objects").rglob("*.json") if signature in path.read_bytes())


def _scrubbed(place: Place, bomb: bytes) -> list[str]:
    _delta(place).write_bytes(bomb)
    ran = place.passports("store", "scrub", limit_s=90)
    return [*ran.faults(code=1, says=f"deltas/{place.newest}"), *_small(ran)]


def _small(ran: Ran) -> list[str]:
    found = [f"took {ran.peak_mb:.0f} MB, more than {MOST_MB}"] if ran.peak_mb > MOST_MB else []
    return [*found, *([f"took {ran.took_s:.0f} s, more than {MOST_S}"] if ran.took_s > MOST_S else [])]


def _verified_beside(place: Place, path: Path, lay: Callable[[Path], object]) -> list[str]:
    """Lay something else in a file's place; of all passports, the others verify, and this one is named."""
    path.unlink()
    lay(path)
    ran = place.passports("verify", "--all", "--json", "--key", str(place.public_key), reader=True, limit_s=40)
    judged = ran.document or {"of": 0, "verified": 0, "findings": []}
    bad = [one["target"] for one in judged["findings"] if one["verdict"] != "ok"]
    found = (
        []
        if judged["of"] and bad == [SLUG]
        else [f"{judged['verified']} of {judged['of']} verified, bad are {bad[:3]}"]
    )
    return [*ran.faults(code=1), *found]


ATTACKS = (
    delta_of_a_kilobyte, delta_of_130_kilobytes, delta_of_one_long_line, delta_for_who_mirrors, delta_for_who_compares,
    copy_is_a_symbolic_link, copy_is_a_pipe, copy_is_a_folder, copy_is_a_device, passport_is_a_pipe,
    passport_is_a_folder,
    passport_is_a_symbolic_link, pointer_is_a_pipe,
)  # fmt: skip
