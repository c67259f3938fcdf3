"""The judge of the charter in force: one per revision, made when the charter changes."""

from __future__ import annotations

import threading
from pathlib import Path

from governance.charter.charter import Charter
from governance.charter.load import shipped
from governance.charter.revisions import CharterInForce, CharterStore
from governance.charter.signing import RevisionSigner
from governance.exchange import Exchange
from governance.uses.judge import UseJudge
from models.protocol import Embedder
from server.books import Books
from server.settings import Settings

KEEP = 4
"""Revisions whose judge is kept: exchanges end under the charter that they began with."""


def uses_cache(settings: Settings) -> Path:
    """Where the vectors of the charters' examples are kept."""
    return settings.data_dir / "cache" / "uses"


def charter_store(books: Books) -> CharterStore:
    """The charter's revisions, signed by the instance; a charter may extend the shipped ones."""
    # The key of the log, under a name of its own: «…/sobria/charter» beside «…/sobria/audit».
    name = f"{books.audit.origin.removesuffix('/audit')}/charter"
    signer = RevisionSigner(name, books.keys.signing_key)
    return CharterStore(books.database, parents=shipped, signer=signer)


class Judges:
    """Makes and keeps the judges. The vectors of examples are cached on disk."""

    def __init__(self, charter: CharterInForce, embedder: Embedder, cache_dir: Path) -> None:
        self._charter = charter
        self._embedder = embedder
        self._cache_dir = cache_dir
        self._made: dict[str, UseJudge] = {}
        self._lock = threading.Lock()

    def of(self, exchange: Exchange) -> UseJudge:
        """The judge of the charter that ``exchange`` began under."""
        return self._get(exchange.charter_revision, exchange.charter)

    def warm(self) -> None:
        """Make the judge of the charter in force, which takes seconds the first time."""
        self.in_force()

    def in_force(self) -> UseJudge:
        """The judge of the charter in force."""
        return self._get(*self._charter.get())

    def make(self, charter: Charter) -> UseJudge:
        """A judge of a charter that is not in force: a draft, to be proved by its examples."""
        return UseJudge(charter.rules, self._embedder, self._cache_dir)

    def _get(self, revision: str, charter: Charter) -> UseJudge:
        with self._lock:
            if revision not in self._made:
                self._made[revision] = self.make(charter)
                while len(self._made) > KEEP:
                    del self._made[next(iter(self._made))]
            return self._made[revision]
