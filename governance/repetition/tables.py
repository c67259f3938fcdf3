"""The table of the answers that may be given again.

``key`` is a keyed hash of all that an answer depends on, the question among it: nothing of the
question can be read from it. The answer is sealed, and nothing says who asked.
"""

from sqlalchemy import Column, LargeBinary, String, Table

from governance.metadata import metadata

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("service", String(200), nullable=False, index=True),
    Column("charter_revision", String(200), nullable=False),
    Column("written_at", String(27), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
