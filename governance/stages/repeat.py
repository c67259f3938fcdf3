"""Gives an answer again where the same question was answered from the same sources.

Only what nobody could be known by is kept: a first question in which no personal data was found,
on sources that anybody may read, answered by the model without a reserve. It is given again to the
same service, under the same charter, while no sync has changed a source of that service, and where
the search has just found the passages that it cites: what a person may not see, and what the
sources no longer say, cannot come back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from typing import Literal, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from governance.clock import utc_now
from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event, SourcesFound
from governance.exchange import Exchange
from governance.pii.choices import NO_CHOICE
from governance.repetition.store import KeptAnswer, KeptAnswers
from governance.threads import in_thread
from models.protocol import ModelInfo, Usage
from rag.protocol import Caveat, Passage

LONGEST = 300
"""Characters of a question that may be answered by a repetition."""

_NOTHING_WRITTEN = Usage(0, 0, 0, 0.0, 0.0, 0.0, 0.0)

_log = structlog.get_logger("sobria.repetition")


class Sources(Protocol):
    """The sources, as far as an answer that is given again depends on them."""

    def open_to_all(self) -> frozenset[str]:
        """The ids of those whose texts anybody may read."""
        ...

    def revision(self, sources: frozenset[str] | None) -> str:
        """A text that changes each time that one of ``sources`` (None: any) changes."""
        ...

    def passage(self, passage_id: str) -> Passage | None:
        """A passage, as it is now."""
        ...

    def caveats(
        self, passages: Sequence[Passage], sources: frozenset[str] | None
    ) -> tuple[Caveat, ...]:
        """What is to be known of passages today."""
        ...


class Repeat:
    """Ends the answer before the model is asked, where it has answered this already.

    ``sources`` tells which sources anybody may read, and whether they have changed; ``same`` gives
    one text for all forms of a question; ``edition`` changes with the prompt and with the code.
    """

    control = "repetition"

    def __init__(
        self,
        kept: KeptAnswers,
        energy: EnergyLedger,
        model: ModelInfo,
        sources: Sources,
        same: Callable[[str, Literal["fr", "en"]], str],
        edition: str,
    ) -> None:
        self._kept = kept
        self._energy = energy
        self._model = model
        self._sources = sources
        self._same = same
        self._edition = edition

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Sets the answer where one is kept; a store that does not answer is as an empty one."""
        if exchange.finish_reason is not None or not _may_repeat(exchange):
            return
        if await in_thread(self._answered, exchange):
            yield SourcesFound(
                exchange.passages, exchange.caveats
            )  # those of the answer, under its numbers
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
                passages=tuple((each.id, _mark(each)) for each in exchange.passages),
                written_at=utc_now(),
            ),
        )

    def _answered(self, exchange: Exchange) -> bool:
        """Whether an answer was kept, which is then the answer of ``exchange``."""
        with self._energy.measure(exchange.id, "retrieval"):
            try:
                exchange.repetition = self._key(exchange)
                # Who asks the same again has read the answer: it is another one that they want.
                wanted = exchange.request.answer == "auto" and exchange.request.choices == NO_CHOICE
                if not exchange.repetition or not wanted:
                    return False
                days = exchange.charter.answers.repeat_days
                kept = self._kept.find(exchange.repetition, days)
                passages = self._passages(exchange, kept) if kept is not None else None
                if passages is not None:
                    caveats = self._sources.caveats(passages, exchange.rules.sources)
            except SQLAlchemyError as failure:
                _log.error("kept_answer_not_read", error=type(failure).__name__)
                return False
        if kept is None or passages is None:
            return False
        _give(exchange, kept, passages)
        exchange.caveats = caveats
        return True

    def _key(self, exchange: Exchange) -> str:
        """All that the answer depends on; empty where one may not be kept."""
        if not {passage.source for passage in exchange.passages} <= self._sources.open_to_all():
            return ""
        caller = exchange.request.caller
        question = self._same(exchange.question, caller.locale)
        if not question:
            return ""
        return self._kept.key(
            self._edition,
            caller.service,
            caller.locale,
            exchange.charter_revision,
            self._model.name,
            self._model.digest,
            asdict(exchange.request.sampling),
            self._sources.revision(exchange.rules.sources),
            question,
        )

    def _passages(self, exchange: Exchange, kept: KeptAnswer) -> tuple[Passage, ...] | None:
        """The passages of the answer, where they are all what they were and may all be seen.

        Those that it cites must have been found by this person's search; the others may have
        another rank: two forms of one question have vectors of their own.
        """
        found = {passage.id: passage for passage in exchange.passages}
        allowed = self._sources.open_to_all()
        if exchange.rules.sources is not None:
            allowed &= exchange.rules.sources
        passages = []
        for number, (identity, mark) in enumerate(kept.passages, start=1):
            passage = found.get(identity)
            if passage is None and number not in kept.grounding.cited:
                passage = self._sources.passage(identity)
            if passage is None or passage.source not in allowed or _mark(passage) != mark:
                return None
            passages.append(passage)
        return tuple(passages)


def _may_repeat(exchange: Exchange) -> bool:
    """Whether the question is one whose answer concerns nobody in particular."""
    masked, verdict = exchange.masked, exchange.verdict
    turns = exchange.request.turns
    if masked is None or verdict is None or not exchange.charter.answers.repeat_days:
        return False
    alone = len(turns) == 1 and turns[0].role == "user" and not exchange.for_program
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


def _give(exchange: Exchange, kept: KeptAnswer, passages: tuple[Passage, ...]) -> None:
    exchange.passages = exchange.whole = exchange.shown = passages
    exchange.answered = "repeat"
    exchange.written_at = kept.written_at
    exchange.raw_answer = kept.raw
    exchange.answer = kept.text
    exchange.grounding = kept.grounding
    exchange.finish_reason = "stop"
    exchange.usage = _NOTHING_WRITTEN


def _mark(passage: Passage) -> str:
    """A hash of all that is shown of a passage: a date that changed is a source that changed."""
    return hashlib.sha256(json.dumps(asdict(passage), sort_keys=True).encode()).hexdigest()
