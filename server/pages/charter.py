"""The charter: read, checked while it is written, and put in force; each revision is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.charter.charter import Charter
from governance.charter.problems import CharterInvalid
from governance.charter.publishing import Proof
from governance.clock import parse_iso
from governance.messages import N_
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_views
from server.pages.charter_words import examine, problem_views, proof_view
from server.responses import page_for, show
from server.state import assembly, locale_of, proofs
from web.i18n import translate
from web.render import render
from web.views import CharterUseView, CharterView, RevisionView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/charter"
MAX_TEXT = 512 * 1024
Text = Annotated[str, Form(max_length=MAX_TEXT)]
Reason = Annotated[str, Form(max_length=2000)]
Parent = Annotated[str, Form(max_length=64)]
HAS_ERRORS = N_("The charter was not published: it has errors.")
NOT_IN_FORCE = N_(
    "Revision No. {number} was published and cannot be put in force here ({cause}): the one before "
    "it still holds. Publish a right one, or restore one below."
)


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


@router.post(f"{PATH}/edit")
async def edit(
    request: Request, _session: Admin, text: Text, reason: Reason = "", parent: Parent = ""
) -> Response:
    """The editor with a text that is not saved: one comes back from a comparison or simulation."""
    return await to_thread.run_sync(_edited, request, text, reason, parent, False)


@router.post(f"{PATH}/test")
async def test(
    request: Request, _session: Admin, text: Text, reason: Reason = "", parent: Parent = ""
) -> Response:
    """The editor with what the text's own tests say of it. Nothing is saved."""
    return await to_thread.run_sync(_edited, request, text, reason, parent, True)


def _use_views(charter: Charter) -> tuple[CharterUseView, ...]:
    uses = [*charter.uses, *(use for service in charter.services for use in service.uses)]
    return tuple(
        CharterUseView(
            id=use.id,
            title=use.title,
            effect=use.effect,
            reason=use.reason,
            legal_basis=tuple(use.legal_basis),
            examples=len(use.detect.examples),
            counter_examples=len(use.detect.counter_examples),
        )
        for use in uses
    )


def view_of(
    components: Assembly,
    locale: str,
    text: str,
    parent: str,
    *,
    error: CharterInvalid | None = None,
    meaning: Charter | None = None,
    reason: str = "",
    proof: Proof | None = None,
    confirm: bool = False,
) -> CharterView:
    _, in_force = components.charter.get()
    shown = meaning or in_force
    history = components.charter_store.list(limit=50)
    newest = history[0].number if history else 0
    return CharterView(
        text=text,
        revision=parent,
        problems=problem_views(error, locale),
        uses=_use_views(shown),
        services=service_views(components, shown),
        revisions=tuple(
            RevisionView(
                revision=one.revision,
                author=one.author,
                reason=one.reason,
                created_at=parse_iso(one.time),
                current=one.number == newest,
                signature=one.state,
                number=one.number,
            )
            for one in history
        ),
        editable=True,
        reason=reason,
        proof=proof_view(proof, shown) if proof is not None else None,
        confirm=confirm,
    )


def _current_page(request: Request) -> Response:
    components = assembly(request)
    current = components.charter_store.current()
    text, revision = (current.text, current.revision) if current is not None else ("", "")
    view = view_of(components, locale_of(request), text, revision)
    refused = components.charter.refused
    if refused is None:
        return show(request, "charter.html", view)
    cause = getattr(refused.error, "message_id", type(refused.error).__name__)
    params = getattr(refused.error, "params", {})
    said = translate(locale_of(request), cause, **params)
    error = translate(locale_of(request), NOT_IN_FORCE, number=refused.number, cause=said)
    return show(request, "charter.html", view, page=page_for(request, path=PATH, error=error))


def _checked(request: Request, text: str) -> Response:
    components = assembly(request)
    locale = locale_of(request)
    charter, error = examine(components, text)
    summary = ""
    if charter is not None:
        view = view_of(components, locale, text, "", meaning=charter)
        summary = render("_charter_meaning.html", page_for(request, path=PATH), view)
    return JSONResponse(
        {
            "problems": [
                {
                    "line": problem.line,
                    "column": problem.column,
                    "field": problem.field,
                    "message": problem.message,
                    "lines": [
                        {"file": file, "line": number, "text": written}
                        for file, number, written in problem.lines
                    ],
                }
                for problem in problem_views(error, locale)
            ],
            "summary_html": summary,
        }
    )


def _edited(request: Request, text: str, reason: str, parent: str, tested: bool) -> Response:
    components = assembly(request)
    charter, error = examine(components, text)
    proof = proofs(request).of(charter) if tested and charter and not error else None
    view = view_of(
        components, locale_of(request), text, parent,
        error=error, meaning=charter, reason=reason, proof=proof,
    )  # fmt: skip
    return show(request, "charter.html", view, page=page_for(request, path=PATH))
