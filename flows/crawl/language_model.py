"""Client of a language model at an OpenAI-compatible endpoint. A sentence of ours explains each failure.

What the client library raises or logs is never shown: an endpoint's error text may repeat the key that it refused.
"""

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import openai
from pydantic import BaseModel, ConfigDict, ValidationError

from flows.crawl.endpoint import Endpoint
from pipelines.extraction.prompt import Question

if TYPE_CHECKING:
    import httpx2


RETRIES = 2
"""Retries by the client after a lost connection, 408, 409, 429 or 5xx, as Retry-After says, within the time limit."""

REASONS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "refuses the request: choose a model that supports JSON schemas",
    HTTPStatus.UNAUTHORIZED: "refuses the key: check PASSPORTS_EXTRACTOR_KEY",
    HTTPStatus.FORBIDDEN: "refuses the key: check PASSPORTS_EXTRACTOR_KEY",
    HTTPStatus.NOT_FOUND: "has no such path or model: check PASSPORTS_EXTRACTOR_URL and PASSPORTS_EXTRACTOR_MODEL",
    HTTPStatus.TOO_MANY_REQUESTS: "limits requests: lower PASSPORTS_EXTRACTOR_TEXTS or run it later",
}
HOPELESS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class Reply(NamedTuple):
    """The outcome of one question: an answer, or the reason why there is none."""

    answer: str | None
    reason: str
    """A sentence a person can act on; "" where there is an answer."""
    of_endpoint: bool = False
    """Whether the endpoint failed, rather than the answer to this one question."""
    hopeless: bool = False
    """Whether any further question would fail for the same reason."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)

    content: str | None = None
    refusal: str | None = None


class _CompletionChoice(BaseModel):
    model_config = ConfigDict(frozen=True)

    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """The fields of a chat completion that are read; endpoints differ in the rest."""

    model_config = ConfigDict(frozen=True)

    choices: tuple[_CompletionChoice, ...]


class ExtractionClient:
    """Asks one endpoint, and counts requests. It sends no key or account that the environment holds for other uses."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.requests = 0
        """Requests sent, retries included."""
        self.statuses: Counter[str] = Counter()
        """HTTP status → number of responses."""
        self._endpoint = endpoint
        key = endpoint.key.get_secret_value() if endpoint.key else ""
        self._headers: dict[str, str | openai.Omit] = {
            "Authorization": f"Bearer {key}" if key else openai.omit,
            "OpenAI-Organization": openai.omit,
            "OpenAI-Project": openai.omit,
        }
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.url,
            api_key=key or "none",
            max_retries=RETRIES,
            timeout=endpoint.time_limit_s,
            http_client=openai.DefaultAsyncHttpx2Client(
                follow_redirects=False, event_hooks={"request": [self._sent], "response": [self._came]}
            ),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def ask(self, question: Question) -> Reply:
        """Ask one question and return its outcome; a failure of the endpoint is a reply, never an exception."""
        try:
            async with asyncio.timeout(self._endpoint.time_limit_s):
                return await self._ask(question)
        except (TimeoutError, openai.APITimeoutError):
            return Reply(None, f"gave no answer within {self._endpoint.time_limit_s:g} s", of_endpoint=True)
        except openai.APIStatusError as error:
            return _refused(error.status_code)
        except openai.OpenAIError as error:
            return Reply(None, f"cannot be reached ({type(error).__name__})", of_endpoint=True)

    async def _ask(self, question: Question) -> Reply:
        answer_format: Any = {"name": "limits", "strict": True, "schema": question.schema}
        response = await self._client.chat.completions.with_raw_response.create(
            model=self._endpoint.model,
            messages=[{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
            response_format={"type": "json_schema", "json_schema": answer_format},
            temperature=0,
            max_tokens=question.answer_tokens,
            extra_headers=self._headers,
        )
        return _reply(response.http_response.content)

    async def _sent(self, _: "httpx2.Request") -> None:
        self.requests += 1

    async def _came(self, response: "httpx2.Response") -> None:
        self.statuses[str(response.status_code)] += 1


def _reply(body: bytes) -> Reply:
    try:
        choice = next(iter(_Completion.model_validate_json(body).choices), None)
    except ValidationError:
        return Reply(
            None, "answers with something else than a chat completion: check PASSPORTS_EXTRACTOR_URL", of_endpoint=True
        )
    if choice is None or choice.message.refusal or choice.finish_reason == "content_filter":
        return Reply(None, "refuses to answer about this text")
    if choice.finish_reason == "length":
        return Reply(None, "cuts its answer off at the allowed length")
    return Reply(choice.message.content or "", "")


def _refused(status: int) -> Reply:
    reason = REASONS.get(status, f"answers {status}")
    return Reply(None, reason, of_endpoint=True, hopeless=status in HOPELESS)
