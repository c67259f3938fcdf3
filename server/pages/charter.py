"""The charter: read, checked while it is written, and put in force; each revision is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.audit.leaf import AuditRecord
from governance.charter.charter import Charter
from governance.charter.load import load_text
from governance.charter.problems import CharterInvalid, CharterProblem
from governance.charter.revisions import CharterStoreError
from governance.clock import parse_iso
from governance.messages import N_
from server import callers
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_views
from server.responses import page_for, redirect, show
from server.state import assembly, locale_of
from web.i18n import translate
from web.render import render
from web.views import CharterProblemView, CharterUseView, CharterView, RevisionView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/charter"
MAX_TEXT = 512 * 1024
UNKNOWN_SOURCES = N_("There are no such sources: {names}.")


class Draft(BaseModel):
    """A text to check."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MAX_TEXT)


@router.get(PATH)
async def read(request: Request, _session: Admin) -> Response:
    """The charter in force, to read and edit."""
    return await to_thread.run_sync(_current_page, request)


@router.post(f"{PATH}/check")
async def check(request: Request, _session: Admin, draft: Draft) -> Response:
    """What is wrong with a text, by line, and what it means. Nothing is saved."""
    return await to_thread.run_sync(_checked, request, draft.text)


@router.post(PATH)
async def save(
    request: Request,
    session: Admin,
    text: Annotated[str, Form(max_length=MAX_TEXT)],
    reason: Annotated[str, Form(max_length=2000)] = "",
    parent: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Put a text in force, unless it has an error or somebody else was first."""
    return await to_thread.run_sync(_save, request, session, text, reason, parent)


def examine(components: Assembly, text: str) -> tuple[Charter | None, tuple[CharterProblem, ...]]:
    """The charter that ``text`` makes, or what is wrong with it here."""
    current = components.charter_store.current()
    parents = current.parents.__getitem__ if current is not None else None
    try:
        charter = load_text(text, parents=parents)
    except CharterInvalid as error:
        return None, error.problems
    known = {status.id for status in components.sources.statuses()}
    problems = []
    for index, service in enumerate(charter.services):
        unknown = () if service.sources == "all" else sorted(set(service.sources) - known)
        if unknown:
            field = f"services[{index}].sources"
            mark = charter.places[field]
            params = {"names": ", ".join(unknown)}
            problems.append(
                CharterProblem(mark.file, mark.line, mark.column, field, UNKNOWN_SOURCES, params)
            )
    return charter, tuple(problems)


def _problem_views(
    problems: tuple[CharterProblem, ...], locale: str
) -> tuple[CharterProblemView, ...]:
    return tuple(
        CharterProblemView(
            line=problem.line,
            column=problem.column,
            field=problem.field,
            message=translate(locale, problem.message_id, **problem.params),
        )
        for problem in problems
    )


def _use_views(charter: Charter) -> tuple[CharterUseView, ...]:
    uses = [*charter.uses, *(use for service in charter.services for use in service.uses)]
    return tuple(
        CharterUseView(
            title=use.title,
            effect=use.effect,
            reason=use.reason,
            legal_basis=tuple(use.legal_basis),
            examples=len(use.detect.examples),
            counter_examples=len(use.detect.counter_examples),
        )
        for use in uses
    )


def _view(
    components: Assembly,
    locale: str,
    text: str,
    parent: str,
    *,
    problems: tuple[CharterProblem, ...] = (),
    meaning: Charter | None = None,
    reason: str = "",
) -> CharterView:
    _, in_force = components.charter.get()
    shown = meaning or in_force
    history = components.charter_store.list(limit=50)
    newest = history[0].number if history else 0
    return CharterView(
        text=text,
        revision=parent,
        problems=_problem_views(problems, locale),
        uses=_use_views(shown),
        services=service_views(components, shown),
        revisions=tuple(
            RevisionView(
                revision=one.revision,
                author=one.author,
                reason=one.reason,
                created_at=parse_iso(one.time),
                current=one.number == newest,
            )
            for one in history
        ),
        editable=True,
        reason=reason,
    )


def _current_page(request: Request) -> Response:
    components = assembly(request)
    current = components.charter_store.current()
    text, revision = (current.text, current.revision) if current is not None else ("", "")
    view = _view(components, locale_of(request), text, revision)
    return show(request, "charter.html", view)


def _checked(request: Request, text: str) -> Response:
    components = assembly(request)
    charter, problems = examine(components, text)
    summary = ""
    if charter is not None:
        view = _view(components, locale_of(request), text, "", meaning=charter)
        summary = render("_charter_meaning.html", page_for(request, path=PATH), view)
    return JSONResponse(
        {
            "problems": [
                {
                    "line": problem.line,
                    "column": problem.column,
                    "field": problem.field,
                    "message": problem.message,
                }
                for problem in _problem_views(problems, locale_of(request))
            ],
            "summary_html": summary,
        }
    )


def _save(request: Request, session: Session, text: str, reason: str, parent: str) -> Response:
    components = assembly(request)
    locale = locale_of(request)

    def again(status: int, error: str, problems: tuple[CharterProblem, ...] = ()) -> Response:
        view = _view(components, locale, text, parent, problems=problems, reason=reason)
        page = page_for(request, path=PATH, error=error)
        return show(request, "charter.html", view, status=status, page=page)

    _, problems = examine(components, text)
    if problems:
        message = translate(locale, N_("The charter was not published: it has errors."))
        return again(422, message, problems)
    # A change that could not be logged must not come into force.
    components.audit.head()
    try:
        saved = components.charter_store.save(
            text, session.user.display_name, reason, parent or None
        )
    except CharterInvalid as error:
        message = translate(locale, N_("The charter was not published: it has errors."))
        return again(422, message, error.problems)
    except CharterStoreError as error:
        return again(409, translate(locale, error.message_id, **error.params))
    components.audit.append(
        AuditRecord(
            "charter",
            subject=callers.subject_of(components, session.user.id),
            charter_revision=saved.revision,
            data={"action": "published", "parent": parent or None, "number": saved.number},
        ),
        saved.reason,
    )
    components.charter.reload()
    response = redirect(f"{PATH}?done=charter")
    # The new judge takes seconds to make: the first question should not wait for it.
    response.background = BackgroundTask(to_thread.run_sync, components.judges.warm)
    return response
