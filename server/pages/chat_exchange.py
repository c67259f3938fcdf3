"""One exchange of the chat: what is stored of it, and the server-sent events that tell it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

from anyio import to_thread

from governance.audit.leaf import ENDS
from governance.audit.log import AuditLog
from governance.events import (
    Accepted,
    Completed,
    Delta,
    Event,
    Failed,
    InstructionsFound,
    Prompted,
    Reading,
    Refused,
    Searching,
    SourcesFound,
    Waiting,
)
from governance.messages import N_
from server.conversations import Begun, Conversations, Ending, State
from server.exchanges import Journey, Outcome
from server.pages.messages import MessageViews, refusal_values
from web.i18n import translate
from web.render import render
from web.views import Page, QuotaView

KEEP_ALIVE = 15.0
INSTRUCTION_FOUND = N_(
    "A document holds an instruction addressed to the assistant; it was not followed."
)


def frame(name: str, data: dict[str, Any]) -> bytes:
    """One server-sent event (HTML standard, section 9.2)."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class ChatRecorder:
    """Stores an exchange in its conversation, as it goes and at its end."""

    def __init__(self, store: Conversations, audit: AuditLog, begun: Begun, exchange: str) -> None:
        self._store = store
        self._audit = audit
        self._begun = begun
        self._exchange = exchange
        self._pieces: list[str] = []
        self._sources: tuple[str, ...] = ()
        self._ended = False

    async def on_event(self, event: Event) -> None:
        """Store what ``event`` brings."""
        match event:
            case Delta(text=text):
                self._pieces.append(text)
            case Accepted(masked_spans=spans) if spans:
                await to_thread.run_sync(self._store.set_masked, self._begun.person.id, spans)
            case SourcesFound(passages=passages):
                self._sources = tuple(passage.id for passage in passages)
            case Prompted(messages=messages):
                turns = tuple((str(turn.role), turn.content) for turn in messages)
                await to_thread.run_sync(self._store.set_prompt, self._begun.machine_id, turns)
            case Completed():
                await self._complete(event)
            case Refused(refusal=refusal, receipt=receipt):
                await self._end(
                    Ending(
                        "refused",
                        receipt=receipt.model_dump(mode="json"),
                        refusal=refusal_values(refusal),
                    )
                )
            case Failed():
                await self._end(Ending("failed", "".join(self._pieces), self._sources))
            case _:
                pass

    async def on_end(self, outcome: Outcome) -> None:
        """Store the end of an exchange that was cancelled or broke: what had been written."""
        if self._ended:
            return
        state: State = "cancelled" if outcome == "cancelled" else "failed"
        receipt = await to_thread.run_sync(self._receipt)
        await self._end(Ending(state, "".join(self._pieces), self._sources, receipt=receipt))

    async def _complete(self, event: Completed) -> None:
        unsupported: tuple[str, ...] = ()
        if event.grounding is not None:
            unsupported = tuple(
                sentence.text
                for sentence in event.grounding.sentences
                if sentence.support == "unsupported"
            )
        await self._end(
            Ending(
                "complete",
                event.text,
                tuple(passage.id for passage in event.passages),
                unsupported,
                receipt=event.receipt.model_dump(mode="json"),
            )
        )

    async def _end(self, ending: Ending) -> None:
        await to_thread.run_sync(self._store.end, self._begun.machine_id, ending)
        self._ended = True

    def _receipt(self) -> dict[str, Any] | None:
        """The receipt that the road wrote in the log, where nobody was left to be told it."""
        for entry in self._audit.entries_of(self._exchange):
            if entry.type in ENDS and isinstance(entry.data.get("receipt"), dict):
                return {**entry.data["receipt"], "record": entry.index}
        return None


class ChatTelling:
    """Tells an exchange to the page's script, in the reader's language."""

    def __init__(
        self,
        page: Page,
        begun: Begun,
        user_id: str,
        store: Conversations,
        views: MessageViews,
        quotas: Callable[[], tuple[QuotaView, ...]],
    ) -> None:
        self._page = page
        self._begun = begun
        self._user_id = user_id
        self._store = store
        self._views = views
        self._quotas = quotas

    async def frames(self, journey: Journey) -> AsyncGenerator[bytes, None]:
        """Every frame of the exchange. Closing it cancels the exchange."""
        conversation = self._begun.conversation
        yield frame(
            "conversation",
            {
                "id": conversation.id,
                "title": conversation.title,
                "url": f"/chat/{conversation.id}",
            },
        )
        told_end = False
        events = journey.events(KEEP_ALIVE)
        try:
            async for event in events:
                if event is None:
                    yield b": keep-alive\n\n"
                    continue
                told_end = isinstance(event, Completed | Refused | Failed)
                for name, data in await to_thread.run_sync(self._told, event):
                    yield frame(name, data)
        finally:
            await events.aclose()
        if not told_end:
            yield frame("completed", {"html": await to_thread.run_sync(self._machine_html)})
        yield frame("quota", {"html": await to_thread.run_sync(self._quota_html)})

    def _told(self, event: Event) -> list[tuple[str, dict[str, Any]]]:
        match event:
            case Accepted():
                return [("accepted", self._accepted(event))]
            case Searching(passages=count):
                return [("searching", {"passages": count})]
            case SourcesFound(passages=passages, caveats=caveats):
                views = self._views.found(passages, caveats)
                return [("sources", {"html": self._fragment("_sources.html", views)})]
            case InstructionsFound():
                note = translate(self._page.locale, INSTRUCTION_FOUND)
                return [("injection", {"message": note})]
            case Waiting(position=position):
                return [("waiting", {"position": position})]
            case Reading(done=done, total=total):
                return [("reading", {"done": done, "total": total})]
            case Delta(text=text):
                return [("delta", {"text": text})]
            case Completed():
                return [("completed", {"html": self._machine_html()})]
            case Refused():
                return [("refused", {"html": self._machine_html()})]
            case Failed(message_id=message_id, params=params):
                return [("failed", {"message": translate(self._page.locale, message_id, **params)})]
            case _:
                return []

    def _accepted(self, event: Accepted) -> dict[str, Any]:
        person = self._store.message(self._begun.person.id, self._user_id)
        html = self._fragment("_message.html", self._views.view(person)) if person else ""
        return {
            "exchange": event.exchange_id,
            "record": event.record,
            "person_html": html,
            "masked": [list(span) for span in event.masked_spans],
            "masked_counts": event.masked,
        }

    def _machine_html(self) -> str:
        message = self._store.message(self._begun.machine_id, self._user_id)
        return self._fragment("_message.html", self._views.view(message)) if message else ""

    def _quota_html(self) -> str:
        return self._fragment("_quota.html", self._quotas())

    def _fragment(self, template: str, view: object) -> str:
        return render(template, self._page, view, conversation_id=self._begun.conversation.id)
