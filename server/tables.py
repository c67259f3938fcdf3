"""The server's tables: accounts, sessions, API keys, conversations, messages, shared opinions."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from governance.metadata import metadata as _governance

metadata = MetaData(naming_convention=_governance.naming_convention)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("display_name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("service", String(64), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    # The day alone (ISO 8601, UTC): to find accounts that nobody uses, not to watch people.
    Column("last_sign_in", String(10)),
)

#: One-time links by which a person chooses a password. Stored as the sessions are.
invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Float, nullable=False),
    Index(None, "user_id"),
)

#: ``digest`` is the sha256 of the cookie's token, which is stored nowhere. Unix seconds.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

#: ``key`` is a keyed hash of an account's name or of a network address. Unix seconds.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Float, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("label", String(200), nullable=False),
    Column("service", String(64), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("last_used_at", String(32)),
    Column("revoked_at", String(32)),
    # Keys made before there were scopes open what they always did.
    Column("scopes", String(100), nullable=False, server_default="chat,embeddings,presidio"),
    Column("expires_at", String(32)),
    Column("rotated_at", String(32)),
    # The secret of before the last rotation, and until when it opens.
    Column("previous_digest", String(64), index=True),
    Column("previous_until", String(32)),
    UniqueConstraint("digest"),
)

#: When the whole audit log was last recomputed in the console, and whether it held.
audit_checks = Table(
    "audit_checks",
    metadata,
    Column("time", String(32), primary_key=True),
    Column("ok", Boolean, nullable=False),
    Column("size", Integer, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("service", String(64), nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index(None, "user_id", "updated_at"),
)

#: What people and the model wrote is sealed (``content``, ``grounding``, ``prompt``, ``comment``).
messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "conversation_id",
        String(32),
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("exchange_id", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("prompt", LargeBinary),
    Column("grounding", LargeBinary),
    Column("masked", Text),
    Column("sources", Text),
    Column("receipt", Text),
    Column("refusal", Text),
    Column("feedback", String(8), nullable=False),
    Column("comment", LargeBinary),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("conversation_id", "position"),
    Index(None, "exchange_id"),
)

#: A thumb on an answer, and why. ``sealed`` is what the person shares with the administrator, in
#: placeholders and with the person's own key: none without their consent, and gone with that key or
#: with the conversation.
feedback_reviews = Table(
    "feedback_reviews",
    metadata,
    Column("exchange_id", String(64), primary_key=True),
    Column(
        "conversation_id",
        String(32),
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("subject", String(64), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("value", String(8), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", String(32), nullable=False, index=True),
    Column("decided_at", String(32)),
    Column("decided_by", String(64)),
    Column("test_id", String(64), nullable=False),
    Column("sealed", LargeBinary),
)
