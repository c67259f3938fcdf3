"""Quotas by window: hours, euros, people and keys, extensions, and who was told

What was used and held stays: the counters of each day and month become the windows' levels.

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OLD = ("requests", "tokens", "wh")
METRICS = (*OLD, "euros")
LEVELS = [f"{kind}_{metric}" for metric in METRICS for kind in ("used", "held")]


def upgrade() -> None:
    """Apply this migration."""
    op.create_table(
        "quota_windows",
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("window_key", sa.String(length=13), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in LEVELS),
        *(sa.CheckConstraint(f"{name} >= 0", name=f"ck_quota_windows_{name}") for name in LEVELS),
        sa.PrimaryKeyConstraint(
            "service", "per", "subject", "window_key", name=op.f("pk_quota_windows")
        ),
    )
    moved = [
        f"CAST(SUM(CASE WHEN metric = '{metric}' THEN {kind} ELSE 0 END) AS BIGINT)"
        for metric in OLD
        for kind in ("used", "held")
    ]
    op.execute(
        f"INSERT INTO quota_windows (service, per, subject, window_key, {', '.join(LEVELS[:6])}) "
        f"SELECT service, 'service', '', period_key, {', '.join(moved)} "
        "FROM quota_counters GROUP BY service, period_key"
    )
    op.drop_table("quota_counters")
    with op.batch_alter_table("quota_reservations", schema=None) as batch_op:
        for name, size in (
            ("hour_key", 13), ("per", 8), ("subject", 200), ("holder", 32), ("surface", 16),
        ):  # fmt: skip
            batch_op.add_column(
                sa.Column(name, sa.String(length=size), server_default="", nullable=False)
            )
        batch_op.add_column(
            sa.Column("asked_euros", sa.BigInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("extra_tokens", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answer_tokens", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_quota_reservations_history", ["service", "surface", "created"], unique=False
        )
    op.create_table(
        "quota_holders",
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_quota_holders")),
    )
    op.create_table(
        "quota_grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("window_key", sa.String(length=13), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("revoked", sa.String(length=27), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_quota_grants_amount"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_grants")),
    )
    with op.batch_alter_table("quota_grants", schema=None) as batch_op:
        batch_op.create_index("ix_quota_grants_window", ["service", "window_key"], unique=False)
    op.create_table(
        "quota_told",
        sa.Column("reader", sa.String(length=200), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("per", sa.String(length=8), nullable=False),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("window_key", sa.String(length=13), nullable=False),
        sa.PrimaryKeyConstraint(
            "reader", "service", "per", "metric", "window_key", name=op.f("pk_quota_told")
        ),
    )


def downgrade() -> None:
    """Undo this migration; hours, euros, what each person used, and extensions are lost."""
    op.create_table(
        "quota_counters",
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("period_key", sa.String(length=10), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held >= 0", name="ck_quota_counters_held"),
        sa.CheckConstraint("used >= 0", name="ck_quota_counters_used"),
        sa.PrimaryKeyConstraint("service", "metric", "period_key", name=op.f("pk_quota_counters")),
    )
    for metric in OLD:
        op.execute(
            "INSERT INTO quota_counters (service, metric, period_key, used, held) "
            f"SELECT service, '{metric}', window_key, used_{metric}, held_{metric} "
            "FROM quota_windows WHERE per = 'service' AND length(window_key) <= 10"
        )
    for table in ("quota_told", "quota_grants", "quota_holders", "quota_windows"):
        op.drop_table(table)
    with op.batch_alter_table("quota_reservations", schema=None) as batch_op:
        batch_op.drop_index("ix_quota_reservations_history")
        for name in (
            "answer_tokens", "extra_tokens", "asked_euros", "surface", "holder", "subject", "per",
            "hour_key",
        ):  # fmt: skip
            batch_op.drop_column(name)
