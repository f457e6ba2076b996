"""Reading a registry under a root of trust: how it is pinned, followed, withheld and forked."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.audit.opened import Opened, open_registry, pin_first, trust_options
from flows.audit.verification import JudgedTarget
from flows.config.settings import read_settings
from flows.config.signing_key import SigningKeyError
from flows.errors import SettingsError
from flows.publish.protocol import publish
from flows.publish.publication import PublicationError, Publisher
from flows.registry.reader import read_served
from flows.registry.signed_files import TamperedError
from flows.store.local import LocalStore
from flows.trust.roots import RootChain, chain_from, ensure_may_sign
from flows.trust.seen import Memory
from pipelines.registry.layout import POINTER_KEY, root_key
from pipelines.signing.keys import KeyRing, Signer, jwk
from pipelines.signing.roots import MAX_ROOT_BYTES, SignedRoot
from schemas.root import TrustRoot
from tests.support import publications
from tests.support.publications import AT, publication
from tests.support.roots import DATED, REGISTRY, REVOCATIONS, ROOT, SECOND_ROOT, role_key, root, signed, signer

PASSPORTS = publications.SIGNER
"""The key that signs the passports of these publications."""
NEW_REGISTRY = signer("registry 2")
SLUG = "acme-tern"


def rooted(version: int = 1, *, by: tuple[Signer, ...] = (ROOT,), **changes: Any) -> SignedRoot:
    named: dict[str, Any] = {"passports": (role_key(PASSPORTS),), **changes}
    return signed(root(version, **named), *by)


def revoking(last_good: int, version: int = 2) -> SignedRoot:
    old = role_key(REGISTRY, state="revoked", last_good=last_good)
    return rooted(version, registry=(old, role_key(NEW_REGISTRY)))


def put(store: LocalStore, *made: SignedRoot) -> None:
    for one in made:
        store.put(root_key(one.ref.version), one.to_bytes())


def publish_under(store: LocalStore, made: SignedRoot | None, version: int, by: Signer = REGISTRY) -> int:
    """Publish a version of a passport under the newest root of the store."""
    chain = chain_from(store, made) if made else None
    publisher = Publisher(store, by, lambda: AT, f"nonce-{version}", chain=chain)
    base = read_served(store, publisher.keys, AT)
    wanted = publication({SLUG: version}, base, run=f"run-{version}")
    return publish(publisher, wanted, base=base, rebase=lambda _: wanted).generation


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A store with a root and one generation under it."""
    made = LocalStore(tmp_path / "store")
    put(made, rooted())
    publish_under(made, rooted(), 1)
    return made


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "seen.json")


@pytest.fixture
def pin(tmp_path: Path) -> str:
    path = tmp_path / "root.json"
    path.write_bytes(rooted().to_bytes())
    return str(path)


def opened(store: LocalStore, pin: str | None, memory: Memory | None = None, *, hours: float = 1) -> Opened:
    settings = read_settings(store=store.name)
    return open_registry(settings, trust_options(None, pin, memory), AT + timedelta(hours=hours))


def verdict(found: Opened) -> str:
    return found.qualified(found.reader.check(SLUG)).verdict


def test_a_root_is_pinned_by_its_file_or_its_thumbprint(store: LocalStore, pin: str) -> None:
    for one in (pin, rooted().ref.thumbprint):
        found = opened(store, one)
        assert (found.trust.basis, verdict(found)) == ("root", "ok")
        assert found.reader.snapshot.root == rooted().ref
    with pytest.raises(SigningKeyError, match=r"no root has the thumbprint A{43} \(it has 1 versions"):
        opened(store, "A" * 43)
    with pytest.raises(SettingsError, match="either --key or --root"):
        trust_options("key", "root", None)


def test_a_root_in_the_store_itself_shows_nothing_about_its_publisher(store: LocalStore) -> None:
    assert verdict(opened(store, None)) == "unpinned"
    assert verdict(opened(store, str(Path(store.name) / root_key(1)))) == "unpinned"


