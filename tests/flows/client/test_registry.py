"""`Registry`: the verdicts of the command line, from a directory and over HTTP, and nothing that is not signed."""

import shutil
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from flows.client import NotReliableError, PassportFilter, Registry
from flows.client.cache import CachedStore
from flows.config.clock import fixed
from flows.registry.signed_files import NotInSnapshotError, TamperedError
from flows.registry.unknown_slug import UnknownSlugError
from flows.search.conditions import CursorError
from flows.store.base import Blob
from flows.store.local import LocalStore
from pipelines.registry.layout import object_key
from schemas.search import SortKey
from schemas.verdict import Verdict
from tests.support.cli import Terminal
from tests.support.runs import NOON, SIGNER, Record, edited, files, reader, refresh

QWEN = "qwen-qwq-32b"
SOON = NOON + timedelta(hours=1)


def opened(root: Path, *, at: datetime = SOON, key: str | None = SIGNER.key_id, **options: object) -> Registry:
    return Registry.open(str(root), key=key, clock=fixed(at), **options)  # type: ignore[arg-type]


@pytest.fixture
def registry(published: Path) -> Registry:
    return opened(published, remember=False)


def test_a_passport_is_given_with_its_verdict(registry: Registry, published: Path) -> None:
    passport = registry.passport(QWEN)
    assert (passport.verdict, passport.age, passport.good) == (Verdict.OK, "fresh", True)
    assert passport.reliable() is passport
    assert passport.typed.unfragile.artifact.slug == passport.statement["artifact"]["slug"] == QWEN
    assert passport.finding == reader(published, at=SOON).check(QWEN)


def test_what_is_out_of_date_is_given_but_is_not_reliable(published: Path) -> None:
    passport = opened(published, at=NOON + timedelta(days=31), remember=False).passport(QWEN)
    assert (passport.verdict, passport.age) == (Verdict.EXPIRED, "expired")
    with pytest.raises(NotReliableError, match=f"{QWEN}: expired: "):
        passport.reliable()


def test_what_is_not_signed_is_never_given(store: Path) -> None:
    registry = opened(store)
    path = store / object_key(registry.passport(QWEN).sha256)
    path.write_bytes(path.read_bytes().replace(b"QwQ", b"QvQ"))
    with pytest.raises(NotReliableError, match="bad_signature"):
        registry.passport(QWEN)
    assert registry.verify(QWEN).verdict is Verdict.BAD_SIGNATURE


def test_another_passport_in_the_place_of_one_is_never_given(store: Path) -> None:
    registry = opened(store)
    other = registry.passport("openai-gpt-oss-120b")
    shutil.copy(store / object_key(other.sha256), store / object_key(registry.passport(QWEN).sha256))
    with pytest.raises(NotReliableError, match="not_in_snapshot"):
        registry.passport(QWEN)


@pytest.mark.parametrize("slug", ["nobody", "../registry/timestamp.json", "", "Q", "a" * 300, "x\n"])
def test_a_slug_that_no_passport_has_is_reported_with_the_nearest(registry: Registry, slug: str) -> None:
    with pytest.raises(UnknownSlugError, match="no passport has the slug"):
        registry.passport(slug)
    assert registry.verify(slug).verdict is Verdict.NOT_IN_SNAPSHOT
    assert slug not in registry


def test_a_file_or_an_address_is_not_read_in_the_place_of_a_slug(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nobody").write_bytes(b"{}")
    assert registry.verify("nobody").verdict is Verdict.NOT_IN_SNAPSHOT
    assert registry.verify("http://127.0.0.1:9/").verdict is Verdict.NOT_IN_SNAPSHOT


def test_bytes_are_judged_by_the_registry(registry: Registry, published: Path) -> None:
    body = (published / f"api/v1/passport/{QWEN}").read_bytes()
    assert registry.verify(body).verdict is Verdict.OK
    assert registry.verify(body.replace(b"QwQ", b"QvQ")).verdict is Verdict.BAD_SIGNATURE
    assert registry.verify(b"\xff{").verdict is Verdict.MALFORMED


def test_the_verdicts_are_those_of_the_command_line(
    passports: Terminal, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(SOON.timestamp())))
    for key in (SIGNER.key_id, None):
        registry = opened(store, key=key)
        chosen = ("--key", key) if key else ()
        answer = passports("verify", "--all", "--store", store, "--json", *chosen).json()
        assert answer["trust"] == registry.trust.basis
        printed = {one["target"]: (one["verdict"], one["age"]) for one in answer["findings"]}
        assert printed == {one.slug: (one.verdict, one.age) for one in registry}
        assert len(printed) == len(registry) > 20


