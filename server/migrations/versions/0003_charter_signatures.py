"""Signatures of the charter's revisions

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this migration."""
    with op.batch_alter_table("charter_history", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signature", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo this migration."""
    with op.batch_alter_table("charter_history", schema=None) as batch_op:
        batch_op.drop_column("signature")
