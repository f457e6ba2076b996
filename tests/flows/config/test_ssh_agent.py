"""Signing with keys that a real ssh-agent holds, and agents that do not answer as they should."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.config.settings import read_settings
from flows.config.signing_key import SigningKeyError, find_key
from flows.config.ssh_agent import SshAgentError, agent_signer
from pipelines.signing.keys import KeyRing
from pipelines.signing.registry_files import open_file, sign_file
from pipelines.signing.signatures import SNAPSHOT_TYPE
from tests.support.cli import Terminal
from tests.support.runs import Record, refresh

NEEDS_AGENT = pytest.mark.skipif(
    not all(map(shutil.which, ("ssh-agent", "ssh-add", "ssh-keygen"))),
    reason="OpenSSH's ssh-agent is not installed: apt-get install openssh-client",
)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The public file of a key that only a real agent holds."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"agent-{os.getpid()}-{tmp_path.name[-20:]}"  # noqa: S108 - sockets have short names
    folder.mkdir(mode=0o700)
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(folder / "s")], stdout=subprocess.DEVNULL)
    try:
        while not (folder / "s").exists():
            assert process.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(folder / "s"))
        key = tmp_path / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "passports", "-f", str(key)], check=True)
        subprocess.run(["ssh-add", "-q", str(key)], check=True)
        key.unlink()
        yield tmp_path / "id.pub"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


@NEEDS_AGENT
def test_an_agent_signs_what_any_verifier_accepts(agent: Path) -> None:
    found = find_key(read_settings(signing_key_file=agent))
    assert found
    sealed = sign_file({"generation": 1}, payload_type=SNAPSHOT_TYPE, signer=found.signer)
    keys = KeyRing([found.signer.public_key])
    assert open_file(json.dumps(sealed).encode(), payload_type=SNAPSHOT_TYPE, keys=keys) == {"generation": 1}
    assert agent.stat().st_mode & 0o044, "a public key may be read by all"


@NEEDS_AGENT
def test_a_registry_is_published_under_a_root_with_keys_of_an_agent(
    agent: Path, equipped: Path, few: list[Record], passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1776859200")
    store = equipped / "public"
    monkeypatch.setenv("PASSPORTS_REGISTRY_KEY_FILE", str(agent))
    root_key = equipped / "offline" / "root.jwk"
    made = passports("keys", "init", "--root-key", root_key, "--store", store, "--json")
    assert made.status == 0, made.err
    refresh(store, few)
    thumbprint = made.json()["thumbprint"]
    verified = passports("verify", "--all", "--root", thumbprint, "--no-state", "--store", store)
    assert verified.status == 0, verified.out


@NEEDS_AGENT
def test_a_root_is_signed_with_a_root_key_of_an_agent(
    agent: Path, equipped: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1776859200")
    ended = passports("keys", "init", "--root-key", agent, "--store", equipped / "public", "--json")
    assert (ended.status, ended.json()["in_force"]) == (0, True)


@NEEDS_AGENT
def test_a_key_that_the_agent_does_not_hold_is_named(agent: Path) -> None:
    subprocess.run(["ssh-add", "-q", "-D"], check=True)
    found = find_key(read_settings(signing_key_file=agent))
    assert found
    with pytest.raises(SshAgentError, match=f"does not sign with the key {found.signer.key_id}: add it with `ssh-add`"):
        found.signer.sign(SNAPSHOT_TYPE, b"{}")


PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
LINE = "ssh-ed25519 " + base64.b64encode(
    b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + PUBLIC
).decode()  # fmt: skip
SIGNED = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 64) + bytes(64)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed the connection"),
        (struct.pack(">I", 1) + b"\x05", "does not sign with the key"),
        (struct.pack(">I", 2**31), "2147483648 bytes, more than"),
        (struct.pack(">I", 10) + b"\x0e", "closed the connection"),
        (struct.pack(">IB", 1, 14), "cannot be read"),
        (struct.pack(">IBI", 5, 14, 99), "cannot be read"),
        (struct.pack(">IBI", 5 + len(SIGNED), 14, len(SIGNED)) + SIGNED, "wrong signature"),
        (struct.pack(">IBI", 5 + 15, 14, 15) + struct.pack(">I", 11) + b"ssh-ed25518", "cannot be read"),
    ],
)
def test_an_agent_that_answers_otherwise_is_refused(
    answer: bytes, says: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path_factory.mktemp("a") / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", path)

        def serve() -> None:
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(4096)
                accepted.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with pytest.raises(SshAgentError, match=says):
                agent_signer(LINE).sign(SNAPSHOT_TYPE, b"{}")
        finally:
            thread.join()


def test_without_an_agent_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(SshAgentError, match="SSH_AUTH_SOCK is not set"):
        agent_signer(LINE).sign(SNAPSHOT_TYPE, b"{}")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "none"))
    with pytest.raises(SshAgentError, match="is it running"):
        agent_signer(LINE).sign(SNAPSHOT_TYPE, b"{}")


@pytest.mark.parametrize(
    "line", ["ssh-ed25519 ", "ssh-ed25519 AAAA", "ssh-ed25519 !", LINE.replace("AAAAC3", "AAAAC4")]
)
def test_a_line_that_is_no_key_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "id.pub"
    path.write_text(line)
    with pytest.raises((SshAgentError, SigningKeyError), match="not an ssh-ed25519 public key"):
        find_key(read_settings(signing_key_file=path))
