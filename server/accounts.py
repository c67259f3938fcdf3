"""What the log keeps of a change of account."""

from __future__ import annotations

from governance.audit.leaf import AuditRecord
from server.books import OPERATOR, Books
from server.identity.users import User


def record_account(books: Books, user: User, action: str) -> None:
    """Write that the operator did ``action`` to the account of ``user``.

    Raises:
        AuditUnavailable: the log cannot be written.
    """
    books.audit.append(
        AuditRecord(
            "account",
            subject=OPERATOR,
            service=user.service or None,
            data={
                "action": action,
                "account": books.person_keys.subject(user.id),
                "role": user.role,
            },
        )
    )
