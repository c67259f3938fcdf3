"""What of an answer may pass while it is written: what the sources hold, or nothing.

A number, a date or an article of law that is in no passage (nor in the question) is never shown:
the sentence that gives it is withheld, and something said in its place. And a question of fact is
answered only from the moment that a passage supports a sentence: what comes before waits for it,
and where none comes, none is shown; nor where the first that states something is not supported, for
what a model adds to a wrong answer is often true of another matter. It is decided sentence by
sentence, so a stream is late by one sentence, and costs a time linear in its length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

from rag.citations import without_citations
from rag.protocol import Passage
from rag.text import facts, sentences
from rag.text.facts import Facts

MAX_HELD = 2_000
"""Characters after which a text without an end of sentence is decided upon as it is."""


class SourceGate:
    """One answer on its way. ``notice`` stands for sentences withheld, once where several follow.

    ``withheld`` counts them. ``supports`` says whether a passage supports a sentence, None where
    the sentence states nothing of its own; without it nothing waits. ``silent`` says, once the
    answer has ended, that none was: nothing was shown.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        question: str,
        notice: str,
        supports: Callable[[str], bool | None] | None = None,
    ) -> None:
        self._known = reduce(or_, map(_offered, passages), facts.offered(question))
        self._notice = notice
        self._held = ""
        self._noticed = False
        self._supports = supports
        self._waiting = ""
        self._closed = False
        self.withheld = 0
        self.silent = False

    def feed(self, text: str) -> str:
        """What may be shown of ``text`` and of what was held before it; may be empty."""
        self._held += text
        spans = sentences.spans(self._held)
        whole = spans if self._held.endswith("\n") or len(self._held) > MAX_HELD else spans[:-1]
        return self._pass(whole)

    def flush(self) -> str:
        """The rest: the answer has ended."""
        rest = self._pass(sentences.spans(self._held)) + self._take(len(self._held))
        self.silent = self._supports is not None
        return "" if self.silent else rest

    def _pass(self, spans: Sequence[tuple[int, int]]) -> str:
        shown: list[str] = []
        done = 0
        for start, end in spans:
            sentence = self._held[start:end]
            between = self._held[done:start]
            done = end
            if facts.asserted(without_citations(sentence)).within(self._known):
                if self._supports is not None and not self._closed:
                    stands = self._supports(sentence)
                    self._closed = stands is False
                    if stands:
                        self._supports = None  # what waited passes, and all that follows
                    elif sentence.rstrip().endswith("?"):
                        continue  # small models begin by saying the question again
                shown += [between, sentence]
                self._noticed = False
            else:
                self.withheld += 1
                self._closed = True
                if not self._noticed:
                    shown += [between, self._notice]
                    self._noticed = True
        self._take(done)
        self._waiting += "".join(shown)
        return self._released()

    def _released(self) -> str:
        if self._supports is not None:
            return ""
        waiting, self._waiting = self._waiting, ""
        return waiting

    def _take(self, size: int) -> str:
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def _offered(passage: Passage) -> Facts:
    own = Facts(references=frozenset({passage.reference} if passage.reference else ()))
    said = "\n".join((passage.title, *passage.section_path, passage.text, passage.date))
    return own | facts.offered(said)
