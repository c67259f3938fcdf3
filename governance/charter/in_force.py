"""The charter that is enforced, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from governance.charter.charter import Charter
from governance.charter.revision import NoCharter
from governance.charter.signing import SignatureState

if TYPE_CHECKING:
    from governance.charter.revisions import CharterStore


@dataclass(frozen=True, slots=True)
class Refused:
    """The ``number``-th revision was published, and cannot be put in force: ``error`` says why."""

    number: int
    error: Exception


class CharterInForce:
    """The charter that is enforced, in memory. Safe to share by threads.

    A text that cannot be loaded never takes the place of one that could.

    Raises (when made, and by :meth:`reload` and :meth:`follow`):
        NoCharter: none has been saved.
        SignatureInvalid: the stored revision is not what this instance put in force.
        CharterInvalid: the stored text does not pass the rules of this version.
        What a check given to :meth:`require` raises.
    """

    def __init__(self, store: CharterStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._checks: list[Callable[[Charter], None]] = []
        self._number = 0
        self._held: tuple[str, Charter] | None = None
        self.refused: Refused | None = None
        self.signature: SignatureState = "unchecked"
        self._take(self._store.head())

    def get(self) -> tuple[str, Charter]:
        """The revision (sha256 in hex) and the charter in force."""
        if self._held is None:
            raise NoCharter()
        return self._held

    def require(self, check: Callable[[Charter], None]) -> None:
        """From now on, put in force only what ``check`` does not raise for."""
        self._checks.append(check)

    def reload(self) -> tuple[str, Charter]:
        """Take up what the database now says; what was held stays if that raises."""
        with self._lock:
            self._take(self._store.head())
        return self.get()

    def follow(self) -> bool:
        """Take up a revision that was put in force elsewhere; whether there was one.

        Costs one short query where there is none. One that was refused is not tried again.
        """
        head = self._store.head()
        known = self._number if self.refused is None else self.refused.number
        if head == known:
            return False
        with self._lock:
            self._take(head)
        return True

    def _take(self, head: int) -> None:
        try:
            current = self._store.current()
            if current is None:
                raise NoCharter()
            if current.state == "invalid" or self._held is None:
                taken = current.revision, current.load()
            elif self._held[0] == current.revision:
                taken = self._held
            else:
                taken = current.revision, current.load()
                for check in self._checks:
                    check(taken[1])
        except SQLAlchemyError:
            # The database did not answer: nothing is known of the revision, and it is asked again.
            raise
        except Exception as error:
            self.refused = Refused(head, error)
            raise
        self._held, self._number, self.refused = taken, current.number, None
        self.signature = current.state
