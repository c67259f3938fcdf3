"""Every error, in the form that its caller can read: a page, JSON, or OpenAI's shape."""

from __future__ import annotations

from contextlib import suppress

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from governance.audit.errors import AuditError, NoSuchLeaf, ReasonTooShort
from governance.charter.problems import CharterInvalid
from governance.charter.revisions import CharterStoreError
from governance.messages import N_
from governance.quotas.errors import QuotaUnavailable
from server.api.admin.problems import API, problem
from server.api.errors import ApiError, api_error
from server.errors import NotHere, RequestError
from server.identity.guards import InvalidApiKey, session_of
from server.observability import places
from server.responses import refuse

_log = structlog.get_logger("sobria.errors")


class Broken(RequestError):
    """Something failed on our side."""

    status = 500
    title = N_("Something went wrong")
    message_id = N_(
        "The server could not serve this page. Nothing of yours is lost. Please try again; if it "
        "happens again, tell your IT department."
    )


class ControlDown(RequestError):
    """The audit log or the quota ledger does not answer: nothing is done without it."""

    status = 503
    title = N_("A control does not answer")
    message_id = N_("The audit log or the quotas cannot be reached: nothing is done without them.")


class WrongMethod(RequestError):
    """The address exists, and is not used in this way."""

    status = 405
    title = N_("Page not found")
    message_id = N_("This address is not used in this way.")


class Incomplete(RequestError):
    """A form or a JSON body does not hold what it must."""

    status = 422


def as_request_error(failure: Exception) -> RequestError:
    """The error to show for ``failure``, whose own text may quote what a person wrote."""
    if isinstance(failure, RequestError):
        return failure
    if isinstance(failure.__cause__, RequestError):
        # A body that grew over the limit while it was read: the framework wraps it.
        return failure.__cause__
    if isinstance(failure, RequestValidationError):
        return Incomplete()
    if isinstance(failure, ReasonTooShort):
        return Incomplete(failure.message_id, **failure.params)
    if isinstance(failure, NoSuchLeaf):
        return NotHere()
    if isinstance(failure, AuditError | QuotaUnavailable):
        return ControlDown()
    if isinstance(failure, HTTPException):
        if failure.status_code == 404:
            return NotHere()
        if failure.status_code == 405:
            return WrongMethod()
        error = RequestError()
        error.status = failure.status_code
        return error
    return Broken()


async def handle(request: Request, failure: Exception) -> Response:
    """The answer to a request in which ``failure`` was raised."""
    if request.url.path.startswith("/v1/"):
        return api_error(request, failure, as_request_error(failure))
    if request.url.path.startswith(API):
        with suppress(SQLAlchemyError):
            await session_of(request)
        return problem(request, failure, as_request_error(failure))
    error = as_request_error(failure)
    if error.status >= 500:
        _log.error("request_failed", error=type(failure).__name__, where=places(failure))
    with suppress(SQLAlchemyError):
        # So that the page knows who reads it; without a database it is shown to a stranger.
        await session_of(request)
    return refuse(error, request)


class CatchAll:
    """ASGI middleware: what no handler caught becomes an answer, inside the protected ones.

    The framework's own last resort lies outside every middleware, where answers have no headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as failure:
            if started:
                raise
            response = await handle(Request(scope, receive), failure)
            await response(scope, receive, send)


def install(app: FastAPI) -> None:
    """Have ``app`` answer every error by :func:`handle`."""
    for kind in (
        RequestError,
        RequestValidationError,
        HTTPException,
        AuditError,
        QuotaUnavailable,
        InvalidApiKey,
        ApiError,
        CharterInvalid,
        CharterStoreError,
    ):
        app.add_exception_handler(kind, handle)
