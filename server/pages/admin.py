"""The administrator's overview: today in a few figures."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from governance.audit.reading import MAX_PAGE, AuditFilter
from governance.clock import utc_now
from governance.energy.bill import JOULES_PER_WH
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_views
from server.responses import show
from server.state import assembly
from web.views import AdminOverviewView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()


@router.get("/admin")
async def overview(request: Request, _session: Annotated[Session, Depends(admin)]) -> Response:
    """The page."""
    view = await to_thread.run_sync(overview_of, assembly(request))
    return show(request, "admin.html", view)


def overview_of(components: Assembly) -> AdminOverviewView:
    """Today's figures; what is unknown is None, never 0."""
    revision, _ = components.charter.get()
    today = utc_now().astimezone(ZoneInfo(components.settings.timezone)).date()
    midnight = datetime.combine(today, time.min, ZoneInfo(components.settings.timezone))
    days = components.energy_book.by_day(since=today)
    known = [day.wh for day in days if day.wh is not None]
    refused = components.audit.page(AuditFilter(since=midnight, type="refused"), limit=MAX_PAGE)
    totals = components.energy.totals()
    joules = {
        "requests": totals.requests,
        "idle": totals.idle,
        "unattributed": totals.unattributed,
        "meter": totals.meter,
    }
    return AdminOverviewView(
        requests_today=sum(day.requests for day in days),
        refused_today=len(refused),
        wh_today=sum(known) if known else None,
        services=service_views(components, components.charter.get()[1]),
        model=components.engine.info.name,
        model_digest=components.engine.info.digest,
        energy_method=components.energy.meter.method,
        energy_totals_wh={
            name: None if value is None else value / JOULES_PER_WH for name, value in joules.items()
        },
        audit_size=components.audit.head().size,
        charter_revision=revision,
    )
