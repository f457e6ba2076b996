"""Makes the passport of a model from its listing and its cards."""

import json
from typing import Any

import orjson

from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.passport.document import draft
from schemas.listing import Listing
from tests.support.listings import TERMS


def unfragile_of(primary: Listing, *cards: Listing) -> dict[str, Any]:
    """Return `unfragile` of the passport that a listing and cards of the same model make."""
    (subject,) = gather([primary], joined=[Joined(primary.slug, one, "stated") for one in cards]).subjects
    made: dict[str, Any] = json.loads(orjson.dumps(draft(subject, TERMS).unfragile))
    return made


def evidence_of(unfragile: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [entry for entry in unfragile["evidence"] if entry["path"] == path]
