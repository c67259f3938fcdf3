"""Errors of a request, each with its status and a text to translate."""

from __future__ import annotations

import math

from governance.events import Refusal
from governance.messages import N_

_RETRY_AFTER = 5.0
"""Seconds after which to come back, where a refusal that passes does not say."""


def retry_headers(refusal: Refusal) -> dict[str, str]:
    """``Retry-After`` (RFC 9110, section 10.2.3) for a refusal that time alone will lift."""
    if refusal.retry_after is None and refusal.cause != "busy":
        return {}
    return {"Retry-After": str(max(1, math.ceil(refusal.retry_after or _RETRY_AFTER)))}


class NotStarted(Exception):
    """The server must not start: ``message_id`` says why, and is translated by whoever shows it."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


class RequestError(Exception):
    """A request that is answered by an error page, or by JSON where the caller reads JSON."""

    status = 400
    title = N_("This request cannot be served")
    message_id = N_("The request is not complete, or is not understood.")

    def __init__(self, message_id: str = "", **params: str | int | float) -> None:
        self.message_id = message_id or type(self).message_id
        self.params = params
        super().__init__(self.message_id)


class SignInNeeded(RequestError):
    """Nobody is signed in. A page sends to the sign-in form; a fetch gets 401."""

    status = 401
    title = N_("Sign in")
    message_id = N_("Your session has ended. Sign in again to go on.")


class NotYourRole(RequestError):
    """Somebody is signed in, whose role does not reach this page."""

    status = 403
    title = N_("This page is not for your role")
    message_id = N_(
        "Roles do not overlap in Sobria: employees ask questions, administrators write the "
        "charter, and the data protection officer reads the audit log."
    )


class ForeignForm(RequestError):
    """The form or fetch does not prove that it comes from our own page."""

    status = 403
    title = N_("The form has expired")
    message_id = N_("Go back, reload the page, and send the form again.")


class NotHere(RequestError):
    """There is nothing at this address, or nothing that this person may know of."""

    status = 404
    title = N_("Page not found")
    message_id = N_("There is nothing at this address, or it is not yours to see.")


class TooLarge(RequestError):
    """The body is over the limit of the settings."""

    status = 413
    title = N_("This request is too large")
    message_id = N_("A request may hold at most {kilobytes} kB.")


class BadHost(RequestError):
    """The request is addressed to a host name that is not ours."""

    status = 400
    title = N_("Unknown host name")
    message_id = N_("Sobria does not answer to this host name: see SOBRIA_PUBLIC_URL.")
