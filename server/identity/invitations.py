"""Invitations: links by which a person chooses a password, once, within some days."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, delete, insert, select

from server.identity.sessions import digest_of
from server.identity.users import User, Users
from server.tables import invitations as table


class Invitations:
    """The invitations' store: it only knows the hash of a link's token. Unix seconds."""

    def __init__(
        self, engine: Engine, users: Users, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine = engine
        self._users = users
        self._clock = clock

    def make(self, user_id: str, lasting: timedelta) -> str:
        """A token for ``user_id``; those made before no longer open anything."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._engine.begin() as connection:
            connection.execute(
                delete(table).where((table.c.user_id == user_id) | (table.c.expires_at <= now))
            )
            connection.execute(
                insert(table).values(
                    digest=digest_of(token),
                    user_id=user_id,
                    expires_at=now + lasting.total_seconds(),
                )
            )
        return token

    def get(self, token: str) -> User | None:
        """The open account that ``token`` is for, while it lasts."""
        query = select(table).where(table.c.digest == digest_of(token))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.expires_at <= self._clock():
            return None
        user = self._users.get(row.user_id)
        return user if user is not None and not user.disabled else None

    def use(self, token: str) -> User | None:
        """As :meth:`get`, and the token opens nothing any more. Of two that come at once, one."""
        user = self.get(token)
        with self._engine.begin() as connection:
            taken = connection.execute(
                delete(table).where(table.c.digest == digest_of(token))
            ).rowcount
        return user if taken else None

    def drop(self, user_id: str) -> None:
        """Close whatever link an account has."""
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.user_id == user_id))
