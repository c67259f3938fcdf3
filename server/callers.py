"""Who a caller is for the road: an opaque subject, a service and a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.exchange import Caller
from server.identity.api_keys import ApiKey
from server.identity.users import Locale, User

if TYPE_CHECKING:
    from server.assembly import Assembly


def subject_of(components: Assembly, identifier: str) -> str:
    """The pseudonym under which the log and the ledgers know an account or a key."""
    return components.person_keys.subject(identifier)


def person(components: Assembly, user: User) -> Caller:
    """The caller that a signed-in employee is."""
    return Caller(subject_of(components, user.id), user.service, user.locale)


def program(components: Assembly, key: ApiKey, locale: Locale) -> Caller:
    """The caller that the holder of an API key is."""
    return Caller(subject_of(components, f"key/{key.id}"), key.service, locale, "key")
