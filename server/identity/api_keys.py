"""API keys: each acts for a service within its scopes, is shown once, and is stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row, insert, or_, select, update

from governance.clock import iso, parse_iso, utc_now
from server.identity import scopes as scoping
from server.identity.scopes import ORDINARY, Scope
from server.tables import api_keys as table

PREFIX = "sob_"
#: Characters of the secret that stay readable, to tell keys apart.
SHOWN = 8
LAST_USE_EVERY = timedelta(minutes=1)
GRACE = timedelta(hours=24)
"""How long the old secret goes on opening after a rotation, unless somebody chooses otherwise."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: everything but its secret.

    ``service`` is empty for a key of the administration alone. ``previous_until`` is when the
    secret of before the last rotation stops opening, None where there is none.
    """

    id: str
    label: str
    service: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    scopes: tuple[Scope, ...] = ORDINARY
    expires_at: datetime | None = None
    rotated_at: datetime | None = None
    previous_until: datetime | None = None

    def opens(self, scope: Scope) -> bool:
        """Whether this key may be used for ``scope``."""
        return scoping.holds(self.scopes, scope)

    def in_force(self, now: datetime) -> bool:
        """Whether the key opens anything at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys:
    """The keys' store. ``clock`` gives the present instant."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def create(
        self,
        service: str,
        label: str,
        created_by: str,
        *,
        scopes: Iterable[Scope] = ORDINARY,
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key for ``service``, and return it with its secret, which is stored nowhere.

        ``created_by`` is the id of the account that made it, empty for the command line.
        """
        secret = _new_secret()
        key = ApiKey(
            id=uuid.uuid4().hex,
            label=label,
            service=service,
            prefix=_shown(secret),
            created_at=self._clock(),
            last_used_at=None,
            revoked_at=None,
            scopes=scoping.in_order(scopes),
            expires_at=expires_at,
        )
        with self._engine.begin() as connection:
            connection.execute(
                insert(table).values(
                    id=key.id,
                    label=label,
                    service=service,
                    prefix=key.prefix,
                    digest=_digest(secret),
                    created_at=iso(key.created_at),
                    created_by=created_by,
                    scopes=scoping.written(key.scopes),
                    expires_at=iso(expires_at) if expires_at is not None else None,
                )
            )
        return key, secret

    def authenticate(self, secret: str) -> ApiKey | None:
        """The key in force whose secret this is (or was, within its grace), else None."""
        found = self._find(secret)
        if found is None:
            return None
        key, now = found, self._clock()
        if not key.in_force(now):
            return None
        if key.last_used_at is None or now - key.last_used_at > LAST_USE_EVERY:
            with self._engine.begin() as connection:
                connection.execute(
                    update(table).where(table.c.id == key.id).values(last_used_at=iso(now))
                )
        return key

    def expired(self, secret: str) -> bool:
        """Whether ``secret`` is that of a key whose only fault is its date."""
        key = self._find(secret)
        return key is not None and key.revoked_at is None and not key.in_force(self._clock())

    def all(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first, revoked ones too."""
        query = select(table).order_by(table.c.created_at.desc(), table.c.id)
        with self._engine.connect() as connection:
            return tuple(_key(row) for row in connection.execute(query))

    def get(self, key_id: str) -> ApiKey | None:
        """The key with this id, revoked ones too."""
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == key_id)).one_or_none()
        return _key(row) if row is not None else None

    def rotate(self, key_id: str, grace: timedelta = GRACE) -> tuple[ApiKey, str] | None:
        """Give a key a new secret; the present one goes on opening for ``grace``, 0 for not at all.

        Of an earlier rotation, the secret stops opening at once: a key never has three. None where
        there is no such key in force.
        """
        secret, now = _new_secret(), self._clock()
        with self._engine.begin() as connection:
            row = connection.execute(select(table).where(table.c.id == key_id)).one_or_none()
            if row is None or not _key(row).in_force(now):
                return None
            kept = grace > timedelta(0)
            changed = connection.execute(
                update(table)
                # Of two that rotate at once, one finds the secret already replaced.
                .where(table.c.id == key_id, table.c.digest == row.digest)
                .values(
                    prefix=_shown(secret),
                    digest=_digest(secret),
                    rotated_at=iso(now),
                    previous_digest=row.digest if kept else None,
                    previous_until=iso(now + grace) if kept else None,
                )
            ).rowcount
            after = connection.execute(select(table).where(table.c.id == key_id)).one()
        return (_key(after), secret) if changed else None

    def revoke(self, key_id: str) -> ApiKey | None:
        """Close a key for good, and return it; None where there is no such key still open."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(table)
                .where(table.c.id == key_id, table.c.revoked_at.is_(None))
                .values(revoked_at=iso(self._clock()))
            ).rowcount
            row = connection.execute(select(table).where(table.c.id == key_id)).one_or_none()
        return _key(row) if changed and row is not None else None

    def _find(self, secret: str) -> ApiKey | None:
        """The key that has this secret, or had it before a rotation whose grace goes on."""
        if not secret.startswith(PREFIX):
            return None
        digest = _digest(secret)
        query = select(table).where(
            or_(
                table.c.digest == digest,
                (table.c.previous_digest == digest) & (table.c.previous_until > iso(self._clock())),
            )
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return _key(row) if row is not None else None


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _shown(secret: str) -> str:
    return secret[: SHOWN + len(PREFIX)]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    def moment(text: str | None) -> datetime | None:
        return parse_iso(text) if text else None

    return ApiKey(
        id=row.id,
        label=row.label,
        service=row.service,
        prefix=row.prefix,
        created_at=parse_iso(row.created_at),
        last_used_at=moment(row.last_used_at),
        revoked_at=moment(row.revoked_at),
        scopes=scoping.read(row.scopes),
        expires_at=moment(row.expires_at),
        rotated_at=moment(row.rotated_at),
        previous_until=moment(row.previous_until),
    )
