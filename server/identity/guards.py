"""The guards of the routes: each route depends on exactly one, and each lets one role in.

Signed-in people prove, on every request that changes something, that it comes from our own page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request

from server.errors import ForeignForm, NotYourRole, SignInNeeded
from server.identity.api_keys import ApiKey
from server.identity.cookies import PRE_SESSION, SESSION, cookie_name
from server.identity.csrf import carries, csrf_token
from server.identity.sessions import Session
from server.identity.users import Role
from server.state import assembly

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A program that calls with an API key."""

    key: ApiKey


class InvalidApiKey(Exception):
    """There is no valid key in ``Authorization``; ``given`` tells whether there was one."""

    def __init__(self, *, given: bool) -> None:
        self.given = given
        super().__init__("invalid API key")


async def session_of(request: Request) -> Session | None:
    """The session of the request's cookie, if any; remembered for the rest of the request."""
    if not hasattr(request.state, "session"):
        components = assembly(request)
        token = request.cookies.get(cookie_name(components.settings, SESSION))
        session = await to_thread.run_sync(components.sessions.get, token) if token else None
        request.state.session = session
        if session is not None:
            request.state.locale = session.user.locale
    found: Session | None = request.state.session
    return found


def _guard(*roles: Role) -> Callable[[Request], Awaitable[Session]]:
    async def guard(request: Request) -> Session:
        session = await session_of(request)
        if session is None:
            raise SignInNeeded
        if request.method not in SAFE_METHODS and not await carries(request, session.csrf):
            raise ForeignForm
        if session.user.role not in roles:
            raise NotYourRole
        return session

    guard.__name__ = "_or_".join(roles)
    return guard


employee = _guard("employee")
admin = _guard("admin")
dpo = _guard("dpo")
#: For contested refusals, which reach both.
admin_or_dpo = _guard("admin", "dpo")
#: For what every role does alike: signing out, reading a passage.
signed_in = _guard("employee", "admin", "dpo")


async def anyone(request: Request) -> Session | None:
    """Lets everybody in; whoever sends a form must prove that they saw ours first.

    Raises:
        ForeignForm: the form lacks the proof of the session, or of the sign-in page's cookie.
    """
    session = await session_of(request)
    if request.method not in SAFE_METHODS:
        token = request.cookies.get(cookie_name(assembly(request).settings, PRE_SESSION))
        expected = session.csrf if session is not None else csrf_token(token or "")
        if (session is None and not token) or not await carries(request, expected):
            raise ForeignForm
    return session


async def api_caller(request: Request) -> ApiCaller:
    """The holder of the key in ``Authorization: Bearer`` (RFC 6750).

    Raises:
        InvalidApiKey: no key, an unknown one, or a revoked one.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidApiKey(given=False)
    key = await to_thread.run_sync(assembly(request).api_keys.authenticate, secret.strip())
    if key is None:
        raise InvalidApiKey(given=True)
    return ApiCaller(key)


#: Every guard, for the test that no route lacks one.
GUARDS = (employee, admin, dpo, admin_or_dpo, signed_in, anyone, api_caller)
