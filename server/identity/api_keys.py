"""API keys: each acts for a service, is shown once, and is stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row, insert, select, update

from governance.clock import iso, parse_iso, utc_now
from server.tables import api_keys as table

PREFIX = "sob_"
#: Characters of the secret that stay readable, to tell keys apart.
SHOWN = 8
LAST_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: everything but its secret."""

    id: str
    label: str
    service: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeys:
    """The keys' store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, service: str, label: str, created_by: str) -> tuple[ApiKey, str]:
        """Make a key for ``service``, and return it with its secret, which is stored nowhere.

        ``created_by`` is the id of the account that made it, empty for the command line.
        """
        secret = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(uuid.uuid4().hex, label, service, secret[: SHOWN + 4], utc_now(), None, None)
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
                )
            )
        return key, secret

    def authenticate(self, secret: str) -> ApiKey | None:
        """The key in force whose secret this is, else None."""
        if not secret.startswith(PREFIX):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(
                select(table).where(table.c.digest == _digest(secret))
            ).one_or_none()
        if row is None or row.revoked_at is not None:
            return None
        key, now = _key(row), utc_now()
        if key.last_used_at is None or now - key.last_used_at > LAST_USE_EVERY:
            with self._engine.begin() as connection:
                connection.execute(
                    update(table).where(table.c.id == key.id).values(last_used_at=iso(now))
                )
        return key

    def all(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first, revoked ones too."""
        query = select(table).order_by(table.c.created_at.desc())
        with self._engine.connect() as connection:
            return tuple(_key(row) for row in connection.execute(query))

    def revoke(self, key_id: str) -> ApiKey | None:
        """Close a key for good, and return it; None where there is no such key in force."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(table)
                .where(table.c.id == key_id, table.c.revoked_at.is_(None))
                .values(revoked_at=iso(utc_now()))
            ).rowcount
            row = connection.execute(select(table).where(table.c.id == key_id)).one_or_none()
        return _key(row) if changed and row is not None else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    def moment(text: str | None) -> datetime | None:
        return parse_iso(text) if text else None

    return ApiKey(
        row.id,
        row.label,
        row.service,
        row.prefix,
        parse_iso(row.created_at),
        moment(row.last_used_at),
        moment(row.revoked_at),
    )
