"""The charter put in force: what a text must pass, and what the log keeps of it."""

from __future__ import annotations

from collections.abc import Iterable

from governance.audit.leaf import AuditRecord
from governance.charter.charter import Charter
from governance.charter.problems import CharterInvalid, CharterProblem
from governance.charter.revisions import CharterStore, Revision
from governance.messages import N_
from server.books import Books
from server.identity.actors import Actor


def check_sources(charter: Charter, known: Iterable[str]) -> None:
    """A charter names only sources that exist here. Raises CharterInvalid."""
    problems = []
    for index, service in enumerate(charter.services):
        unknown = () if service.sources == "all" else sorted(set(service.sources) - set(known))
        if unknown:
            field = f"services[{index}].sources"
            mark = charter.places[field]
            problems.append(
                CharterProblem(
                    mark.file,
                    mark.line,
                    mark.column,
                    field,
                    N_("There are no such sources: {names}."),
                    {"names": ", ".join(unknown)},
                )
            )
    if problems:
        raise CharterInvalid(tuple(problems))


def publish(
    books: Books,
    store: CharterStore,
    actor: Actor,
    charter: Charter,
    *,
    text: str,
    reason: str,
    parent: str | None,
    sources: Iterable[str],
) -> Revision:
    """Put ``text``, of which ``charter`` is what it means, in force.

    Raises:
        CharterInvalid, CharterStoreError: nothing changed.
        AuditError: the log does not answer; nothing changed.
    """
    check_sources(charter, sources)
    # A change that could not be logged must not come into force.
    books.audit.head()
    saved = store.save(text, actor.name, reason, parent)
    _record(books, actor, saved, "published", parent)
    return saved


def restore(
    books: Books,
    store: CharterStore,
    actor: Actor,
    *,
    revision: str,
    reason: str,
    parent: str | None,
    sources: Iterable[str],
) -> Revision:
    """Put an earlier revision in force again.

    Raises:
        CharterInvalid, CharterStoreError: nothing changed.
        AuditError: the log does not answer; nothing changed.
    """
    check_sources(store.get(revision).load(), sources)
    books.audit.head()
    saved = store.restore(revision, actor.name, reason, parent)
    _record(books, actor, saved, "restored", parent)
    return saved


def _record(books: Books, actor: Actor, saved: Revision, action: str, parent: str | None) -> None:
    books.audit.append(
        AuditRecord(
            "charter",
            subject=actor.subject,
            charter_revision=saved.revision,
            data={"action": action, "parent": parent or None, "number": saved.number},
        ),
        saved.reason,
    )
