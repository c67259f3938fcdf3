"""Who reviews what: the members of the roles, as the charter in force has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from governance.review.queue import Reviewer, Standing
from server import callers
from server.conversations import StoredMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.charter.charter import Charter
    from server.assembly import Assembly
    from server.books import Books
    from server.identity.users import User


def reviewer_of(books: Books | Assembly, charter: Charter, user: User) -> Reviewer:
    """What ``user`` may decide; a role that the charter no longer has opens nothing."""
    services: dict[str, frozenset[str] | None] = {}
    for name in () if user.disabled else books.members.roles_of(user.id):
        role = charter.reviewer(name)
        if role is not None:
            services[name] = None if role.services == "all" else frozenset(role.services)
    return Reviewer(books.person_keys.subject(user.id), services)


def badges(components: Assembly, charter: Charter, user: User) -> tuple[int | None, int]:
    """What waits for ``user`` to decide, None where they review nothing; and their own news.

    A page is shown without them where the database does not answer.
    """
    try:
        reviewer = reviewer_of(components, charter, user)
        waiting = len(components.reviews.waiting(reviewer)) if reviewer.services else None
        subject = reviewer.subject
        return waiting, components.reviews.news(subject) + components.contests.news(subject)
    except SQLAlchemyError:
        return None, 0


def standings_of(
    components: Assembly, user: User, stored: Sequence[StoredMessage]
) -> dict[str, Standing]:
    """What the author may know of the reviews of these turns, by exchange."""
    exchanges = [message.exchange_id for message in stored if message.role == "machine"]
    subject = callers.subject_of(components, user.id)
    return components.reviews.standings(subject, exchanges)


def as_released(message: StoredMessage, standings: Mapping[str, Standing]) -> StoredMessage:
    """The turn with its text, where it was held and has been approved; else as it is stored."""
    standing = standings.get(message.exchange_id)
    if (
        message.role != "machine"
        or standing is None
        or standing.held is None
        or standing.entry.delivery != "hold"
    ):
        return message
    held = standing.held
    return replace(message, text=held.answer, sources=held.passages, unsupported=held.unsupported)
