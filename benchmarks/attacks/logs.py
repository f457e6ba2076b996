"""The public log: a mirror serves another one than the signed, or keeps an older checkpoint."""

import json

from benchmarks.attacks.places import SEED, STRANGER_SEED, Place
from flows.registry.log import reading
from flows.site.rendering import rendering_for
from flows.store.local import LocalStore
from pipelines.log.growth import Growth
from pipelines.log.tiles import Tiles
from pipelines.log.tree import Frontier
from pipelines.passport.links import Issuer
from pipelines.registry.layout import log_key
from pipelines.signing.keys import Signer
from schemas.registry import LogHead

NOT_LOGGED = "not_logged"


def log_entry_dropped(place: Place) -> list[str]:
    """A mirror leaves the last entry out of the log, and makes all tiles anew without it."""
    entries = _entries(place)
    _write(place, entries[:-1], size=len(entries))
    return _noticed(place, NOT_LOGGED)


def log_forked(place: Place) -> list[str]:
    """A mirror states another object in an entry, and makes all tiles anew with it."""
    entries = _entries(place)
    stated = json.loads(entries[0]) | {"object": "0" * 64}
    _write(place, [json.dumps(stated, separators=(",", ":"), sort_keys=True).encode(), *entries[1:]])
    return [*_noticed(place, NOT_LOGGED), *_shown(place)]


def log_of_another(place: Place) -> list[str]:
    """A mirror serves the tiles of another log of the same size."""
    _write(place, [b"entry %d" % number for number in range(len(_entries(place)))])
    return [*_noticed(place, NOT_LOGGED), *_shown(place)]


def log_checkpoint_older(place: Place) -> list[str]:
    """A mirror keeps the checkpoint of the first generation, which the issuer signed, beside the newest one."""
    _put_checkpoint(place, 1, Signer(SEED))
    return _noticed(place, NOT_LOGGED)


def log_checkpoint_of_a_stranger(place: Place) -> list[str]:
    """A mirror serves a checkpoint that another key signed."""
    _put_checkpoint(place, place.newest, Signer(STRANGER_SEED))
    return _noticed(place, "bad_signature")


def _head(place: Place, generation: int) -> LogHead:
    snapshot = json.loads(dict(place.snapshots())[generation])["signed"]
    return LogHead.model_validate_json(json.dumps(snapshot["log"]))


def _entries(place: Place) -> list[bytes]:
    return list(Tiles(_head(place, place.newest).size, reading(LocalStore(place.store))).entries())


def _write(place: Place, entries: list[bytes], size: int | None = None) -> None:
    """Make the files of a log with these entries; the last of them get the names of a log of `size`, to be found."""
    growth = Growth(Frontier(), {})
    files = growth.append(entries) | growth.ends()
    for name, body in files.items():
        head, partial, width = name.rpartition(".p/")
        at_end = partial and size is not None and int(width) == len(entries) % 256
        path = place.store / log_key(f"{head}.p/{size % 256}" if at_end and size is not None else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def _put_checkpoint(place: Place, generation: int, signer: Signer) -> None:
    path = place.store / log_key("checkpoint")
    name = path.read_text().partition("/log\n")[0]
    render = rendering_for(Issuer(name, f"https://{name}"), signer).checkpoint
    assert render
    path.write_bytes(render(_head(place, generation)))


def _noticed(place: Place, verdict: str) -> list[str]:
    key = ("--key", str(place.public_key))
    return place.passports("verify", "--all", *key, reader=True).faults(code=1, says=verdict)


def _shown(place: Place) -> list[str]:
    key = ("--key", str(place.public_key))
    return place.passports("log", "show", *key, reader=True).faults(code=1, says="does not lead to the log")


ATTACKS = (log_entry_dropped, log_forked, log_of_another, log_checkpoint_older, log_checkpoint_of_a_stranger)
