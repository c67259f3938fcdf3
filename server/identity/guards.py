"""The guards of the routes: each route depends on exactly one, and each lets one role in.

Signed-in people prove, on every request that changes something, that it comes from our own page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request

from governance.messages import N_
from server.errors import ForeignForm, NotYourRole, RequestError, SignInNeeded
from server.identity.actors import Actor
from server.identity.api_keys import ApiKey
from server.identity.cookies import PRE_SESSION, SESSION, cookie_name
from server.identity.csrf import carries, csrf_token
from server.identity.scopes import ORDINARY, Scope
from server.identity.sessions import Session
from server.identity.users import Role
from server.state import assembly

if TYPE_CHECKING:
    from server.assembly import Assembly

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A program that calls with an API key."""

    key: ApiKey


class InvalidApiKey(Exception):
    """There is no valid key in ``Authorization``; ``given`` tells whether there was one.

    ``expired``: there was one, and the date until which it opened is past.
    """

    def __init__(self, *, given: bool, expired: bool = False) -> None:
        self.given = given
        self.expired = expired
        super().__init__("invalid API key")

    @property
    def message_id(self) -> str:
        """What the caller is told."""
        if not self.given:
            return N_("Give your service's API key: «Authorization: Bearer sob_…».")
        if self.expired:
            return N_("This API key has expired: ask your administrator for another one.")
        return N_("This API key is not valid: it is unknown or was revoked.")


class MissingScope(RequestError):
    """The key is in force, and was not made for this."""

    status = 403
    title = N_("This API key was not made for this")
    message_id = N_(
        "This API key does not open this address: it needs the scope {needed}, and has {held}."
    )

    def __init__(self, needed: tuple[Scope, ...], held: tuple[Scope, ...]) -> None:
        super().__init__(needed=" / ".join(needed), held=", ".join(held) or "–")


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


async def _key_of(request: Request) -> ApiKey:
    """The key in ``Authorization: Bearer`` (RFC 6750). Raises InvalidApiKey."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidApiKey(given=False)
    store = assembly(request).api_keys
    key = await to_thread.run_sync(store.authenticate, secret.strip())
    if key is None:
        expired = await to_thread.run_sync(store.expired, secret.strip())
        raise InvalidApiKey(given=True, expired=expired)
    return key


def _api_guard(*scopes: Scope) -> Callable[[Request], Awaitable[ApiCaller]]:
    async def guard(request: Request) -> ApiCaller:
        key = await _key_of(request)
        if not any(key.opens(scope) for scope in scopes):
            raise MissingScope(scopes, key.scopes)
        return ApiCaller(key)

    guard.__name__ = "_or_".join(scopes) + "_caller"
    return guard


#: For what every program may read, whatever it was made for: which models there are.
api_caller = _api_guard(*ORDINARY)
chat_caller = _api_guard("chat")
embeddings_caller = _api_guard("embeddings")
presidio_caller = _api_guard("presidio")


def actor_of(components: Assembly, session: Session) -> Actor:
    """Who a session changes things as. Reads the database."""
    user = session.user
    return Actor(components.person_keys.subject(user.id), user.display_name, user.id)


async def admin_caller(request: Request) -> Actor:
    """An administrator's session, or the holder of a key of the administration.

    A session proves, for what changes something, that the request comes from our own page. A key
    needs the scope «admin», or «admin-read» for what only reads.

    Raises:
        InvalidApiKey, MissingScope: of a request that names a key.
        SignInNeeded, ForeignForm, NotYourRole: of one that does not.
    """
    components = assembly(request)
    if "authorization" not in request.headers:
        session = await admin(request)
        return await to_thread.run_sync(actor_of, components, session)
    key = await _key_of(request)
    needed: Scope = "admin-read" if request.method in SAFE_METHODS else "admin"
    if not key.opens(needed):
        raise MissingScope((needed,), key.scopes)
    pseudonym = await to_thread.run_sync(components.person_keys.subject, f"key/{key.id}")
    return Actor(pseudonym, key.label)


#: Every guard, for the test that no route lacks one.
GUARDS = (
    employee,
    admin,
    dpo,
    admin_or_dpo,
    signed_in,
    anyone,
    api_caller,
    chat_caller,
    embeddings_caller,
    presidio_caller,
    admin_caller,
)
