import http.server
import io
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.demo.replay import listening
from pipelines.registry.layout import POINTER_KEY, object_key
from pipelines.signing.keys import jwk
from tests.support.cli import Terminal
from tests.support.listeners import listener
from tests.support.runs import NOON, SIGNER, reader, refresh, served_passport
from tests.support.spiders.server import model

QWEN, GEMINI = "qwen-qwq-32b", "google-gemini-2.0-flash-001"
AT = ("--at", "2026-04-22T13:00:00.000Z")


def copy_of(store: Path, slug: str = QWEN) -> Path:
    return store / "api/v1/passport" / slug


def public_key(store: Path) -> Path:
    return store.parent / "public-key.jwk"


@pytest.fixture
def keyless(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reader has it: without the signing key."""
    assert equipped.is_dir()
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")


@pytest.fixture
def local_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses of this machine may be asked."""
    monkeypatch.setenv("PASSPORTS_ALLOW_PRIVATE", "true")


def test_all_passports_are_verified_by_our_own_key(store: Path, passports: Terminal) -> None:
    ended = passports("verify", "--all", "--store", store, *AT)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"22 of 22 passports verified, by our own key {SIGNER.key_id}; read: served object, log, copy\n"


def test_a_slug_is_looked_up_from_the_pointer_down(store: Path, passports: Terminal) -> None:
    ended = passports("verify", QWEN, "--store", store, *AT, "--json")
    assert ended.status == 0
    [finding] = ended.json()["findings"]
    assert (finding["target"], finding["verdict"]) == (QWEN, "ok")
    assert "generation 1" in finding["reason"]
    assert (ended.json()["verified"], ended.json()["of"]) == (1, 1)


def test_a_table_names_each_target_its_verdict_and_why(store: Path, passports: Terminal) -> None:
    ended = passports("verify", QWEN, copy_of(store, GEMINI), "--store", store, *AT)
    header, *lines, last = ended.out.splitlines()
    assert header.split() == ["passport", "verdict", "age", "why"]
    assert [line.split()[:3] for line in lines if " ok " in line] == [
        [QWEN, "ok", "fresh"],
        [str(copy_of(store, GEMINI)), "ok", "fresh"],
    ]
    assert last.startswith("2 of 2 passports verified")


@pytest.mark.parametrize(
    ("hours", "age"), [(71, "fresh"), (73, "due"), (168, "due"), (169, "stale"), (719, "stale"), (720, "expired")]
)
def test_a_file_says_how_old_it_is_by_its_own_dates(hours: int, age: str, store: Path, passports: Terminal) -> None:
    at = (NOON + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    ended = passports("verify", copy_of(store), "--key", public_key(store), "--at", at, "--json")
    (finding,) = ended.json()["findings"]
    assert (finding["age"], finding["verdict"]) == (age, "expired" if age == "expired" else "ok_offline")


@pytest.mark.usefixtures("keyless")
def test_a_file_is_verified_with_nothing_but_a_key(store: Path, tmp_path: Path, passports: Terminal) -> None:
    file = Path(shutil.copy(copy_of(store), tmp_path / "passport.json"))
    shutil.move(store, tmp_path / "elsewhere")
    ended = passports("verify", file, "--key", public_key(store), *AT, "--json")
    assert ended.status == 0
    assert ended.json()["findings"][0]["verdict"] == "ok_offline"
    assert ended.json()["trusted"] == f"keys from {public_key(store)}"


@pytest.mark.usefixtures("keyless")
def test_without_any_key_the_stores_own_shows_only_that_it_is_of_one_piece(store: Path, passports: Terminal) -> None:
    ended = passports("verify", "--all", "--store", store, *AT)
    assert ended.status == 1
    assert ended.out.startswith(f"0 of 22 passports verified, by keys from {store} itself: ")
    assert "this shows that it is intact, not who published it" in ended.out
    assert f"pass --key {SIGNER.key_id}" in ended.out


@pytest.mark.usefixtures("keyless")
def test_a_file_without_any_key_is_not_believed(store: Path, passports: Terminal) -> None:
    ended = passports("verify", copy_of(store), *AT)
    assert (ended.status, ended.out) == (1, "")
    assert "no key to trust: pass --key FILE" in ended.err


def test_the_instant_decides(store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = {}
    for at in (
        "2026-04-22T11:00:00.000Z",
        "2026-04-22T12:00:00.000Z",
        "2026-04-26T12:00:00.000Z",
        "2026-05-22T12:00:00Z",
    ):
        ended = passports("verify", QWEN, "--store", store, "--at", at, "--json")
        verdicts[at[5:10], at[11:13]] = (ended.status, ended.json()["findings"][0]["verdict"])
    assert verdicts == {
        ("04-22", "11"): (1, "not_yet_valid"),
        ("04-22", "12"): (0, "ok"),
        ("04-26", "12"): (1, "freeze"),
        ("05-22", "12"): (1, "expired"),
    }
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1776859200")
    assert passports("verify", QWEN, "--store", store).status == 0


@pytest.mark.parametrize("at", ["yesterday", "2026-04-22", "2026-04-22T12:00:00", "2026-04-22T12:00:00+02:00", "Z"])
def test_an_instant_that_is_none_is_bad_use(at: str, store: Path, passports: Terminal) -> None:
    ended = passports("verify", QWEN, "--store", store, "--at", at)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error: --at: ")


@pytest.mark.parametrize("arguments", [(), ("--all", QWEN)])
def test_targets_or_all_but_not_both(arguments: tuple[str, ...], store: Path, passports: Terminal) -> None:
    ended = passports("verify", *arguments, "--store", store)
    assert ended.status == 2
    wanted = "give either passports to verify or --all" if arguments else "name the passports to verify, or give --all"
    assert wanted in ended.err


def test_a_copy_that_was_changed_is_named(store: Path, passports: Terminal) -> None:
    copy = copy_of(store)
    copy.write_bytes(copy.read_bytes().replace(b"QwQ 32B", b"QwQ 99B", 1))
    ended = passports("verify", "--all", "--store", store, *AT)
    assert ended.status == 1
    assert [line.split()[:2] for line in ended.out.splitlines() if QWEN in line] == [[QWEN, "copy_differs"]]
    assert f"the copy at api/v1/passport/{QWEN}: bad_signature: " in ended.out
    assert "21 of 22 passports verified" in ended.out
    one = passports("verify", QWEN, "--store", store, *AT, "--json").json()["findings"][0]
    assert (one["verdict"], one["looked_at"]) == ("copy_differs", ["served object", "log", "copy"])
    assert passports("verify", copy, "--store", store, *AT).status == 1


def test_a_page_that_was_changed_is_named_where_the_site_is_asked_for(store: Path, passports: Terminal) -> None:
    whole = passports("verify", "--all", "--site", "--store", store, *AT)
    assert (whole.status, "of the site compared with the signed list: 0 differ" in whole.out) == (0, True)
    (store / QWEN).write_bytes((store / QWEN).read_bytes().replace(b"QwQ 32B", b"QwQ 99B", 1))
    assert passports("verify", "--all", "--store", store, *AT).status == 0, "pages are not read without --site"
    ended = passports("verify", "--all", "--site", "--store", store, *AT)
    assert ended.status == 1
    assert [line.split()[:2] for line in ended.out.splitlines() if QWEN in line] == [[QWEN, "copy_differs"]]
    assert "22 of 22 passports verified" in ended.out
    assert "compared with the signed list: 1 differ" in ended.out
    answer = passports("verify", "--all", "--site", "--store", store, *AT, "--json").json()
    assert (answer["verified"], answer["of"], answer["site_files"] > 200) == (22, 22, True)
    assert [one["target"] for one in answer["findings"] if one["verdict"] != "ok"] == [QWEN]
    assert passports("verify", "--all", "--store", store, *AT, "--json").json()["site_files"] is None


@pytest.mark.parametrize("arguments", [(QWEN,), ("--all", "--at-generation", "1")])
def test_the_site_is_compared_whole_and_as_it_is_served_now(
    arguments: tuple[str, ...], store: Path, passports: Terminal
) -> None:
    ended = passports("verify", "--site", *arguments, "--store", store)
    assert (ended.status, "give it with --all" in ended.err) == (2, True)


@pytest.mark.parametrize("spoil", ["removed", "another's", "cut off"])
def test_a_copy_that_is_not_what_it_should_be_is_found(spoil: str, store: Path, passports: Terminal) -> None:
    copy = copy_of(store)
    if spoil == "removed":
        copy.unlink()
    else:
        body = copy_of(store, GEMINI).read_bytes()
        copy.write_bytes(body if spoil == "another's" else body[:-20])
    ended = passports("verify", "--all", "--store", store, *AT, "--json")
    assert ended.status == 1
    bad = {found["target"]: found["verdict"] for found in ended.json()["findings"] if found["verdict"] != "ok"}
    assert bad == {QWEN: "copy_differs"}


def test_a_copy_whose_links_lead_elsewhere_is_found(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(store)
    copy.write_bytes(
        copy.read_bytes().replace(b'"publicKey":"https://unfragile.ai/', b'"publicKey":"https://attacker.example/')
    )
    ended = passports("verify", "--all", "--store", store, *AT, "--json")
    (bad,) = [found for found in ended.json()["findings"] if found["verdict"] != "ok"]
    assert (ended.status, bad["target"], bad["verdict"]) == (1, QWEN, "copy_differs")
    assert bad["reason"].startswith(f"the copy at api/v1/passport/{QWEN}: its _links.publicKey is 'https://attacker")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp())))
    assert passports("store", "scrub", "--store", store).status == 0
    assert passports("verify", "--all", "--store", store, *AT).status == 0


def test_copies_of_a_registry_that_has_moved_are_good_for_who_names_its_address(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for copy in (store / "api/v1/passport").iterdir():
        head, links, rest = copy.read_bytes().partition(b',"_links":')
        copy.write_bytes(head + links + rest.replace(b"https://unfragile.ai/", b"https://moved.example/"))
    assert passports("verify", "--all", "--store", store, *AT).status == 1
    monkeypatch.setenv("PASSPORTS_BASE_URL", "https://moved.example/")
    assert passports("verify", "--all", "--store", store, *AT).status == 0


def test_an_object_that_was_changed_is_found(store: Path, passports: Terminal) -> None:
    row, other = reader(store).row(QWEN), reader(store).row(GEMINI)
    assert row is not None
    assert other is not None
    path = store / object_key(row.object)
    whole = path.read_bytes()
    for body, verdict in (
        (whole.replace(b"131072", b"999999"), "bad_signature"),
        (whole[:-1], "malformed"),
        ((store / object_key(other.object)).read_bytes(), "not_in_snapshot"),
    ):
        path.write_bytes(body)
        ended = passports("verify", QWEN, "--store", store, *AT, "--json")
        assert (ended.status, ended.json()["findings"][0]["verdict"]) == (1, verdict)
        assert f"the served object {object_key(row.object)} is damaged: " in ended.json()["findings"][0]["reason"]
        assert passports("verify", "--all", "--store", store, *AT).status == 1


def test_an_object_that_is_missing_is_damage_and_not_an_unknown_slug(store: Path, passports: Terminal) -> None:
    row = reader(store).row(QWEN)
    assert row is not None
    (store / object_key(row.object)).unlink()
    for command in ((QWEN,), ("--all",)):
        ended = passports("verify", *command, "--store", store, *AT, "--json")
        (bad,) = [found for found in ended.json()["findings"] if found["verdict"] != "ok"]
        assert (ended.status, bad["target"], bad["verdict"]) == (1, QWEN, "unreadable")
        assert bad["reason"].startswith(f"the served object {object_key(row.object)} is missing, although generation 1")
        assert "`passports store scrub --copy URL`" in bad["reason"]


def test_a_registry_that_cannot_be_read_leaves_the_verdicts_on_files(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_STORE", str(store.parent / "nothing"))
    ended = passports("verify", QWEN, copy_of(store), *AT, "--json")
    slug, file = ended.json()["findings"]
    assert (ended.status, slug["verdict"], file["verdict"]) == (1, "unreadable", "ok_offline")
    assert "nothing published yet" in slug["reason"]


def test_a_passport_is_read_from_standard_input(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content, verdict in ((copy_of(store).read_bytes(), "ok_offline"), (b"", "malformed")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        (found,) = passports("verify", "-", *AT, "--json").json()["findings"]
        assert (found["target"], found["verdict"], found["looked_at"]) == ("-", verdict, ["standard input"])
    monkeypatch.setattr("sys.stdin", None)
    (found,) = passports("verify", "-", *AT, "--json").json()["findings"]
    assert (found["verdict"], found["looked_at"]) == ("unreadable", [])


@pytest.mark.usefixtures("local_addresses")
def test_a_key_is_fetched_from_its_address(store: Path, passports: Terminal) -> None:
    with web(store.parent) as url:
        ended = passports("verify", copy_of(store), "--key", f"{url}/public-key.jwk", *AT, "--json")
        assert (ended.status, ended.json()["trusted"]) == (0, f"keys from {url}/public-key.jwk")
        missing = passports("verify", copy_of(store), "--key", f"{url}/no.jwk", *AT)
    assert (missing.status, missing.out) == (1, "")
    assert missing.err.startswith(f"error: --key {url}/no.jwk: no usable answer (HTTP Error 404")


def test_a_passport_that_was_replaced_is_superseded(equipped: Path, passports: Terminal) -> None:
    store = equipped / "store"
    models = [model(f"ada/m{n}") for n in range(4)]
    refresh(store, models)
    old = Path(shutil.copy(copy_of(store, "ada-m0"), equipped / "old.json"))
    refresh(store, [model("ada/m0", context_length=8192), *models[1:]])
    ended = passports("verify", old, "--store", store, *AT)
    assert ended.status == 1
    assert "superseded" in ended.out
    assert passports("verify", old, *AT).status == 0, "by its signature alone"


def test_an_unknown_slug_is_answered_with_the_nearest_names(store: Path, passports: Terminal) -> None:
    ended = passports("verify", "qwen-qwq-23b", QWEN, "--store", store, *AT, "--json")
    assert ended.status == 1
    unknown, known = ended.json()["findings"]
    assert (unknown["verdict"], known["verdict"]) == ("not_in_snapshot", "ok")
    assert f"nearest: {QWEN}" in unknown["reason"]


@pytest.mark.parametrize(
    ("target", "message"),
    [("./missing.json", "No such file"), (".", "Is a directory"), ("../a/b", "No such file"), ("", "Is a directory")],
)
def test_a_target_that_is_nothing_is_reported(target: str, message: str, store: Path, passports: Terminal) -> None:
    ended = passports("verify", target, copy_of(store), *AT, "--json")
    unreadable, good = ended.json()["findings"]
    assert (ended.status, unreadable["target"], unreadable["verdict"]) == (1, target, "unreadable")
    assert message in unreadable["reason"]
    assert "give a slug, a file or a URL" in unreadable["reason"]
    assert good["verdict"] == "ok_offline"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"passport": {}}', b"[" * 100_000, b" " * 5_000_000])
def test_a_file_that_is_no_passport_is_malformed(content: bytes, equipped: Path, passports: Terminal) -> None:
    (equipped / "file.json").write_bytes(content)
    ended = passports("verify", equipped / "file.json", *AT, "--json")
    assert ended.status == 1
    assert ended.json()["findings"][0]["verdict"] == "malformed"


def test_a_private_key_is_not_accepted_as_a_trusted_one_and_not_shown(store: Path, passports: Terminal) -> None:
    private = store.parent / "signing-key.jwk"
    ended = passports("verify", "--all", "--store", store, "--key", private, *AT)
    assert (ended.status, ended.out) == (2, "")
    assert "is a private key" in ended.err
    assert json.loads(private.read_text())["d"] not in ended.err


def test_the_passport_of_another_issuers_key_is_unknown(store: Path, passports: Terminal) -> None:
    other = store.parent / "other.jwk"
    other.write_text(json.dumps(jwk(bytes(31) + b"\x01")))
    ended = passports("verify", copy_of(store), "--key", other, *AT, "--json")
    assert (ended.status, ended.json()["findings"][0]["verdict"]) == (1, "unknown_key")
    whole = passports("verify", "--all", "--store", store, "--key", other, *AT)
    assert (whole.status, whole.out) == (1, "")
    assert POINTER_KEY in whole.err


def test_an_empty_store_has_nothing_to_verify(equipped: Path, passports: Terminal) -> None:
    ended = passports("verify", "--all", "--store", equipped / "nothing", *AT)
    assert (ended.status, ended.out) == (1, "")
    assert "nothing published yet" in ended.err
    assert not (equipped / "nothing").exists()


def test_a_store_that_is_a_file_is_reported(equipped: Path, passports: Terminal) -> None:
    (equipped / "file").write_text("")
    ended = passports("verify", "--all", "--store", equipped / "file", *AT)
    assert (ended.status, ended.out) == (2, "")
    assert "file is a file, and a store is a folder" in ended.err


@contextmanager
def web(root: Path) -> Iterator[str]:
    """A web server in front of a folder."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with listening(partial(Silent, directory=str(root))) as url:
        yield url


def test_an_address_of_this_machine_is_asked_only_where_that_is_set(store: Path, passports: Terminal) -> None:
    with listener() as server:
        url = f"http://localhost:{server.port}/x"
        for arguments in ([url], [copy_of(store), "--key", url]):
            ended = passports("verify", *arguments, *AT)
            assert ended.status == 1
            assert "PASSPORTS_ALLOW_PRIVATE" in ended.out + ended.err
    assert server.seen == []


@pytest.mark.usefixtures("local_addresses")
def test_a_passport_is_verified_where_it_is_served(store: Path, passports: Terminal) -> None:
    with web(store) as url:
        ended = passports("verify", f"{url}/api/v1/passport/{QWEN}", *AT, "--json")
        missing = passports("verify", f"{url}/api/v1/passport/nobody", *AT)
    assert ended.status == 0
    assert ended.json()["findings"][0]["verdict"] == "ok_offline"
    assert (missing.status, missing.err) == (1, "")
    assert missing.out.splitlines()[1].split()[:2] == [f"{url}/api/v1/passport/nobody", "unreadable"]
    assert "404" in missing.out


@pytest.mark.usefixtures("local_addresses")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # urllib leaves such a socket to the GC
@pytest.mark.parametrize("answer", [b"not http\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n{}", b""])
def test_an_address_that_gives_no_good_answer_is_no_crash(answer: bytes, store: Path, passports: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65536)
                client.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        ended = passports("verify", f"http://127.0.0.1:{server.getsockname()[1]}/{QWEN}", *AT)
        thread.join()
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert store.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://", "http://[", "http://127.0.0.1:x/", "http://a b/"])
def test_an_address_that_cannot_be_reached_is_reported(url: str, store: Path, passports: Terminal) -> None:
    ended = passports("verify", url, *AT, "--json")
    (finding,) = ended.json()["findings"]
    assert (ended.status, finding["target"], finding["verdict"]) == (1, url, "unreadable")
    assert finding["reason"]
    assert store.exists()


@pytest.mark.parametrize("scheme", ["http", "https", "HTTP"])
def test_a_password_in_an_address_is_neither_sent_nor_printed(scheme: str, store: Path, passports: Terminal) -> None:
    own = f"{scheme}://heron:hunt@er2@registry.example/x"
    for arguments in ((own,), (own, "--json"), (copy_of(store), "--key", own)):
        ended = passports("verify", *arguments, *AT)
        printed = ended.out + ended.err
        assert ended.status == 1
        assert "er2" not in printed, arguments
        assert "heron" not in printed, arguments
    (finding,) = passports("verify", own, *AT, "--json").json()["findings"]
    assert finding["target"] == f"{scheme}://registry.example/x"
    assert "has a user or a password" in finding["reason"]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list) and value:
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(child, (*path, key))
    else:
        yield path


def other_than(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value[:-1] + ("A" if value[-1:] != "A" else "B")
        case None:
            return "stated"
        case _:
            return "not empty"


def with_another(document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(document))
    *way, last = path
    place: Any = changed
    for step in way:
        place = place[step]
    place[last] = other_than(place[last])
    return changed


@pytest.mark.usefixtures("keyless")
def test_a_passport_with_one_leaf_of_any_kind_changed_does_not_verify(
    store: Path, tmp_path: Path, passports: Terminal
) -> None:
    document = {"passport": served_passport(store, "openai-gpt-oss-120b")}
    by_shape = {tuple(step for step in path if isinstance(step, str)): path for path in leaves(document)}
    paths = list(by_shape.values())
    assert len(paths) > 100
    files = []
    for number, path in enumerate(paths):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(with_another(document, path)))
    ended = passports("verify", *files, "--key", public_key(store), *AT, "--json")
    assert (ended.status, ended.json()["verified"]) == (1, 0)
    verdicts = {paths[int(Path(f["target"]).stem)]: f["verdict"] for f in ended.json()["findings"]}
    odd = {path: verdict for path, verdict in verdicts.items() if verdict not in ("bad_signature", "malformed")}
    assert odd.items() <= {(("passport", "keyId"), "unknown_key")}


@pytest.mark.parametrize("given", ["option", "variable"])
def test_within_a_store_a_slug_is_a_slug_although_its_page_is_a_file(
    given: str, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (store / QWEN).is_file()
    monkeypatch.chdir(store)
    if given == "variable":
        monkeypatch.setenv("PASSPORTS_STORE", ".")
    named = ("--store", ".") if given == "option" else ()
    [finding] = passports("verify", QWEN, *named, *AT, "--json").json()["findings"]
    assert (finding["verdict"], finding["looked_at"]) == ("ok", ["served object", "log", "copy"])


def test_without_a_store_the_file_is_read_and_said_to_be(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    [finding] = passports("verify", QWEN, *AT, "--json").json()["findings"]
    assert (finding["verdict"], finding["looked_at"]) == ("malformed", ["file"])
    assert finding["reason"].endswith(
        "; read was the file of this name: for the passport of this slug, give its --store"
    )


def test_a_file_that_is_not_there_is_said_not_to_be(store: Path, passports: Terminal) -> None:
    [finding] = passports("verify", "passport.json", "--store", store, *AT, "--json").json()["findings"]
    assert finding["verdict"] == "not_in_snapshot"
    assert finding["reason"].endswith("; no file has that name either")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://127.0.0.1:1/p", "no usable answer (Connection refused): check the address and the network"),
        ("ftp://host/p", "ftp:// is not fetched: give an address with https:// or http://"),
    ],
)
def test_an_address_without_an_answer_is_unreadable(
    target: str, reason: str, passports: Terminal, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_ALLOW_PRIVATE", "true")
    [finding] = passports("verify", target, "--store", store, *AT, "--json").json()["findings"]
    assert (finding["verdict"], finding["reason"]) == ("unreadable", reason)
