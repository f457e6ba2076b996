"""Each verifier gives the kit's verdict on every case, and the kit is what its script makes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.audit.copy_check import check_copy
from flows.audit.opened import Opened
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError
from flows.store.open import open_store
from flows.trust.departures import departure
from flows.trust.trusted_keys import TrustedKeys
from pipelines.registry.layout import JWKS_KEY
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import verify_passport
from schemas.seen import Seen
from schemas.verdict import Finding, Verdict
from tests.conformance.javascript import NEEDS_NODE, run
from tests.conformance.make import KIT, write

CASES: list[dict[str, Any]] = orjson.loads((KIT / "kit.json").read_bytes())["cases"]
NOT_IN_THE_KIT = {
    Verdict.UNREADABLE: "nothing is given to a verifier",
    Verdict.REVOKED: "nothing revokes a passport yet",
    Verdict.EVIDENCE_MISMATCH: "needs the readers of all sources, not a verifier",
}


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verdict_of(case: dict[str, Any]) -> Verdict:
    at = datetime.fromisoformat(case["at"])
    keys_text = (KIT / "keys.json").read_text()
    keys = KeyRing.from_jwks(keys_text, revoked=case.get("revoked", ()))
    body = (KIT / case["document"]).read_bytes() if "document" in case else None
    if "registry" not in case:
        assert body is not None
        return verify_passport(body, keys=keys, at=at)[0].verdict
    return finding_in_registry(case, keys, at, body).verdict


def finding_in_registry(case: dict[str, Any], keys: KeyRing, at: datetime, body: bytes | None) -> Finding:
    store = open_store("memory:///")
    for folder in ("served", case["registry"]):
        for key, stored in files_under(KIT / "registries" / folder).items():
            store.put(key, stored)
    pinned = case.get("pinned", True)
    keys = keys if pinned else KeyRing.from_jwks(store.get(JWKS_KEY).body.decode())
    reader = Reader(store, keys, at)
    served = Seen(generation=reader.generation, snapshot_sha256=reader.snapshot_sha256)
    seen = Seen(**case["seen"]) if "seen" in case else None
    trust = TrustedKeys(keys, "the kit's keys", "key" if pinned else "store")
    opened = Opened("kit", store, reader, trust, departure(served, seen, "kit"), RegistryLog(reader))
    try:
        found = (
            check_copy(reader, case["slug"]) if case.get("copy") else RegistryLog(reader).check(body or case["slug"])
        )
    except TamperedError as error:
        found = Finding(Verdict.NOT_IN_SNAPSHOT, str(error))
    return opened.qualified(found)


def test_kit_is_what_its_script_makes(tmp_path: Path) -> None:
    write(tmp_path / "kit")
    assert files_under(tmp_path / "kit") == files_under(KIT)


def test_kit_has_every_verdict_and_each_name_once() -> None:
    assert {Verdict(case["verdict"]) for case in CASES} == set(Verdict) - set(NOT_IN_THE_KIT)
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_python_gives_the_verdict(case: dict[str, Any]) -> None:
    assert verdict_of(case) == case["verdict"], case["why"]


@NEEDS_NODE
def test_javascript_gives_every_verdict(tmp_path: Path) -> None:
    assert run("run.mjs", tmp_path, str(KIT)) == {case["name"]: case["verdict"] for case in CASES}
