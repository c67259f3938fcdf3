"""Which processes that hold something still live, without asking any clock that can be set.

A process counts its beats in the database. Whoever sweeps looks at the others' counts: one that has
not moved for :data:`DEAD_AFTER` seconds of the watcher's own monotonic clock is that of a dead
process. The time of day plays no part, so no change of it makes a living hold look old.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from governance.quotas.levels import insert_once
from governance.quotas.tables import quota_holders as holders
from governance.quotas.tables import quota_reservations as reservations

DEAD_AFTER = 180.0
"""Seconds without a beat after which a process is dead: three beats of the housekeeping."""


class Holders:
    """What one process knows of the others. Used under the ledger's own lock."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self._seen: dict[str, tuple[int | None, float]] = {}

    def beat(self, connection: Connection) -> None:
        """Show the others that this process lives."""
        insert_once(connection, holders, holder=self.holder, beats=0)
        mine = holders.c.holder == self.holder
        connection.execute(update(holders).where(mine).values(beats=holders.c.beats + 1))

    def dead(self, connection: Connection, now: float) -> frozenset[str]:
        """The others that hold something and have not moved; ``now`` in monotonic seconds."""
        holding = select(reservations.c.holder).where(reservations.c.state == "held").distinct()
        others = set(connection.execute(holding).scalars()) - {self.holder}
        counts = connection.execute(select(holders.c.holder, holders.c.beats))
        beats: dict[str, int] = {row.holder: row.beats for row in counts}
        seen: dict[str, tuple[int | None, float]] = {}
        for other in others:
            known = self._seen.get(other)
            count = beats.get(other)
            seen[other] = known if known is not None and known[0] == count else (count, now)
        self._seen = seen
        return frozenset(other for other, (_, at) in seen.items() if now - at >= DEAD_AFTER)

    def bury(self, connection: Connection, dead: frozenset[str]) -> None:
        """Forget the counts of dead processes; one that lives after all counts again from 1."""
        if dead:
            connection.execute(delete(holders).where(holders.c.holder.in_(sorted(dead))))
