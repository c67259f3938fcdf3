"""Gives an answer again where the same question was answered from the same sources.

Only what nobody could be known by is kept: a first question in which no personal data was found,
on sources that anybody may read, answered by the model without a reserve. It is given again to the
same service, under the same charter, and where the search has just found the same passages: what a
person may not see, and what the sources no longer say, cannot come back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict
from typing import Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from governance.clock import utc_now
from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event
from governance.exchange import Exchange
from governance.pii.choices import NO_CHOICE
from governance.repetition.store import KeptAnswer, KeptAnswers
from governance.threads import in_thread
from models.protocol import ModelInfo, Usage

LONGEST = 300
"""Characters of a question that may be answered by a repetition."""

_NOTHING_WRITTEN = Usage(0, 0, 0, 0.0, 0.0, 0.0, 0.0)

_log = structlog.get_logger("sobria.repetition")


class Repeat:
    """Ends the answer before the model is asked, where it has answered this already.

    ``same`` gives one text for all forms of a question; ``public`` the ids of the sources that
    anybody may read; ``edition`` changes with the prompt and with the controls of the code.
    """

    control = "repetition"

    def __init__(
        self,
        kept: KeptAnswers,
        energy: EnergyLedger,
        model: ModelInfo,
        same: Callable[[str, Literal["fr", "en"]], str],
        public: Callable[[], frozenset[str]],
        edition: str,
    ) -> None:
        self._kept = kept
        self._energy = energy
        self._model = model
        self._same = same
        self._public = public
        self._edition = edition

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Sets the answer where one is kept; a store that does not answer is as an empty one."""
        if exchange.finish_reason is None and _may_repeat(exchange):
            kept = await in_thread(self._look, exchange)
            if kept is not None:
                _give(exchange, kept)
                yield Delta(exchange.answer)

    def keep(self, exchange: Exchange) -> None:
        """Keep the answer of an exchange that has ended well, where it may be given again.

        Raises SQLAlchemyError where it cannot be stored.
        """
        grounding = exchange.grounding
        if not exchange.repetition or grounding is None or not _may_be_kept(exchange):
            return
        self._kept.keep(
            exchange.repetition,
            exchange.request.caller.service,
            exchange.charter_revision,
            KeptAnswer(
                raw=exchange.raw_answer,
                text=exchange.answer,
                grounding=grounding,
                passages=tuple(passage.id for passage in exchange.passages),
                written_at=utc_now(),
            ),
        )

    def _look(self, exchange: Exchange) -> KeptAnswer | None:
        with self._energy.measure(exchange.id, "retrieval"):
            exchange.repetition = self._key(exchange)
            # Who asks the same again has read the answer: it is another one that they want.
            wanted = exchange.request.answer == "auto" and exchange.request.choices == NO_CHOICE
            if not exchange.repetition or not wanted:
                return None
            try:
                return self._kept.find(exchange.repetition, exchange.charter.answers.repeat_days)
            except SQLAlchemyError as failure:
                _log.error("kept_answer_not_read", error=type(failure).__name__)
                return None

    def _key(self, exchange: Exchange) -> str:
        """All that the answer depends on; empty where one may not be kept."""
        if not {passage.source for passage in exchange.passages} <= self._public():
            return ""
        caller = exchange.request.caller
        question = self._same(exchange.question, caller.locale)
        if not question:
            return ""
        # What a page says of them counts too: a date that changed is a source that changed.
        found = sorted(
            [each.id, each.digest, each.date, each.title, each.reference, each.url]
            for each in exchange.passages
        )
        return self._kept.key(
            self._edition,
            caller.service,
            caller.locale,
            exchange.charter_revision,
            self._model.name,
            self._model.digest,
            asdict(exchange.request.sampling),
            found,
            question,
        )


def _may_repeat(exchange: Exchange) -> bool:
    """Whether the question is one whose answer concerns nobody in particular."""
    masked, verdict = exchange.masked, exchange.verdict
    turns = exchange.request.turns
    if masked is None or verdict is None or not exchange.charter.answers.repeat_days:
        return False
    alone = len(turns) == 1 and turns[0].role == "user" and not exchange.with_tools
    # What was found and left in clear, by the charter or by its author, is personal all the same.
    personal = masked.counts or masked.kept or any(masked.findings) or exchange.request.choices
    allowed = all(each.effect == "allow" for each in exchange.decisions)
    return bool(
        exchange.searched
        and exchange.passages
        and alone
        and not personal
        and verdict.effect == "allow"
        and allowed
        and not exchange.injections
        and len(exchange.question) <= LONGEST
    )


def _may_be_kept(exchange: Exchange) -> bool:
    """Whether the model has answered without a reserve, to a question that it would be asked again.

    Where a passage answers by itself, only who asks for a text gets one: it is written each time.
    """
    shown_instead = exchange.charter.answers.first == "passage" and (
        exchange.extract is not None and exchange.extract.sure
    )
    grounding = exchange.grounding
    return bool(
        exchange.answered == "text"
        and exchange.finish_reason == "stop"
        and exchange.prompt
        and exchange.receipt is not None
        and exchange.receipt.outcome == "completed"
        and not shown_instead
        and not exchange.tool_calls
        and not exchange.output_flags
        and not exchange.withheld
        and not exchange.unsourced
        and all(each.effect == "allow" for each in exchange.decisions)
        and grounding is not None
        and grounding.cited
        and all(each.support != "unsupported" for each in grounding.sentences)
    )


def _give(exchange: Exchange, kept: KeptAnswer) -> None:
    """The answer, under the passages that were just found, by the numbers that it cites."""
    places = {passage.id: place for place, passage in enumerate(exchange.passages)}
    order = [places[each] for each in kept.passages]
    exchange.passages = tuple(exchange.passages[place] for place in order)
    exchange.whole = tuple(exchange.whole[place] for place in order)
    exchange.shown = tuple(exchange.shown[place] for place in order)
    exchange.answered = "repeat"
    exchange.written_at = kept.written_at
    exchange.raw_answer = kept.raw
    exchange.answer = kept.text
    exchange.grounding = kept.grounding
    exchange.finish_reason = "stop"
    exchange.usage = _NOTHING_WRITTEN
