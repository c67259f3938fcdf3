"""API keys: made, rotated, revoked. Each change is in the audit log, never the secret."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from governance.audit.leaf import AuditRecord
from governance.charter.charter import Charter
from governance.clock import iso, utc_now
from governance.messages import N_
from server.books import Books
from server.console.refused import ChangeRefused, NotThere
from server.identity.actors import Actor
from server.identity.api_keys import GRACE, ApiKey
from server.identity.scopes import ADMINISTRATIVE, ORDINARY, SCOPES, Scope, is_scope

LABEL = 80
"""Characters of a key's label."""

LONGEST_GRACE = timedelta(days=30)
"""A secret that was replaced does not go on opening for longer."""


def create(
    books: Books,
    charter: Charter | None,
    actor: Actor,
    *,
    label: str,
    service: str,
    scopes: Sequence[str] = ORDINARY,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key, and return it with its secret, shown this once.

    ``charter`` is None where none is in force yet: any service is then taken.

    Raises:
        ChangeRefused: says which field is wrong; nothing was made.
    """
    said = label.strip()
    if not 1 <= len(said) <= LABEL:
        raise ChangeRefused(
            "label", N_("Say what the key is for, in {limit} characters at most."), limit=LABEL
        )
    chosen = _scopes(scopes)
    if not service and not ADMINISTRATIVE.issuperset(chosen):
        raise ChangeRefused("service", N_("A key that asks questions belongs to a service."))
    if service and charter is not None and service not in {one.id for one in charter.services}:
        raise ChangeRefused("service", N_("The charter has no such service."))
    if expires_at is not None and expires_at <= utc_now():
        raise ChangeRefused("expires_at", N_("The date until which the key opens is past."))
    # A change that could not be logged must not be made.
    books.audit.head()
    key, secret = books.api_keys.create(
        service, said, actor.account, scopes=chosen, expires_at=expires_at
    )
    _record(
        books,
        actor,
        key,
        "created",
        scopes=list(key.scopes),
        expires=iso(expires_at) if expires_at is not None else None,
    )
    return key, secret


def rotate(books: Books, actor: Actor, key_id: str, grace: timedelta = GRACE) -> tuple[ApiKey, str]:
    """Give a key a new secret; the present one goes on opening for ``grace``.

    Raises:
        ChangeRefused: the grace is negative or over 30 days.
        NotThere: there is no such key in force.
    """
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise ChangeRefused(
            "grace_hours",
            N_("The old secret may go on opening for 0 to {limit} hours."),
            limit=LONGEST_GRACE.days * 24,
        )
    books.audit.head()
    done = books.api_keys.rotate(key_id, grace)
    if done is None:
        raise NotThere("key", N_("There is no key in force with this identifier."))
    key, secret = done
    _record(books, actor, key, "rotated", grace_seconds=int(grace.total_seconds()))
    return key, secret


def revoke(books: Books, actor: Actor, key_id: str) -> ApiKey:
    """Close a key for good, both its secrets. Raises NotThere."""
    books.audit.head()
    key = books.api_keys.revoke(key_id)
    if key is None:
        raise NotThere("key", N_("There is no key in force with this identifier."))
    _record(books, actor, key, "revoked")
    return key


def _scopes(given: Sequence[str]) -> tuple[Scope, ...]:
    if not given or not all(is_scope(scope) for scope in given):
        raise ChangeRefused(
            "scopes",
            N_("A key has at least one scope of these: {scopes}."),
            scopes=", ".join(SCOPES),
        )
    return tuple(cast(Scope, scope) for scope in given)


def _record(
    books: Books, actor: Actor, key: ApiKey, action: str, **details: str | int | list[str] | None
) -> None:
    books.audit.append(
        AuditRecord(
            "key",
            subject=actor.subject,
            service=key.service or None,
            data={"action": action, "key": key.id, **details},
        )
    )
