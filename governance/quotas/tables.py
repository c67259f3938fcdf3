"""What is used and held in each window, what each exchange holds, and what was granted."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from governance.metadata import metadata
from governance.quotas.limits import METRICS


def _levels() -> list[Column[int]]:
    return [
        Column(f"{kind}_{metric}", BigInteger, nullable=False, server_default="0")
        for metric in METRICS
        for kind in ("used", "held")
    ]


def _never_negative() -> list[CheckConstraint]:
    # Two fences: the code never subtracts more than was held, and the database would refuse it.
    return [
        CheckConstraint(f"{kind}_{metric} >= 0", name=f"ck_quota_windows_{kind}_{metric}")
        for metric in METRICS
        for kind in ("used", "held")
    ]


# Units: requests, tokens, or whole millionths of watt-hours and euros. ``per`` is service, user or
# key; ``subject`` the pseudonym of the person or key, empty for the service.
quota_windows = Table(
    "quota_windows",
    metadata,
    Column("service", String(200), primary_key=True),
    Column("per", String(8), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("window_key", String(13), primary_key=True),
    *_levels(),
    *_never_negative(),
)

# ``state`` is held, settled, released or swept. What was asked is kept so that a settlement takes
# back exactly what was held, in the windows of the reservation (an empty key: in none). ``per`` and
# ``subject`` are empty where no quota of the asker's own is counted, and emptied at the end.
# ``extra_tokens`` and ``answer_tokens`` are how long the answer was, for the next estimates.
quota_reservations = Table(
    "quota_reservations",
    metadata,
    Column("exchange_id", String(64), primary_key=True),
    Column("service", String(200), nullable=False),
    Column("day_key", String(10), nullable=False),
    Column("month_key", String(7), nullable=False),
    Column("asked_requests", BigInteger, nullable=False),
    Column("asked_tokens", BigInteger, nullable=False),
    Column("asked_wh", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("created", String(27), nullable=False),
    Column("hour_key", String(13), nullable=False, server_default=""),
    Column("per", String(8), nullable=False, server_default=""),
    Column("subject", String(200), nullable=False, server_default=""),
    Column("asked_euros", BigInteger, nullable=False, server_default="0"),
    Column("holder", String(32), nullable=False, server_default=""),
    Column("surface", String(16), nullable=False, server_default=""),
    Column("extra_tokens", Integer),
    Column("answer_tokens", Integer),
    Index("ix_quota_reservations_state", "state", "created"),
    Index("ix_quota_reservations_history", "service", "surface", "created"),
)

#: Each process that holds something counts here, so that the others see that it lives.
quota_holders = Table(
    "quota_holders",
    metadata,
    Column("holder", String(32), primary_key=True),
    Column("beats", BigInteger, nullable=False),
)

#: ``amount`` is in stored units. ``given_by`` and ``revoked_by`` are pseudonyms.
quota_grants = Table(
    "quota_grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("service", String(200), nullable=False),
    Column("per", String(8), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("window_key", String(13), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_by", String(200), nullable=False),
    Column("created", String(27), nullable=False),
    Column("revoked", String(27)),
    Column("revoked_by", String(200)),
    CheckConstraint("amount > 0", name="ck_quota_grants_amount"),
    Index("ix_quota_grants_window", "service", "window_key"),
)

#: Who was told that a quota is nearly used up: once in each of its windows.
quota_told = Table(
    "quota_told",
    metadata,
    Column("reader", String(200), primary_key=True),
    Column("service", String(200), primary_key=True),
    Column("per", String(8), primary_key=True),
    Column("metric", String(16), primary_key=True),
    Column("window_key", String(13), primary_key=True),
)
