"""Refusals that people contest: they send it, the admin or the DPO answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.review.contests import MAX_COMMENT, Contest, Refused
from governance.review.errors import ReviewError
from server import callers
from server.errors import NotHere, RequestError
from server.identity.guards import admin, dpo, employee
from server.identity.sessions import Session
from server.organisation import service_title
from server.responses import page_for, redirect, show
from server.state import assembly, say
from web.review_views import ContestsView, ContestView

if TYPE_CHECKING:
    from server.assembly import Assembly
    from server.identity.users import User

router = APIRouter()
Employee = Annotated[Session, Depends(employee)]
Admin = Annotated[Session, Depends(admin)]
Dpo = Annotated[Session, Depends(dpo)]
OF_ADMIN = "/admin/contests"
OF_DPO = "/contests"
EDITOR = "/admin/charter"

Answer = Annotated[Literal["upheld", "accepted"], Form()]
Words = Annotated[str, Form(max_length=4000)]


class NotContested(RequestError):
    """A contest is not taken as it is."""

    status = 409


@router.post("/chat/exchanges/{exchange}/contest")
async def contest(
    request: Request,
    exchange: str,
    session: Employee,
    comment: Annotated[str, Form(max_length=MAX_COMMENT)] = "",
    with_text: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Contest a refusal; the text goes with it only where the box was ticked."""

    def run() -> str:
        components = assembly(request)
        refused, text = _refused(components, session.user, exchange)
        try:
            components.contests.open(refused, comment, text if with_text == "yes" else None)
        except ReviewError as error:
            raise NotContested(error.message_id, **error.params) from None
        return refused.conversation_id

    conversation = await to_thread.run_sync(run)
    return redirect(f"/chat/{conversation}?done=contested")


@router.get(OF_ADMIN)
async def for_admin(request: Request, _session: Admin) -> Response:
    """The contests, for the administrator."""
    return await to_thread.run_sync(_page, request, OF_ADMIN, "")


@router.get(OF_DPO)
async def for_dpo(request: Request, _session: Dpo) -> Response:
    """The contests, for the data protection officer."""
    return await to_thread.run_sync(_page, request, OF_DPO, "")


@router.post(f"{OF_ADMIN}/{{exchange}}")
async def answer_as_admin(
    request: Request, exchange: str, session: Admin, answer: Answer, words: Words = ""
) -> Response:
    """Answer a contest."""
    return await to_thread.run_sync(_answer, request, session, OF_ADMIN, exchange, answer, words)


@router.post(f"{OF_DPO}/{{exchange}}")
async def answer_as_dpo(
    request: Request, exchange: str, session: Dpo, answer: Answer, words: Words = ""
) -> Response:
    """Answer a contest."""
    return await to_thread.run_sync(_answer, request, session, OF_DPO, exchange, answer, words)


def contest_views(components: Assembly) -> tuple[ContestView, ...]:
    """Every contest, the open ones first."""
    _, charter = components.charter.get()
    return tuple(
        _view(each, service_title(charter, each.refused.service))
        for each in components.contests.all()
    )


def counter_example(text: str | None) -> str:
    """The line to paste under «counter_examples»: a JSON string is a YAML one."""
    return f"- {json.dumps(' '.join(text.split()), ensure_ascii=False)}" if text else ""


def _answer(
    request: Request,
    session: Session,
    path: str,
    exchange: str,
    answer: Literal["upheld", "accepted"],
    words: str,
) -> Response:
    components = assembly(request)
    subject = callers.subject_of(components, session.user.id)
    try:
        components.contests.answer(exchange, subject, answer, words)
    except ReviewError as error:
        return _page(request, path, say(request, error.message_id, **error.params))
    return redirect(f"{path}?done=answered")


def _page(request: Request, path: str, error: str) -> Response:
    components = assembly(request)
    editor = EDITOR if path == OF_ADMIN else ""
    view = ContestsView(contest_views(components), path, editor)
    page = page_for(request, path=path, error=error)
    return show(request, "contests.html", view, status=409 if error else 200, page=page)


def _refused(components: Assembly, user: User, exchange: str) -> tuple[Refused, str]:
    """The refusal of an exchange of this person, and what they had written. Raises NotHere."""
    store = components.conversations
    message = store.machine_turn(exchange, user.id)
    refusal = message.refusal if message is not None else None
    if message is None or refusal is None or refusal["cause"] not in {"use", "personal_data"}:
        raise NotHere
    turns = store.messages(message.conversation_id)
    place = next(n for n, turn in enumerate(turns) if turn.id == message.id)
    asked = [turn.text for turn in turns[:place] if turn.role == "person"]
    receipt = message.receipt or {}
    return (
        Refused(
            exchange_id=exchange,
            subject=callers.subject_of(components, user.id),
            conversation_id=message.conversation_id,
            service=user.service,
            use_id=refusal["use_id"],
            title=refusal["title"],
            layer=refusal.get("layer") or "",
            score=refusal.get("score"),
            nearest=refusal.get("nearest") or "",
            charter_revision=receipt.get("charter_revision") or "unknown",
        ),
        asked[-1] if asked else "",
    )


def _view(contest: Contest, service: str) -> ContestView:
    refused = contest.refused
    return ContestView(
        id=refused.exchange_id,
        use_id=refused.use_id,
        title=refused.title or refused.use_id,
        service=service,
        layer=refused.layer,
        score=refused.score,
        nearest=refused.nearest,
        state=contest.state,
        created_at=contest.created_at,
        comment=contest.comment,
        text=contest.text,
        line=counter_example(contest.text),
        answered_at=contest.answered_at,
        answer=contest.answer,
    )
