"""Signs with an Ed25519 key that an ssh-agent holds: the private half never enters this process.

The agent signs the bytes that it is given, and its signature of type ssh-ed25519 holds a plain Ed25519 signature of 64
bytes (RFC 8709, section 6). Protocol: draft-ietf-sshm-ssh-agent, sections 3 and 4.6.
"""

import base64
import binascii
import os
import socket
import struct
from typing import Final

from flows.errors import FlowError
from pipelines.signing.keys import KEY_BYTES, KeyRing, Signer, key_id

KEY_TYPE: Final = b"ssh-ed25519"
PREFIX: Final = "ssh-ed25519 "
"""How the line of a public key of this type begins, as `ssh-keygen` writes it."""
SIGN_REQUEST, SIGN_RESPONSE = 13, 14
MAX_ANSWER_BYTES = 4096
MAX_LINE_BYTES = 16 * 2**10
TIMEOUT_S = 60.0
"""Agents may ask a person to confirm."""


class SshAgentError(FlowError):
    """The ssh-agent cannot be reached, or does not sign with the key."""


def is_ssh_key(text: str) -> bool:
    """Whether a file holds the line of an ssh-ed25519 public key."""
    return text.startswith(PREFIX)


def agent_signer(line: str) -> Signer:
    """Return the signer for the line of a public key whose private half the ssh-agent holds.

    The agent is asked when something is signed, at SSH_AUTH_SOCK; `sign` then raises SshAgentError.
    """
    public_key = _public_key(line)
    named = key_id(public_key)

    def sign(message: bytes) -> bytes:
        signature = _asked(public_key, message, named)
        if not KeyRing([public_key]).confirms(signature, message, key_id=named):
            raise SshAgentError(f"the ssh-agent gave a wrong signature for the key {named}: check the agent")
        return signature

    return Signer.held_elsewhere(public_key, sign)


def _public_key(line: str) -> bytes:
    """Return the 32 bytes of a public key's line; raise SshAgentError."""
    try:
        blob = base64.b64decode(line.split()[1], validate=True)
        kind, rest = _string(blob)
        public_key, rest = _string(rest)
    except (IndexError, binascii.Error, struct.error, ValueError):
        kind, public_key, rest = b"", b"", b""
    if kind != KEY_TYPE or len(public_key) != KEY_BYTES or rest:
        raise SshAgentError("not an ssh-ed25519 public key, as `ssh-keygen -t ed25519` writes it into a .pub file")
    return public_key


def _asked(public_key: bytes, message: bytes, named: str) -> bytes:
    path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        raise SshAgentError(f"the key {named} is in an ssh-agent, and SSH_AUTH_SOCK is not set: run `ssh-agent`")
    request = struct.pack(">B", SIGN_REQUEST) + _packed(_blob(public_key)) + _packed(message) + struct.pack(">I", 0)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.settimeout(TIMEOUT_S)
            agent.connect(path)
            agent.sendall(_packed(request))
            answer = _received(agent)
    except OSError as error:
        raise SshAgentError(f"the ssh-agent at {path} cannot be asked ({error}): is it running?") from None
    if answer[:1] != struct.pack(">B", SIGN_RESPONSE):
        raise SshAgentError(f"the ssh-agent does not sign with the key {named}: add it with `ssh-add`, or confirm")
    try:
        kind, rest = _string(_string(answer[1:])[0])
        signature = _string(rest)[0]
    except (struct.error, ValueError):
        kind, signature = b"", b""
    if kind != KEY_TYPE:
        raise SshAgentError("the ssh-agent gave an answer that cannot be read")
    return signature


def _received(agent: socket.socket) -> bytes:
    (size,) = struct.unpack(">I", _exactly(agent, 4))
    if size > MAX_ANSWER_BYTES:
        raise SshAgentError(f"the ssh-agent gave an answer of {size} bytes, more than {MAX_ANSWER_BYTES}")
    return _exactly(agent, size)


def _exactly(agent: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        chunk = agent.recv(size - len(found))
        if not chunk:
            raise ConnectionError("it closed the connection")
        found += chunk
    return found


def _blob(public_key: bytes) -> bytes:
    return _packed(KEY_TYPE) + _packed(public_key)


def _packed(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _string(packed: bytes) -> tuple[bytes, bytes]:
    """Return the first string of packed ones, and the rest; raise ValueError where it is cut off."""
    (size,) = struct.unpack(">I", packed[:4])
    if len(packed) < 4 + size:
        raise ValueError("cut off")
    return packed[4 : 4 + size], packed[4 + size :]
