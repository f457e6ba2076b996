"""Each verifier gives the kit's verdict on every case, and the kit is what its script makes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.audit.auditor import Auditor
from flows.audit.copy_check import check_copy
from flows.audit.opened import Opened, TrustOptions, open_registry
from flows.audit.verification import JudgedTarget, OpenedRegistry, proved
from flows.config.settings import read_settings
from flows.config.signing_key import SigningKeyError
from flows.registry.signed_files import TamperedError
from flows.store.base import Store
from flows.store.open import canonical_store, open_store
from flows.trust.roots import read_root_file, stated_chain
from flows.trust.seen import Memory
from pipelines.registry.layout import POINTER_KEY
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import verify_passport
from schemas.root import RootRef
from schemas.seen import Seen, SeenLog
from schemas.verdict import Finding, Verdict
from tests.conformance.javascript import NEEDS_NODE, run
from tests.conformance.make import KIT, write

KIT_JSON: dict[str, Any] = orjson.loads((KIT / "kit.json").read_bytes())
CASES: list[dict[str, Any]] = KIT_JSON["cases"]


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files_of(registry: str | None) -> dict[str, bytes]:
    """Return all files of a registry of the kit, with those of its base."""
    if registry is None:
        return {}
    named = KIT_JSON["registries"][registry]
    files = files_of(named["base"]) | files_under(KIT / "registries" / registry)
    return {key: body for key, body in files.items() if key not in named["without"]}


def verdict_of(case: dict[str, Any], folder: Path) -> Verdict:
    at = datetime.fromisoformat(case["at"])
    body = (KIT / case["document"]).read_bytes() if "document" in case else None
    if "registry" in case:
        return finding_in_registry(case, at, body, folder).verdict
    if "root" in case:
        keys = KeyRing.of_root(read_root_file(KIT / case["root"]).root)
    else:
        keys = KeyRing.from_jwks((KIT / "keys.json").read_text(), revoked=case.get("revoked", ()))
    assert body is not None
    return verify_passport(body, keys=keys, at=at)[0].verdict


def finding_in_registry(case: dict[str, Any], at: datetime, body: bytes | None, folder: Path) -> Finding:
    """Return what a reader finds who opens the registry with the case's trust and memory."""
    store = open_store("memory:///")
    for key, stored in files_of(case["registry"]).items():
        store.put(key, stored)
    root = case.get("root")
    key = str(KIT / "keys.json") if case.get("pinned", True) and not root else None
    root = str(KIT / root) if root and root.startswith("roots/") else root
    memory = remembering(case["seen"], store, folder) if "seen" in case else None
    settings = read_settings(store="memory:///", signing_key_file=folder / "nobody.jwk")
    try:
        opened = open_registry(settings, TrustOptions(key, memory, root=root), at, store=store)
        copied = case.get("copy", False)
        found = check_copy(opened.reader, case["slug"]) if copied else opened.log.check(body or case["slug"])
    except TamperedError as error:
        return Finding(Verdict.NOT_IN_SNAPSHOT, str(error))
    except SigningKeyError as error:
        return Finding(Verdict.UNKNOWN_KEY, str(error))
    found = opened.qualified(found)
    return evidence_of(case["slug"], opened) if case.get("evidence") and found.verdict.good else found


def evidence_of(slug: str, opened: Opened) -> Finding:
    """Return whether the evidence is found again; whenever it is not, `verify --evidence` says so too."""
    judged = JudgedTarget(slug, Finding(Verdict.OK, ""), ())
    auditor, registry = Auditor(opened.reader), OpenedRegistry(opened.store, opened.reader)
    found = proved(judged, auditor.find, registry).finding
    assert found.verdict.good or proved(judged, auditor.prove, registry).finding.verdict is found.verdict
    return found


def remembering(seen: dict[str, Any], store: Store, folder: Path) -> Memory:
    """Return the memory of a reader who saw this of a registry, under the key that signs its pointer now."""
    memory, name = Memory(folder / "seen.json"), canonical_store("memory:///")
    key_id = seen.get("key_id") or orjson.loads(store.get(POINTER_KEY).body)["keyId"]
    if "generation" in seen:
        memory.remember(name, key_id, Seen(generation=seen["generation"], snapshot_sha256=seen["snapshot_sha256"]))
    root = RootRef(**seen["root"]) if "root" in seen else None
    memory.raise_to(name, root, seen.get("revocations", 0))
    if "log" in seen:
        keys = chain.keys if (chain := stated_chain(store)) else KeyRing()
        log = SeenLog(key_id=key_id, generation=seen.get("generation", 1), **seen["log"])
        memory.remember_log(name, log, keys)
    return memory


def test_kit_is_what_its_script_makes(tmp_path: Path) -> None:
    write(tmp_path / "kit")
    assert files_under(tmp_path / "kit") == files_under(KIT)


def test_kit_has_every_verdict_and_each_name_once() -> None:
    assert {Verdict(case["verdict"]) for case in CASES} == set(Verdict)
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_python_gives_the_verdict(case: dict[str, Any], tmp_path: Path) -> None:
    assert verdict_of(case, tmp_path) == case["verdict"], case["why"]


@NEEDS_NODE
def test_javascript_gives_every_verdict(tmp_path: Path) -> None:
    assert run("run.mjs", tmp_path, str(KIT)) == {case["name"]: case["verdict"] for case in CASES}
