"""The charter put in force by a program: what a text must pass, as on the console's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.charter.charter import Charter
from governance.charter.publishing import Author, Proof, Publisher, kept_parents
from governance.charter.revisions import Revision
from server.identity.actors import Actor
from server.pages.charter_words import examine, lacking

if TYPE_CHECKING:
    from server.assembly import Assembly


def checked(components: Assembly, text: str) -> Charter:
    """The charter that ``text`` makes here. Raises CharterInvalid."""
    charter, invalid = examine(components, text)
    if charter is None or invalid is not None:
        raise invalid or AssertionError("a text without a charter has its problems")
    return charter


def publish(
    components: Assembly,
    actor: Actor,
    *,
    text: str,
    reason: str,
    parent: str | None,
    proof: Proof,
    nevertheless: bool,
) -> Revision:
    """Put ``text`` in force; one whose tests fail ``nevertheless`` only.

    Raises:
        CharterInvalid, CharterStoreError, AuditError: nothing changed.
    """
    return _publisher(components).publish(
        text,
        Author(actor.name, actor.subject),
        reason,
        parent,
        parents=kept_parents(components.charter_store.current()),
        proof=proof,
        nevertheless=nevertheless,
    )


def restore(
    components: Assembly, actor: Actor, *, revision: str, reason: str, parent: str | None
) -> Revision:
    """Put an earlier revision in force again.

    Raises:
        CharterInvalid, CharterStoreError, AuditError: nothing changed.
    """
    invalid = lacking(components, components.charter_store.get(revision).load())
    if invalid is not None:
        raise invalid
    author = Author(actor.name, actor.subject)
    return _publisher(components).restore(revision, author, reason, parent)


def _publisher(components: Assembly) -> Publisher:
    return Publisher(components.charter_store, components.audit)
