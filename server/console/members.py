"""Members: the accounts, by service and role. Each change is in the audit log.

The roles do not overlap, and an administrator must not make their way into the log: the account of
a data protection officer is made and changed by the operator alone, on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from governance.audit.leaf import AuditRecord
from governance.charter.charter import Charter
from governance.messages import N_
from server.books import Books
from server.console.refused import ChangeRefused, NotThere
from server.identity.actors import Actor
from server.identity.users import ROLES, AccountError, Locale, Role, User
from server.settings import Settings

INVITATION = timedelta(days=7)
"""How long a person has to follow the link of an invitation."""

OFFICER = N_(
    "The account of a data protection officer is made and changed on the command line only: who "
    "administers must not open the log by a new password."
)


@dataclass(frozen=True, slots=True)
class NewMember:
    """What one says of a person to make their account."""

    name: str
    display_name: str
    role: str
    service: str
    locale: str = "fr"


def find(books: Books, who: str) -> User:
    """The account with this id or, failing that, this sign-in name. Raises NotThere."""
    user = books.users.get(who)
    if user is not None:
        return user
    try:
        return books.users.find(who)
    except AccountError as error:
        raise NotThere("member", error.message_id, **error.params) from error


def add(books: Books, charter: Charter | None, actor: Actor, new: NewMember) -> tuple[User, str]:
    """Make an account, and return it with its password, shown this once.

    ``charter`` is None where none is in force yet: any service is then taken.

    Raises:
        ChangeRefused: says which field is wrong; nothing was made.
    """
    role = _role(new.role)
    _may_touch(actor, role)
    if new.locale not in {"fr", "en"}:
        raise ChangeRefused("locale", N_("The language is fr or en."))
    service = _service(charter, role, new.service)
    # A change that could not be logged must not be made.
    books.audit.head()
    try:
        user, password = books.users.add(
            new.name,
            display_name=new.display_name.strip(),
            role=role,
            service=service,
            locale=cast(Locale, new.locale),
        )
    except AccountError as error:
        raise ChangeRefused(error.field, error.message_id, **error.params) from error
    record(books, actor, user, "created")
    return user, password


def change(
    books: Books,
    charter: Charter | None,
    actor: Actor,
    user: User,
    *,
    service: str | None = None,
    display_name: str | None = None,
) -> User:
    """Move an account to another service, or change the name that pages show.

    Raises:
        ChangeRefused: says which field is wrong; nothing was changed.
    """
    _may_touch(actor, user.role)
    moved = None if service is None else _service(charter, user.role, service)
    renamed = None if display_name is None else display_name.strip()
    if renamed is not None and not 1 <= len(renamed) <= 200:
        raise ChangeRefused("display_name", N_("A name to show has 1 to 200 characters."))
    books.audit.head()
    if moved is not None and moved != user.service:
        books.users.move(user.id, moved)
        record(books, actor, user, "moved", {"from": user.service or None, "to": moved or None})
    if renamed is not None and renamed != user.display_name:
        books.users.rename(user.id, renamed)
        record(books, actor, user, "renamed")
    return find(books, user.id)


def set_disabled(books: Books, actor: Actor, user: User, disabled: bool) -> User:
    """Close an account, whose sessions end at once, or open it again.

    Raises:
        ChangeRefused: it is a data protection officer's, or one's own.
    """
    _may_touch(actor, user.role)
    if disabled and user.id == actor.account:
        raise ChangeRefused(
            "member", N_("One does not close one's own account: ask another administrator.")
        )
    books.audit.head()
    books.users.set_disabled(user.id, disabled)
    if disabled:
        books.invitations.drop(user.id)
    record(books, actor, user, "disabled" if disabled else "enabled")
    return find(books, user.id)


def new_password(books: Books, actor: Actor, user: User) -> str:
    """Give an account a new password, shown this once; its sessions end.

    Raises:
        ChangeRefused: it is a data protection officer's.
    """
    _may_touch(actor, user.role)
    books.audit.head()
    password = books.users.set_password(user.id)
    books.invitations.drop(user.id)
    record(books, actor, user, "password")
    return password


def invite(books: Books, actor: Actor, user: User) -> str:
    """A link's token by which the person chooses a password, so that nobody else ever knows it.

    The present password goes on opening until the link is followed; an earlier link no longer does.

    Raises:
        ChangeRefused: it is a data protection officer's account, or a closed one.
    """
    _may_touch(actor, user.role)
    if user.disabled:
        raise ChangeRefused("member", N_("This account is closed: open it again first."))
    books.audit.head()
    token = books.invitations.make(user.id, INVITATION)
    record(books, actor, user, "invited")
    return token


def link(settings: Settings, token: str) -> str:
    """The address of an invitation."""
    return f"{settings.public_url.rstrip('/')}/welcome/{token}"


def record(
    books: Books,
    actor: Actor,
    user: User,
    action: str,
    details: dict[str, str | None] | None = None,
) -> None:
    """Write in the log that ``actor`` did ``action`` to an account, known by its pseudonym.

    Raises:
        AuditUnavailable: the log cannot be written.
    """
    books.audit.append(
        AuditRecord(
            "account",
            subject=actor.subject,
            service=user.service or None,
            data={
                "action": action,
                "account": books.person_keys.subject(user.id),
                "role": user.role,
                **(details or {}),
            },
        )
    )


def _role(text: str) -> Role:
    if text not in ROLES:
        raise ChangeRefused("role", N_("A role is one of: {roles}."), roles=", ".join(ROLES))
    return text


def _may_touch(actor: Actor, role: Role) -> None:
    if role == "dpo" and not actor.operator:
        raise ChangeRefused("role", OFFICER)


def _service(charter: Charter | None, role: Role, service: str) -> str:
    """The service of an account: employees have one, others may."""
    if role == "employee" and not service:
        raise ChangeRefused("service", N_("An employee belongs to a service: name it."))
    if service and charter is not None and service not in {one.id for one in charter.services}:
        raise ChangeRefused("service", N_("The charter has no such service."))
    return service
