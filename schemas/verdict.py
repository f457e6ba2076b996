"""Answers of verification: a closed list of verdicts, each given with its reason."""

from enum import StrEnum
from typing import Literal, NamedTuple

Age = Literal["fresh", "due", "stale", "expired", "delisted", "not_yet_valid"]
"""How old a passport's content is when it is judged; "not_yet_valid": its dates are ahead of the judging clock."""


class Verdict(StrEnum):
    """The answer to "may I believe this passport?"."""

    OK = "ok"
    """Signed by a trusted key, in date, and the one that the registry serves."""
    OK_OFFLINE = "ok_offline"
    """Signed by a trusted key and in date; no registry was asked."""
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    KEY_REVOKED = "key_revoked"
    UNPINNED = "unpinned"
    """Signed by a key that the store itself publishes, which does not show who published it."""
    EXPIRED = "expired"
    ENDED = "ended"
    """Signed while its model was still offered; the end that the source announced has passed since."""
    NOT_YET_VALID = "not_yet_valid"
    ROLLBACK = "rollback"
    """The registry serves an older generation, root or list of revocations than was seen before."""
    EQUIVOCATION = "equivocation"
    """The registry serves another history than was seen before: its keys have signed two that exclude each other."""
    FREEZE = "freeze"
    """The registry's pointer or root has expired, or a root or list of revocations that it names is missing: newer
    ones may be withheld."""
    NOT_IN_SNAPSHOT = "not_in_snapshot"
    NOT_LOGGED = "not_logged"
    """The registry serves it, but its public log does not state its issue, or is not the log that was signed."""
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    """Genuine, but the registry serves a newer one."""
    COPY_DIFFERS = "copy_differs"
    """The registry's passport is good, but the fetched copy of it is not what a publisher writes."""
    UNREADABLE = "unreadable"
    """Nothing could be read: no such file, a link, pipe or folder in its place, an address that gave no answer."""
    MALFORMED = "malformed"
    EVIDENCE_MISMATCH = "evidence_mismatch"

    @property
    def good(self) -> bool:
        """Whether the passport may be relied on."""
        return self in (Verdict.OK, Verdict.OK_OFFLINE)


class Finding(NamedTuple):
    """A verdict and the sentence that explains it."""

    verdict: Verdict
    reason: str
    age: Age | None = None
    """From the signed dates alone; None where there are none."""
