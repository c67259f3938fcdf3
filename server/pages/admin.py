"""The administrator's overview: what needs attention, then the figures, each with its table."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from governance.energy.bill import JOULES_PER_WH
from governance.messages import N_
from server.console.attention import attention
from server.console.energy import EnergyReport
from server.console.refusals import Line, Refusals, UseLine
from server.console.situation import Situation, of_server
from server.identity.guards import admin
from server.identity.sessions import Session
from server.responses import show
from server.state import assembly, say
from web.charts import Plot, plot
from web.console_view import (
    AttentionView,
    CountLine,
    EnergyDayView,
    EnergyLine,
    OverviewView,
    RefusedDay,
)

router = APIRouter()

CAUSES = {
    "use": N_("Forbidden use"),
    "quota": N_("Quota used up"),
    "personal_data": N_("Data that must not be sent"),
    "service": N_("Not open to the service"),
    "busy": N_("Too many at the same time"),
    "too_long": N_("Too long"),
    "form": N_("Unusable form"),
    "other": N_("Another reason"),
}
"""Why requests were refused, in an administrator's words."""

METHODS = ("measured", "modelled", "estimated")
KINDS = ("use", "quota", "personal_data", "other")
"""Causes that the chart tells apart; the others are «other»."""


@router.get("/admin")
async def overview(
    request: Request,
    _session: Annotated[Session, Depends(admin)],
    days: Literal["7", "30"] = "7",
) -> Response:
    """The page."""
    return await to_thread.run_sync(_page, request, int(days))


def _page(request: Request, days: int) -> Response:
    situation = of_server(assembly(request), days)
    return show(request, "admin.html", _view(request, situation, days))


def _view(request: Request, situation: Situation, days: int) -> OverviewView:
    refused, spent = situation.refusals, situation.energy
    check = situation.audit_check
    components = assembly(request)
    return OverviewView(
        days=days,
        attention=tuple(
            AttentionView(one.level, say(request, one.message_id, **one.params), one.link)
            for one in attention(situation, request.app.state.attention)
        ),
        requests_today=spent.by_day[-1].requests,
        refused_today=refused.by_day[-1].count,
        wh_today=spent.by_day[-1].wh,
        refused=refused.total,
        refused_before=refused.before,
        refused_plot=_refused_plot(request, refused),
        refused_days=tuple(
            RefusedDay(
                one.day.isoformat(),
                one.count,
                ", ".join(
                    f"{say(request, CAUSES.get(cause, CAUSES['other']))} ({n})"
                    for cause, n in one.by_cause.items()
                ),
            )
            for one in reversed(refused.by_day)
        ),
        by_use=tuple(_line(one) for one in refused.by_use),
        by_cause=tuple(
            CountLine(say(request, CAUSES.get(one.id, CAUSES["other"])), one.count, one.before)
            for one in refused.by_cause
        ),
        by_service=tuple(_line(one) for one in refused.by_service),
        services=situation.services,
        energy_plot=_energy_plot(request, spent),
        energy_wh=spent.wh,
        energy_unknown=spent.unknown,
        energy_days=tuple(
            EnergyDayView(
                one.day.isoformat(), one.requests, one.wh, one.unknown, tuple(one.by_method)
            )
            for one in reversed(spent.by_day)
        ),
        energy_services=tuple(
            EnergyLine(
                one.title or one.id,
                one.requests,
                one.wh,
                one.unknown,
                tuple(one.by_method),
                (one.wh or 0.0) / spent.wh if spent.wh else 0.0,
            )
            for one in spent.by_service
        ),
        energy_method=components.energy.meter.method,
        energy_totals_wh=_totals(request),
        model=situation.model.name,
        model_digest=situation.model.digest,
        components=tuple((situation.ready or {}).items()),
        sources=situation.sources,
        audit_size=situation.audit_size,
        audit_verified=check.time if check is not None else None,
        audit_ok=check.ok if check is not None else None,
        charter_revision=situation.revision,
    )


def _line(one: Line) -> CountLine:
    why = one.reason if isinstance(one, UseLine) else ""
    return CountLine(one.title or one.id, one.count, one.before, why)


def _refused_plot(request: Request, refused: Refusals) -> Plot:
    names = {kind: say(request, CAUSES[kind]) for kind in KINDS}
    columns = []
    for one in refused.by_day:
        values: dict[str, float] = {}
        for cause, count in one.by_cause.items():
            name = names.get(cause, names["other"])
            values[name] = values.get(name, 0) + count
        columns.append((one.day.isoformat(), values, 0))
    return plot(columns, tuple(names.values()))


def _energy_plot(request: Request, spent: EnergyReport) -> Plot:
    return plot(
        [(one.day.isoformat(), one.by_method, one.unknown) for one in spent.by_day], METHODS
    )


def _totals(request: Request) -> dict[str, float | None]:
    """Where the energy went since this process started."""
    totals = assembly(request).energy.totals()
    joules = {
        "requests": totals.requests,
        "idle": totals.idle,
        "unattributed": totals.unattributed,
        "meter": totals.meter,
    }
    return {
        name: None if value is None else value / JOULES_PER_WH for name, value in joules.items()
    }
