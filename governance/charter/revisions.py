"""Keeps the revisions of the charter, and the one in force in memory."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, Select, select
from sqlalchemy.exc import IntegrityError

from governance.charter.charter import Charter
from governance.charter.load import Parents, load_text
from governance.charter.tables import charter_history, charter_revisions
from governance.clock import iso, utc_now

MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that was put in force. ``number`` counts from 1; ``revision`` is a sha256 in hex.

    ``parents`` are the texts that it extends, by file name; ``time`` is ISO 8601 in UTC.
    """

    number: int
    revision: str
    text: str
    parents: Mapping[str, str]
    author: str
    reason: str
    time: str

    @property
    def short(self) -> str:
        """The first 12 digits of the revision, enough to tell two apart."""
        return self.revision[:12]

    def load(self) -> Charter:
        """The charter of this revision, from the texts kept with it. Raises CharterInvalid."""
        return load_text(self.text, parents=self.parents.__getitem__)


class CharterStoreError(Exception):
    """The revisions cannot be changed or read as asked; ``message_id`` and ``params`` say why."""

    message_id = "The charter cannot be saved."

    def __init__(self, **params: str | int | float) -> None:
        self.params = params
        super().__init__(self.message_id.format(**params))


class StaleParent(CharterStoreError):
    """Somebody else saved in between: what was edited is no longer what is in force."""

    message_id = "Another revision has come into force since you opened the charter: {revision}."


class ReasonRequired(CharterStoreError):
    """A revision was saved without saying why."""

    message_id = "Say in a few words why the charter changes ({limit} characters at most)."


class UnknownRevision(CharterStoreError):
    """There is no such revision."""

    message_id = "There is no revision «{revision}» of the charter."


class NoCharter(CharterStoreError):
    """No charter has been saved yet."""

    message_id = "No charter is in force: save one first."


def canonical(text: str) -> str:
    """The text that is hashed and kept: Unix ends of lines, and one at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").rstrip("\n") + "\n"


def revision_of(text: str, parents: Mapping[str, str]) -> str:
    """The sha256, in hex, of a canonical text and, where it extends others, of theirs in order."""
    digest = hashlib.sha256(canonical(text).encode())
    for name, parent in parents.items():
        digest.update(f"\0{name}\0{canonical(parent)}".encode())
    return digest.hexdigest()


class CharterStore:
    """The revisions in the database. Every method is one transaction.

    ``parents`` gives the text of a charter that another extends; see ``load_text``.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = utc_now,
        parents: Parents | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._parents = parents

    def save(self, text: str, author: str, reason: str, expected_parent: str | None) -> Revision:
        """Check ``text`` and put it in force.

        ``expected_parent`` is the revision that was edited, None for a first charter.

        Raises:
            CharterInvalid: the text is not a charter; nothing changes.
            ReasonRequired: ``reason`` is blank or too long.
            StaleParent: another revision is in force by now.
        """
        kept = canonical(text)
        charter = load_text(kept, parents=self._parents)
        parents = {
            name: canonical(body) for name, body in charter.bundle.items() if name != charter.file
        }
        return self._put_in_force(kept, parents, author, reason, expected_parent)

    def restore(
        self, revision: str, author: str, reason: str, expected_parent: str | None
    ) -> Revision:
        """Put an earlier revision in force again, as it was, checked by today's rules.

        Raises:
            UnknownRevision: there is none of this name.
            CharterInvalid, ReasonRequired, StaleParent: as :meth:`save`.
        """
        earlier = self.get(revision)
        earlier.load()
        return self._put_in_force(
            earlier.text, dict(earlier.parents), author, reason, expected_parent
        )

    def current(self) -> Revision | None:
        """The revision in force, if any."""
        with self._engine.connect() as connection:
            return _current(connection)

    def list(self, limit: int = 200) -> tuple[Revision, ...]:
        """What has been in force, newest first; a revision restored stands once for each time."""
        with self._engine.connect() as connection:
            rows = connection.execute(_history().limit(limit)).all()
        return tuple(_revision(row) for row in rows)

    def get(self, revision: str) -> Revision:
        """The last time that ``revision``, or the one that begins so (8 digits or more), was put in
        force.

        Raises:
            UnknownRevision: there is none, or several begin so.
        """
        known = charter_history.c.revision
        wanted = (
            known == revision
            if len(revision) == 64
            else known.startswith(revision, autoescape=True)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(_history().where(wanted)).all()
        found = [_revision(row) for row in rows]
        if len(revision) < 8 or len({one.revision for one in found}) != 1:
            raise UnknownRevision(revision=revision[:64])
        return found[0]

    def _put_in_force(
        self,
        text: str,
        parents: dict[str, str],
        author: str,
        reason: str,
        expected_parent: str | None,
    ) -> Revision:
        if not reason.strip() or len(reason) > MAX_REASON:
            raise ReasonRequired(limit=MAX_REASON)
        saved = revision_of(text, parents)
        time = iso(self._clock())
        try:
            with self._engine.begin() as connection:
                current = _current(connection)
                if (current.revision if current else None) != expected_parent:
                    raise StaleParent(revision=current.short if current else "-")
                number = current.number + 1 if current else 1
                known = select(charter_revisions.c.revision).where(
                    charter_revisions.c.revision == saved
                )
                if connection.execute(known).first() is None:
                    connection.execute(
                        charter_revisions.insert().values(
                            revision=saved, text=text, parents=json.dumps(parents)
                        )
                    )
                connection.execute(
                    charter_history.insert().values(
                        number=number,
                        revision=saved,
                        author=author,
                        reason=reason.strip(),
                        time=time,
                    )
                )
        except IntegrityError:
            # Another transaction took the number in between.
            now = self.current()
            raise StaleParent(revision=now.short if now else "-") from None
        return Revision(number, saved, text, parents, author, reason.strip(), time)


def _history() -> Select[tuple[int, str, str, str, str, str, str]]:
    kept, order = charter_revisions.c, charter_history.c
    return (
        select(
            order.number,
            order.revision,
            kept.text,
            kept.parents,
            order.author,
            order.reason,
            order.time,
        )
        .join(charter_revisions, kept.revision == order.revision)
        .order_by(order.number.desc())
    )


def _current(connection: Connection) -> Revision | None:
    row = connection.execute(_history().limit(1)).first()
    return _revision(row) if row is not None else None


def _revision(row: Row[tuple[int, str, str, str, str, str, str]]) -> Revision:
    return Revision(
        number=row.number,
        revision=row.revision,
        text=row.text,
        parents=json.loads(row.parents),
        author=row.author,
        reason=row.reason,
        time=row.time,
    )


class CharterInForce:
    """The charter that is enforced, in memory. Safe to share by threads.

    A text that cannot be loaded never takes the place of one that could.

    Raises (when made, and by :meth:`reload`):
        NoCharter: none has been saved.
        CharterInvalid: the stored text does not pass the rules of this version.
    """

    def __init__(self, store: CharterStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held = self._read()

    def get(self) -> tuple[str, Charter]:
        """The revision (sha256 in hex) and the charter in force."""
        return self._held

    def reload(self) -> tuple[str, Charter]:
        """Take up what the database now says; what was held stays if that raises."""
        with self._lock:
            self._held = self._read()
            return self._held

    def _read(self) -> tuple[str, Charter]:
        current = self._store.current()
        if current is None:
            raise NoCharter()
        held: tuple[str, Charter] | None = getattr(self, "_held", None)
        if held is not None and held[0] == current.revision:
            return held
        return current.revision, current.load()
