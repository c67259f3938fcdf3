"""Sessions: a random token in a cookie, of which the database only knows the hash."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select, update

from server.identity.csrf import csrf_token
from server.identity.users import User, Users
from server.tables import sessions

#: «Seen» is written at most this often, in seconds: a page does not cost a write.
SEEN_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person. ``csrf`` is what their forms and fetches must carry."""

    user: User
    csrf: str
    digest: str


def digest_of(token: str) -> str:
    """What is stored of a token of 256 random bits: its sha256."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """The sessions' store. Times are Unix seconds, ``absolute`` and ``idle`` are seconds."""

    def __init__(
        self,
        engine: Engine,
        users: Users,
        *,
        absolute: float,
        idle: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._users = users
        self._absolute = absolute
        self._idle = idle
        self._clock = clock

    def open(self, user: User) -> str:
        """Begin a session, and return the token for the cookie. Ended sessions are swept."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._engine.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    (sessions.c.expires_at <= now) | (sessions.c.seen_at <= now - self._idle)
                )
            )
            connection.execute(
                insert(sessions).values(
                    digest=digest_of(token),
                    user_id=user.id,
                    seen_at=now,
                    expires_at=now + self._absolute,
                )
            )
        self._users.signed_in(user.id, datetime.fromtimestamp(now, UTC).date())
        return token

    def get(self, token: str) -> Session | None:
        """The session of ``token``: None once it was idle for too long, too old or closed."""
        digest, now = digest_of(token), self._clock()
        with self._engine.connect() as connection:
            row = connection.execute(
                select(sessions).where(sessions.c.digest == digest)
            ).one_or_none()
        if row is None or row.expires_at <= now or row.seen_at <= now - self._idle:
            return None
        user = self._users.get(row.user_id)
        if user is None or user.disabled:
            return None
        if now - row.seen_at > SEEN_EVERY:
            with self._engine.begin() as connection:
                connection.execute(
                    update(sessions).where(sessions.c.digest == digest).values(seen_at=now)
                )
        return Session(user, csrf_token(token), digest)

    def close(self, token: str) -> None:
        """End the session of ``token``, if there is one."""
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest_of(token)))
