"""API keys: made with their scopes, shown once, rotated, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.clock import utc_now
from server.console import keys as changes
from server.console.days import end_of_day
from server.console.refused import ChangeRefused
from server.identity.api_keys import ApiKey
from server.identity.guards import actor_of, admin
from server.identity.scopes import ORDINARY, SCOPES
from server.identity.sessions import Session
from server.pages.listing import part_of
from server.responses import page_for, redirect, show
from server.state import assembly, say
from web.console_view import NOTHING, Draft, KeysView, KeyView

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/keys"


@router.get(PATH)
async def keys(request: Request, _session: Admin) -> Response:
    """The page."""
    return await to_thread.run_sync(_page, request)


@router.post(PATH)
async def create(
    request: Request,
    session: Admin,
    label: Annotated[str, Form(max_length=200)] = "",
    service: Annotated[str, Form(max_length=64)] = "",
    expires: Annotated[str, Form(max_length=10)] = "",
    scopes: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """Make a key, and show its secret this once."""

    def make() -> Response:
        components = assembly(request)
        _, charter = components.charter.get()
        try:
            key, secret = changes.create(
                components,
                charter,
                actor_of(components, session),
                label=label,
                service=service,
                scopes=scopes,
                expires_at=end_of_day(expires, components.settings.timezone),
            )
        except ChangeRefused as error:
            message = say(request, error.message_id, **error.params)
            field = "expires" if error.field == "expires_at" else error.field
            typed = {"label": label, "service": service, "expires": expires}
            draft = Draft(typed, {field: message})
            return _page(request, draft=draft, chosen=scopes, status=422, error=message)
        return _page(request, secret=secret, key=key)

    return await to_thread.run_sync(make)


@router.post(f"{PATH}/{{key_id}}/rotate")
async def rotate(
    request: Request,
    session: Admin,
    key_id: str,
    hours: Annotated[float, Form(allow_inf_nan=False, ge=-1e6, le=1e6)] = 24,
) -> Response:
    """Give a key a new secret, shown this once; the old one goes on opening for ``hours``."""

    def change() -> Response:
        components = assembly(request)
        by, grace = actor_of(components, session), timedelta(hours=hours)
        try:
            key, secret = changes.rotate(components, by, key_id, grace)
        except ChangeRefused as error:
            return _refused(request, error)
        return _page(request, secret=secret, key=key)

    return await to_thread.run_sync(change)


@router.post(f"{PATH}/{{key_id}}/revoke")
async def revoke(request: Request, session: Admin, key_id: str) -> Response:
    """Close a key for good."""

    def change() -> Response:
        components = assembly(request)
        try:
            changes.revoke(components, actor_of(components, session), key_id)
        except ChangeRefused as error:
            return _refused(request, error)
        return redirect(f"{PATH}?done=key-revoked")

    return await to_thread.run_sync(change)


def _refused(request: Request, error: ChangeRefused) -> Response:
    message = say(request, error.message_id, **error.params)
    return _page(request, status=error.status, error=message)


def _page(
    request: Request,
    *,
    secret: str = "",
    key: ApiKey | None = None,
    draft: Draft = NOTHING,
    chosen: tuple[str, ...] = ORDINARY,
    status: int = 200,
    error: str = "",
) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    now = utc_now()
    zone = ZoneInfo(components.settings.timezone)
    # Those that open something first: revoked ones only grow in number.
    found = sorted(components.api_keys.all(), key=lambda one: not one.in_force(now))
    listed, listing = part_of(found, request, PATH, {})
    view = KeysView(
        keys=tuple(_key(one, now) for one in listed),
        services=tuple((service.id, service.title) for service in charter.services),
        scopes=SCOPES,
        chosen=chosen,
        listing=listing,
        earliest=now.astimezone(zone).date().isoformat(),
        new_secret=secret,
        new_label=key.label if key is not None else "",
        old_until=key.previous_until if key is not None else None,
        draft=draft,
    )
    page = page_for(request, path=PATH, error=error)
    return show(request, "keys.html", view, status=status, page=page)


def _key(key: ApiKey, now: datetime) -> KeyView:
    graceful = key.previous_until is not None and now < key.previous_until
    return KeyView(
        id=key.id,
        label=key.label,
        prefix=key.prefix,
        service=key.service,
        scopes=key.scopes,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        previous_until=key.previous_until if graceful and key.in_force(now) else None,
        revoked_at=key.revoked_at,
        state="revoked" if key.revoked_at else "open" if key.in_force(now) else "expired",
    )
