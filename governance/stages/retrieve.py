"""Finds the passages that the answer will stand on, when the request is a question of fact.

What documents ask of the assistant is taken out here: passages, results of tools, pasted texts.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from governance.energy.ledger import EnergyLedger
from governance.events import Event, InstructionsFound, Searching, SourcesFound
from governance.exchange import Exchange
from governance.receipt import InjectionPart
from governance.stages.screening import pasted_instructions, screened_passages, screened_turns
from governance.task import needs_sources
from governance.threads import in_thread
from rag.protocol import Caveat, Passage, Retrieval, Retriever

Caveats = Callable[[Sequence[Passage], frozenset[str] | None], tuple[Caveat, ...]]
"""What is to be known of passages before one relies on them, told of the sources that the service
may see (None: all)."""

PASSAGES = 4
"""Few passages: each costs about two seconds of reading on two cores."""


class Retrieve:
    """Searches with the pseudonymised question, in the sources that the service may see."""

    control = "sources"

    def __init__(
        self,
        retriever: Retriever,
        energy: EnergyLedger,
        threads: int,
        shorten: Callable[[str, str], str] = lambda text, _query: text,
        caveats: Caveats = lambda _passages, _sources: (),
    ) -> None:
        self._retriever = retriever
        self._energy = energy
        self._shorten = shorten
        self._caveats = caveats
        self._threads = threads  # that the embedder works on, for the energy's account

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Says how much is searched, then what was found; nothing is, for a program's own step.

        Says also which documents hold instructions: the model does not get to read them.
        """
        await in_thread(self._screen_turns, exchange)
        async with aclosing(self._found(exchange)) as events:
            async for event in events:
                yield event
        if exchange.injections:
            yield _told(exchange)

    async def _found(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        if exchange.for_program or not needs_sources(exchange.question):
            return
        allowed = exchange.rules.sources
        yield Searching(await in_thread(self._retriever.count, allowed))
        *earlier, query = asked(exchange)

        def search() -> Retrieval:
            with self._energy.measure(exchange.id, "retrieval", threads=self._threads):
                return self._retriever.search(
                    query, earlier=earlier, sources=allowed, limit=PASSAGES
                )

        exchange.found = found = await in_thread(search)
        exchange.searched = True
        exchange.passages = tuple(hit.passage for hit in found.hits)
        await in_thread(self._show, exchange, query)
        yield SourcesFound(exchange.passages, exchange.caveats)

    def _screen_turns(self, exchange: Exchange) -> None:
        with self._energy.measure(exchange.id, "analysis"):
            locale = exchange.request.caller.locale
            exchange.turns, cut = screened_turns(exchange.turns, locale)
            pasted = pasted_instructions(exchange.question)
        exchange.injections = (
            *((InjectionPart(origin="tool", count=cut),) if cut else ()),
            *((InjectionPart(origin="message", count=pasted),) if pasted else ()),
        )

    def _show(self, exchange: Exchange, query: str) -> None:
        """Screen the passages whole, then shorten them: half an instruction is not recognised.

        What is to be known of them is found here, before anybody reads them.
        """
        with self._energy.measure(exchange.id, "analysis"):
            locale = exchange.request.caller.locale
            screened, found = screened_passages(exchange.passages, locale)
            exchange.injections += found
            exchange.whole = screened
            exchange.caveats = self._caveats(exchange.passages, exchange.rules.sources)
            exchange.shown = tuple(
                replace(passage, text=self._shorten(passage.text, query)) for passage in screened
            )


def asked(exchange: Exchange) -> list[str]:
    """What the person asked so far, pseudonymised, the question at the end."""
    if exchange.masked is None:
        raise RuntimeError("the search is made with the pseudonymised question")
    turns = zip(exchange.request.turns, exchange.masked.texts, strict=True)
    return [text for turn, text in turns if turn.role == "user"]


def _told(exchange: Exchange) -> InstructionsFound:
    held = {part.digest for part in exchange.injections if part.origin == "passage"}
    return InstructionsFound(
        passages=tuple(n for n, p in enumerate(exchange.passages, 1) if p.digest in held),
        tools=sum(part.count for part in exchange.injections if part.origin == "tool"),
        pasted=sum(part.count for part in exchange.injections if part.origin == "message"),
    )
