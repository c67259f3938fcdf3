"""Before sending: what of a text will be masked, and the exact text that the model will read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.charter.charter import ServiceRules, UnknownService
from governance.messages import N_
from governance.pii.decisions import CHOSEN, may_keep
from governance.pii.entities import Handling
from governance.pii.errors import PiiError
from governance.pii.finding import Finding
from governance.pii.pseudonymise import Masked
from governance.pii.recognizers.base import folded
from server.errors import NotHere, RequestError
from server.identity.guards import employee
from server.identity.sessions import Session
from server.pages.questions import NEW, Typed, checked, turns_with
from server.responses import page_for
from server.state import assembly, say
from web.render import render
from web.views import MaskedItem, PreviewView

router = APIRouter()
Employee = Annotated[Session, Depends(employee)]

LANE = CapacityLimiter(1)
"""Previews wait for each other, so that people who type never slow down an answer."""

State = Literal["masked", "kept", "blocked"]


class Unpreviewed(RequestError):
    """What will be masked cannot be told now. Sending stays governed by the road."""

    status = 503
    title = N_("What will be masked cannot be shown")
    message_id = N_(
        "What will be masked cannot be shown at the moment. You can send your message: it is "
        "analysed again first, and nothing is sent if that fails."
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text, from ``start`` to ``end`` characters, and what becomes of it.

    ``label`` is the kind in the reader's language. ``may_keep``: the charter lets the person leave
    it in clear. ``chosen``: it is masked because a person asked for it.
    """

    start: int
    end: int
    entity: str
    label: str
    state: State
    may_keep: bool
    chosen: bool


@router.post("/chat/{conversation_id}/preview")
async def preview(
    request: Request, conversation_id: str, typed: Typed, session: Employee
) -> Response:
    """What sending ``typed`` now would mask. Nothing is stored, and no quota is touched."""
    components = assembly(request)
    question = checked(typed.text, components.settings.context_length)
    async with LANE:
        if await request.is_disconnected():
            return Response(status_code=204)  # the person typed on: a newer one comes
        told = await to_thread.run_sync(
            _preview, request, session, conversation_id, typed, question
        )
    return JSONResponse(told)


def _preview(
    request: Request, session: Session, conversation_id: str, typed: Typed, question: str
) -> dict[str, object]:
    components = assembly(request)
    store, user = components.conversations, session.user
    if conversation_id == NEW:
        turns = turns_with((), question)
    elif store.get(conversation_id, user.id) is not None:
        turns = turns_with(store.messages(conversation_id), question)
    else:
        raise NotHere
    _, charter = components.charter.get()
    try:
        rules = charter.effective(user.service)
        masked = components.pseudonymiser.preview(
            conversation_id,
            [turn.content for turn in turns],
            rules.handling,
            custom=rules.custom,
            choices=typed.choices(),
            may_keep=rules.may_keep,
        )
    except (PiiError, UnknownService):
        raise Unpreviewed from None  # what failed may hold the text
    marks = _marks(request, masked, rules)
    view = PreviewView(
        count=sum(mark.state != "kept" for mark in marks),
        items=_items(question, marks, typed.masked),
        blocked=tuple(say(request, rules.label(entity)) for entity in masked.blocked),
        text=masked.texts[-1],
    )
    return {
        "spans": _spans(typed.text, marks),
        "count": view.count,
        "blocked": view.blocked,
        "text": view.text,
        "html": render("_preview.html", page_for(request), view),
    }


def _marks(request: Request, masked: Masked, rules: ServiceRules) -> list[Mark]:
    """What is masked in the last text, and what stays in clear because the person chose so."""
    covered = set(masked.spans[-1])
    marks: list[Mark] = []
    for finding in masked.findings[-1]:
        treatment = rules.handling(finding.entity)
        is_masked = (finding.start, finding.end) in covered
        if not is_masked and treatment == "keep":
            continue
        marks.append(
            Mark(
                finding.start,
                finding.end,
                finding.entity,
                say(request, rules.label(finding.entity)),
                _state(treatment) if is_masked else "kept",
                _keepable(finding, treatment, rules),
                finding.recognizer == CHOSEN,
            )
        )
    return marks


def _state(treatment: Handling) -> State:
    return "blocked" if treatment == "block" else "masked"


def _keepable(finding: Finding, treatment: Handling, rules: ServiceRules) -> bool:
    return finding.recognizer != CHOSEN and may_keep(finding, treatment, rules.may_keep)


def _items(text: str, marks: Sequence[Mark], chosen: Sequence[str]) -> tuple[MaskedItem, ...]:
    """A line for each word and kind, then one for each name to mask that is in none of them."""
    grouped: dict[tuple[str, str, State], list[Mark]] = {}
    for mark in marks:
        word = text[mark.start : mark.end]
        grouped.setdefault((word, mark.label, mark.state), []).append(mark)
    items: list[MaskedItem] = []
    left = list(chosen)
    for (word, label, state), same in grouped.items():
        choice = next((name for name in chosen if folded(name) in folded(word)), "")
        left = [name for name in left if folded(name) not in folded(word)]
        items.append(
            MaskedItem(
                word,
                label,
                len(same),
                state,
                may_keep=same[0].may_keep,
                choice=choice,
                chosen=any(mark.chosen for mark in same),
            )
        )
    return (*items, *(MaskedItem(name, choice=name, chosen=True) for name in left))


def _spans(typed: str, marks: Sequence[Mark]) -> list[dict[str, object]]:
    """The marks in what was typed, spaces around it included, counted as JavaScript counts."""
    before = len(typed) - len(typed.lstrip())
    units = list(accumulate((2 if ord(char) > 0xFFFF else 1 for char in typed), initial=0))
    return [
        {
            "start": units[before + mark.start],
            "end": units[before + mark.end],
            "entity": mark.entity,
            "label": mark.label,
            "state": mark.state,
            "may_keep": mark.may_keep,
            "chosen": mark.chosen,
        }
        for mark in marks
    ]
