"""The chat: its page, its exchanges, and what one can do with an answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from governance.audit.leaf import AuditRecord
from governance.clock import utc_now
from governance.events import Completed, Delta, Event, Failed, Reading, Refused, Waiting
from governance.exchange import ExchangeRequest
from governance.messages import N_
from governance.pii.choices import AS_BEFORE, Choices
from governance.pii.errors import PiiError
from models.protocol import Sampling
from server import callers
from server.conversations import Conversation, StoredMessage
from server.errors import NotHere, RequestError, retry_headers
from server.evaluation.feedback import Opinion, Reason, Shared, feedback_of
from server.evaluation.sharing import question_of, sources_of
from server.evaluation.sharing import shared as shared_copy
from server.expiry import erase_conversation
from server.identity.guards import employee
from server.identity.sessions import Session
from server.identity.users import User
from server.organisation import forbidden_titles, service_ids, service_title, told_quota_views
from server.pages.chat_exchange import ChatRecorder, ChatTelling
from server.pages.messages import MessageViews
from server.pages.questions import (
    NEW,
    Asked,
    Text,
    checked,
    max_characters,
    turns_left_out,
    turns_of,
)
from server.responses import page_for, redirect, show
from server.reviewing import as_released, standings_of
from server.state import assembly, exchanges, locale_of, say
from web.i18n import day
from web.views import ChatView, ConversationItem, SeenView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Employee = Annotated[Session, Depends(employee)]
FULL_SECONDS = 1.0
"""How long the answer's status waits to know whether there is room for it."""


class Feedback(BaseModel):
    """A thumb up, down or taken back, why, and what could be better.

    Only with ``share`` do question, answer and comment go to the administrator, pseudonymised.
    ``source`` is the number of the passage shown that was the right one, 0 for none.
    """

    model_config = ConfigDict(extra="forbid")

    value: Literal["up", "down", ""]
    comment: Text = Field("", max_length=1000)
    reason: Reason = ""
    share: bool = False
    source: int = Field(0, ge=0, le=100)


class Unprotected(RequestError):
    """The conversation's pseudonyms cannot be read or written: nothing is sent."""

    status = 503


@router.get("/chat")
async def new_chat(request: Request, session: Employee) -> Response:
    """An empty conversation."""
    return await to_thread.run_sync(_chat_page, request, session, None)


@router.get("/chat/{conversation_id}")
async def chat(request: Request, conversation_id: str, session: Employee) -> Response:
    """A conversation of this person."""
    store = assembly(request).conversations
    found = await to_thread.run_sync(store.get, conversation_id, session.user.id)
    if found is None:
        raise NotHere
    return await to_thread.run_sync(_chat_page, request, session, found)


@router.post("/chat/{conversation_id}/messages")
async def ask(request: Request, conversation_id: str, asked: Asked, session: Employee) -> Response:
    """Store the question, take the road, and tell it as server-sent events.

    Where the queue is full the status is 503: the events are told all the same, for they say it in
    words, and the conversation keeps the question. One that is refused later than
    ``FULL_SECONDS`` is told in the stream only: nobody should wait for a status.
    """
    components = assembly(request)
    user = session.user
    exchange_id = uuid.uuid4().hex
    store = components.conversations
    if asked.regenerate:
        again = partial(store.begin_again, conversation_id, user.id, exchange_id)
        begun = await to_thread.run_sync(again)
    else:
        text = checked(asked.text, components.settings.context_length)
        target = None if conversation_id == NEW else conversation_id
        begin = partial(store.begin, target, user.id, user.service, text, exchange_id)
        begun = await to_thread.run_sync(begin)
    if begun is None:
        raise NotHere
    choices = AS_BEFORE if asked.regenerate else asked.choices()
    note = partial(_note, components, begun.conversation.id, begun.person.text, choices)
    await to_thread.run_sync(note)
    stored = await to_thread.run_sync(_stored, components, user, begun.conversation.id)
    asking = ExchangeRequest(
        id=exchange_id,
        caller=callers.person(components, user),
        conversation_id=begun.conversation.id,
        turns=turns_of(stored),
        left_out=turns_left_out(stored),
        sampling=Sampling(),
        surface="chat",
        choices=choices,
        answer="text" if asked.compose else "auto",
    )
    _, charter = components.charter.get()
    telling = ChatTelling(
        page_for(request, path=f"/chat/{begun.conversation.id}"),
        begun,
        user.id,
        store,
        await to_thread.run_sync(_views, request, begun.conversation.id, user),
        partial(told_quota_views, components.quotas, charter, user.service, asking.caller.asker),
    )
    recorder = ChatRecorder(store, components.audit, begun, exchange_id)
    journey = exchanges(request).start(asking, recorder)
    first = await journey.head(_settles, FULL_SECONDS)
    if await request.is_disconnected():
        journey.stop()  # the stream of one who has left may never begin, nor end the exchange
    busy = isinstance(first, Refused) and first.refusal.cause == "busy"
    return StreamingResponse(
        telling.frames(journey),
        status_code=503 if busy else 200,
        media_type="text/event-stream",
        headers={
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            **(retry_headers(first.refusal) if isinstance(first, Refused) else {}),
        },
    )


