"""Makes raw listings of recorded records, as a crawl does."""

import hashlib
from datetime import datetime
from typing import Any

import orjson

from schemas.listing import RawListing
from schemas.times import timestamp


def raw_listing(record: dict[str, Any], seen_at: datetime) -> RawListing:
    """Return a record of OpenRouter's list as a raw listing."""
    body = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return RawListing(
        source="openrouter",
        id=record["id"],
        url="https://openrouter.ai/api/v1/models",
        observed_at=timestamp(seen_at),
        body=body.decode(),
        content_sha256=hashlib.sha256(body).hexdigest(),
    )
