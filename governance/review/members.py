"""Who belongs to which reviewer role of the charter."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, insert, select

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.clock import iso, utc_now
from governance.review.tables import review_members


class Members:
    """The memberships. ``pseudonym`` gives the name under which the log knows an account."""

    def __init__(self, engine: Engine, log: AuditLog, pseudonym: Callable[[str], str]) -> None:
        self._engine = engine
        self._log = log
        self._pseudonym = pseudonym

    def add(self, role: str, user_id: str, by: str) -> bool:
        """Make ``user_id`` a member of ``role``; False where they already were. Audited.

        ``by`` is the pseudonym of who decides it. Raises AuditUnavailable: nothing is changed.
        """
        if user_id in self.of(role):
            return False

        def write(connection: Connection) -> None:
            _end(connection, role, user_id)  # two who add at once do not collide
            connection.execute(
                insert(review_members).values(role=role, user_id=user_id, added_at=iso(utc_now()))
            )

        self._log.append(self._record(role, user_id, "member-added", by), also=write)
        return True

    def remove(self, role: str, user_id: str, by: str) -> bool:
        """End a membership; False where there was none. Audited, as :meth:`add`."""
        if user_id not in self.of(role):
            return False
        self._log.append(
            self._record(role, user_id, "member-removed", by),
            also=lambda connection: _end(connection, role, user_id),
        )
        return True

    def of(self, role: str) -> tuple[str, ...]:
        """The accounts of a role, in the order in which they joined."""
        query = (
            select(review_members.c.user_id)
            .where(review_members.c.role == role)
            .order_by(review_members.c.added_at)
        )
        with self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def roles_of(self, user_id: str) -> frozenset[str]:
        """The roles of an account."""
        query = select(review_members.c.role).where(review_members.c.user_id == user_id)
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def _record(self, role: str, user_id: str, action: str, by: str) -> AuditRecord:
        data = {"action": action, "role": role, "account": self._pseudonym(user_id)}
        return AuditRecord("review", subject=by, data=data)


def _end(connection: Connection, role: str, user_id: str) -> None:
    connection.execute(
        delete(review_members).where(
            review_members.c.role == role, review_members.c.user_id == user_id
        )
    )
