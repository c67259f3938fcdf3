"""Errors in the shape that Presidio's clients read: a status, and ``{"error": "a sentence"}``.

Where Presidio's own containers answer a request with a given sentence that clients may compare,
the same is said here; everything else is said in the caller's language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from governance.messages import N_
from governance.pii.custom import PatternRefused
from governance.pii.errors import PiiError
from server.errors import RequestError
from server.identity.guards import InvalidApiKey
from server.observability import places
from server.state import say

NO_TEXT: Final = "No text provided"
NO_LANGUAGE: Final = "No language provided"
NO_RECOGNIZER: Final = "No matching recognizers were found to serve the request."
NO_JSON: Final = "Invalid request json"
NO_CUSTOM: Final = "Custom type anonymizer is not supported"
NO_RESULTS: Final = "Invalid input, request must contain analyzer results"

BROKEN = N_("The server could not serve this request.")
FAILED = N_("The search for personal data failed: nothing can be said of this text.")

_log = structlog.get_logger("sobria.presidio")


class PresidioError(Exception):
    """A request that is not served. ``message_id`` is to be translated, unless Presidio says it."""

    def __init__(self, status: int, message_id: str, /, **params: Any) -> None:
        self.status = status
        self.message_id = message_id
        self.params = params
        super().__init__(message_id)


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    """``value`` as JSON in ASCII: half a character, which JSON can smuggle in, goes out again."""
    return Response(json.dumps(value, sort_keys=True), status, headers, "application/json")


class PresidioRoute(APIRoute):
    """A route whose errors, those of its guard included, have Presidio's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, with the errors caught."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as failure:  # noqa: BLE001 - each becomes an answer, none is hidden
                return _answer(request, failure)

        return answer


def _told(request: Request, error: PresidioError) -> str:
    """The error in the caller's language, the words inside it too."""
    params = dict(error.params)
    if "expected" in params:
        params["expected"] = say(request, params["expected"])
    if isinstance(reason := params.get("reason"), PatternRefused):
        params["reason"] = say(request, reason.message_id, **reason.params)
    return say(request, error.message_id, **params)


def _answer(request: Request, failure: Exception) -> Response:
    """The answer to a request in which ``failure`` was raised, whose own text is never told."""
    match failure:
        case PresidioError():
            return json_response({"error": _told(request, failure)}, failure.status)
        case InvalidApiKey():
            text = say(request, failure.message_id)
            return json_response({"error": text}, 401, **{"WWW-Authenticate": "Bearer"})
        case RequestError():
            text = say(request, failure.message_id, **failure.params)
            return json_response({"error": text}, failure.status)
        case PiiError():
            _log.error("analysis_failed", kind=failure.kind)
            return json_response({"error": say(request, FAILED)}, 500)
    _log.error("presidio_request_failed", error=type(failure).__name__, where=places(failure))
    return json_response({"error": say(request, BROKEN)}, 500)
