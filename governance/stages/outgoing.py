"""Between the model and the person: the charter's bans, the watch, the sources, then the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from governance.pii.json_text import Piece, mapped, pieces, words_of
from governance.pii.pseudonymise import StreamRestorer
from governance.pii.watch_stream import WatchStream
from governance.stages.stopped import AnswerStopped
from governance.uses.output import OutputDecision
from governance.uses.passages import PassageStream
from models.protocol import ToolCall
from rag.protocol import AnswerGate

_TELLING_DIGITS: Final = 9
"""Digits of a number in a call that may be an identifier: a telephone number's, at least."""


class Outgoing:
    """What the model writes, on its way: judged, watched, held to its sources, its names restored.

    ``passed`` is what the watch let pass, still in placeholders, and ``shown`` what the person
    reads of it; ``called`` is what it let pass of the arguments of calls. ``decisions`` are the
    uses that were recognised, each once, and ``withheld`` the passage that stopped the answer.
    Without ``judge`` nothing is held back to be judged, without ``gate`` nothing to be sourced.
    With ``form``, all is held back to the end: what is then JSON stays JSON.
    """

    def __init__(
        self,
        watch: Callable[[], WatchStream],
        restorer: StreamRestorer,
        judge: Callable[[str], Sequence[OutputDecision]] | None = None,
        gate: AnswerGate | None = None,
        form: bool = False,
    ) -> None:
        self._watch = watch
        self._judge = judge
        self._gate = gate
        self._form = form
        self._document: list[str] = []
        self._passages = PassageStream()
        self.decisions: dict[str, OutputDecision] = {}
        self.withheld = ""
        self._watched = watch()
        self._restorer = restorer
        self._of_calls = restorer.another()
        self._in_calls: Counter[str] = Counter()
        self.passed: list[str] = []
        self.shown: list[str] = []
        self.called: list[str] = []
        self.calls: list[ToolCall] = []

    @property
    def counts(self) -> Counter[str]:
        """How many identifiers were masked, by entity."""
        return self._watched.counts + self._in_calls

    @property
    def unsourced(self) -> int:
        """How many sentences gave what no source holds, and were withheld."""
        return self._gate.withheld if self._gate is not None else 0

    @property
    def silent(self) -> bool:
        """Whether all was withheld, for want of a source."""
        return self._gate is not None and self._gate.silent

    def whole(self, text: str) -> list[str]:
        """The passages that can be judged now that the model has written ``text``. Costs nothing.

        Each is then to be fed, in this order.
        """
        if self._form:
            self._document.append(text)
            return []
        return [text] if self._judge is None else self._passages.feed(text)

    def rest(self) -> list[str]:
        """The last passages: the model has finished. Each is to be fed, before the flush."""
        return self._passages.flush()

    def feed(self, passage: str) -> str:
        """What the person may read of ``passage`` and what was held before it; may be empty.

        Raises:
            AnswerStopped: the passage is of a use that the charter forbids.
        """
        self._judged(passage)
        passed = self._watched.feed(passage)
        if self._gate is not None:
            passed = self._gate.feed(passed)
        return self._note(passed, self._restorer.feed(passed))

    def flush(self) -> str:
        """The rest of what was fed.

        Raises:
            AnswerStopped: what was held back to here is of a use that the charter forbids.
        """
        if self._form:
            return self._flush_document()
        passed = self._watched.flush()
        if self._gate is not None:
            passed = self._gate.feed(passed) + self._gate.flush()
        return self._note(passed, self._restorer.feed(passed) + self._restorer.flush())

    def _flush_document(self) -> str:
        """The whole answer: each string of it by itself where it is JSON, else as a text.

        A text is what a grammar may ask for, or JSON that was cut short.
        """
        self._form, document = False, "".join(self._document)
        wrapped = f"[{document}]"  # a string or a number alone is JSON too
        if pieces(wrapped) is None:
            passages = self.whole(document) + self.rest()
            return "".join([*map(self.feed, passages), self.flush()])
        self._judge_document(wrapped)
        passed = mapped(wrapped, self._passed)[1:-1]
        return self._note(passed, mapped(f"[{passed}]", lambda p: self._restored(p.text))[1:-1])

    def call(self, call: ToolCall) -> ToolCall:
        """A call as the program gets it.

        Each string of its arguments is watched and restored as a string inside the JSON, so that a
        quote in a name cannot break it. A number that the watch masks becomes a string.

        Raises:
            AnswerStopped: the arguments are of a use that the charter forbids.
        """
        self._judge_document(call.arguments)
        made = replace(call, arguments=mapped(call.arguments, self._piece))
        self.calls.append(made)
        return made

    def _judge_document(self, document: str) -> None:
        """All that a JSON text says, keys included, as one text; itself where it is no JSON."""
        if self._judge is None:
            return
        said = pieces(document)
        words = [words_of(p.text) if p.kind == "key" else p.text for p in said or ()]
        cutting = PassageStream()
        text = " ".join(words) if said is not None else document
        for passage in [*cutting.feed(text), *cutting.flush()]:
            self._judged(passage)

    def _judged(self, passage: str) -> None:
        for decision in self._judge(passage) if self._judge is not None else ():
            self.decisions.setdefault(decision.use_id, decision)
            if decision.effect == "forbid":
                watched = self._watch()
                self.withheld = watched.feed(passage) + watched.flush()
                self.decisions = {decision.use_id: decision, **self.decisions}
                raise AnswerStopped(decision)

    def _piece(self, piece: Piece) -> str:
        if _tells_nothing(piece):
            return piece.text
        passed = self._passed(piece)
        self.called.append(passed)
        return self._restored(passed)

    def _restored(self, passed: str) -> str:
        # The line break keeps the piece before from making one word with this one.
        return (self._of_calls.feed(f"\n{passed}") + self._of_calls.flush())[1:]

    def _passed(self, piece: Piece) -> str:
        """The piece as the watch lets it pass, read behind its key, which may announce it."""
        if _tells_nothing(piece):
            return piece.text
        lead = f"{words_of(piece.name)} : " if piece.name else ""
        watched = self._watch()
        passed = watched.feed(lead + piece.text) + watched.flush()
        self._in_calls += watched.counts
        return passed[len(lead) :] if passed.startswith(lead) else passed

    def _note(self, passed: str, shown: str) -> str:
        self.passed.append(passed)
        self.shown.append(shown)
        return shown


def _tells_nothing(piece: Piece) -> bool:
    return piece.kind == "number" and sum(map(str.isdigit, piece.text)) < _TELLING_DIGITS
