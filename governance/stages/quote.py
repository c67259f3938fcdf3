"""Answers with the sources' own words where they answer, and says so where they do not.

No model writes either: the sentences are shown as they stand, with where they come from, for next
to no energy; and nothing is made up where the sources are silent.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Literal

from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event, Quoted
from governance.exchange import Exchange
from governance.prompt import unanswered
from governance.stages.retrieve import asked
from governance.task import asks_for_facts
from governance.threads import in_thread
from models.protocol import Usage
from rag.protocol import Extract, Extractor

_NOTHING_WRITTEN = Usage(0, 0, 0, 0.0, 0.0, 0.0, 0.0)


class Quote:
    """Ends the answer before a model is asked, where the charter and the sources allow it."""

    control = "extracts"

    def __init__(self, extractor: Extractor, energy: EnergyLedger, threads: int) -> None:
        self._extractor = extractor
        self._energy = energy
        self._threads = threads  # that the embedder works on, for the energy's account

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Sets the answer where a passage gives it, or where none does."""
        if not exchange.searched:
            return
        weak = exchange.found is None or not exchange.whole or exchange.found.weak
        if weak and not asks_for_facts(exchange.question):
            exchange.passages = exchange.whole = exchange.shown = ()
            return
        if weak:
            contact = exchange.charter.organisation.contact
            _end(exchange, "silence", unanswered(exchange.request.caller.locale, contact))
            yield Delta(exchange.answer)
            return
        exchange.extract = extract = await in_thread(self._extract, exchange)
        if extract is None or exchange.request.answer == "text":
            return
        if extract.sure and exchange.charter.answers.first == "passage":
            exchange.shown = exchange.whole  # what is quoted is checked against all that was quoted
            passage = exchange.whole[extract.passage - 1]
            _end(exchange, "passage", f"{quoted(passage.text, extract)} [{extract.passage}]")
            yield Quoted(extract)
            yield Delta(exchange.answer)

    def _extract(self, exchange: Exchange) -> Extract | None:
        assert exchange.found is not None
        *earlier, question = asked(exchange)
        with self._energy.measure(exchange.id, "retrieval", threads=self._threads):
            return self._extractor.extract(
                question, exchange.found, exchange.whole, earlier=earlier
            )


def quoted(text: str, extract: Extract) -> str:
    """The passage as Markdown, the sentences that answer in bold, each line by itself."""
    said = "\n".join(
        re.sub(r"^(- )?(.+)$", r"\1**\2**", line) for line in extract.text.splitlines()
    )
    return text[: extract.start] + said + text[extract.end :]


def _end(exchange: Exchange, who: Literal["passage", "silence"], answer: str) -> None:
    exchange.answered = who
    exchange.answer = exchange.raw_answer = answer
    exchange.finish_reason = "stop"
    exchange.usage = _NOTHING_WRITTEN