def test_the_setting_names_the_root_too(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_ROOT", rooted().ref.thumbprint)
    assert verdict(opened(store, None)) == "ok"


def test_readers_follow_the_root_and_read_what_older_keys_signed(store: LocalStore, pin: str) -> None:
    until = "2026-06-15T12:00:00.001Z"
    old = role_key(REGISTRY, state="retired", valid_until=until)
    put(store, rooted(2, by=(ROOT,), registry=(old, role_key(NEW_REGISTRY))))
    publish_under(store, rooted(), 2, NEW_REGISTRY)
    found = opened(store, pin)
    assert (found.trust.chain and found.trust.chain.ref.version, verdict(found)) == (2, "ok")
    assert found.reader.at_generation(1).check(SLUG).verdict == "ok"


def test_a_root_may_change_its_own_keys(store: LocalStore, pin: str) -> None:
    second = signed(root(2, (SECOND_ROOT,), passports=(role_key(PASSPORTS),)), ROOT, SECOND_ROOT)
    put(store, second)
    assert verdict(opened(store, pin)) == "ok"
    put(store, signed(root(3, (SECOND_ROOT,), passports=(role_key(PASSPORTS),)), SECOND_ROOT))
    found = opened(store, pin)
    assert found.trust.chain
    assert found.trust.chain.thumbprints.keys() == {1, 2, 3}
    assert verdict(opened(store, second.ref.thumbprint)) == "ok"


def test_a_root_that_does_not_follow_is_named(store: LocalStore, pin: str) -> None:
    put(store, rooted(2, by=(SECOND_ROOT,)))
    with pytest.raises(TamperedError, match=r"registry/root/2\.json cannot be trusted: version 2 is not valid"):
        opened(store, pin)
    store.put(root_key(2), b" " * (MAX_ROOT_BYTES + 1))
    with pytest.raises(TamperedError, match="larger than the 512000 bytes"):
        opened(store, pin)
    store.put(root_key(2), rooted(3).to_bytes())
    with pytest.raises(TamperedError, match="version 2 must follow"):
        opened(store, pin)


def test_a_pointer_of_a_revoked_key_is_refused_and_earlier_generations_are_read(store: LocalStore, pin: str) -> None:
    put(store, revoking(1))
    with pytest.raises(TamperedError, match="key_revoked"):
        opened(store, pin)
    with pytest.raises(TamperedError, match="key_revoked"):
        publish_under(store, rooted(), 2)


def test_what_was_seen_under_a_stolen_key_does_not_bar_the_way_back(
    store: LocalStore, pin: str, memory: Memory, tmp_path: Path
) -> None:
    """A thief publishes a generation with a huge number; the root revokes the key, and its owner goes on."""
    good = store.get(POINTER_KEY)
    stolen = LocalStore(tmp_path / "stolen")
    for key in store.list():
        stolen.put(key, store.get(key).body)
    publisher = Publisher(stolen, REGISTRY, lambda: AT, "thief", chain=chain_from(stolen, rooted()))
    base = read_served(stolen, publisher.keys, AT)
    wanted = publication({SLUG: 9}, base, run="run-thief")
    publish(publisher, wanted, base=base, rebase=lambda _: wanted)
    for key in stolen.list():
        store.put(key, stolen.get(key).body)
    assert opened(store, pin, memory).reader.generation == 2
    store.put(POINTER_KEY, good.body)
    assert verdict(opened(store, pin, memory)) == "rollback"
    chain = chain_from(store, rooted())
    put(store, revoking(1))
    publisher = replace(publisher, store=store, signer=NEW_REGISTRY, nonce="owner", chain=chain_from(store, rooted()))
    base = read_served(store, chain.keys, AT)
    assert base is not None
    wanted = publication({SLUG: 3}, base, run="run-owner")
    assert publish(publisher, wanted, base=base, rebase=lambda _: wanted).generation == 3
    found = opened(store, pin, memory)
    assert (found.reader.snapshot.parent, verdict(found)) == (1, "ok")


def test_a_mirror_that_withholds_the_newer_root_is_noticed(store: LocalStore, pin: str, memory: Memory) -> None:
    put(store, rooted(2))
    publish_under(store, rooted(), 2)
    assert verdict(opened(store, pin, memory)) == "ok"
    (Path(store.name) / root_key(2)).unlink()
    assert verdict(opened(store, pin)) == "freeze", "the snapshot states under which root it was made"
    found = opened(store, pin, memory)
    assert found.departure
    assert (found.departure.verdict, "version 2 was seen before" in found.departure.reason) == ("rollback", True)
    (Path(store.name) / root_key(1)).unlink()
    found = opened(store, pin, memory)
    assert (found.departure and found.departure.verdict) == "rollback"


def test_two_roots_of_one_version_are_an_equivocation(store: LocalStore, pin: str, memory: Memory) -> None:
    put(store, rooted(2))
    assert verdict(opened(store, pin, memory)) == "ok"
    put(store, rooted(2, expires_at="2029-01-01T00:00:00.000Z"))
    found = opened(store, pin, memory)
    assert found.departure
    assert found.departure.verdict == "equivocation"
    assert "root version 2 is another one than was seen before" in found.departure.reason


def test_an_expired_root_is_a_freeze(store: LocalStore, pin: str, memory: Memory) -> None:
    put(store, rooted(2, expires_at="2026-06-15T14:00:00.000Z"))
    assert verdict(opened(store, pin, memory)) == "ok"
    found = opened(store, pin, memory, hours=2)
    assert verdict(found) == "freeze"
    assert "root version 2 expired at 2026-06-15T14:00:00.000Z" in found.qualified(found.reader.check(SLUG)).reason


def test_the_root_is_remembered_on_first_use_and_the_verdict_says_so(store: LocalStore, memory: Memory) -> None:
    settings, options = read_settings(store=store.name), trust_options(None, None, memory, first_use=True)
    found = open_registry(settings, options, AT + timedelta(hours=1))
    finding = found.reader.check(SLUG)
    pinned = pin_first(found, [JudgedTarget(SLUG, finding, ())], options)
    assert (pinned.trust.basis, pinned.trust.chain and pinned.trust.chain.ref) == ("first_use_now", rooted().ref)
    assert pinned.qualified(finding).reason.startswith("ok, trust on first use: signed by a trusted key")
    put(store, rooted(2))
    again = opened(store, None, memory)
    assert (again.trust.basis, verdict(again)) == ("first_use", "ok")
    assert memory.of(found.name).root == rooted(2).ref
    other = signed(root(1, (SECOND_ROOT,), passports=(role_key(PASSPORTS),)), SECOND_ROOT)
    put(store, other)
    with pytest.raises(SigningKeyError, match="no root has the thumbprint"):
        opened(store, None, memory)


def test_readers_of_the_one_key_follow_to_the_root_that_it_endorses(tmp_path: Path, memory: Memory) -> None:
    store = LocalStore(tmp_path / "one-key")
    publish_under(store, None, 1, PASSPORTS)
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(jwk(PASSPORTS.public_key)))
    settings, options = read_settings(store=store.name), trust_options(str(key), None, memory)
    assert open_registry(settings, options, AT).trust.chain is None
    legacy = (role_key(PASSPORTS, state="retired"), role_key(REGISTRY))
    put(store, rooted(1, registry=legacy))
    assert open_registry(settings, options, AT).trust.chain is None, "anyone who can write to the store can put a root"
    put(store, rooted(1, registry=legacy, by=(ROOT, PASSPORTS)))
    found = open_registry(settings, options, AT)
    assert (found.trust.chain is not None, found.trust.basis, verdict(found)) == (True, "key", "ok")
    publish_under(store, rooted(1, registry=legacy), 2)
    assert verdict(open_registry(settings, options, AT)) == "ok"
    for path in (Path(store.name) / "registry/root").iterdir():
        path.unlink()
    with pytest.raises(TamperedError, match="unknown_key"):
        open_registry(settings, options, AT)


