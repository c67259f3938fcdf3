"""What a person shares of an answer with the administrator, without personal data.

The conversation's own mapping masks it, so that what the person had masked, and the names that the
analysis alone would miss, are masked here too; nothing that they left in clear stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from governance.charter.charter import ServiceRules
from governance.pii.entities import Handling
from governance.pii.errors import PiiError
from governance.receipt import Receipt
from server.conversations import StoredMessage
from server.evaluation.feedback import Shared, SharedSource

if TYPE_CHECKING:
    from governance.pii.pseudonymise import Pseudonymiser
    from rag.protocol import Retriever

SPECIAL = "SPECIAL_CATEGORY"
"""Health or union membership, which charters may leave to the model: it goes no further."""


def shared(
    pseudonymiser: Pseudonymiser,
    rules: ServiceRules,
    answer: StoredMessage,
    question: str,
    comment: str,
    sources: tuple[SharedSource, ...],
    right: int,
) -> Shared | None:
    """The copy to share; None where it cannot be masked: then nothing of it may leave."""
    texts = [question, answer.text, *([comment] if comment else [])]
    try:
        masked = pseudonymiser.preview(
            answer.conversation_id, texts, handling_of(rules), custom=rules.custom
        )
    except PiiError:
        return None
    asked, said, *rest = masked.texts
    return Shared(
        question=asked,
        answer=said,
        comment=rest[0] if rest else "",
        sources=sources,
        right=right,
    )


def handling_of(rules: ServiceRules) -> Callable[[str], Handling]:
    """What is done with each kind: as for the model, and sensitive data is masked in any case."""

    def handling(entity: str) -> Handling:
        usual = rules.handling(entity)
        return "never_restore" if entity == SPECIAL and usual == "keep" else usual

    return handling


def question_of(stored: tuple[StoredMessage, ...], answer: StoredMessage) -> str:
    """The question that ``answer`` answers; empty where there is none."""
    place = next(number for number, turn in enumerate(stored) if turn.id == answer.id)
    asked = [turn.text for turn in stored[:place] if turn.role == "person"]
    return asked[-1] if asked else ""


def sources_of(answer: StoredMessage, retriever: Retriever) -> tuple[SharedSource, ...]:
    """The passages that were shown with ``answer``; one that is gone, as the receipt has it."""
    receipt = Receipt.model_validate(answer.receipt) if answer.receipt else None
    parts = {part.number: part for part in receipt.sources} if receipt else {}
    found: list[SharedSource] = []
    for number, passage_id in enumerate(answer.sources, 1):
        passage = retriever.passage(passage_id)
        part = parts.get(number)
        told = passage or part
        if told is None:
            continue
        found.append(
            SharedSource(
                number=number,
                document=passage.document_id if passage is not None else "",
                title=told.title,
                reference=told.reference,
                url=told.url,
                date=told.date,
                cited=part is not None and part.cited,
            )
        )
    return tuple(found)
