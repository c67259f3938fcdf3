"""The overview and the figures that it is made of."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request

from governance.clock import utc_now
from server.api.admin import PREFIX, admin_caller
from server.console.attention import Provider
from server.console.days import Days
from server.console.energy import EnergyReport, energy
from server.console.overview import Overview
from server.console.overview import overview as overview_of
from server.console.refusals import Refusals, refusals
from server.console.situation import of_server
from server.identity.actors import Actor
from server.state import assembly, say

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]
Period = Literal["7", "30"]


def providers_of(request: Request) -> tuple[Provider, ...]:
    """Those that the application was made with."""
    providers: tuple[Provider, ...] = request.app.state.attention
    return providers


async def read_overview(request: Request, days: int) -> Overview:
    """The overview of this server, in the language of the answer."""
    situation = await to_thread.run_sync(of_server, assembly(request), days)
    make = partial(overview_of, situation, providers_of(request), partial(say, request))
    return await to_thread.run_sync(make)


@router.get("/overview")
async def overview(request: Request, _caller: Admin, days: Period = "7") -> Overview:
    """What needs attention, and the figures of the last 7 or 30 days."""
    return await read_overview(request, int(days))


@router.get("/refusals")
async def read_refusals(request: Request, _caller: Admin, days: Period = "7") -> Refusals:
    """What was refused, by cause, use, service and day. No person is in it."""
    components = assembly(request)
    _, charter = components.charter.get()
    period = Days.until(utc_now(), int(days), components.settings.timezone)
    return await to_thread.run_sync(refusals, components.database, charter, period)


@router.get("/energy")
async def read_energy(request: Request, _caller: Admin, days: Period = "7") -> EnergyReport:
    """What requests took, by day, service and method. What is unknown is null, never 0."""
    components = assembly(request)
    _, charter = components.charter.get()
    period = Days.until(utc_now(), int(days), components.settings.timezone)
    return await to_thread.run_sync(energy, components.database, charter, period)
