"""Destroys what people wrote, once it is older than the charter keeps it; the log's leaves stay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from governance.clock import utc_now
from server.evaluation.feedback import unexpired

if TYPE_CHECKING:
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
