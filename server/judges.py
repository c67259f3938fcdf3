"""The judges of charters: one for each set of rules, made when the rules change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Generic, TypeVar

from governance.charter.charter import Charter, Rule
from governance.charter.load import shipped
from governance.charter.revisions import CharterInForce, CharterStore
from governance.charter.signing import RevisionSigner
from governance.exchange import Exchange
from governance.uses.judge import UseJudge
from governance.uses.output import OutputJudge
from models.protocol import Embedder
from server.books import Books
from server.settings import Settings

J = TypeVar("J")

KEEP = 4
"""Judges kept, the last ones used: exchanges end under the charter that they began with."""


def uses_cache(settings: Settings) -> Path:
    """Where the vectors of the charters' examples are kept."""
    return settings.data_dir / "cache" / "uses"


def charter_store(books: Books) -> CharterStore:
    """The charter's revisions, signed by the instance; a charter may extend the shipped ones."""
    # The key of the log, under a name of its own: «…/sobria/charter» beside «…/sobria/audit».
    name = f"{books.audit.origin.removesuffix('/audit')}/charter"
    signer = RevisionSigner(name, books.keys.signing_key)
    return CharterStore(books.database, parents=shipped, signer=signer)


class Kept(Generic[J]):
    """Judges of one kind, the last ones used, by the rules that ``learn`` makes them of.

    Charters of the same rules share one, so that a revision whose rules are not changed, or were
    proved a moment ago, is in force at once. While one is made, the others judge on.
    """

    def __init__(self, learn: Callable[[tuple[Rule, ...]], J]) -> None:
        self._learn = learn
        self._made: list[tuple[tuple[Rule, ...], Future[J]]] = []
        self._lock = threading.Lock()

    def of(self, charter: Charter) -> J:
        """The judge of ``charter``. Raises what learning raises."""
        rules = tuple(charter.rules)
        with self._lock:
            known = next((pair for pair in self._made if pair[0] == rules), None)
            pair = known or (rules, Future[J]())
            if known:
                self._made.remove(known)
            self._made.append(pair)
            del self._made[:-KEEP]
        if known is None:
            self._fill(*pair)
        return pair[1].result()

    def _fill(self, rules: tuple[Rule, ...], making: Future[J]) -> None:
        try:
            making.set_result(self._learn(rules))
        except BaseException as error:
            # Not kept: the next one to ask tries again.
            with self._lock:
                self._made = [pair for pair in self._made if pair[1] is not making]
            making.set_exception(error)
            raise


class Judges:
    """The judges of requests and of answers. What they learn is cached on disk."""

    def __init__(self, charter: CharterInForce, embedder: Embedder, cache_dir: Path) -> None:
        self._charter = charter
        self._uses = Kept(lambda rules: UseJudge(rules, embedder, cache_dir))
        self._answers = Kept(lambda rules: OutputJudge(rules, embedder, cache_dir / "answers"))

    def of(self, exchange: Exchange) -> UseJudge:
        """The judge of requests of the charter that ``exchange`` began under."""
        return self._uses.of(exchange.charter)

    def answers_of(self, exchange: Exchange) -> OutputJudge:
        """The judge of answers of the charter that ``exchange`` began under."""
        return self._answers.of(exchange.charter)

    def warm(self) -> None:
        """Make the judges of the charter in force, which takes seconds the first time."""
        self.in_force()
        self._answers.of(self._charter.get()[1])

    def in_force(self) -> UseJudge:
        """The judge of requests of the charter in force."""
        return self.make(self._charter.get()[1])

    def make(self, charter: Charter) -> UseJudge:
        """The judge of requests of a charter, in force or a draft to be proved by its examples."""
        return self._uses.of(charter)
