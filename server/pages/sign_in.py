"""Signing in and out, the language, and the first page of each role."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.messages import N_
from server.identity.cookies import PRE_SESSION, SESSION, cookie_name, drop_cookie, set_cookie
from server.identity.guards import anyone, session_of, signed_in
from server.identity.sessions import Session
from server.responses import local_path, page_for, redirect, show
from server.state import LOCALE_COOKIE, assembly, say
from web.views import SignInView

router = APIRouter()
HOMES = {"employee": "/chat", "admin": "/admin", "dpo": "/audit"}
YEAR = 365 * 24 * 3600


@router.get("/")
async def home(session: Annotated[Session, Depends(signed_in)]) -> Response:
    """On to the first page of the person's role."""
    return redirect(HOMES[session.user.role])


@router.get("/sign-in")
async def form(
    request: Request,
    session: Annotated[Session | None, Depends(anyone)],
    next: str = "/",
) -> Response:
    """The sign-in form; who is signed in already goes on."""
    if session is not None:
        return redirect(local_path(next))
    return show(request, "sign_in.html", SignInView(next=local_path(next)))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    _visit: Annotated[Session | None, Depends(anyone)],
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Check the password, and begin a session under a new token."""
    components = assembly(request)
    settings = components.settings
    address = request.client.host if request.client is not None else ""
    wait = await to_thread.run_sync(components.throttle.attempt, name, address)
    if wait > 0:
        message = say(
            request,
            N_("Too many attempts. Try again in {minutes} minutes."),
            minutes=max(1, round(wait / 60)),
        )
        return _again(request, name, next, message, 429)
    user = await to_thread.run_sync(components.users.authenticate, name, password)
    if user is None:
        message = say(request, N_("The account name or the password is not right."))
        return _again(request, name, next, message, 401)
    await to_thread.run_sync(components.throttle.succeeded, name, address)
    earlier = request.cookies.get(cookie_name(settings, SESSION))
    if earlier:
        await to_thread.run_sync(components.sessions.close, earlier)
    token = await to_thread.run_sync(components.sessions.open, user)
    response = redirect(local_path(next))
    set_cookie(response, settings, SESSION, token, seconds=settings.session_seconds)
    drop_cookie(response, settings, PRE_SESSION)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, _session: Annotated[Session, Depends(signed_in)]) -> Response:
    """End the session, here and in the database."""
    components = assembly(request)
    token = request.cookies.get(cookie_name(components.settings, SESSION), "")
    await to_thread.run_sync(components.sessions.close, token)
    response = redirect("/sign-in?done=signed-out")
    drop_cookie(response, components.settings, SESSION)
    return response


@router.post("/language")
async def language(
    request: Request,
    _visit: Annotated[Session | None, Depends(anyone)],
    locale: Annotated[Literal["fr", "en"], Form()],
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Remember the language: in a cookie, and in the account of who is signed in."""
    components = assembly(request)
    session = await session_of(request)
    if session is not None:
        await to_thread.run_sync(components.users.set_locale, session.user.id, locale)
    response = redirect(local_path(next))
    response.set_cookie(
        LOCALE_COOKIE,
        locale,
        max_age=YEAR,
        path="/",
        secure=components.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


def _again(request: Request, name: str, next_path: str, message: str, status: int) -> Response:
    view = SignInView(name=name[:128], next=local_path(next_path))
    return show(request, "sign_in.html", view, status=status, page=page_for(request, error=message))