def test_a_registry_that_only_itself_vouches_for_is_unpinned_until_its_key_is_remembered(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    assert opened(store, key=None).standing().verdict is Verdict.UNPINNED
    assert opened(store, key=None).passport(QWEN).verdict is Verdict.UNPINNED
    assert opened(store, key=None, trust_on_first_use=True).passport(QWEN).good
    assert opened(store, key=None).trust.basis == "first_use"


def test_a_registry_that_went_back_is_reported_for_every_passport(equipped: Path, few: list[Record]) -> None:
    root = equipped / "public"
    refresh(root, few)
    first = files(root)
    refresh(root, edited(few, "qwen/qwq-32b", context_length=4096), at=NOON + timedelta(minutes=30))
    assert opened(root).standing().verdict is Verdict.OK
    (root / "registry/timestamp.json").write_bytes(first["registry/timestamp.json"])
    assert opened(root).standing().verdict is Verdict.ROLLBACK
    assert opened(root).passport(QWEN).verdict is Verdict.ROLLBACK


def test_a_pointer_that_was_not_renewed_is_frozen(published: Path) -> None:
    late = opened(published, at=NOON + timedelta(days=4), remember=False)
    assert late.standing().verdict is Verdict.FREEZE


def test_it_answers_from_one_generation_until_it_is_refreshed(equipped: Path, few: list[Record]) -> None:
    root = equipped / "public"
    refresh(root, few)
    registry = opened(root)
    assert not registry.refresh()
    refresh(root, edited(few, "qwen/qwq-32b", context_length=4096), at=NOON + timedelta(minutes=30))
    before = registry.passport(QWEN).statement["artifact"]["model"]["context_tokens"]
    assert registry.refresh()
    assert registry.passport(QWEN).statement["artifact"]["model"]["context_tokens"] == 4096 != before
    assert registry.find(PassportFilter(min_context=1)).found
    assert {one.passport.slug: one.passport.context_tokens for one in registry.find().found}[QWEN] == 4096


def test_changes_are_those_since_a_generation_or_an_instant(equipped: Path, few: list[Record]) -> None:
    root = equipped / "public"
    refresh(root, few[:3])
    refresh(root, few, at=NOON + timedelta(minutes=30))
    registry = opened(root)
    assert [change.change for change in registry.changes()] == ["added"] * 4
    assert [change.slug for change in registry.changes(1)] == [
        change.slug for change in registry.changes(NOON + timedelta(minutes=10))
    ]
    assert len(list(registry.changes(1))) == 1
    assert list(registry.changes(2)) == []
    assert len(list(registry.changes(limit=2))) == 2
    with pytest.raises(NotInSnapshotError, match="generation 9 is not an ancestor"):
        list(registry.changes(9))


def test_a_filter_finds_what_passports_state(registry: Registry) -> None:
    everything = {one.slug: one.statement for one in registry}

    def slugs(**wanted: object) -> set[str]:
        return {one.passport.slug for one in registry.find(PassportFilter(**wanted), limit=500).found}  # type: ignore[arg-type]

    assert slugs() == set(everything)
    assert slugs(input="image") == {
        slug for slug, one in everything.items() if "image" in one["artifact"]["model"]["input_modalities"]
    }
    uri = everything[QWEN]["capabilities"][0]["uri"]
    assert slugs(capability=uri) == {
        slug for slug, one in everything.items() if uri in {each["uri"] for each in one["capabilities"]}
    }
    assert slugs(free=True) == {slug for slug, one in everything.items() if one["artifact"]["pricing"]["free"]}
    assert slugs(max_risk="low") | slugs(max_risk="moderate") == {
        slug for slug, one in everything.items() if one["trust"]["data_access_risk"] != "high"
    }
    assert slugs(min_context=100_000) == {
        slug for slug, one in everything.items() if (one["artifact"]["model"]["context_tokens"] or 0) >= 100_000
    }
    assert slugs(maker="qwen") >= {QWEN}
    assert slugs(in_date=True) | slugs(in_date=False) == set(everything)
    assert slugs(capability="' OR 1=1 --") == slugs(purpose="%") == set()


@pytest.mark.parametrize("order", ["slug", "name", "score", "price", "context", "signed"])
def test_pages_go_through_all_in_order_and_each_once(registry: Registry, order: SortKey) -> None:
    seen, cursor = [], None
    while True:
        page = registry.find(order=order, cursor=cursor, limit=4)
        seen += [one.passport.slug for one in page.found]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(registry) == registry.count()
    assert seen == [one.passport.slug for one in registry.find(order=order, limit=500).found]
    if order == "score":
        scores = [registry.passport(slug).statement["trust"]["score"] for slug in seen]
        assert all(one >= other for one, other in pairwise(scores))


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WzEsMl0", "é", "W10"])
def test_a_cursor_that_no_page_gave_is_refused(registry: Registry, cursor: str) -> None:
    with pytest.raises(CursorError):
        registry.find(cursor=cursor)


def test_words_find_and_none_of_them_is_syntax(registry: Registry) -> None:
    assert registry.search("qwq")[0].passport.slug == QWEN
    assert QWEN in {one.passport.slug for one in registry.search("reason qw")}
    for text in ('"', "a OR", "NEAR(a b)", "name:x", "*", "", "\x00", "-- ; DROP TABLE passports", "x" * 10_000):
        registry.search(text)
    assert registry.search("...") == ()


def test_a_task_is_resolved_to_models_with_the_reason(registry: Registry) -> None:
    found = registry.resolve("describe what is in an image", limit=3)
    assert 0 < len(found) <= 3
    for one in found:
        statement = registry.passport(one.passport.slug).statement
        named = {each["uri"] for each in (*statement["capabilities"], *statement["purposes"])}
        assert one.uris
        assert set(one.uris) <= named
    assert registry.resolve("zzzz") == ()


def test_a_comparison_begins_with_what_differs(registry: Registry) -> None:
    answer = registry.compare(QWEN, "openai-gpt-oss-120b")
    differs = [fact.differs for fact in answer.facts]
    assert differs == sorted(differs, reverse=True)
    assert all(len(fact.values) == 2 for fact in answer.facts)
    assert all(one.good for one in answer.passports)


class Counted(LocalStore):
    """A store that counts what it is asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[str] = []

    def get(self, key: str, **bounds: int) -> Blob:
        self.asked.append(key)
        return super().get(key, **bounds)


def test_what_the_cache_has_is_not_asked_for_again_and_damage_in_it_is_no_harm(published: Path, tmp_path: Path) -> None:
    store = Counted(published)
    key = object_key(reader(published).row(QWEN).object)  # type: ignore[union-attr]
    cached = CachedStore(store, tmp_path / "cache", most_bytes=2**20)
    body = cached.get(key).body
    assert cached.get(key).body == body == store.get(key).body
    assert store.asked.count(key) == 2
    (held,) = (tmp_path / "cache").iterdir()
    held.write_bytes(b"damaged")
    assert cached.get(key).body == body
    assert held.read_bytes() == body


def test_the_cache_stays_below_its_bound(published: Path, tmp_path: Path) -> None:
    cached = CachedStore(LocalStore(published), tmp_path / "cache", most_bytes=100_000)
    for _ in range(8):
        for row in reader(published).rows():
            cached.get(object_key(row.object))
    cached._shrink()
    assert 0 < sum(path.stat().st_size for path in (tmp_path / "cache").iterdir()) <= 100_000


def test_the_index_is_checked_by_its_hash(store: Path) -> None:
    registry = opened(store)
    for path in (store / "registry/search").glob("*.sqlite"):
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(TamperedError, match="is not the file that its snapshot names"):
            registry.find()


def test_the_examples_of_the_documentation_run(
    published: Path, equipped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(published, equipped / "public")
    monkeypatch.chdir(equipped)
    monkeypatch.setattr("flows.client.Registry.open", partial(Registry.open, clock=fixed(SOON)))
    text = (Path(__file__).parents[3] / "docs/client.md").read_text("utf-8")
    examples = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    names: dict[str, object] = {}
    for example in examples:
        code = example.replace("WHUDjiZeh2W19G_P7TAYdJOfaVWQlEBIXRXq9AE1f2U", SIGNER.key_id)
        exec(compile(code, "docs/client.md", "exec"), names)  # noqa: S102 - the examples are what is tested
    printed = capsys.readouterr().out
    for line in ("Qwen: QwQ 32B\n", "ok fresh True\n", "signed by a trusted key, in date, and the one in generation 1"):
        assert line in printed
    assert len(examples) == 5
