"""Where a request finds what the application is made of, and the language to answer in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.requests import HTTPConnection

from web.i18n import negotiate, translate

if TYPE_CHECKING:
    from server.assembly import Assembly
    from server.exchanges import Exchanges
    from server.identity.users import Locale
    from server.proofs import Proofs
    from server.simulations import Simulations

LOCALE_COOKIE = "sobria_locale"


def assembly(request: HTTPConnection) -> Assembly:
    """The components that this application was made with."""
    return cast("Assembly", request.app.state.assembly)


def exchanges(request: HTTPConnection) -> Exchanges:
    """The exchanges that are under way in this process."""
    return cast("Exchanges", request.app.state.exchanges)


def proofs(request: HTTPConnection) -> Proofs:
    """The tests of charters that were run."""
    return cast("Proofs", request.app.state.proofs)


def simulations(request: HTTPConnection) -> Simulations:
    """The simulation under way, or the last one."""
    return cast("Simulations", request.app.state.simulations)


def locale_of(request: HTTPConnection) -> Locale:
    """The language of the answer: the signed-in person's, else the cookie's or the browser's."""
    known = getattr(request.state, "locale", None)
    if known is not None:
        return cast("Locale", known)
    header = request.headers.get("accept-language")
    cookie = request.cookies.get(LOCALE_COOKIE)
    if header is None and cookie is None:
        return assembly(request).settings.locale
    return cast("Locale", negotiate(header, cookie))


def say(request: HTTPConnection, message_id: str, **params: Any) -> str:
    """A text in the language of the answer."""
    return translate(locale_of(request), message_id, **params)
