"""Documents and passages as rows of the database, and back."""

from __future__ import annotations

import json
from typing import Any

from rag import chunking
from rag.documents import Document
from rag.protocol import Passage


def passage_of(row: Any) -> Passage:
    """The passage that a row of passages joined with documents holds."""
    return Passage(
        id=row.id,
        document_id=row.document_id,
        source=row.source,
        title=row.title,
        section_path=tuple(json.loads(row.section_path)),
        reference=row.reference,
        text=row.text,
        url=row.url,
        date=row.date,
        licence=row.licence,
        digest=row.digest,
    )


def head_of(document: Document, run: int) -> dict[str, Any]:
    """The row of a document that the sync ``run`` saw."""
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "url": document.url,
        "date": document.date,
        "licence": document.licence,
        "digest": document.digest,
        "cut": chunking.VERSION,
        "run": run,
    }


def row_of(document: Document, piece: chunking.Cut) -> dict[str, Any]:
    """The row of a passage of ``document``."""
    return {
        "id": piece.id,
        "document_id": document.id,
        "source": document.source,
        "position": piece.position,
        "section_path": json.dumps(piece.section_path, ensure_ascii=False),
        "reference": piece.reference,
        "text": piece.text,
        "url": piece.url,
        "digest": piece.digest,
    }
