"""Destroys what people wrote: when they ask for it, and once it is older than the charter keeps it.

The log's leaves stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from governance.clock import utc_now
from governance.stages.generate import kept_under
from server import callers
from server.evaluation.feedback import unexpired

if TYPE_CHECKING:
    from server.assembly import Assembly
    from server.books import Books

_log = structlog.get_logger("sobria.expiry")


def expire(books: Books, days: int) -> None:
    """Destroy reviews, contests, opinions and sealed texts that are more than ``days`` old.

    Raises SQLAlchemyError, AuditError: what comes before the one that failed is destroyed.
    """
    before = utc_now() - timedelta(days=days)
    books.reviews.expire(before)
    books.contests.expire(before)
    unexpired(books, days)
    gone = books.audit.expire_sealed(before)
    if gone:
        _log.info("sealed_texts_expired", count=gone)


def expire_conversations(components: Assembly, days: int) -> None:
    """Erase the conversations in which nothing was asked for more than ``days`` days.

    Raises SQLAlchemyError, MappingUnavailable: what comes before the one that failed is erased.
    """
    before = utc_now() - timedelta(days=days)
    gone = [
        erase_conversation(components, conversation_id, user_id, before)
        for conversation_id, user_id in components.conversations.unused_since(before)
    ]
    if any(gone):
        _log.info("conversations_expired", count=sum(gone))


def erase_conversation(
    components: Assembly, conversation_id: str, user_id: str, unused_since: datetime | None = None
) -> bool:
    """Erase a conversation, with all that was kept for it alone: what the engine has computed, the
    pseudonyms' mapping, what waits for a reviewer, contests. False as ``Conversations.delete``.

    Raises as :func:`expire_conversations`.
    """
    if not components.conversations.delete(conversation_id, user_id, unused_since):
        return False
    components.engine.forget(kept_under(callers.subject_of(components, user_id), conversation_id))
    components.vault.destroy(conversation_id)
    components.reviews.destroy(conversation_id)
    components.contests.destroy(conversation_id)
    return True
