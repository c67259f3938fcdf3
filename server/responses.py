"""Answers: pages and fragments in the reader's language, and errors in the form they can read."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from governance.messages import N_
from server.api.presidio.paths import PATHS as PRESIDIO_PATHS
from server.errors import RequestError, SignInNeeded
from server.identity.cookies import PRE_SESSION, cookie_name, set_cookie
from server.identity.csrf import csrf_token
from server.identity.sessions import Session
from server.organisation import service_title
from server.reviewing import badges
from server.state import assembly, locale_of, say
from web.render import render
from web.views import ErrorView, Page, Viewer

#: What a page may say after it was sent to by a form, by its code in «done».
NOTICES = {
    "charter": N_("The new revision of the charter is in force."),
    "key-revoked": N_("The key is revoked: it no longer opens anything."),
    "member-moved": N_("The account belongs to another service now."),
    "member-closed": N_("The account is closed, and its sessions are ended."),
    "member-opened": N_("The account is open again."),
    "password-chosen": N_("Your password is kept. Sign in with it."),
    "quota-granted": N_("The extension is granted."),
    "quota-revoked": N_("The extension is taken back. What was spent on it stays spent."),
    "source": N_("The source is being read. This page shows how far it is."),
    "deleted": N_("The conversation was deleted."),
    "contested": N_("Your contest was sent: the answer will be shown under the refusal."),
    "reviewed": N_("Your decision is recorded, and the author is told."),
    "members": N_("The members are changed."),
    "answered": N_("Your answer is recorded, and the person will read it."),
    "test-added": N_("The test is added. «sobria eval run» asks it from now on."),
    "feedback-dismissed": N_("The opinion is filed without consequence."),
    "signed-out": N_("You are signed out."),
}


def page_for(
    request: Request,
    *,
    path: str | None = None,
    notice: str = "",
    error: str = "",
) -> Page:
    """What every page needs, for whoever is signed in or nobody."""
    components = assembly(request)
    _, charter = components.charter.get()
    session: Session | None = getattr(request.state, "session", None)
    viewer = None
    to_review, news = None, 0
    if session is not None:
        to_review, news = badges(components, charter, session.user)
        viewer = Viewer(
            name=session.user.display_name,
            role=session.user.role,
            service_title=service_title(charter, session.user.service),
            csrf=session.csrf,
        )
    done = NOTICES.get(request.query_params.get("done", ""), "")
    return Page(
        organisation=charter.organisation.name,
        locale=locale_of(request),
        path=path or request.url.path,
        viewer=viewer,
        notice=notice or (say(request, done) if done else ""),
        error=error,
        timezone=components.settings.timezone,
        installed=request.app.state.pages,
        to_review=to_review,
        news=news,
    )


def show(
    request: Request,
    template: str,
    view: object,
    *,
    status: int = 200,
    page: Page | None = None,
) -> Response:
    """A whole page. Who is not signed in gets the cookie that their forms go with."""
    page = page or page_for(request)
    settings = assembly(request).settings
    fresh = ""
    if page.viewer is None:
        token = request.cookies.get(cookie_name(settings, PRE_SESSION), "")
        if not token:
            token = fresh = secrets.token_urlsafe(32)
        page = replace(page, csrf=csrf_token(token))
    response = HTMLResponse(render(template, page, view), status)
    if fresh:
        set_cookie(response, settings, PRE_SESSION, fresh)
    return response


def redirect(address: str) -> Response:
    """On to a page, after a form: by GET, so that reloading does not send the form again."""
    return RedirectResponse(address, 303)


def local_path(address: str, default: str = "/") -> str:
    """``address`` where it is a path of this site, else ``default``: no form sends elsewhere."""
    if not address.startswith("/") or address.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 0x20 or character in "\\\x7f" for character in address):
        return default
    return address


def reads_pages(request: Request) -> bool:
    """Whether the caller shows pages to a person (a browser that navigates)."""
    if request.url.path.startswith("/v1/"):
        return False
    return "text/html" in request.headers.get("accept", "") and (
        "x-csrf-token" not in request.headers
    )


def refuse(error: RequestError, request: Request) -> Response:
    """The answer to a request that fails: a page, or JSON where that is what the caller reads."""
    if isinstance(error, SignInNeeded) and reads_pages(request):
        target = request.url.path if request.method == "GET" else "/"
        return redirect(f"/sign-in?next={quote(target)}")
    message = say(request, error.message_id, **error.params)
    if not reads_pages(request):
        if request.url.path in PRESIDIO_PATHS:
            return JSONResponse({"error": message}, error.status)
        kind = "invalid_request_error"
        body = {"message": message, "type": kind, "param": None, "code": None}
        return JSONResponse({"message": message, "error": body}, error.status)
    view = ErrorView(
        status=error.status,
        title=say(request, error.title),
        message=message,
        actions=(("/", say(request, N_("Back to the home page"))),),
    )
    return show(request, "error.html", view, status=error.status)
