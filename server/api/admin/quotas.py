"""Quotas as JSON: the states of every service, its extensions, and their granting.

Amounts are in the unit of the metric, times are ISO 8601 UTC. The same decisions as the page's.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from governance.quotas.errors import GrantRefused
from governance.quotas.grants import Grant, QuotaGrants
from server import quota_grants
from server.api.admin import PREFIX, admin_caller
from server.console.refusals import Model
from server.errors import RequestError
from server.identity.actors import Actor
from server.organisation import limits_of
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]
PATH = "/quotas"


class GrantBody(BaseModel):
    """An extension that is asked for: ``user`` is an account's name, ``key`` a key's identifier."""

    model_config = ConfigDict(extra="forbid")

    service: str = Field(max_length=64)
    metric: str = Field(max_length=16)
    period: str = Field(max_length=8)
    amount: float
    reason: str = Field(max_length=500)
    user: str = Field("", max_length=128)
    key: str = Field("", max_length=64)


class StateOut(Model):
    """Where a service stands with one of its quotas, in the unit of ``metric``."""

    metric: str
    period: str
    per: str
    limit: float
    used: float
    held: float
    left: float
    renews_at: datetime
    granted: float = Field(description="Extensions of this window, part of the limit.")
    key: str = Field(description="The window's name, «2026-11-23».")
    near: bool = Field(description="Whether four fifths or more are spent.")


class ServiceQuotas(Model):
    """The quotas of one service."""

    id: str
    title: str
    quotas: tuple[StateOut, ...]


class GrantOut(Model):
    """An extension of a quota in one window; ``subject`` is a pseudonym, or empty."""

    id: str
    service: str
    per: str
    subject: str
    metric: str
    period: str
    window: str
    amount: float
    reason: str
    given_by: str
    created: datetime
    revoked: datetime | None


class Quotas(Model):
    """Where each service stands, and the extensions, newest first."""

    services: tuple[ServiceQuotas, ...]
    grants: tuple[GrantOut, ...]


class Revoked(Model):
    """An extension that was taken back."""

    id: str
    revoked: bool = True


@router.get(PATH)
async def quotas(request: Request, _caller: Admin) -> Quotas:
    """Where each service stands, and the extensions, newest first."""
    return await to_thread.run_sync(_states, request)


@router.post(f"{PATH}/grants", status_code=201)
async def grant(request: Request, caller: Admin, body: GrantBody) -> GrantOut:
    """Grant an extension."""
    components = assembly(request)
    make = partial(
        quota_grants.grant,
        components,
        components.quotas,
        components.charter.get()[1],
        body.model_dump(),
        caller.subject,
    )
    try:
        given = await to_thread.run_sync(make)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return _grant(given)


@router.post(f"{PATH}/grants/{{grant_id}}/revoke")
async def revoke(request: Request, caller: Admin, grant_id: str) -> Revoked:
    """Take an extension back; what was spent on it stays spent."""
    components = assembly(request)
    take = partial(quota_grants.revoke, components, components.quotas, grant_id, caller.subject)
    try:
        taken = await to_thread.run_sync(take)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return Revoked(id=taken.id)


def _states(request: Request) -> Quotas:
    components = assembly(request)
    _, charter = components.charter.get()
    return Quotas(
        services=tuple(
            ServiceQuotas(
                id=service.id,
                title=service.title,
                quotas=tuple(
                    StateOut.model_validate({**asdict(state), "near": state.near})
                    for state in components.quotas.states(
                        service.id, limits_of(charter, service.id)
                    )
                ),
            )
            for service in charter.services
        ),
        grants=tuple(_grant(each) for each in QuotaGrants(components.quotas).all()),
    )


def _grant(grant: Grant) -> GrantOut:
    values = asdict(grant)
    return GrantOut.model_validate({**values, "window": values["key"]})
