import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.api.nginx import configuration
from flows.config.settings import Settings
from flows.config.signing_key import OpenedKey, find_key
from flows.demo import recording
from flows.registry.signed_files import read_page_list
from flows.run.assemble import GateClosedError
from flows.store.local import LocalStore
from flows.trust.seen import default_memory
from pipelines.log.tiles import file_names
from pipelines.registry import layout
from tests.support.cli import Terminal
from tests.support.runs import NOON, SIGNER, Record, brought, edited, files, finish, job_for, playing, reader, refresh
from tests.support.spiders.crawls import crawled
from tests.support.spiders.server import serving

QWEN = "qwen-qwq-32b"


@pytest.fixture
def later(store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second generation, in which one model has another context length."""
    at = NOON + timedelta(hours=1)
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=at)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(at.timestamp())))
    return store


def test_diff_tells_the_versions_with_their_causes_and_from_what_to_what(later: Path, passports: Terminal) -> None:
    ended = passports("diff", QWEN, "--store", later)
    assert (ended.status, "source changed" in ended.out) == (0, True)
    assert "context: 131,072 → 65,536 tokens" in ended.out
    versions = passports("diff", QWEN, "--store", later, "--json").json()["versions"]
    assert [(version["generation"], version["cause"]) for version in versions] == [
        (2, "source_changed"),
        (1, "first_seen"),
    ]
    assert versions[1]["changes"] is None
    unknown = passports("diff", "qwen-qwq", "--store", later)
    assert (unknown.status, QWEN in unknown.err) == (1, True)


def test_an_earlier_generation_can_be_shown_and_verified(later: Path, passports: Terminal) -> None:
    now = passports("show", QWEN, "--store", later, "--json").json()
    then = passports("show", QWEN, "--store", later, "--at-generation", 1, "--json").json()
    assert now["passport"]["unfragile"]["artifact"]["model"]["context_tokens"] == 65_536
    assert then["passport"]["unfragile"]["artifact"]["model"]["context_tokens"] != 65_536
    for targets in ([QWEN], ["--all"]):
        ended = passports("verify", *targets, "--store", later, "--at-generation", 1)
        assert ended.status == 0, ended
    never = passports("show", QWEN, "--store", later, "--at-generation", 7)
    assert (never.status, "not an ancestor" in never.err) == (1, True)


def superseded(key: str, store: Path) -> bool:
    """Whether a key is of a tile or list of pages of an earlier generation, which readers of then may still ask for."""
    served = reader(store)
    pages = read_page_list(served.store, served.keys)
    assert pages
    lists = {layout.page_list_key(ref.sha256) for ref in (*pages[0].passports, pages[0].others)}
    tiles = {layout.log_key(name) for name in file_names(served.snapshot.log.size if served.snapshot.log else 0)}
    return key.startswith((layout.PAGE_LISTS, layout.log_key("tile"))) and key not in lists | tiles


def test_publish_brings_another_store_to_the_same_bytes(later: Path, tmp_path: Path, passports: Terminal) -> None:
    other = tmp_path / "other"
    done = passports("publish", "--store", later, "--to", other, "--json").json()
    assert (done["generation"], done["copied"] > 0) == (2, True)
    assert files(other) == {key: body for key, body in files(later).items() if not superseded(key, later)}
    assert passports("verify", "--all", "--store", other).status == 0
    again = passports("publish", "--store", later, "--to", other)
    assert (again.status, "0 immutable files" in again.out) == (0, True)


def test_garbage_is_shown_first_and_removed_when_asked(later: Path, passports: Terminal) -> None:
    stray = layout.object_key("0" * 64)
    LocalStore(later).put(stray, b"left by a killed run")
    shown = passports("store", "gc", "--store", later)
    assert (shown.status, stray in shown.out, "would be removed" in shown.out) == (0, True, True)
    assert LocalStore(later).exists(stray)
    garbage = passports("store", "gc", "--store", later, "--remove", "--json").json()["garbage"]
    assert [key for key in garbage if not key.startswith((layout.PAGE_LISTS, layout.log_key("tile")))] == [stray]
    assert not LocalStore(later).exists(stray)
    assert passports("verify", "--all", "--store", later).status == 0


def test_a_scrub_names_the_damage_and_repairs_it(later: Path, tmp_path: Path, passports: Terminal) -> None:
    copy = tmp_path / "copy"
    passports("publish", "--store", later, "--to", copy)
    row = reader(later).row(QWEN)
    assert row is not None
    key = layout.object_key(row.object)
    LocalStore(later).put(key, b"{}")
    ended = passports("store", "scrub", "--store", later)
    assert (ended.status, key in ended.err, "1 damaged" in ended.out) == (1, True, True)
    assert passports("store", "scrub", "--store", later, "--copy", copy).status == 0
    assert passports("store", "scrub", "--store", later, "--json").json()["damages"] == []


@pytest.mark.parametrize("spoil", [lambda body: body.replace(b"QwQ", b"QvQ"), lambda _: b"{", lambda _: b"x" * 5000])
def test_a_damaged_brief_is_signed_anew_or_copied(
    spoil: Callable[[bytes], bytes], later: Path, tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief, copy = later / layout.brief_key(QWEN), tmp_path / "copy"
    before = brief.read_bytes()
    assert passports("publish", "--store", later, "--to", copy).status == 0
    assert (copy / layout.brief_key(QWEN)).read_bytes() == before
    brief.write_bytes(spoil(before))
    assert passports("store", "scrub", "--store", later).status == 0
    assert brief.read_bytes() == before, "with the key at hand it is signed anew"
    brief.write_bytes(spoil(before))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "reader"))
    default_memory().pin(str(later), SIGNER.key_id)
    ended = passports("store", "scrub", "--store", later)
    assert (ended.status, "is not a signed brief of what" in ended.err) == (1, True)
    assert passports("store", "scrub", "--store", later, "--copy", copy).status == 0
    assert brief.read_bytes() == before


def test_what_a_killed_run_left_is_finished_by_the_next_one(later: Path, records: list[Record]) -> None:
    """Even by one that publishes nothing."""
    copy = later / layout.passport_copy_key(QWEN)
    whole = copy.read_bytes()
    copy.unlink()
    (later / layout.APPLIED_KEY).unlink()
    with pytest.raises(GateClosedError, match="required: 3"):
        refresh(later, records[:1], at=NOON + timedelta(hours=2))
    assert copy.read_bytes() == whole


def test_another_address_changes_every_copy_and_no_passport(
    later: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(later)
    monkeypatch.setenv("PASSPORTS_BASE_URL", "https://elsewhere.example")
    refresh(later, edited(records, "qwen/qwq-32b", context_length=65_536), at=NOON + timedelta(hours=2))
    for row in reader(later).rows():
        links = json.loads((later / layout.passport_copy_key(row.slug)).read_bytes())["_links"]
        assert links["self"].startswith("https://elsewhere.example/")
    assert {key for key in files(later) if "/objects/" in key} >= {key for key in before if "/objects/" in key}


@pytest.mark.usefixtures("equipped")
def test_the_doctor_finds_a_healthy_machine_fit(
    tmp_path: Path, records: list[Record], passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with playing(records) as url:
        monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", url)
        ended = passports("doctor", "--store", tmp_path / "store", "--json")
        reported = passports("doctor", "--store", tmp_path / "store")
    assert (ended.status, ended.json()["fit"], reported.status) == (0, True, 0)
    states = {check["name"]: check["state"] for check in ended.json()["checks"]}
    assert states == {
        "settings": "fit", "fixed clock": "fit", "work folder": "fit", "metrics file": "fit", "Prefect": "fit",
        "key": "fit", "store": "fit", "registry": "unknown", "root of trust": "fit", "network: openrouter": "fit",
        "clock": "fit",
    }  # fmt: skip
    assert not [key for key in LocalStore(tmp_path / "store").list() if "probe" in key]


@pytest.mark.usefixtures("equipped")
@pytest.mark.parametrize(
    ("setting", "check", "stated"),
    [
        ("SOURCE_DATE_EPOCH=yesterday", "fixed clock", "not a whole number of seconds"),
        ("PASSPORTS_WORK=/dev/null/work", "work folder", "cannot be written to"),
        ("PASSPORTS_METRICS_FILE=/dev/null/m/passports.prom", "metrics file", "/dev/null/m cannot be written to"),
        ("PASSPORTS_METRICS_FILE=/dev", "metrics file", "/dev is a folder"),
        ("PREFECT_API_URL=http://127.0.0.1:9/api", "Prefect", "no Prefect server answers at"),
        ("PREFECT_API_URL=foo", "Prefect", "is not the address of a Prefect server's API"),
        ("PASSPORTS_SIGNING_KEY_FILE=/dev", "key", "/dev is a folder"),
    ],
)
def test_the_doctor_fails_where_a_run_would(
    setting: str, check: str, stated: str, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(*setting.split("="))
    ended = passports("doctor", "--store", "memory:///", "--json")
    [found] = [one for one in ended.json()["checks"] if one["name"] == check]
    assert (ended.status, found["state"]) == (1, "unfit")
    assert stated in found["detail"]


@pytest.mark.usefixtures("equipped")
@pytest.mark.parametrize(
    ("date", "verdict"),
    [
        ("yesterday", ("unknown", "sends the Date header 'yesterday', which is not an HTTP date")),
        ("Wed, 22 Apr 99999999999999999999 12:00:00 GMT", ("unknown", "which is not an HTTP date")),
        ("Wed, 22 Apr 2026 12:00:00 -0000", ("unfit", "s apart from")),
    ],
)
def test_the_doctor_reads_any_date_that_a_source_tells(
    date: str, verdict: tuple[str, str], tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(date=date) as source:
        monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", source.url)
        ended = passports("doctor", "--store", tmp_path / "store", "--json")
    [clock] = [check for check in ended.json()["checks"] if check["name"] == "clock"]
    assert (clock["state"], verdict[1] in clock["detail"]) == (verdict[0], True)


@pytest.mark.usefixtures("equipped")
def test_the_doctor_waits_no_longer_for_a_source_that_sends_a_little_at_a_time(
    tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.commands.doctor.DEADLINE_S", 1.0)
    with serving(always="drip") as source:
        monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", source.url)
        ended = passports("doctor", "--store", tmp_path / "store", "--json")
    [network] = [check for check in ended.json()["checks"] if check["name"] == "network: openrouter"]
    assert network["state"] == "unfit"
    assert "no usable answer from" in network["detail"]


@pytest.mark.usefixtures("equipped")
@pytest.mark.parametrize(
    "rules",
    [
        "Disallow: /\nAllow: /openrouter/api/",
        "Allow: /openrouter/api/\nDisallow: /",
        "Disallow: /*/models",
        "Disallow: /*?",
        "Disallow: /openrouter/api/v1/models$",
        "Disallow: /openrouter/\nAllow: /openrouter/api/v1/models?*",
    ],
)
def test_the_doctor_reads_robots_txt_as_a_crawl_does(
    rules: str, tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(robots=f"\ufeffUser-agent: *\n{rules}\n") as source:
        monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", source.url)
        ended = passports("doctor", "--store", tmp_path / "store", "--json")
        crawl_may = crawled(source.url, tmp_path).report.complete
    [check] = [check for check in ended.json()["checks"] if check["name"] == "network: openrouter"]
    assert check["state"] == ("fit" if crawl_may else "unfit"), check["detail"]
    assert crawl_may is rules.startswith(("Disallow: /\nAllow", "Allow", "Disallow: /openrouter")), "of both kinds"


def test_the_doctor_names_everything_that_is_unfit(
    tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(tmp_path / "none.jwk"))
    monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", "http://127.0.0.1:9")
    ended = passports("doctor", "--store", tmp_path / "file", "--json")
    checks = {check["name"]: check for check in ended.json()["checks"]}
    assert (ended.status, ended.json()["fit"]) == (1, False)
    assert {name for name, check in checks.items() if check["state"] == "unfit"} == {
        "key",
        "store",
        "network: openrouter",
    }
    assert "passports keys init" in checks["key"]["detail"]
    assert "is a file, and a store is a folder" in checks["store"]["detail"]
    assert "PASSPORTS_OPENROUTER_URL" in checks["network: openrouter"]["detail"]


def doctors(passports: Terminal, store: Path) -> dict[str, tuple[str, str]]:
    """Return the doctor's checks: name → state and detail."""
    checks = passports("doctor", "--store", store, "--json").json()["checks"]
    return {one["name"]: (one["state"], one["detail"]) for one in checks}


def test_the_doctor_warns_of_a_retained_generation_that_is_gone_as_a_refresh_publishes(
    later: Path, records: list[Record], passports: Terminal
) -> None:
    (later / layout.snapshot_key(1)).unlink()
    state, detail = doctors(passports, later)["registry"]
    assert (state, "retains generation 1, but its snapshot is gone" in detail) == ("warning", True)
    assert refresh(later, records, at=NOON + timedelta(hours=2)).published.generation == 3


def test_the_doctor_says_of_the_demos_recording_that_a_refresh_replaces_it(
    equipped: Path, records: list[Record], passports: Terminal
) -> None:
    root, at = equipped / "public", recording.RECORDED_AT
    finish(job_for(root, flow="demo", at=at), [brought(recording.models(), at=at)])
    state, detail = doctors(passports, root)["registry"]
    assert (state, "only the demo's recording, which a refresh replaces" in detail) == ("unknown", True)
    assert refresh(root, records).published.generation == 1
    shutil.rmtree(root)
    finish(job_for(root, flow="demo", at=at), [brought(recording.models(), at=at)])
    state, detail = doctors(passports, root)["registry"]
    assert (state, "although generation 1 was published to it from here" in detail) == ("unfit", True)


def test_the_doctor_opens_the_key_once(later: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Settings] = []

    def found(settings: Settings) -> OpenedKey | None:
        opened.append(settings)
        return find_key(settings)

    for module in ("flows.commands.doctor", "flows.publish.authority", "flows.trust.trusted_keys"):
        monkeypatch.setattr(f"{module}.find_key", found)
    assert doctors(passports, later)["key"][0] == "fit"
    assert len(opened) == 1


def test_the_doctor_does_not_judge_a_store_by_a_key_that_cannot_be_read(
    later: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(later))
    found = doctors(passports, later)
    assert found["key"][0] == "unfit"
    assert found["registry"] == ("unknown", "not checked, as the key cannot be used")


def test_nginx_is_configured_for_a_directory_only(tmp_path: Path, passports: Terminal) -> None:
    ended = passports("serve", "--store", tmp_path, "--port", 8080, "--nginx")
    assert (ended.status, ended.out) == (0, configuration(str(tmp_path.resolve()), port=8080, name="_"))
    assert passports("serve", "--store", "memory:///", "--nginx").status == 2


def test_a_store_that_lost_its_pointer_is_refused_and_then_repaired(later: Path, passports: Terminal) -> None:
    before = files(later)
    (later / layout.POINTER_KEY).unlink()
    refused = passports("refresh", "--store", later)
    assert (refused.status, "passports store repair" in refused.err) == (1, True)
    assert files(later).keys() == before.keys() - {layout.POINTER_KEY}
    doctor = passports("doctor", "--store", later, "--json").json()
    assert {one["name"]: one["state"] for one in doctor["checks"]}["registry"] == "unfit"
    done = passports("store", "repair", "--store", later, "--json")
    assert (done.status, done.json()["generation"], done.json()["before"]) == (0, 2, None)
    assert passports("verify", "--all", "--store", later).status == 0
    assert files(later).keys() == before.keys()
    again = passports("store", "repair", "--store", later)
    assert (again.status, "it named generation 2" in again.out, "wrote nothing" in again.out) == (0, True, True)


def test_an_older_pointer_that_was_put_back_is_refused(store: Path, records: list[Record], passports: Terminal) -> None:
    old = (store / layout.POINTER_KEY).read_bytes()
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=NOON + timedelta(hours=1))
    (store / layout.POINTER_KEY).write_bytes(old)
    refused = passports("refresh", "--store", store)
    assert (refused.status, "serves generation 1, and generation 2" in refused.err) == (1, True)
    (store / layout.snapshot_key(2)).unlink()
    refused = passports("refresh", "--store", store)
    assert (refused.status, "generation 2, which was published from here" in refused.err) == (1, True)
    repaired = passports("store", "repair", "--store", store)
    assert (repaired.status, "passports store forget" in repaired.err) == (1, True)


def test_a_snapshot_that_is_gone_is_named_with_its_remedy(later: Path, passports: Terminal) -> None:
    (later / layout.snapshot_key(2)).unlink()
    refused = passports("refresh", "--store", later)
    assert (refused.status, "snapshots/2.json, although a signed file names it: repair it" in refused.err) == (1, True)


def test_repairing_needs_the_key(later: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    ended = passports("store", "repair", "--store", later)
    assert (ended.status, "needs the signing key" in ended.err) == (1, True)


def test_a_new_history_is_only_begun_where_nothing_is_served(later: Path, passports: Terminal) -> None:
    ended = passports("refresh", "--new-store", "--store", later)
    assert (ended.status, "has a pointer, and --new-store" in ended.err) == (1, True)
