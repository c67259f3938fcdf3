"""What of an answer may pass while it is written: no figure that the sources do not hold.

A number, a date or an article of law that is in no passage (nor in the question) is never shown:
the sentence that gives it is withheld, and something said in its place. It is decided sentence by
sentence, so a stream is late by one sentence, and costs a time linear in its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from rag.citations import without_citations
from rag.protocol import Passage
from rag.text import facts, sentences
from rag.text.facts import Facts

MAX_HELD = 2_000
"""Characters after which a text without an end of sentence is decided upon as it is."""


class FactGate:
    """One answer on its way. ``notice`` stands for sentences withheld, once where several follow.

    ``withheld`` counts them.
    """

    def __init__(self, passages: Sequence[Passage], question: str, notice: str) -> None:
        self._known = reduce(or_, map(_offered, passages), facts.offered(question))
        self._notice = notice
        self._held = ""
        self._noticed = False
        self.withheld = 0

    def feed(self, text: str) -> str:
        """What may be shown of ``text`` and of what was held before it; may be empty."""
        self._held += text
        spans = sentences.spans(self._held)
        whole = spans if self._held.endswith("\n") or len(self._held) > MAX_HELD else spans[:-1]
        return self._pass(whole)

    def flush(self) -> str:
        """The rest: the answer has ended."""
        return self._pass(sentences.spans(self._held)) + self._take(len(self._held))

    def _pass(self, spans: Sequence[tuple[int, int]]) -> str:
        shown: list[str] = []
        done = 0
        for start, end in spans:
            sentence = self._held[start:end]
            between = self._held[done:start]
            done = end
            if facts.asserted(without_citations(sentence)).within(self._known):
                shown += [between, sentence]
                self._noticed = False
            else:
                self.withheld += 1
                if not self._noticed:
                    shown += [between, self._notice]
                    self._noticed = True
        self._take(done)
        return "".join(shown)

    def _take(self, size: int) -> str:
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def _offered(passage: Passage) -> Facts:
    own = Facts(frozenset(), frozenset({passage.reference} if passage.reference else ()))
    said = "\n".join((passage.title, *passage.section_path, passage.text, passage.date))
    return own | facts.offered(said)
