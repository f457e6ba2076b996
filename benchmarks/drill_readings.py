"""What each reader must see at each minute of `benchmarks.drill`, and why, in the words that it prints."""

from collections.abc import Mapping

LEGEND = """After each event of the day four readers verify one passport:
  one key    trusts the key that the publisher had before there was a root of trust, by its thumbprint
  first use  trusts what the registry stated when it was first read, and remembers it
  root       trusts a file of the first root of trust
  no memory  trusts that root by its thumbprint, and remembers nothing of the day
The last two begin at minute 6, when there is a root. Each line has the readers, their verdict, and the generation that
it was given on; below them, why. docs/incident.md says what to do on such a day."""

EVERYBODY = ("one key", "first use", "root", "no memory")
EXPECTED: dict[int, Mapping[str, str]] = {
    1: {"one key": "ok, generation 1", "first use": "ok, generation 1"},
    6: dict.fromkeys(EVERYBODY, "ok, generation 2"),
    11: dict.fromkeys(EVERYBODY, "ok, generation 3"),
    31: dict.fromkeys(EVERYBODY, "ok, generation 3"),
    36: dict.fromkeys(EVERYBODY, "ok, generation 4"),
    37: dict.fromkeys(EVERYBODY, "key_revoked, generation 4"),
    40: dict.fromkeys(EVERYBODY, "key_revoked: the registry as a whole is refused"),
    42: dict.fromkeys(EVERYBODY, "ok, generation 4"),
    51: dict.fromkeys(EVERYBODY, "ok, generation 5"),
    61: dict.fromkeys(EVERYBODY, "revoked, generation 6"),
    65: dict.fromkeys(EVERYBODY, "freeze, generation 6"),
    70: {**dict.fromkeys(EVERYBODY, "rollback, generation 2"), "no memory": "ok, generation 2"},
    70 + 73 * 60: dict.fromkeys(EVERYBODY, "freeze, generation 2"),
}
"""Minute → what each reader must see. Until the key is revoked nobody can tell the thief from the publisher, and a
reader without memory cannot tell the morning from now until its pointer expires."""


WHY: dict[int, str] = {
    6: "the first root names the key of before, so that those who trust that one follow",
    11: "a copied key signs as well as the publisher's: until it is revoked, nobody can tell one from the other",
    31: "a root counts from when it is in the store",
    36: "what the thief published is not served any more",
    37: "the key that signed it is revoked: it counts up to generation 2, and this is of generation 3",
    40: "the pointer is signed by a revoked key, so nothing that it leads to is read",
    51: "the readers change nothing: the roots that they trust led them to the new keys",
    61: "the signed list of revocations names it; its page and its copy say why",
    65: "the signed snapshot names a list of revocations that is gone: what is revoked cannot be known",
    70: "readers who remember generation 6 refuse an older one; who remembers nothing cannot tell, for now",
    70 + 73 * 60: "the pointer ran out after three days, which every reader can tell",
}
"""Minute → why readers saw what they saw, where the verdict alone does not say so."""
