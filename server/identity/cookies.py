"""The two cookies: of the session, and of the sign-in page before there is one."""

from __future__ import annotations

from starlette.responses import Response

from server.settings import Settings

SESSION = "sobria_session"
PRE_SESSION = "sobria_visit"


def cookie_name(settings: Settings, name: str) -> str:
    """The cookie's name; over TLS its prefix has the browser refuse one set by a sub-domain.

    ``__Host-``: RFC 6265bis, section 4.1.3.2.
    """
    return f"__Host-{name}" if settings.secure_cookies else name


def set_cookie(
    response: Response, settings: Settings, name: str, value: str, *, seconds: float | None = None
) -> None:
    """Set a cookie that no script reads and no other site sends with a form."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=int(seconds) if seconds is not None else None,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        cookie_name(settings, name),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
