"""The judge of the answers under the charter in force: one per revision, as server.judges has."""

from __future__ import annotations

import threading
from pathlib import Path

from governance.charter.charter import Charter
from governance.charter.revisions import CharterInForce
from governance.exchange import Exchange
from governance.uses.output import OutputJudge
from models.protocol import Embedder
from server.judges import KEEP


class AnswerJudges:
    """Makes and keeps the judges of answers. The vectors of passages are cached on disk."""

    def __init__(self, charter: CharterInForce, embedder: Embedder, cache_dir: Path) -> None:
        self._charter = charter
        self._embedder = embedder
        self._cache_dir = cache_dir / "answers"
        self._made: dict[str, OutputJudge] = {}
        self._lock = threading.Lock()

    def of(self, exchange: Exchange) -> OutputJudge:
        """The judge of the charter that ``exchange`` began under."""
        return self._get(exchange.charter_revision, exchange.charter)

    def warm(self) -> None:
        """Make the judge of the charter in force, which takes seconds the first time."""
        self._get(*self._charter.get())

    def _get(self, revision: str, charter: Charter) -> OutputJudge:
        with self._lock:
            if revision not in self._made:
                self._made[revision] = OutputJudge(charter.rules, self._embedder, self._cache_dir)
                while len(self._made) > KEEP:
                    del self._made[next(iter(self._made))]
            return self._made[revision]
