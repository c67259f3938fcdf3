"""The counters of each service, and what each exchange holds of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, String, Table

from governance.metadata import metadata

# Units: requests, tokens, or whole micro-watt-hours where ``metric`` is «wh».
quota_counters = Table(
    "quota_counters",
    metadata,
    Column("service", String(200), primary_key=True),
    Column("metric", String(16), primary_key=True),
    Column("period_key", String(10), primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    CheckConstraint("used >= 0", name="ck_quota_counters_used"),
    CheckConstraint("held >= 0", name="ck_quota_counters_held"),
)

# ``state`` is held, settled or released. What was asked is kept so that a settlement takes back
# exactly what was held, in the periods of the reservation.
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
    Index("ix_quota_reservations_state", "state", "created"),
)
