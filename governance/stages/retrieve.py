"""Finds the passages that the answer will stand on, when the request is a question of fact."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from governance.energy.ledger import EnergyLedger
from governance.events import Event, Searching, SourcesFound
from governance.exchange import Exchange
from governance.task import needs_sources
from governance.threads import in_thread
from rag.protocol import Retrieval, Retriever

PASSAGES = 4
"""Few passages: each costs about two seconds of reading on two cores."""

FOLLOW_UP_WORDS = 6
"""A question of fewer words leans on the one before it («et à temps partiel ?»)."""


class Retrieve:
    """Searches with the pseudonymised question, in the sources that the service may see."""

    control = "sources"

    def __init__(
        self,
        retriever: Retriever,
        energy: EnergyLedger,
        threads: int,
        shorten: Callable[[str, str], str] = lambda text, _query: text,
    ) -> None:
        self._retriever = retriever
        self._energy = energy
        self._shorten = shorten
        self._threads = threads  # that the embedder works on, for the energy's account

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Says how much is searched, then what was found; nothing is, where tools are at work."""
        if exchange.with_tools or not needs_sources(exchange.question):
            return
        allowed = exchange.rules.sources
        yield Searching(await in_thread(self._retriever.count, allowed))
        query = self._query(exchange)

        def search() -> Retrieval:
            with self._energy.measure(exchange.id, "retrieval", threads=self._threads):
                return self._retriever.search(query, sources=allowed, limit=PASSAGES)

        found = await in_thread(search)
        exchange.searched = True
        exchange.passages = tuple(hit.passage for hit in found.hits)
        exchange.shown = tuple(
            replace(passage, text=self._shorten(passage.text, query))
            for passage in exchange.passages
        )
        yield SourcesFound(exchange.passages)

    @staticmethod
    def _query(exchange: Exchange) -> str:
        if exchange.masked is None:
            raise RuntimeError("the search is made with the pseudonymised question")
        asked = [
            text
            for turn, text in zip(exchange.request.turns, exchange.masked.texts, strict=True)
            if turn.role == "user"
        ]
        if len(asked) > 1 and len(asked[-1].split()) < FOLLOW_UP_WORDS:
            return f"{asked[-2]} {asked[-1]}"
        return asked[-1]
