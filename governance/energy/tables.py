"""The energy of each exchange, and of each day of each machine."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table, Text

from governance.metadata import metadata

# ``subject`` is the opaque identifier of an account, never a name. ``joules`` is null where the
# energy is unknown; ``steps`` is a JSON object of joules by step, or null.
energy_bills = Table(
    "energy_bills",
    metadata,
    Column("exchange_id", String(64), primary_key=True),
    Column("service", String(200), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("at", String(27), nullable=False),
    Column("day", String(10), nullable=False),
    Column("method", String(16), nullable=False),
    Column("joules", Float, nullable=True),
    Column("steps", Text, nullable=True),
    Column("cpu_seconds", Float, nullable=False),
    Column("carbon_grams", Float, nullable=True),
    Column("embodied_grams", Float, nullable=True),
    Index("ix_energy_bills_subject_day", "subject", "day"),
    Index("ix_energy_bills_service_day", "service", "day"),
    Index("ix_energy_bills_day", "day"),
)

# Joules. One row a day and machine: requests + idle + unattributed = meter.
energy_days = Table(
    "energy_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("machine", String(100), primary_key=True),
    Column("meter", Float, nullable=False),
    Column("requests", Float, nullable=False),
    Column("idle", Float, nullable=False),
    Column("unattributed", Float, nullable=False),
)
