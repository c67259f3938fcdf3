"""Keeps the revisions of the charter: what was in force, when, by whom and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select
from sqlalchemy.exc import IntegrityError

from governance.charter.in_force import CharterInForce
from governance.charter.load import Parents, load_text
from governance.charter.revision import (
    CharterStoreError,
    NoCharter,
    ReasonRequired,
    Revision,
    SignatureInvalid,
    StaleParent,
    UnknownRevision,
    canonical,
    revision_of,
)
from governance.charter.signing import RevisionSigner, SignatureState
from governance.charter.tables import charter_history, charter_revisions
from governance.clock import iso, utc_now

__all__ = [
    "CharterInForce",
    "CharterStore",
    "CharterStoreError",
    "NoCharter",
    "ReasonRequired",
    "Revision",
    "SignatureInvalid",
    "StaleParent",
    "UnknownRevision",
    "canonical",
    "revision_in_force",
    "revision_of",
]

MAX_REASON = 2000


class CharterStore:
    """The revisions in the database. Every method is one transaction.

    ``parents`` gives the text of a charter that another extends; see ``load_text``. Without a
    ``signer``, revisions are neither signed nor checked: only tests do without.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = utc_now,
        parents: Parents | None = None,
        signer: RevisionSigner | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._parents = parents
        self._signer = signer

    @property
    def vkey(self) -> str | None:
        """The public key of the signatures, in the text form of C2SP signed notes."""
        return self._signer.vkey if self._signer is not None else None

    def save(
        self,
        text: str,
        author: str,
        reason: str,
        expected_parent: str | None,
        parents: Parents | None = None,
    ) -> Revision:
        """Check ``text`` and put it in force.

        ``expected_parent`` is the revision that was edited, None for a first charter; ``parents``
        takes the place of the store's own.

        Raises:
            CharterInvalid: the text is not a charter; nothing changes.
            ReasonRequired: ``reason`` is blank or too long.
            StaleParent: another revision is in force by now.
        """
        kept = canonical(text)
        charter = load_text(kept, parents=parents or self._parents)
        extended = {
            name: canonical(body) for name, body in charter.bundle.items() if name != charter.file
        }
        return self._put_in_force(kept, extended, author, reason, expected_parent)

    def restore(
        self, revision: str, author: str, reason: str, expected_parent: str | None
    ) -> Revision:
        """Put an earlier revision in force again, as it was, checked by today's rules.

        Raises:
            UnknownRevision: there is none of this name.
            SignatureInvalid: it is not what this instance put in force then.
            CharterInvalid, ReasonRequired, StaleParent: as :meth:`save`.
        """
        earlier = self.get(revision)
        earlier.load()
        return self._put_in_force(
            earlier.text, dict(earlier.parents), author, reason, expected_parent
        )

    def head(self) -> int:
        """How many times a revision has come into force; 0 where none has. One short query."""
        with self._engine.connect() as connection:
            query = select(func.coalesce(func.max(charter_history.c.number), 0))
            return int(connection.execute(query).scalar_one())

    def current(self) -> Revision | None:
        """The revision in force, if any."""
        with self._engine.connect() as connection:
            return self._current(connection)

    def list(self, limit: int = 200) -> tuple[Revision, ...]:
        """What has been in force, newest first; a revision restored stands once for each time."""
        with self._engine.connect() as connection:
            rows = connection.execute(_history().limit(limit)).all()
        return tuple(self._revision(row) for row in rows)

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
        found = [self._revision(row) for row in rows]
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
        revision = revision_of(text, parents)
        time = iso(self._clock())
        try:
            with self._engine.begin() as connection:
                current = self._current(connection)
                if (current.revision if current else None) != expected_parent:
                    raise StaleParent(revision=current.short if current else "-")
                number = current.number + 1 if current else 1
                saved = Revision(number, revision, text, parents, author, reason.strip(), time)
                if self._signer is not None:
                    signature = self._signer.sign(saved.stamp)
                    saved = replace(saved, signature=signature, state="signed")
                known = select(charter_revisions.c.revision).where(
                    charter_revisions.c.revision == revision
                )
                if connection.execute(known).first() is None:
                    connection.execute(
                        charter_revisions.insert().values(
                            revision=revision, text=text, parents=json.dumps(parents)
                        )
                    )
                connection.execute(
                    charter_history.insert().values(
                        number=number,
                        revision=revision,
                        author=author,
                        reason=saved.reason,
                        time=time,
                        signature=saved.signature,
                    )
                )
        except IntegrityError:
            # Another transaction took the number in between.
            now = self.current()
            raise StaleParent(revision=now.short if now else "-") from None
        return saved

    def _current(self, connection: Connection) -> Revision | None:
        row = connection.execute(_history().limit(1)).first()
        return self._revision(row) if row is not None else None

    def _revision(self, row: Row[Any]) -> Revision:
        found = Revision(
            number=row.number,
            revision=row.revision,
            text=row.text,
            parents=json.loads(row.parents),
            author=row.author,
            reason=row.reason,
            time=row.time,
            signature=row.signature,
        )
        return replace(found, state=self._state(found, row.first_signed))

    def _state(self, found: Revision, first_signed: int | None) -> SignatureState:
        if self._signer is None:
            return "unchecked"
        if revision_of(found.text, found.parents) != found.revision:
            return "invalid"
        if found.signature is not None:
            return "signed" if self._signer.verifies(found.stamp, found.signature) else "invalid"
        # Once a revision has been signed, each one after it is: a signature taken away is no state
        # from before.
        before = first_signed is None or found.number < first_signed
        return "unsigned" if before else "invalid"


def revision_in_force(engine: Engine) -> str | None:
    """The revision that came into force last, in hexadecimal; None where none has."""
    order = charter_history.c
    query = select(order.revision).order_by(order.number.desc()).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none()


def _history() -> Select[Any]:
    kept, order = charter_revisions.c, charter_history.c
    signed = charter_history.alias("signed")
    first_signed = (
        select(func.min(signed.c.number)).where(signed.c.signature.is_not(None)).scalar_subquery()
    )
    return (
        select(
            order.number,
            order.revision,
            kept.text,
            kept.parents,
            order.author,
            order.reason,
            order.time,
            order.signature,
            first_signed.label("first_signed"),
        )
        .join(charter_revisions, kept.revision == order.revision)
        .order_by(order.number.desc())
    )
