"""Errors of the administration's API: problem details (RFC 9457) that name the wrong fields."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.charter.problems import CharterInvalid
from governance.charter.revisions import (
    CharterStoreError,
    ReasonRequired,
    StaleParent,
    UnknownRevision,
)
from governance.messages import N_
from server.console.refused import ChangeRefused
from server.errors import RequestError
from server.identity.guards import InvalidApiKey
from server.observability import places
from server.state import locale_of, say
from web.i18n import translate

API = "/api/"
MEDIA = "application/problem+json"

_log = structlog.get_logger("sobria.admin_api")


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="The path in the body or the query: «quotas[0].limit».")
    message: str = Field(description="In the caller's language.")
    line: Annotated[
        int | None, Field(description="Of the charter's text, where it is about that.")
    ] = None


class Problem(BaseModel):
    """An error (RFC 9457). ``type`` is always «about:blank»: the status says the kind."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


CHARTER_FIELDS = {StaleParent: "parent", ReasonRequired: "reason", UnknownRevision: "revision"}
CHARTER_STATUS = {StaleParent: 409, UnknownRevision: 404}


def problem(request: Request, failure: Exception, error: RequestError) -> Response:
    """The answer for ``failure``, of which ``error`` is the form for pages."""
    if isinstance(failure, InvalidApiKey):
        return _response(
            request,
            401,
            N_("Sign in"),
            say(request, failure.message_id),
            headers={"WWW-Authenticate": "Bearer"},
        )
    if isinstance(failure, CharterInvalid):
        locale = locale_of(request)
        fields = [
            FieldProblem(
                field=f"text: {one.field}" if one.field else "text",
                message=translate(locale, one.message_id, **one.params),
                line=one.line,
            )
            for one in failure.problems
        ]
        detail = say(request, N_("The charter was not published: it has errors."))
        return _response(request, 422, error.title, detail, fields)
    if isinstance(failure, CharterStoreError):
        kind = type(failure)
        detail = say(request, failure.message_id, **failure.params)
        fields = [FieldProblem(field=CHARTER_FIELDS.get(kind, "text"), message=detail)]
        return _response(request, CHARTER_STATUS.get(kind, 422), error.title, detail, fields)
    if isinstance(failure, RequestValidationError):
        fields = [_field(request, one) for one in failure.errors()]
        return _response(request, 422, error.title, say(request, error.message_id), fields)
    if error.status >= 500:
        _log.error("admin_request_failed", error=type(failure).__name__, where=places(failure))
    detail = say(request, error.message_id, **error.params)
    fields = (
        [FieldProblem(field=failure.field, message=detail)]
        if isinstance(failure, ChangeRefused)
        else []
    )
    return _response(request, error.status, error.title, detail, fields)


def _field(request: Request, error: dict[str, Any]) -> FieldProblem:
    """What is wrong with a field. Pydantic's own text may quote what was sent: it is not told."""
    place = ""
    for part in error["loc"]:
        if part in ("body", "query", "path") and not place:
            continue
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    missing = error["type"] == "missing"
    unknown = error["type"] == "extra_forbidden"
    message_id = (
        N_("This field is required.")
        if missing
        else N_("There is no such field.")
        if unknown
        else N_("This value is not understood here.")
    )
    return FieldProblem(field=place or "body", message=say(request, message_id))


def _response(
    request: Request,
    status: int,
    title: str,
    detail: str,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = Problem(title=say(request, title), status=status, detail=detail, errors=errors or [])
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True), status, headers, media_type=MEDIA
    )
