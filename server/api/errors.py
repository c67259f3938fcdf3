"""Errors in the shape that OpenAI's clients know, in the caller's language."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.events import Failed, Refusal, RefusalCause, Refused
from governance.messages import N_
from server.errors import RequestError, retry_headers
from server.identity.guards import InvalidApiKey, MissingScope
from server.observability import places
from server.pages.messages import refusal_values, refusal_view
from server.state import assembly, locale_of, say

#: Status, type and code of each cause of refusal.
ANSWERS: dict[RefusalCause, tuple[int, str, str]] = {
    "use": (403, "policy_violation", "use_forbidden"),
    "personal_data": (403, "policy_violation", "personal_data_blocked"),
    "service": (403, "policy_violation", "service_forbidden"),
    "quota": (429, "insufficient_quota", "quota_exceeded"),
    "busy": (503, "server_error", "queue_full"),
    "too_long": (400, "invalid_request_error", "context_length_exceeded"),
    "form": (400, "invalid_request_error", "unusable_form"),
}

_log = structlog.get_logger("sobria.api")


class ApiError(Exception):
    """A request that is not answered. ``message`` is already in the caller's language."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        sobria: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.sobria = sobria
        self.headers = headers or {}
        super().__init__(code or kind)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        if self.sobria is not None:
            error["sobria"] = self.sobria
        return {"error": error}

    def response(self) -> Response:
        """The answer."""
        return JSONResponse(self.body, self.status, self.headers)


def bad_request(request: Request, param: str | None, message_id: str, /, **params: Any) -> ApiError:
    """A request that asks for what is not understood or not offered; ``param`` is the field."""
    return ApiError(400, say(request, message_id, **params), param=param)


def refused(request: Request, event: Refused) -> ApiError:
    """The answer to an exchange that a rule ended."""
    extra = {"exchange": event.exchange_id, "receipt": event.receipt.model_dump(mode="json")}
    return refusal_error(request, event.refusal, extra)


def refusal_error(request: Request, refusal: Refusal, extra: dict[str, Any]) -> ApiError:
    """The answer for a refusal; ``extra`` goes in its ``sobria`` field."""
    settings = assembly(request).settings
    _, charter = assembly(request).charter.get()
    view = refusal_view(
        refusal_values(refusal),
        locale_of(request),
        settings.timezone,
        charter.organisation.contact.email,
    )
    sobria = {
        "use": refusal.use_id,
        "part": refusal.part,
        "title": view.title,
        "reason": view.reason,
        "legal_basis": list(view.legal_basis),
        "instead": view.instead,
        "contact": view.contact,
        **({"search": "/search"} if view.search else {}),
        **extra,
    }
    status, kind, code = ANSWERS[refusal.cause]
    headers = retry_headers(refusal)
    if refusal.cause == "quota":
        # OpenAI's client would retry a 429 by itself: the quota will not be back that soon.
        headers["x-should-retry"] = "false"
    return ApiError(
        status,
        view.message or view.title,
        kind=kind,
        code=code,
        param="messages" if refusal.cause == "too_long" else None,
        sobria=sobria,
        headers=headers,
    )


def failed(request: Request, event: Failed) -> ApiError:
    """The answer to an exchange that could not go on."""
    return ApiError(
        500,
        say(request, event.message_id, **event.params),
        kind="server_error",
        code="exchange_failed",
        sobria={"exchange": event.exchange_id},
    )


def api_error(request: Request, failure: Exception, error: RequestError) -> Response:
    """The answer for ``failure``, of which ``error`` is the form for pages."""
    if isinstance(failure, ApiError):
        return failure.response()
    if isinstance(failure, InvalidApiKey):
        return ApiError(
            401,
            say(request, failure.message_id),
            code="invalid_api_key",
            headers={"WWW-Authenticate": "Bearer"},
        ).response()
    if isinstance(failure, MissingScope):
        return ApiError(
            403, say(request, failure.message_id, **failure.params), code="insufficient_scope"
        ).response()
    if isinstance(failure, RequestValidationError):
        first = failure.errors()[0]
        param = ".".join(str(part) for part in first["loc"] if part != "body") or None
        return bad_request(
            request, param, N_("The field «{param}» is not understood."), param=param or "body"
        ).response()
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    if error.status >= 500:
        _log.error("api_request_failed", error=type(failure).__name__, where=places(failure))
    return ApiError(
        error.status, say(request, error.message_id, **error.params), kind=kind
    ).response()
