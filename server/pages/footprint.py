"""«My footprint»: what one person's requests took over the last thirty days."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from governance.audit.reading import AuditFilter
from governance.clock import utc_now
from server import callers
from server.identity.guards import employee
from server.identity.sessions import Session
from server.responses import show
from server.state import assembly
from web.views import FootprintDay, FootprintView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
DAYS = 30
#: Records that are read for the classes: far above what a person asks in thirty days.
RECORDS = 1000


@router.get("/footprint")
async def footprint(request: Request, session: Annotated[Session, Depends(employee)]) -> Response:
    """The page."""
    view = await to_thread.run_sync(footprint_of, assembly(request), session.user.id)
    return show(request, "footprint.html", view)


def footprint_of(components: Assembly, user_id: str) -> FootprintView:
    """The footprint of an account. Sums leave out what is unknown; None where nothing is known."""
    subject = callers.subject_of(components, user_id)
    zone = ZoneInfo(components.settings.timezone)
    since = utc_now().astimezone(zone).date() - timedelta(days=DAYS - 1)
    days = components.energy_book.by_day(subject=subject, since=since)
    receipts = _receipts(components, subject)
    classes = Counter(
        receipt["energy"]["energy_class"]
        for receipt in receipts
        if receipt["energy"]["energy_class"] is not None
    )
    methods = Counter(method for day in days for method in day.methods)
    wh = [day.wh for day in days if day.wh is not None]
    grams = [day.carbon_grams for day in days if day.carbon_grams is not None]
    return FootprintView(
        days=tuple(FootprintDay(day.day, day.requests, day.wh, day.carbon_grams) for day in days),
        total_requests=sum(day.requests for day in days),
        total_wh=sum(wh) if wh else None,
        total_carbon_grams=sum(grams) if grams else None,
        method=methods.most_common(1)[0][0] if methods else "unknown",
        classes=dict(sorted(classes.items())),
        carbon_source=next((str(r["energy"]["carbon_source"]) for r in receipts), ""),
    )


def _receipts(components: Assembly, subject: str) -> list[dict[str, dict[str, str | None]]]:
    since = utc_now() - timedelta(days=DAYS)
    wanted = AuditFilter(subject=subject, type="completed", since=since)
    entries = components.audit.page(wanted, limit=RECORDS)
    return [entry.data["receipt"] for entry in entries if "receipt" in entry.data]
