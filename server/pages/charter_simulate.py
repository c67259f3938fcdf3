"""What a draft of the charter would change of what people asked: counts, never a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.audit.errors import AuditError, ReasonTooShort
from governance.audit.log import MIN_REASON
from governance.charter.charter import Charter
from governance.charter.simulate import DEFAULT_LIMIT, MAX_LIMIT, Scope, Simulation
from governance.clock import utc_now
from governance.messages import N_
from server import callers
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_title
from server.pages.charter import HAS_ERRORS, PATH, Reason, Text
from server.pages.charter_words import examine
from server.responses import page_for, redirect, show
from server.simulations import AlreadyRunning, Job
from server.state import assembly, locale_of, say, simulations
from web.charter_views import ServiceCounts, SimulationResult, SimulationRow, SimulationView
from web.i18n import translate

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
SIMULATE = f"{PATH}/simulate"
DAYS = 30
REASON_TOO_SHORT = N_("Give a reason of at least {minimum} characters.")


@router.get(SIMULATE)
async def read(request: Request, _session: Admin) -> Response:
    """The simulation under way, or the last one."""
    return await to_thread.run_sync(_page, request, None)


@router.post(f"{SIMULATE}/draft")
async def draft(request: Request, _session: Admin, text: Text) -> Response:
    """The form, for a draft that comes from the editor. Nothing is read yet."""
    return await to_thread.run_sync(_page, request, text)


@router.post(SIMULATE)
async def start(
    request: Request,
    session: Admin,
    text: Text,
    reason: Reason = "",
    days: Annotated[int, Form(ge=1, le=366)] = DAYS,
    service: Annotated[str, Form(max_length=60)] = "",
    limit: Annotated[int, Form(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Response:
    """Begin a simulation: the log keeps who asked for it, and why."""
    scope = Scope(utc_now() - timedelta(days=days), service or None, limit)
    return await to_thread.run_sync(_start, request, session, text, reason, scope, days)


@router.post(f"{SIMULATE}/stop")
async def stop(request: Request, _session: Admin) -> Response:
    """Stop the simulation under way; what was counted so far is shown."""
    await to_thread.run_sync(simulations(request).stop)
    return redirect(SIMULATE)


def _start(
    request: Request, session: Session, text: str, reason: str, scope: Scope, days: int
) -> Response:
    components = assembly(request)

    def again(status: int, message: str) -> Response:
        view = replace(_form(components, text), days=days, reason=reason,
                       service=scope.service or "", limit=scope.limit)  # fmt: skip
        page = page_for(request, path=SIMULATE, error=message)
        return show(request, "charter_simulate.html", view, status=status, page=page)

    charter, invalid = examine(components, text)
    if charter is None or invalid is not None:
        return again(422, say(request, HAS_ERRORS))
    if len(reason.strip()) < MIN_REASON:
        return again(422, say(request, REASON_TOO_SHORT, minimum=MIN_REASON))
    try:
        simulations(request).start(
            charter,
            text,
            scope,
            by=session.user.display_name,
            reader=callers.subject_of(components, session.user.id),
            reason=reason,
        )
    except AlreadyRunning as error:
        return again(409, say(request, error.message_id))
    except (AuditError, ReasonTooShort) as error:
        return again(422, say(request, error.message_id, **error.params))
    return redirect(SIMULATE)


def _page(request: Request, text: str | None) -> Response:
    components = assembly(request)
    job = simulations(request).last
    if text is None and job is not None:
        view = _shown(components, job, locale_of(request))
    elif text is None:
        current = components.charter_store.current()
        view = _form(components, current.text if current is not None else "")
    else:
        view = _form(components, text)
    page = page_for(request, path=SIMULATE)
    return show(request, "charter_simulate.html", view, page=page)


def _form(components: Assembly, text: str) -> SimulationView:
    _, charter = components.charter.get()
    return SimulationView(
        text=text,
        days=DAYS,
        service="",
        limit=DEFAULT_LIMIT,
        max_limit=MAX_LIMIT,
        reason="",
        services=tuple((service.id, service.title) for service in charter.services),
    )


def _shown(components: Assembly, job: Job, locale: str) -> SimulationView:
    _, charter = components.charter.get()
    titles = {rule.use.id: rule.use.title for rule in charter.rules}
    drafted, _ = examine(components, job.text)
    if drafted is not None:
        titles |= {rule.use.id: rule.use.title for rule in drafted.rules}
    days = max(1, round((utc_now() - job.scope.since).total_seconds() / 86_400))
    return replace(
        _form(components, job.text),
        days=days,
        service=job.scope.service or "",
        limit=job.scope.limit,
        state=job.state,
        revision=job.revision,
        by=job.by,
        done=job.done,
        total=job.total,
        error=translate(locale, job.error[0], **job.error[1]) if job.error else "",
        result=_result(job.result, charter, titles) if job.result is not None else None,
    )


def _result(result: Simulation, charter: Charter, titles: dict[str, str]) -> SimulationResult:
    return SimulationResult(
        found=result.found,
        replayed=result.replayed,
        erased=result.erased,
        broken=result.broken,
        gone=result.gone,
        more=result.more,
        cancelled=result.cancelled,
        services=tuple(
            ServiceCounts(
                service_title(charter, service),
                result.count("refused", service),
                result.count("reviewed", service),
                result.count("allowed", service),
                result.count(None, service),
            )
            for service in result.services
        ),
        rows=tuple(
            SimulationRow(
                service_title(charter, group.service),
                titles.get(group.use or "", group.use or ""),
                group.before,
                group.after,
                group.count,
            )
            for group in result.changed
        ),
    )
