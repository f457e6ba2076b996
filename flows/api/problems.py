"""Problem documents (RFC 9457): every refusal of the API is one."""

from http import HTTPStatus

from pydantic import Field
from starlette.responses import Response

from flows.errors import FlowError
from schemas.base import Frozen

PROBLEM = "application/problem+json"


class Problem(Frozen):
    """Why a request was refused, and what to do."""

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str
    """What is wrong, and what to do."""
    errors: tuple[str, ...] | None = Field(default=None, exclude_if=lambda value: value is None)
    """Each wrong parameter or member, and what is wrong with it."""


class RefusalError(FlowError):
    """A request is refused with a status."""

    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def problem(
    status: HTTPStatus, detail: str, headers: dict[str, str] | None = None, errors: tuple[str, ...] | None = None
) -> Response:
    """Return the response of a refusal."""
    document = Problem(title=status.phrase, status=status.value, detail=detail, errors=errors)
    sent = {"Cache-Control": "no-store"} | (headers or {})
    return Response(document.model_dump_json(), status, sent, media_type=PROBLEM)
