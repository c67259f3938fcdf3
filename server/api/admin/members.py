"""Members: the accounts, made, moved, closed, and their passwords renewed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from server.api.admin import PREFIX, admin_caller
from server.console import members as changes
from server.console.refusals import Model
from server.identity.actors import Actor
from server.identity.users import User
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]


class Member(Model):
    """An account: what is known of the person, and no more."""

    id: str
    name: str = Field(description="What one signs in with.")
    display_name: str
    role: Literal["employee", "admin", "dpo"]
    service: str
    disabled: bool
    last_sign_in: str = Field(description="A day, ISO 8601; empty before the first.")


class Members(Model):
    """Accounts, by sign-in name."""

    members: tuple[Member, ...]


class MemberWithPassword(Member):
    """An account with its new password, shown this once."""

    password: str


class MemberWithLink(Member):
    """An account with the link by which its person chooses a password, shown this once."""

    link: str = Field(description="Opens once, within seven days.")


class NewMember(BaseModel):
    """The account to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=128)
    display_name: str = Field("", max_length=200)
    role: str = Field("employee", max_length=16)
    service: str = Field("", max_length=64)
    locale: str = Field("fr", max_length=8)


class MemberChange(BaseModel):
    """What to change; a field that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    service: str | None = Field(None, max_length=64)
    display_name: str | None = Field(None, max_length=200)


@router.get("/members")
async def members(
    request: Request,
    _caller: Admin,
    service: Annotated[str, Query(max_length=64)] = "",
    role: Annotated[str, Query(max_length=16)] = "",
) -> Members:
    """The accounts, of one service or role if asked."""
    found = await to_thread.run_sync(assembly(request).users.all)
    return Members(
        members=tuple(
            Member(**_fields(user))
            for user in found
            if service in ("", user.service) and role in ("", user.role)
        )
    )


@router.post("/members", status_code=201)
async def add(request: Request, caller: Admin, new: NewMember) -> MemberWithPassword:
    """Make an account; its password is in this answer only."""
    components = assembly(request)
    _, charter = components.charter.get()
    asked = changes.NewMember(**new.model_dump())
    user, password = await to_thread.run_sync(changes.add, components, charter, caller, asked)
    return MemberWithPassword(**_fields(user), password=password)


@router.get("/members/{member}")
async def member(request: Request, _caller: Admin, member: str) -> Member:
    """One account, by its id or its sign-in name."""
    return Member(**_fields(await _find(request, member)))


@router.patch("/members/{member}")
async def change(request: Request, caller: Admin, member: str, asked: MemberChange) -> Member:
    """Move an account to another service, or change the name that pages show."""
    components = assembly(request)
    _, charter = components.charter.get()
    user = await _find(request, member)
    call = partial(
        changes.change,
        components,
        charter,
        caller,
        user,
        service=asked.service,
        display_name=asked.display_name,
    )
    return Member(**_fields(await to_thread.run_sync(call)))


@router.post("/members/{member}/disable")
async def disable(request: Request, caller: Admin, member: str) -> Member:
    """Close an account; its sessions end at once."""
    user = await _find(request, member)
    call = partial(changes.set_disabled, assembly(request), caller, user, disabled=True)
    return Member(**_fields(await to_thread.run_sync(call)))


@router.post("/members/{member}/enable")
async def enable(request: Request, caller: Admin, member: str) -> Member:
    """Open a closed account again."""
    user = await _find(request, member)
    call = partial(changes.set_disabled, assembly(request), caller, user, disabled=False)
    return Member(**_fields(await to_thread.run_sync(call)))


@router.post("/members/{member}/password")
async def password(request: Request, caller: Admin, member: str) -> MemberWithPassword:
    """Give an account a new password, in this answer only; its sessions end."""
    user = await _find(request, member)
    new = await to_thread.run_sync(changes.new_password, assembly(request), caller, user)
    return MemberWithPassword(**_fields(user), password=new)


@router.post("/members/{member}/invite")
async def invite(request: Request, caller: Admin, member: str) -> MemberWithLink:
    """A link, in this answer only, by which the person chooses a password."""
    components = assembly(request)
    user = await _find(request, member)
    token = await to_thread.run_sync(changes.invite, components, caller, user)
    return MemberWithLink(**_fields(user), link=changes.link(components.settings, token))


async def _find(request: Request, who: str) -> User:
    return await to_thread.run_sync(changes.find, assembly(request), who)


def _fields(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "service": user.service,
        "disabled": user.disabled,
        "last_sign_in": user.last_sign_in,
    }
