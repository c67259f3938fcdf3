"""Checks the answer against its sources, and counts the names in it that nobody gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace

from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event
from governance.exchange import Exchange
from governance.pii.placeholders import PLACEHOLDER
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.watch import OutputWatch
from governance.prompt import unanswered, unconfirmed
from governance.threads import in_thread
from rag.protocol import CheckedSentence, Grounding


class Ground:
    """Corrects the citations; says so when no passage supports what was written, and where the
    sources were asked for a fact, says that only."""

    control = "citations"

    def __init__(
        self,
        watch: OutputWatch,
        pseudonymiser: Pseudonymiser,
        energy: EnergyLedger,
    ) -> None:
        self._watch = watch
        self._pseudonymiser = pseudonymiser
        self._energy = energy

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Adds one sentence to the stream where the sources do not support the answer."""
        if exchange.answered == "repeat":
            return  # it was checked when it was written, and the sources say the same

        def check() -> Grounding | None:
            with self._energy.measure(exchange.id, "analysis"):
                written = "\n\n".join((exchange.raw_answer, *exchange.called_texts))
                # What the stream masked no longer stands in the answer: nothing is counted twice.
                left = self._watch.flags(
                    written, exchange.given, exchange.handling, exchange.rules.custom
                )
                exchange.output_flags = dict(Counter(exchange.output_flags) + Counter(left))
                if exchange.answered == "passage":
                    return _verbatim(exchange)
                if exchange.reading is None or exchange.unsupported:
                    return None
                return exchange.reading.check(exchange.raw_answer)

        checked = await in_thread(check)
        locale = exchange.request.caller.locale
        contact = exchange.charter.organisation.contact
        if exchange.unsupported:
            exchange.answered = "silence"
            exchange.answer = exchange.raw_answer = unanswered(locale, contact)
            yield Delta(exchange.answer)
            return
        if checked is None:
            return
        exchange.grounding = grounding = await in_thread(self._restored, exchange, checked)
        exchange.answer = grounding.text
        if not grounding.cited:
            told = unconfirmed(locale, contact)
            exchange.answer += f"\n\n{told}"
            yield Delta(f"\n\n{told}")

    def _restored(self, exchange: Exchange, grounding: Grounding) -> Grounding:
        """The verdict in the words that the person reads: its sentences are found in the text."""

        def restore(text: str) -> str:
            if PLACEHOLDER.search(text) is None:
                return text
            conversation = exchange.request.conversation_id
            return self._pseudonymiser.restore(conversation, text, exchange.handling)

        return replace(
            grounding,
            text=restore(grounding.text),
            sentences=tuple(
                replace(sentence, text=restore(sentence.text)) for sentence in grounding.sentences
            ),
        )


def _verbatim(exchange: Exchange) -> Grounding:
    """The verdict on a passage that is the answer: it is cited once, at its end."""
    if exchange.extract is None:
        raise RuntimeError("a passage that answers was extracted")
    number = exchange.extract.passage
    said = CheckedSentence(exchange.extract.text, "supported", (number,), 1.0)
    return Grounding(exchange.raw_answer, (said,), (number,), 1.0)
