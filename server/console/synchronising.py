"""What the log keeps of a source that somebody has read again."""

from __future__ import annotations

from governance.audit.leaf import AuditRecord
from server.books import Books
from server.identity.actors import Actor


def record_sync(books: Books, actor: Actor, source_id: str) -> None:
    """Write that ``actor`` has a source read again.

    Raises:
        AuditUnavailable: the log cannot be written.
    """
    data = {"action": "synchronised", "source": source_id}
    books.audit.append(AuditRecord("source", subject=actor.subject, data=data))
