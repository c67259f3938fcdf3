"""The tables of review: entries that wait for a person, members of the roles, contested refusals.

What people and the model wrote is sealed with the author's own key (``sealed``, ``reason``,
``text``, ``comment``, ``answer``): to destroy that key destroys these texts too.
"""

from sqlalchemy import Column, Float, Index, LargeBinary, String, Table, Text

from governance.metadata import metadata

_ID = 200
_TIME = 27

review_entries = Table(
    "review_entries",
    metadata,
    Column("exchange_id", String(_ID), primary_key=True),
    Column("subject", String(_ID), nullable=False, index=True),
    Column("conversation_id", String(_ID), nullable=False, index=True),
    Column("service", String(_ID), nullable=False),
    Column("use_id", String(_ID), nullable=False),
    Column("role", String(_ID), nullable=False),
    Column("delivery", String(8), nullable=False),
    Column("layer", String(32), nullable=False),
    Column("score", Float, nullable=False),
    Column("charter_revision", String(_ID), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", String(_TIME), nullable=False, index=True),
    Column("decided_at", String(_TIME)),
    Column("decided_by", String(_ID)),
    Column("told_at", String(_TIME)),
    Column("sealed", LargeBinary, nullable=False),
    Column("reason", LargeBinary),
    Index("ix_review_entries_state_role", "state", "role"),
)

review_members = Table(
    "review_members",
    metadata,
    Column("role", String(_ID), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("added_at", String(_TIME), nullable=False),
)

contests = Table(
    "contests",
    metadata,
    Column("exchange_id", String(_ID), primary_key=True),
    Column("subject", String(_ID), nullable=False, index=True),
    Column("conversation_id", String(_ID), nullable=False, index=True),
    Column("service", String(_ID), nullable=False),
    Column("use_id", String(_ID), nullable=False),
    Column("title", Text, nullable=False),
    Column("layer", String(32), nullable=False),
    Column("score", Float),
    Column("nearest", Text, nullable=False),
    Column("charter_revision", String(_ID), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", String(_TIME), nullable=False, index=True),
    Column("answered_at", String(_TIME)),
    Column("answered_by", String(_ID)),
    Column("told_at", String(_TIME)),
    Column("text", LargeBinary),
    Column("comment", LargeBinary),
    Column("answer", LargeBinary),
)