@router.post("/chat/exchanges/{exchange}/stop")
async def stop(request: Request, exchange: str, session: Employee) -> Response:
    """Stop an exchange under way; what was written stays, and its end is told in its stream."""
    owner = callers.subject_of(assembly(request), session.user.id)
    journey = exchanges(request).find(exchange, owner)
    if journey is None:
        raise NotHere
    journey.stop()
    return Response(status_code=204)


@router.get("/chat/exchanges/{exchange}/seen")
async def seen(request: Request, exchange: str, session: Employee) -> Response:
    """«What the model saw»: the exact prompt, placeholders in place of personal data."""
    store = assembly(request).conversations
    turns = await to_thread.run_sync(store.prompt, exchange, session.user.id)
    if turns is None:
        raise NotHere
    return show(
        request, "seen.html", SeenView(exchange, turns, request.query_params.get("from", ""))
    )


@router.post("/chat/messages/{message_id}/feedback")
async def feedback(
    request: Request, message_id: str, given: Feedback, session: Employee
) -> Response:
    """Keep a thumb, and record that it was given: its words stay out of the log."""
    return JSONResponse(
        await to_thread.run_sync(_opine, assembly(request), session.user, message_id, given)
    )


@router.post("/chat/{conversation_id}/delete")
async def delete(request: Request, conversation_id: str, session: Employee) -> Response:
    """Erase a conversation, with the pseudonyms' mapping that only it used."""
    components, user_id = assembly(request), session.user.id
    if not await to_thread.run_sync(erase_conversation, components, conversation_id, user_id):
        raise NotHere
    return redirect("/chat?done=deleted")


def _settles(event: Event) -> bool:
    """Whether the queue has taken the exchange, or nothing of it is left to be taken."""
    return isinstance(event, Waiting | Reading | Delta | Completed | Refused | Failed)


def _note(components: Assembly, conversation_id: str, text: str, choices: Choices) -> None:
    """Have the choices hold for this question, whatever stops it. Raises Unprotected."""
    try:
        components.pseudonymiser.note(conversation_id, text, choices)
    except PiiError as failure:
        raise Unprotected(failure.message_id, **failure.params) from None


def _opine(components: Assembly, user: User, message_id: str, given: Feedback) -> dict[str, object]:
    """Keep an opinion; ``shared`` says whether the administrator gets more than the thumb."""
    store = components.conversations
    message = store.message(message_id, user.id)
    if message is None or message.role != "machine":
        raise NotHere
    subject = callers.subject_of(components, user.id)
    shared = _shared(components, user, message, given) if given.share and given.value else None
    components.audit.append(
        AuditRecord(
            "feedback",
            exchange_id=message.exchange_id,
            subject=subject,
            service=user.service,
            data={
                "value": given.value or "withdrawn",
                "comment": bool(given.comment),
                **({"reason": given.reason} if given.reason else {}),
                **({"shared": True} if shared is not None else {}),
            },
        )
    )
    store.set_feedback(message_id, given.value, given.comment)
    opinions = feedback_of(components)
    if given.value:
        opinion = Opinion(
            message.exchange_id,
            message.conversation_id,
            subject,
            user.service,
            given.value,
            given.reason,
        )
        opinions.put(opinion, shared)
    else:
        opinions.withdraw(message.exchange_id, subject)
    return {"value": given.value, "shared": shared is not None}


