"""The tables of this room. Documents and passages are the truth; the indexes follow them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# ``run`` is the last sync that saw the document: what the latest whole sync did not see is gone.
# ``rank`` is the priority of the source, so that vectors are computed in the order that serves.
documents = Table(
    "rag_documents",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("source", String(63), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("date", String(10), nullable=False),
    Column("licence", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("cut", String(16), nullable=False),
    Column("run", Integer, nullable=False),
)

passages = Table(
    "rag_passages",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("document_id", String(255), ForeignKey("rag_documents.id"), nullable=False, index=True),
    Column("source", String(63), nullable=False),
    Column("position", Integer, nullable=False),
    Column("section_path", Text, nullable=False),
    Column("reference", String(255), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    # Those of a source in reading order, page after page, without sorting them all.
    Index("ix_rag_passages_reading_order", "source", "document_id", "position"),
)

# A row says that the vector of a passage, by this embedder, is in the vector index. There is no
# foreign key: the row of a removed passage stays until its vector is removed as well.
vectors = Table(
    "rag_vectors",
    metadata,
    Column("passage_id", String(24), primary_key=True),
    Column("embedder", String(128), primary_key=True),
    Column("source", String(63), nullable=False),
    Index("ix_rag_vectors_embedder_source", "embedder", "source"),
)

# What was done with the personal data of a document of the organisation's own. ``outcome``:
# cleaned, refused (the document is then not in rag_documents) or failed. ``name`` is cleaned, and
# the id and the digest sealed: nothing here says whom a document is about. ``counts`` is JSON.
cleanings = Table(
    "rag_cleanings",
    metadata,
    Column("document_id", String(255), primary_key=True),
    Column("source", String(63), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("date", String(10), nullable=False),
    Column("counts", Text, nullable=False),
    Column("run", Integer, nullable=False),
)

# The parts of a document that its connector does not read, as problems in JSON: they are told at
# each sync, and a document that did not change is not read again. ``document_id`` and the names of
# files are as treated.
unread = Table(
    "rag_unread",
    metadata,
    Column("document_id", String(255), primary_key=True),
    Column("source", String(63), nullable=False, index=True),
    Column("problems", Text, nullable=False),
    Column("run", Integer, nullable=False),
)

# What a sync (``run``) changed: a document that was ``added``, ``changed`` or ``removed``.
# ``text_before`` is what it said until the day ``valid_until``; null where there was none, or where
# it may not be kept. What it said afterwards is found by ``digest_after``, the sha256 of that text.
# There is no foreign key: this outlives the documents.
changes = Table(
    "rag_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, nullable=False, index=True),
    Column("source", String(63), nullable=False, index=True),
    Column("document_id", String(255), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("title_before", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("date_before", String(10), nullable=False),
    Column("date_after", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("digest_before", String(64), nullable=False),
    Column("digest_after", String(64), nullable=False),
    Column("text_before", Text),
)

# Seconds are Unix time. ``status``: running, complete or failed. ``problems`` is JSON.
# ``treatment`` is the stamp of what was done with personal data, empty where nothing was.
# ``first``: nothing of the source had been read as a whole before, so that its documents are
# counted, not listed. ``failure`` is why one failed, in JSON: the message and its values.
sync_runs = Table(
    "rag_sync_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(63), nullable=False, index=True),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("status", String(16), nullable=False),
    Column("version", String(64), nullable=False),
    Column("added", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("removed", Integer, nullable=False, default=0),
    Column("problems", Text, nullable=False, default="[]"),
    Column("treatment", String(64), nullable=False, default="", server_default=""),
    Column("first", Boolean, nullable=False, default=False, server_default=false()),
    Column("failure", Text, nullable=False, default="", server_default=""),
)
