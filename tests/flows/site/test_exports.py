import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
import zstandard
from lxml import etree
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from flows.maintenance.replicate import replicate
from flows.maintenance.scrub import Scrubber
from flows.publish.protocol import publish
from flows.publish.publication import Rendering
from flows.registry.listed_files import sha256_of
from flows.registry.page_list import EarlierPages
from flows.registry.reader import read_served
from flows.site.copied_pages import copied_from
from flows.site.rendering import copies_for, pages_for
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.pages.site import Site
from pipelines.registry.export_keys import (
    BULK_KEYS,
    CHANGES_FEED_KEY,
    ENDS_KEY,
    EXPORTS_KEY,
    PASSPORT_FILES,
    PASSPORT_LINES_KEY,
    PASSPORT_TABLE_KEY,
    SITEMAP_KEY,
    STATEMENT_TABLE_KEY,
)
from pipelines.registry.layout import headers
from tests.flows.site.test_pages import ISSUER, MANY, RENDERING, SOME, release
from tests.support.listeners import web_server
from tests.support.publications import AT, KEYS, SIGNER, passport, publication, publisher, reader, serving, sha256
from tests.support.signed import seal_passport

SITEMAPS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    local = LocalStore(tmp_path / "public")
    release(local, MANY, "1")
    return local


def scored(slug: str) -> bytes:
    """Return a passport whose score and price changed, as on most days."""
    unfragile = orjson.loads(passport(slug))["passport"]["unfragile"]
    unfragile["trust"]["score"] += 1
    unfragile["artifact"]["pricing"]["starting_price"] = "$9.00e-7 per prompt token"
    return orjson.dumps(seal_passport(unfragile, SIGNER, AT + timedelta(seconds=2), AT + timedelta(days=30)))


def later_day(store: Store, slugs: list[str], nonce: str) -> None:
    """Publish a day on which some passports changed."""
    base = read_served(store, KEYS, AT)
    assert base
    bodies = {slug: scored(slug) for slug in slugs}
    rows = [
        row.model_copy(update={
            "object": sha256(bodies[row.slug]), "payload": sha256(b"2"), "previous": row.object,
            "cause": "source_changed",
        }) if row.slug in bodies else row
        for row in base.rows()
    ]  # fmt: skip
    objects = {sha256(body): body for body in bodies.values()}
    wanted = replace(serving(publication({}, base, run=f"run-{nonce}"), rows), objects=objects, rendering=RENDERING)
    publish(publisher(store, nonce), wanted, base=base, rebase=lambda _: wanted)


def site_files(store: Store) -> dict[str, bytes]:
    """Return the files of the site, with the list that names them."""
    others = ("registry/objects", "registry/log", "registry/d", "registry/r", "registry/s", "registry/t", "registry/a")
    return {key: store.get(key).body for key in store.list() if not key.startswith((*others, "api/", "."))}


def lines_of(store: Store) -> Iterator[bytes]:
    packed = store.get(PASSPORT_LINES_KEY).body
    yield from zstandard.ZstdDecompressor().decompress(packed, max_output_size=2**28).splitlines()


def asked(store: LocalStore, tmp_path: Path, key: str, question: str) -> list[tuple[Any, ...]]:
    path = tmp_path / "table.parquet"
    path.write_bytes(store.get(key).body)
    return duckdb.sql(question.replace("TABLE", f"'{path}'")).fetchall()


def test_a_line_of_the_whole_registry_has_a_passport_byte_for_byte(store: LocalStore) -> None:
    found = {}
    for line in lines_of(store):
        named = orjson.loads(line)
        document = re.fullmatch(rb'.*?,"document":(\{.*\})\}', line)
        assert document
        assert hashlib.sha256(document[1]).hexdigest() == named["sha256"]
        assert reader(store).check(document[1]).verdict == "ok"
        found[named["slug"]] = named["sha256"]
    assert found == {row.slug: row.object for row in reader(store).rows()}


