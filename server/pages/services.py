"""Services and members: accounts made, moved, closed, and their passwords renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from server.console import members as changes
from server.console.refused import ChangeRefused
from server.identity.actors import Actor
from server.identity.guards import actor_of, admin
from server.identity.sessions import Session
from server.identity.users import User
from server.organisation import service_views
from server.pages.listing import part_of
from server.responses import page_for, redirect, show
from server.state import assembly, say
from web.console_view import Draft, MembersView, MemberView, ServiceRulesView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/services"
Short = Annotated[str, Form(max_length=64)]


@router.get(PATH)
async def services(request: Request, _session: Admin) -> Response:
    """The page."""
    return await to_thread.run_sync(_page, request)


@router.post(f"{PATH}/members")
async def add(
    request: Request,
    session: Admin,
    name: Annotated[str, Form(max_length=200)] = "",
    display_name: Annotated[str, Form(max_length=200)] = "",
    role: Short = "employee",
    service: Short = "",
    way: Short = "link",
) -> Response:
    """Make an account, and show this once its password, or the link by which one is chosen."""
    typed = {"name": name, "display_name": display_name, "role": role, "service": service}

    def make() -> Response:
        components = assembly(request)
        by = actor_of(components, session)
        _, charter = components.charter.get()
        try:
            user, password = changes.add(components, charter, by, changes.NewMember(**typed))
        except ChangeRefused as error:
            message = say(request, error.message_id, **error.params)
            draft = Draft(typed, {error.field: message})
            return _page(request, draft=draft, status=422, error=message)
        if way == "password":
            return _page(request, shown_for=user.display_name, password=password)
        return _page(request, shown_for=user.display_name, link=_link(components, by, user))

    return await to_thread.run_sync(make)


@router.post(f"{PATH}/members/{{member}}/move")
async def move(request: Request, session: Admin, member: str, service: Short = "") -> Response:
    """Put an account in another service."""

    def change(components: Assembly, by: Actor, user: User) -> Response:
        _, charter = components.charter.get()
        changes.change(components, charter, by, user, service=service)
        return redirect(f"{PATH}?done=member-moved#members")

    return await to_thread.run_sync(_changed, request, session, member, change)


@router.post(f"{PATH}/members/{{member}}/disable")
async def disable(request: Request, session: Admin, member: str) -> Response:
    """Close an account."""
    return await to_thread.run_sync(
        _changed, request, session, member, partial(_set_disabled, disabled=True)
    )


@router.post(f"{PATH}/members/{{member}}/enable")
async def enable(request: Request, session: Admin, member: str) -> Response:
    """Open a closed account again."""
    return await to_thread.run_sync(
        _changed, request, session, member, partial(_set_disabled, disabled=False)
    )


@router.post(f"{PATH}/members/{{member}}/password")
async def password(request: Request, session: Admin, member: str) -> Response:
    """Give a new password, shown this once; the account's sessions end."""

    def change(components: Assembly, by: Actor, user: User) -> Response:
        new = changes.new_password(components, by, user)
        return _page(request, shown_for=user.display_name, password=new)

    return await to_thread.run_sync(_changed, request, session, member, change)


@router.post(f"{PATH}/members/{{member}}/invite")
async def invite(request: Request, session: Admin, member: str) -> Response:
    """A link, shown this once, by which the person chooses a password."""

    def change(components: Assembly, by: Actor, user: User) -> Response:
        return _page(request, shown_for=user.display_name, link=_link(components, by, user))

    return await to_thread.run_sync(_changed, request, session, member, change)


def _link(components: Assembly, by: Actor, user: User) -> str:
    return changes.link(components.settings, changes.invite(components, by, user))


def _set_disabled(components: Assembly, by: Actor, user: User, *, disabled: bool) -> Response:
    changes.set_disabled(components, by, user, disabled)
    return redirect(f"{PATH}?done={'member-closed' if disabled else 'member-opened'}#members")


def _changed(
    request: Request,
    session: Session,
    member: str,
    change: Callable[[Assembly, Actor, User], Response],
) -> Response:
    """``change`` done to an account; where it is refused, the page that says why."""
    components = assembly(request)
    try:
        user = changes.find(components, member)
        return change(components, actor_of(components, session), user)
    except ChangeRefused as error:
        message = say(request, error.message_id, **error.params)
        return _page(request, status=error.status, error=message)


def _page(
    request: Request,
    *,
    shown_for: str = "",
    password: str = "",
    link: str = "",
    draft: Draft | None = None,
    status: int = 200,
    error: str = "",
) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    session: Session = request.state.session
    views = service_views(components, charter)
    asked = request.query_params
    service, role = asked.get("service", ""), asked.get("role", "")
    found = [
        user
        for user in _in_order(components)
        if service in ("", user.service) and role in ("", user.role)
    ]
    members, listing = part_of(found, request, PATH, {"service": service, "role": role})
    view = MembersView(
        services=tuple(
            ServiceRulesView(
                service=one,
                models=tuple(charter.effective(one.id).models),
                sources=tuple(sorted(charter.effective(one.id).sources or ())),
            )
            for one in views
        ),
        members=tuple(_member(user, session) for user in members),
        listing=listing,
        service=service,
        role=role,
        shown_for=shown_for,
        password=password,
        link=link,
    )
    if draft is not None:
        view = replace(view, draft=draft)
    page = page_for(request, path=PATH, error=error)
    return show(request, "services.html", view, status=status, page=page)


def _in_order(components: Assembly) -> list[User]:
    return sorted(
        components.users.all(), key=lambda user: (user.disabled, user.service, user.display_name)
    )


def _member(user: User, session: Session) -> MemberView:
    return MemberView(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        role=user.role,
        service=user.service,
        disabled=user.disabled,
        last_sign_in=user.last_sign_in,
        mine=user.id == session.user.id,
    )
