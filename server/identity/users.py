"""Accounts: a name to sign in with, one role, one service."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast, get_args

from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from governance.clock import iso, utc_now
from governance.messages import N_
from server.identity import passwords
from server.tables import sessions, users

Role = Literal["employee", "admin", "dpo"]
ROLES: tuple[Role, ...] = get_args(Role)
Locale = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``id`` is what the rest of Sobria knows of the person.

    ``created_at`` is ISO 8601 in UTC; ``last_sign_in`` is a day, empty before the first.
    """

    id: str
    name: str
    display_name: str
    role: Role
    service: str
    locale: Locale
    disabled: bool
    created_at: str = ""
    last_sign_in: str = ""


class AccountError(Exception):
    """An account cannot be made or changed as asked; ``message_id`` and ``params`` say why.

    ``field`` is what was wrong: name, role, password…
    """

    def __init__(
        self, message_id: str, *, field: str = "name", **params: str | int | float
    ) -> None:
        self.field = field
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


def fold_name(name: str) -> str:
    """The one form of a sign-in name: people type it with capitals, spaces and accents."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Users:
    """The accounts' store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        name: str,
        *,
        display_name: str,
        role: Role,
        service: str,
        locale: Locale = "fr",
        password: str | None = None,
    ) -> tuple[User, str]:
        """Make an account, and return it with its password, generated where none is given.

        Raises:
            AccountError: the name is taken or empty, the role unknown, the password too short.
        """
        folded = fold_name(name)
        if not folded or len(folded) > 128:
            raise AccountError(N_("A name has 1 to 128 characters."))
        if role not in ROLES:
            raise AccountError(
                N_("A role is one of: {roles}."), field="role", roles=", ".join(ROLES)
            )
        chosen = _checked(password)
        user = User(
            uuid.uuid4().hex,
            folded,
            display_name or folded,
            role,
            service,
            locale,
            disabled=False,
            created_at=iso(utc_now()),
        )
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(users).values(
                        id=user.id,
                        name=user.name,
                        display_name=user.display_name,
                        role=user.role,
                        service=user.service,
                        locale=user.locale,
                        disabled=False,
                        password_hash=passwords.hash_password(chosen),
                        created_at=user.created_at,
                    )
                )
        except IntegrityError as error:
            raise AccountError(N_("There is already an account with this name.")) from error
        return user, chosen

    def authenticate(self, name: str, password: str) -> User | None:
        """The enabled account with this name and password, else None after the same work."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(users).where(users.c.name == fold_name(name))
            ).one_or_none()
        matches = passwords.verify(row.password_hash if row is not None else None, password)
        if row is None or not matches or row.disabled:
            return None
        if passwords.outdated(row.password_hash):
            self._store_password(row.id, password)
        return _user(row)

    def get(self, user_id: str) -> User | None:
        """The account with this id, disabled ones too."""
        with self._engine.connect() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
        return _user(row) if row is not None else None

    def find(self, name: str) -> User:
        """The account with this sign-in name. Raises AccountError where there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(users).where(users.c.name == fold_name(name))
            ).one_or_none()
        if row is None:
            raise AccountError(N_("There is no account with this name."))
        return _user(row)

    def all(self) -> tuple[User, ...]:
        """Every account, by name."""
        with self._engine.connect() as connection:
            return tuple(_user(row) for row in connection.execute(select(users).order_by("name")))

    def members(self) -> dict[str, int]:
        """How many enabled accounts each service has."""
        query = (
            select(users.c.service, func.count())
            .where(users.c.disabled.is_(False))
            .group_by(users.c.service)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def set_password(self, user_id: str, password: str | None = None) -> str:
        """Give a new password (generated where none is given) and end every session.

        Raises:
            AccountError: the password is too short.
        """
        chosen = _checked(password)
        self._store_password(user_id, chosen)
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
        return chosen

    def set_disabled(self, user_id: str, disabled: bool) -> None:
        """Close an account (its sessions end at once) or open it again."""
        with self._engine.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(disabled=disabled))
            if disabled:
                connection.execute(delete(sessions).where(sessions.c.user_id == user_id))

    def move(self, user_id: str, service: str) -> None:
        """Put an account in another service: its next request is under that one's rules."""
        with self._engine.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(service=service))

    def rename(self, user_id: str, display_name: str) -> None:
        """Change the name that pages show."""
        with self._engine.begin() as connection:
            connection.execute(
                update(users).where(users.c.id == user_id).values(display_name=display_name)
            )

    def signed_in(self, user_id: str, day: date) -> None:
        """Remember the day of a sign-in; the hour is nobody's business."""
        with self._engine.begin() as connection:
            connection.execute(
                update(users).where(users.c.id == user_id).values(last_sign_in=day.isoformat())
            )

    def set_locale(self, user_id: str, locale: Locale) -> None:
        """Remember the language that the person reads."""
        with self._engine.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(locale=locale))

    def _store_password(self, user_id: str, password: str) -> None:
        hashed = passwords.hash_password(password)
        with self._engine.begin() as connection:
            connection.execute(
                update(users).where(users.c.id == user_id).values(password_hash=hashed)
            )


def _checked(password: str | None) -> str:
    if password is None:
        return passwords.generate()
    if not passwords.acceptable(password):
        raise AccountError(
            N_("A password has {minimum} to {maximum} characters."),
            field="password",
            minimum=passwords.MINIMUM,
            maximum=passwords.MAXIMUM,
        )
    return password


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        row.id,
        row.name,
        row.display_name,
        cast(Role, row.role),
        row.service,
        cast(Locale, row.locale),
        bool(row.disabled),
        row.created_at,
        row.last_sign_in or "",
    )
