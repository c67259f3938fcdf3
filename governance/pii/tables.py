"""Where the mappings rest, each sealed."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from governance.metadata import metadata

pii_mappings = Table(
    "pii_mappings",
    metadata,
    Column("conversation_id", String(128), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
)
"""One sealed mapping per conversation; ``version`` grows by one with each change."""
