"""What a reader or publisher remembers of a registry, so that it notices when an older or another state is served."""

from typing import Annotated

from pydantic import Field

from schemas.base import Frozen, Sha256
from schemas.root import RootRef, Thumbprint

MAX_KEYS = 64
"""How many signing keys are remembered for one registry."""


class Seen(Frozen):
    """A generation, and the hash of its snapshot."""

    generation: Annotated[int, Field(ge=1)]
    snapshot_sha256: Sha256


class SeenLog(Frozen):
    """The public log of a generation, its size and root, and the key that signed the pointer to it."""

    key_id: Thumbprint
    generation: Annotated[int, Field(ge=1)]
    size: Annotated[int, Field(ge=0)]
    root: Sha256


class SeenRegistry(Frozen):
    """All that is remembered of one registry."""

    pinned: Thumbprint | None = None
    """The key pinned on first use, or None."""
    pinned_root: Thumbprint | None = None
    """The root pinned on first use, or None."""
    root: RootRef | None = None
    """The newest root seen."""
    revocations: Annotated[int, Field(ge=0)] = 0
    """The highest number of a list of revocations seen; 0 where there was none."""
    log: SeenLog | None = None
    """The largest log seen."""
    seen: dict[Thumbprint, Seen] = Field(default_factory=dict, max_length=MAX_KEYS)
    """Key that signed the pointer → the highest generation seen under it."""
