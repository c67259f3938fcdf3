"""The tables of the audit log and of the persons' keys.

``audit_leaves.leaf`` is the truth; the columns beside it repeat what one filters by, and
verification checks that they agree. Rows of ``audit_sealed`` go with retention and erasure; leaves
stay.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from governance.metadata import metadata

# SQLite makes only an INTEGER primary key the row's own number.
_LeafIndex = BigInteger().with_variant(Integer, "sqlite")

IDENTIFIER_LENGTH = 200
_TIME_LENGTH = 27

audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("leaf_index", _LeafIndex, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", String(_TIME_LENGTH), nullable=False, index=True),
    Column("type", String(16), nullable=False),
    Column("exchange_id", String(IDENTIFIER_LENGTH), index=True),
    Column("subject", String(IDENTIFIER_LENGTH), index=True),
    Column("service", String(IDENTIFIER_LENGTH)),
    Column("charter_revision", String(IDENTIFIER_LENGTH)),
    Column("use_id", String(IDENTIFIER_LENGTH), index=True),
    Index("ix_audit_leaves_type_exchange_id", "type", "exchange_id"),
    Index("ix_audit_leaves_service_leaf_index", "service", "leaf_index"),
)

audit_sealed = Table(
    "audit_sealed",
    metadata,
    Column(
        "leaf_index",
        _LeafIndex,
        ForeignKey("audit_leaves.leaf_index"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("subject", String(IDENTIFIER_LENGTH), nullable=False, index=True),
    Column("time", String(_TIME_LENGTH), nullable=False, index=True),
    Column("blob", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("nodes", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("subject", String(IDENTIFIER_LENGTH), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary),
    Column("created", String(_TIME_LENGTH), nullable=False),
    Column("erased", String(_TIME_LENGTH)),
)