def test_parquet_answers_questions_by_duckdb(store: LocalStore, tmp_path: Path) -> None:
    count = "SELECT count(*), count(DISTINCT object), max(signed_at) IS NOT NULL FROM TABLE"
    assert asked(store, tmp_path, PASSPORT_TABLE_KEY, count) == [(60, 60, True)]
    named = "SELECT name, capabilities[1] LIKE 'capability://%', input_modalities FROM TABLE WHERE slug = 'acme-007'"
    assert asked(store, tmp_path, PASSPORT_TABLE_KEY, named) == [("acme-007 v1", True, [])]
    kinds = {
        name: kind for name, kind, *_ in asked(store, tmp_path, PASSPORT_TABLE_KEY, "DESCRIBE SELECT * FROM TABLE")
    }
    assert (kinds["purposes"], kinds["free"], kinds["score"]) == ("VARCHAR[]", "BOOLEAN", "BIGINT")
    assert (kinds["ends_on"], kinds["signed_at"]) == ("DATE", "TIMESTAMP WITH TIME ZONE")
    assert asked(store, tmp_path, STATEMENT_TABLE_KEY, "SELECT count(*) FROM TABLE") == [(0,)]


def test_the_index_states_size_and_hash_of_each_file_and_where_the_search_index_is(store: LocalStore) -> None:
    files = {one["name"]: one for one in orjson.loads(store.get(EXPORTS_KEY).body)["files"]}
    assert files.keys() == {*(key.rpartition("/")[2] for key in BULK_KEYS), "passports.sqlite"}
    for one in files.values():
        body = store.get(one["path"]).body
        assert (one["bytes"], one["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert files["passports.parquet"]["rows"] == len(MANY)


def test_a_dsse_envelope_verifies_by_another_library(store: LocalStore) -> None:
    envelope = Envelope.from_dict(orjson.loads(store.get("exports/dsse/acme-003.json").body))
    key = SSlibKey(SIGNER.key_id, "ed25519", "ed25519", {"public": SIGNER.public_key.hex()})
    assert envelope.verify([key], 1).keys() == {SIGNER.key_id}
    assert orjson.loads(envelope.payload)["unfragile"]["artifact"]["slug"] == "acme-003"


def test_every_passport_has_every_file_with_its_type(store: LocalStore) -> None:
    for key_of in PASSPORT_FILES.values():
        assert all(store.exists(key_of(slug)) for slug in MANY)
    types = {key: headers(key).content_type.partition(";")[0] for key in (CHANGES_FEED_KEY, ENDS_KEY, *BULK_KEYS)}
    assert list(types.values()) == [
        "application/atom+xml", "text/calendar", "application/zstd", "application/vnd.apache.parquet",
        "application/vnd.apache.parquet",
    ]  # fmt: skip
    assert {kind: headers(key("a.b")).content_type.partition(";")[0] for kind, key in PASSPORT_FILES.items()} == {
        "badge": "image/svg+xml", "bom": "application/vnd.cyclonedx+json", "card": "text/markdown",
        "dsse": "application/vnd.dsse.envelope.v1+json", "feed": "application/atom+xml",
    }  # fmt: skip


def test_a_day_that_changes_16_passports_rewrites_under_100_files_of_the_site(store: LocalStore) -> None:
    before = site_files(store)
    later_day(store, list(SOME), "2")
    after = site_files(store)
    rewritten = {key for key in after if before.get(key) != after[key]}
    assert len(rewritten) < 100
    for slug in SOME:
        assert {key(slug) for kind, key in PASSPORT_FILES.items() if kind not in ("bom", "card")} <= rewritten
        assert not {PASSPORT_FILES[kind](slug) for kind in ("bom", "card")} & rewritten, "neither has score nor price"
    assert {PASSPORT_LINES_KEY, PASSPORT_TABLE_KEY, EXPORTS_KEY, CHANGES_FEED_KEY} <= rewritten
    assert STATEMENT_TABLE_KEY not in rewritten, "these passports show no evidence"
    feed = store.get(PASSPORT_FILES["feed"]("acme-000")).body.decode()
    assert feed.count("<entry>") == 2
    assert "starting_price" in feed or "price: " in feed


def test_what_is_served_no_more_has_no_files(store: LocalStore) -> None:
    base = read_served(store, KEYS, AT)
    assert base
    kept = [row for row in base.rows() if row.slug not in SOME]
    wanted = replace(serving(publication({}, base, run="run-2"), kept), rendering=RENDERING)
    publish(publisher(store, "2"), wanted, base=base, rebase=lambda _: wanted)
    assert not [key(slug) for slug in SOME for key in PASSPORT_FILES.values() if store.exists(key(slug))]
    assert len(list(lines_of(store))) == len(kept)


def test_a_sitemap_names_every_page(store: LocalStore) -> None:
    found = [one.text for one in etree.fromstring(store.get(SITEMAP_KEY).body).findall("s:url/s:loc", SITEMAPS)]
    pages = {key for key in store.list() if headers(key).content_type.startswith("text/html")} - {"404.html"}
    assert {address.removeprefix("https://registry.example/") or "index.html" for address in found} == pages
    assert len(found) == len(pages)


def test_a_large_registry_has_its_sitemap_in_parts_and_each_export_in_one_file(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.registry.slots._FEW", 2)
    large = LocalStore(tmp_path / "large")
    release(large, MANY, "1")
    index = etree.fromstring(large.get(SITEMAP_KEY).body)
    parts = [one.text.removeprefix("https://registry.example/") for one in index.findall("s:sitemap/s:loc", SITEMAPS)]
    assert len(parts) > 2
    addresses = [
        one.text for part in parts for one in etree.fromstring(large.get(part).body).findall("s:url/s:loc", SITEMAPS)
    ]
    whole = [one.text for one in etree.fromstring(store.get(SITEMAP_KEY).body).findall("s:url/s:loc", SITEMAPS)]
    assert sorted(addresses) == sorted(whole)
    assert sorted(lines_of(large)) == sorted(lines_of(store))


def test_an_export_that_was_changed_is_found_and_restored(store: LocalStore) -> None:
    spoilt = {*BULK_KEYS, EXPORTS_KEY, ENDS_KEY, *(key("acme-003") for key in PASSPORT_FILES.values())}
    right = {key: store.get(key).body for key in spoilt}
    other = open_store("memory:///")
    for key in spoilt:
        other.put(key, right[key])
        store.put(key, b"defaced")
    pages = pages_for(Site(ISSUER), None)
    found = Scrubber(store, KEYS, AT, copies_for(ISSUER), pages=pages).scrub(10_000)
    assert {damage.key for damage in found.damages if damage.repaired} == spoilt
    assert {key: store.get(key).body for key in spoilt} == right
    store.put(PASSPORT_TABLE_KEY, b"defaced")
    (repaired,) = Scrubber(store, KEYS, AT, copies_for(ISSUER), other=other).scrub(10_000).damages
    assert (repaired.key, repaired.repaired) == (PASSPORT_TABLE_KEY, True)
    assert store.get(PASSPORT_TABLE_KEY).body == right[PASSPORT_TABLE_KEY]


def test_an_export_that_was_changed_is_restored_from_a_store_behind_a_web_server(
    store: LocalStore, tmp_path: Path
) -> None:
    shutil.copytree(store.name, tmp_path / "other")
    right = store.get(PASSPORT_TABLE_KEY).body
    store.put(PASSPORT_TABLE_KEY, b"defaced")
    with web_server(tmp_path / "other") as url:
        scrubber = Scrubber(store, KEYS, AT, copies_for(ISSUER), other=open_store(url))
        (repaired,) = scrubber.scrub(10_000).damages
    assert (repaired.key, repaired.repaired, store.get(PASSPORT_TABLE_KEY).body) == (PASSPORT_TABLE_KEY, True, right)


def test_a_mirror_has_the_same_exports_without_a_key(store: LocalStore) -> None:
    target = open_store("memory:///")
    with web_server(Path(store.name)) as url:
        rendering = Rendering(copies_for(ISSUER), {}, pages=copied_from(open_store(url)))
        replicate(reader(store), target, rendering, nonce="copy")
    listed = {entry.key: entry.sha256 for entry in EarlierPages.of(store, KEYS).files()}
    assert {*BULK_KEYS, EXPORTS_KEY, SITEMAP_KEY} <= listed.keys()
    assert {key: sha256_of(target.get(key).body) for key in listed} == listed


def test_the_large_files_are_made_in_the_folder_of_the_run(store: LocalStore, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    served = reader(store)
    pages = pages_for(Site(ISSUER), SIGNER, work)(served, served.object, True)
    made = {key: body for key, body in pages.changed() if isinstance(body, Path)}
    assert made.keys() == set(BULK_KEYS)
    assert all(path.is_relative_to(work) for path in made.values())
