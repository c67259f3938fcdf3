"""API keys: made, rotated, revoked. A secret is in one answer only."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from server.api.admin import PREFIX, admin_caller
from server.console import keys as changes
from server.console.refusals import Model
from server.identity.actors import Actor
from server.identity.api_keys import GRACE, ApiKey
from server.identity.scopes import ORDINARY
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]


class Key(Model):
    """A key: everything but its secret."""

    id: str
    label: str
    service: str = Field(description="Empty for a key of the administration alone.")
    scopes: tuple[str, ...]
    prefix: str = Field(description="How the secret begins, to tell keys apart.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    rotated_at: datetime | None
    previous_until: datetime | None = Field(
        description="Until when the secret of before the last rotation opens."
    )
    revoked_at: datetime | None


class Keys(Model):
    """Every key, the newest first."""

    keys: tuple[Key, ...]


class KeyWithSecret(Key):
    """A key with its secret, shown this once."""

    secret: str


class NewKey(BaseModel):
    """The key to make."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(max_length=200)
    service: str = Field("", max_length=64)
    scopes: list[str] = Field(list(ORDINARY), max_length=10)
    expires_at: AwareDatetime | None = Field(
        None, description="With its zone; null for a key that does not expire."
    )


class Rotation(BaseModel):
    """How to renew a secret."""

    model_config = ConfigDict(extra="forbid")

    grace_hours: Annotated[
        float,
        Field(
            allow_inf_nan=False,
            ge=-1e6,
            le=1e6,
            description="Hours for which the old secret goes on opening: 0 to 720.",
        ),
    ] = GRACE.total_seconds() / 3600


@router.get("/keys")
async def keys(request: Request, _caller: Admin) -> Keys:
    """Every key, revoked ones too."""
    found = await to_thread.run_sync(assembly(request).api_keys.all)
    return Keys(keys=tuple(Key(**_fields(key)) for key in found))


@router.post("/keys", status_code=201)
async def create(request: Request, caller: Admin, new: NewKey) -> KeyWithSecret:
    """Make a key; its secret is in this answer only."""
    components = assembly(request)
    _, charter = components.charter.get()
    call = partial(
        changes.create,
        components,
        charter,
        caller,
        label=new.label,
        service=new.service,
        scopes=new.scopes,
        expires_at=new.expires_at,
    )
    key, secret = await to_thread.run_sync(call)
    return KeyWithSecret(**_fields(key), secret=secret)


@router.post("/keys/{key_id}/rotate")
async def rotate(
    request: Request, caller: Admin, key_id: str, asked: Rotation | None = None
) -> KeyWithSecret:
    """Give a key a new secret; the old one goes on opening for a while."""
    grace = timedelta(hours=(asked or Rotation()).grace_hours)
    key, secret = await to_thread.run_sync(changes.rotate, assembly(request), caller, key_id, grace)
    return KeyWithSecret(**_fields(key), secret=secret)


@router.post("/keys/{key_id}/revoke")
async def revoke(request: Request, caller: Admin, key_id: str) -> Key:
    """Close a key for good."""
    key = await to_thread.run_sync(changes.revoke, assembly(request), caller, key_id)
    return Key(**_fields(key))


def _fields(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in Key.model_fields}
