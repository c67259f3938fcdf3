"""What start-up does of the exchanges that a crash left open."""

from __future__ import annotations

from collections.abc import Callable

from governance.audit.errors import AuditConflict
from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.audit.reading import AuditEntry


def close_interrupted(
    log: AuditLog,
    release: Callable[[str], None],
    mine: Callable[[AuditEntry], bool] = lambda entry: True,
) -> list[str]:
    """Give an «interrupted» end to each open exchange; returns their identifiers.

    ``release(exchange_id)`` frees the reservation; it is called first and must bear being called
    again, so that a crash in between strands nothing. ``mine`` tells the exchanges of this process
    from those that other replicas still serve (default: all are this process's).

    Raises AuditUnavailable, or what ``release`` raises: the server must then not start.
    """
    closed = []
    for entry in log.open_exchanges():
        if entry.exchange_id is None or not mine(entry):
            continue
        release(entry.exchange_id)
        record = AuditRecord(
            "interrupted",
            entry.exchange_id,
            entry.subject,
            entry.service,
            entry.charter_revision,
            data={"accepted": entry.index},
        )
        try:
            log.append(record)
        except AuditConflict:
            # Another process closed it meanwhile.
            continue
        closed.append(entry.exchange_id)
    return closed