def _shared(
    components: Assembly, user: User, message: StoredMessage, given: Feedback
) -> Shared | None:
    """What the person shares, pseudonymised; None where that fails, or there is no text."""
    answer = as_released(message, standings_of(components, user, (message,)))
    stored = components.conversations.messages(message.conversation_id)
    question = question_of(stored, message)
    _, charter = components.charter.get()
    if not question or not answer.text or user.service not in service_ids(charter):
        return None
    return shared_copy(
        components.pseudonymiser,
        charter.effective(user.service),
        answer,
        question,
        given.comment.strip(),
        sources_of(answer, components.retriever),
        given.source,
    )


def _stored(components: Assembly, user: User, conversation_id: str) -> tuple[StoredMessage, ...]:
    """The turns, those released by a reviewer with their text; what was replaced is gone."""
    stored = components.conversations.messages(conversation_id)
    components.reviews.destroy(conversation_id, keep={turn.exchange_id for turn in stored})
    standings = standings_of(components, user, stored)
    return tuple(as_released(turn, standings) for turn in stored)


def _views(request: Request, conversation_id: str, user: User) -> MessageViews:
    components = assembly(request)
    subject = callers.subject_of(components, user.id)
    _, charter = components.charter.get()
    return MessageViews(
        components.retriever,
        {status.id: status.owner for status in components.sources.statuses()},
        locale=locale_of(request),
        timezone=components.settings.timezone,
        contact=charter.organisation.contact.email,
        conversation_id=conversation_id,
        standings=partial(standings_of, components, user),
        contests=partial(components.contests.of, subject, conversation_id),
        role_title=charter.reviewer_title,
        held_until=components.sources.held_until,
    )


def _chat_page(request: Request, session: Session, current: Conversation | None) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    user = session.user
    messages = components.conversations.messages(current.id) if current is not None else ()
    views = _views(request, current.id if current is not None else "", user)
    shown = views.views(messages)
    if current is not None:
        subject = callers.subject_of(components, user.id)
        components.reviews.told(subject, [message.exchange_id for message in messages])
        components.contests.told(subject, current.id)
    statuses = components.sources.statuses()
    passages = sum(status.passages for status in statuses)
    vectors = sum(status.vectors * status.passages for status in statuses)
    view = ChatView(
        conversation_id=current.id if current is not None else "",
        title=current.title if current is not None else "",
        messages=shown,
        conversations=_items(request, session, current),
        quotas=told_quota_views(
            components.quotas, charter, user.service, callers.person(components, user).asker
        ),
        service_title=service_title(charter, user.service),
        mention=charter.labelling.mention,
        assistant_name=charter.assistant.name,
        examples=tuple(charter.assistant.examples),
        forbidden=forbidden_titles(charter, user.service),
        max_characters=max_characters(components.settings.context_length),
        passages=passages,
        vectors_ready=vectors / passages if passages else 1.0,
        passage_first=charter.answers.first == "passage",
    )
    return show(request, "chat.html", view)


def _items(
    request: Request, session: Session, current: Conversation | None
) -> tuple[ConversationItem, ...]:
    components = assembly(request)
    zone = ZoneInfo(components.settings.timezone)
    today = utc_now().astimezone(zone).date()

    def heading(moment: datetime) -> str:
        date = moment.astimezone(zone).date()
        if date == today:
            return say(request, N_("Today"))
        if date == today - timedelta(days=1):
            return say(request, N_("Yesterday"))
        return day(locale_of(request), moment, components.settings.timezone)

    return tuple(
        ConversationItem(
            item.id,
            item.title,
            heading(item.updated_at),
            current is not None and item.id == current.id,
        )
        for item in components.conversations.of(session.user.id)
    )
