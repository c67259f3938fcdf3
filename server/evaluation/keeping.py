"""What the administrator makes of a shared opinion: a test, or nothing. Both are in the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from governance.audit.leaf import AuditRecord
from rag.text.words import fold
from server.evaluation.cases import Case
from server.evaluation.errors import NewTestInvalid
from server.evaluation.feedback import AlreadyReviewed, Decided, FeedbackReview, feedback_of
from server.evaluation.file import add_case, case_file

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from server.assembly import Assembly
    from server.books import Books

ID_LENGTH = 40


def new_case(**fields: Any) -> Case:
    """A test of these fields. Raises NewTestInvalid."""
    try:
        return Case(**fields)
    except ValidationError as error:
        places = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise NewTestInvalid(fields=", ".join(dict.fromkeys(places))) from None


def id_of(question: str) -> str:
    """An id that recalls the question: «combien-de-jours-de-conges»."""
    words = re.findall(r"[a-z0-9]+", fold(question))
    kept = ""
    for word in words:
        if len(kept) + len(word) >= ID_LENGTH:
            break
        kept = f"{kept}-{word}".strip("-")
    return kept or "test"


def keep_as_test(
    books: Books | Assembly,
    exchange_id: str,
    by: str,
    *,
    question: str = "",
    sources: tuple[str, ...] | None = None,
    words: tuple[str, ...] = (),
    unanswerable: bool = False,
) -> Case:
    """Make a test of a shared opinion, with what a right answer needs.

    Without ``question`` it is the person's, in placeholders; without ``sources`` the one that they
    picked, where they picked one. ``by`` is who decides, as the log names them.

    Raises:
        NoSuchFeedback, AlreadyReviewed: nothing is added.
        EvaluationError: the test is not as it should be, or the file cannot be used.
        OSError, AuditUnavailable: the file or the log cannot be written.
    """
    review = feedback_of(books).get(exchange_id)
    if review.state != "new":
        raise AlreadyReviewed
    if sources is None:
        picked = review.shared.right_source
        sources = (picked,) if picked and not unanswerable else ()
    case = new_case(
        id=f"feedback-{exchange_id[:12].lower()}",
        question=question or review.shared.question,
        service=review.opinion.service,
        sources=sources,
        words=words,
        unanswerable=unanswerable,
        origin=exchange_id,
    )
    add_case(case_file(books.settings.data_dir), case)
    _decide(books, review, "kept", by, case.id)
    return case


def dismiss(books: Books | Assembly, exchange_id: str, by: str) -> None:
    """Leave a shared opinion without consequence.

    Raises:
        NoSuchFeedback, AlreadyReviewed, AuditUnavailable: nothing is changed.
    """
    _decide(books, feedback_of(books).get(exchange_id), "dismissed", by, "")


def _decide(
    books: Books | Assembly, review: FeedbackReview, decided: Decided, by: str, test_id: str
) -> None:
    opinion = review.opinion

    def write(connection: Connection) -> None:
        feedback_of(books).decide(connection, opinion.exchange_id, decided, by, test_id)

    data = {"action": decided, "author": opinion.subject}
    record = AuditRecord("feedback", opinion.exchange_id, by, opinion.service, data=data)
    books.audit.append(record, also=write)
