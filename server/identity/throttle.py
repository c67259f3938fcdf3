"""Slows down who guesses passwords: failures are counted by account and by network address.

Within 15 minutes an account takes 10 failures and an address 40; then sign-in waits for the end of
those 15 minutes, even with the right password. Counts are in the database, so that a restart or a
second process does not forgive; names and addresses are stored as keyed hashes. An attempt is
counted before the password is checked: guesses made at the same time cannot pass together.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.identity.users import fold_name
from server.tables import sign_in_attempts as table

WINDOW = 900.0
ACCOUNT_LIMIT = 10
ADDRESS_LIMIT = 40


class Throttle:
    """The failures' store. ``key`` is 32 bytes that the hashes are made with."""

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock

    def attempt(self, name: str, address: str) -> float:
        """Count an attempt, and return how many seconds it must wait (0: it may go on)."""
        now = self._clock()
        wait = 0.0
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.since <= now - WINDOW))
            for key, limit in self._keys(name, address):
                failures, since = self._count(connection, key, now)
                if failures > limit:
                    wait = max(wait, since + WINDOW - now)
        return wait

    def succeeded(self, name: str, address: str) -> None:
        """Forgive the account, and take the attempt back from the address."""
        account, address_key = (key for key, _ in self._keys(name, address))
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.key == account))
            connection.execute(
                update(table)
                .where(table.c.key == address_key, table.c.failures > 0)
                .values(failures=table.c.failures - 1)
            )

    def _keys(self, name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (
            (self._hash(f"account/{fold_name(name)}"), ACCOUNT_LIMIT),
            (self._hash(f"address/{address}"), ADDRESS_LIMIT),
        )

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _count(self, connection: Connection, key: str, now: float) -> tuple[int, float]:
        mine = table.c.key == key
        raised = update(table).where(mine).values(failures=table.c.failures + 1)
        if connection.execute(raised).rowcount == 0:
            try:
                with connection.begin_nested():
                    connection.execute(insert(table).values(key=key, failures=1, since=now))
            except IntegrityError:
                connection.execute(raised)
        row = connection.execute(select(table.c.failures, table.c.since).where(mine)).one()
        return row.failures, row.since
