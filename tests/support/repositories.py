"""Makes listings of an invented repository on the Hub."""

from typing import Any

from pipelines.normalise.huggingface.repository import read_repository
from schemas.listing import Listing
from tests.support.listings import raw

REPOSITORY: dict[str, Any] = {
    "_id": "000000000000000000000001",
    "id": "Heron-Lab/Heron-7B",
    "private": False,
    "gated": False,
    "disabled": False,
    "downloads": 1200,
    "likes": 7,
    "pipeline_tag": "text-generation",
    "library_name": "transformers",
    "tags": [],
    "siblings": [{"rfilename": "model.safetensors"}],
}


def repository(**changes: Any) -> Listing:
    """Return the repository as the Hub's reader reads it; a change of None leaves the field out."""
    made = {key: value for key, value in {**REPOSITORY, **changes}.items() if value is not None}
    return read_repository(raw(made, "huggingface"))