def test_nobody_publishes_without_the_root_that_the_store_has(store: LocalStore) -> None:
    store.put(POINTER_KEY, store.get(POINTER_KEY).body)
    publisher = Publisher(store, REGISTRY, lambda: AT, "nonce-2")
    base = read_served(store, KeyRing([PASSPORTS.public_key, REGISTRY.public_key]), AT)
    wanted = publication({SLUG: 2}, base, run="run-2")
    with pytest.raises(PublicationError, match="which this run does not know: set PASSPORTS_ROOT"):
        publish(publisher, wanted, base=base, rebase=lambda _: wanted)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "revoked", "last_good": 1}, "calls it revoked"),
        ({"valid_from": "2026-07-01T00:00:00.000Z"}, "valid from 2026-07-01"),
        ({"valid_until": DATED}, f"until {DATED}"),
    ],
)
def test_a_publisher_learns_at_once_that_its_key_may_not_sign(changes: dict[str, Any], says: str) -> None:
    named: TrustRoot = root(registry=(role_key(REGISTRY, **changes),))
    chain = RootChain(signed(named), {})
    with pytest.raises(SigningKeyError, match=says):
        ensure_may_sign(chain, REGISTRY, "registry", DATED)
    with pytest.raises(SigningKeyError, match="does not name it"):
        ensure_may_sign(chain, REVOCATIONS, "registry", DATED)
