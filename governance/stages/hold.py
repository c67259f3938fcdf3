"""Puts an answer that a person must validate in the queue, and keeps what is held from leaving."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from governance.clock import utc_now
from governance.events import Completed, Delta, Event, ReviewAsked, ToolCalled
from governance.exchange import Exchange
from governance.review.queue import Entry, Held, ReviewQueue
from governance.threads import in_thread


class Hold:
    """Queues the answer of a use to review; without the queue there is no answer."""

    control = "review"

    def __init__(self, queue: ReviewQueue) -> None:
        self._queue = queue

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises SQLAlchemyError when the entry cannot be stored: nothing is then delivered."""
        asked = review_of(exchange)
        if asked is not None:
            await in_thread(self._put, exchange, asked)
        return
        yield  # makes this function an async generator, as every stage is

    def withdraw(self, exchange: Exchange) -> None:
        """Take an entry back: its exchange did not end well."""
        if review_of(exchange) is not None:
            self._queue.withdraw(exchange.id)

    def _put(self, exchange: Exchange, asked: ReviewAsked) -> None:
        verdict = exchange.verdict
        grounding = exchange.grounding
        self._queue.put(
            Entry(
                exchange_id=exchange.id,
                subject=exchange.subject,
                conversation_id=exchange.request.conversation_id,
                service=exchange.request.caller.service,
                use_id=asked.use_id,
                role=asked.role,
                delivery=asked.delivery,
                layer=verdict.layer if verdict is not None else "none",
                score=verdict.score if verdict is not None else 0.0,
                charter_revision=exchange.charter_revision,
                state="waiting",
                created_at=utc_now(),
            ),
            Held(
                request=exchange.request.turns[exchange.question_place].content,
                answer=exchange.answer,
                passages=tuple(passage.id for passage in exchange.passages),
                unsupported=tuple(
                    each.text
                    for each in (grounding.sentences if grounding is not None else ())
                    if each.support == "unsupported"
                ),
                calls=tuple(
                    {"id": call.id, "name": call.name, "arguments": call.arguments}
                    for call in exchange.tool_calls
                ),
            ),
        )


def review_of(exchange: Exchange) -> ReviewAsked | None:
    """Who must validate the answer, and whether it is held meanwhile; None where nobody must.

    Of several uses to review that were recognised, one that holds prevails; then the surest.
    """
    verdict = exchange.verdict
    if verdict is None or verdict.effect != "review":
        return None
    recognised = {each.use_id for each in verdict.decisions if each.effect == "review"}
    recognised |= {verdict.use_id} if verdict.use_id else set()
    uses = [
        rule.use
        for rule in exchange.rules.rules
        if rule.effect == "review" and rule.use.id in recognised
    ]
    # Deepest layers stand last, and a child may tighten how a use is reviewed.
    ranked = sorted(
        enumerate(uses),
        key=lambda each: (
            each[1].review.delivery == "hold",
            each[1].id == verdict.use_id,
            each[0],
        ),
    )
    if not ranked:
        return None
    use = ranked[-1][1]
    return ReviewAsked(
        exchange.id,
        use.id,
        use.review.delivery,
        use.review.by,
        exchange.charter.reviewer_title(use.review.by),
    )


def withheld(exchange: Exchange, event: Event) -> bool:
    """Whether ``event`` carries words of an answer that is held: the road then does not tell it."""
    if not isinstance(event, Delta | ToolCalled):
        return False
    asked = review_of(exchange)
    return asked is not None and asked.delivery == "hold"


def without_text(event: Completed, asked: ReviewAsked | None) -> Completed:
    """The end of an exchange as it may be told: of a held answer, that it waits, and no word."""
    if asked is None:
        return event
    if asked.delivery == "draft":
        return replace(event, review=asked)
    return replace(event, text="", grounding=None, passages=(), tool_calls=(), review=asked)
