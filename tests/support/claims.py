"""A model's passport as made from its listing and the cards that are of it."""

import json
from typing import Any

import orjson

from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.passport.document import draft
from schemas.listing import Listing
from tests.support.listings import TERMS


def told(primary: Listing, *cards: Listing) -> dict[str, Any]:
    """What the passport of a model says, with cards that are of the same model."""
    (subject,) = gather([primary], joined=[Joined(primary.slug, one, "stated") for one in cards]).subjects
    made: dict[str, Any] = json.loads(orjson.dumps(draft(subject, TERMS).unfragile))
    return made


def evidence_of(unfragile: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [entry for entry in unfragile["evidence"] if entry["path"] == path]
