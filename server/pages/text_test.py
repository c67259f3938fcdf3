"""The administrator tries a text: what is found in it, why, and what the charter does with it.

Neither the text nor what is found in it is written anywhere: not in the books, not in the log.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.charter import Charter, ServiceRules
from governance.messages import N_
from governance.pii.entities import Handling
from governance.pii.errors import PiiError
from governance.pii.finding import MATCHED, VALIDATED, Finding
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_ids
from server.responses import page_for, show
from server.state import assembly, locale_of
from web.i18n import translate
from web.rules import rule_words
from web.text_test_view import FoundView, PieceView, State, TextTestView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH: Final = "/admin/text"
MAX_TEXT: Final = 20_000
"""Characters of a text that is tried, at most: what a page can show."""

LANE = CapacityLimiter(1)
"""Texts that are tried wait for each other, so that they never slow down an answer."""

HANDLINGS: dict[Handling, str] = {
    "pseudonymise": N_("masked before the model reads it, restored in the answer"),
    "never_restore": N_("masked before the model reads it, never restored"),
    "block": N_("blocked: the request is refused"),
    "keep": N_("kept in clear: the model reads it"),
}
STATES: dict[Handling, State] = {
    "pseudonymise": "masked",
    "never_restore": "masked",
    "block": "blocked",
    "keep": "kept",
}
SURE: Final = N_("confirmed by a check")
MATCHING: Final = N_("matched by a pattern and its context")
PROBABLE: Final = N_("likely")


@router.get(PATH)
async def form(request: Request, _session: Admin) -> Response:
    """The empty form."""
    _, charter = assembly(request).charter.get()
    return show(request, "text_test.html", _form(charter))


@router.post(PATH)
async def tried(
    request: Request,
    _session: Admin,
    text: Annotated[str, Form()] = "",
    service: Annotated[str, Form()] = "",
) -> Response:
    """What is found in ``text`` under the rules of ``service``. Nothing is stored."""
    work = partial(_tried, request, text.replace("\r\n", "\n"), service)
    return await to_thread.run_sync(work, limiter=LANE)


def _tried(request: Request, text: str, service: str) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    say: Callable[..., str] = partial(translate, locale_of(request))

    def again(status: int, message_id: str, **params: int) -> Response:
        view = _form(charter, service, text[:MAX_TEXT])
        page = page_for(request, path=PATH, error=say(message_id, **params))
        return show(request, "text_test.html", view, status=status, page=page)

    if not text.strip():
        return again(422, N_("Write or paste a text to try."))
    if len(text) > MAX_TEXT:
        return again(
            422,
            N_("This text is {length} characters long; {limit} at most can be tried."),
            length=len(text),
            limit=MAX_TEXT,
        )
    if service not in service_ids(charter):
        return again(422, N_("Choose one of the charter's services."))
    try:
        view = _result(components, charter, service, text, say)
    except PiiError:
        return again(503, N_("The search for personal data failed: nothing can be said of a text."))
    return show(request, "text_test.html", view, page=page_for(request, path=PATH))


def _form(charter: Charter, service: str = "", text: str = "") -> TextTestView:
    services = tuple((each.id, each.title) for each in charter.services)
    return TextTestView(services, MAX_TEXT, service, text)


def _result(
    components: Assembly, charter: Charter, service: str, text: str, say: Callable[..., str]
) -> TextTestView:
    rules = charter.effective(service)
    masked = components.pseudonymiser.preview(
        f"text-test-{uuid.uuid4().hex}", [text], rules.handling, custom=rules.custom
    )
    found = tuple(
        _found(number, finding, text, rules, say)
        for number, finding in enumerate(masked.findings[0], 1)
    )
    return TextTestView(
        services=tuple((each.id, each.title) for each in charter.services),
        limit=MAX_TEXT,
        service=service,
        text=text,
        tested=True,
        pieces=_pieces(text, masked.findings[0], found),
        found=found,
        seen=masked.texts[0],
        blocked=tuple(say(rules.label(entity)) for entity in masked.blocked),
    )


def _found(
    number: int, finding: Finding, text: str, rules: ServiceRules, say: Callable[..., str]
) -> FoundView:
    handling = rules.handling(finding.entity)
    sureness = PROBABLE
    if finding.score >= VALIDATED:
        sureness = SURE
    elif finding.score >= MATCHED:
        sureness = MATCHING
    return FoundView(
        number=number,
        text=text[finding.start : finding.end],
        entity=finding.entity,
        label=say(rules.label(finding.entity)),
        state=STATES[handling],
        handling=say(HANDLINGS[handling]),
        recognizer=finding.recognizer,
        rule=finding.rule,
        why=say(rule_words(finding.recognizer, finding.rule)),
        score=finding.score,
        sureness=say(sureness),
    )


def _pieces(
    text: str, findings: tuple[Finding, ...], views: tuple[FoundView, ...]
) -> tuple[PieceView, ...]:
    """The text cut at its findings, which do not overlap."""
    pieces: list[PieceView] = []
    position = 0
    for finding, view in zip(findings, views, strict=True):
        if finding.start > position:
            pieces.append(PieceView(text[position : finding.start]))
        pieces.append(PieceView(text[finding.start : finding.end], view.number, view.state))
        position = finding.end
    if position < len(text):
        pieces.append(PieceView(text[position:]))
    return tuple(pieces)
