"""The revisions of the charter, and the order in which they were in force."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from governance.metadata import metadata

# Addressed by content: saving the same text again adds no row. ``parents`` is a JSON object of the
# texts that it extends, by file name, so that a revision means the same for ever.
charter_revisions = Table(
    "charter_revisions",
    metadata,
    Column("revision", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("parents", Text, nullable=False),
)

# One row for each time that a revision came into force. The number is given by whoever saves, one
# above the last: of two that save at once, the primary key lets one pass.
charter_history = Table(
    "charter_history",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column(
        "revision", String(64), ForeignKey(charter_revisions.c.revision), nullable=False, index=True
    ),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("time", String(27), nullable=False),
    # A line of a signed note; none for what came into force before revisions were signed.
    Column("signature", Text, nullable=True),
)
