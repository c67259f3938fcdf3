"""Where an invited person chooses a password: the link opens once, and nobody else learns it."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.messages import N_
from server import callers
from server.console.members import record
from server.errors import RequestError
from server.identity import passwords
from server.identity.actors import Actor
from server.identity.guards import anyone
from server.identity.sessions import Session
from server.identity.users import User
from server.responses import redirect, show
from server.state import assembly, say
from web.console_view import WelcomeView

router = APIRouter()
Anyone = Annotated[Session | None, Depends(anyone)]


class LinkClosed(RequestError):
    """The link was used, is too old, or was replaced by another one."""

    status = 410
    title = N_("This link no longer opens")
    message_id = N_(
        "An invitation opens once, within seven days. Ask your administrator for another one."
    )


@router.get("/welcome/{token}")
async def form(request: Request, _visit: Anyone, token: str) -> Response:
    """The form; reading it uses nothing up, for some mail programs open links by themselves."""
    user = await to_thread.run_sync(assembly(request).invitations.get, token)
    if user is None:
        raise LinkClosed
    return _page(request, token, user, "", 200)


@router.post("/welcome/{token}")
async def choose(
    request: Request,
    _visit: Anyone,
    token: str,
    password: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Take the password, and send on to the sign-in form."""
    components = assembly(request)

    def accept() -> Response:
        user = components.invitations.get(token)
        if user is None:
            raise LinkClosed
        if not passwords.acceptable(password):
            text = say(
                request,
                N_("A password has {minimum} to {maximum} characters."),
                minimum=passwords.MINIMUM,
                maximum=passwords.MAXIMUM,
            )
            return _page(request, token, user, text, 422)
        if passwords.fold(password) != passwords.fold(again):
            text = say(request, N_("The two passwords are not the same."))
            return _page(request, token, user, text, 422)
        # A change that could not be logged must not be made.
        components.audit.head()
        if components.invitations.use(token) is None:
            raise LinkClosed
        components.users.set_password(user.id, password)
        subject = callers.subject_of(components, user.id)
        record(components, Actor(subject, user.display_name, user.id), user, "joined")
        return redirect("/sign-in?done=password-chosen")

    return await to_thread.run_sync(accept)


def _page(request: Request, token: str, user: User, error: str, status: int) -> Response:
    view = WelcomeView(token, user.name, passwords.MINIMUM, error)
    return show(request, "welcome.html", view, status=status)
