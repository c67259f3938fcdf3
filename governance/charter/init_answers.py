"""The answers from which a first charter is written, each checked by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import available_timezones

Kind = Literal["commune", "company", "other"]
Language = Literal["fr", "en"]
KINDS: Final[tuple[Kind, ...]] = ("commune", "company", "other")
MAX_USERS: Final = 100_000

_MAX_TEXT: Final = 200
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
# Spaces of French typography, which Python does not call printable.
_SPACES: Final = "\u00a0\u202f"

_SERVICES: Final[dict[str, tuple[str, str, frozenset[Kind]]]] = {
    "direction": ("Direction", "Management", frozenset({"company", "other"})),
    "rh": ("Ressources humaines", "Human resources", frozenset(KINDS)),
    "finances": (
        "Finances et commande publique",
        "Finance and procurement",
        frozenset({"commune"}),
    ),
    "comptabilite": ("Comptabilité et finances", "Accounting", frozenset({"company", "other"})),
    "commercial": ("Commercial et relation clients", "Sales", frozenset({"company"})),
    "production": ("Production et qualité", "Production and quality", frozenset({"company"})),
    "technique": ("Services techniques", "Technical services", frozenset({"commune"})),
    "etat-civil": ("État civil et accueil du public", "Civil registry", frozenset({"commune"})),
    "urbanisme": ("Urbanisme", "Town planning", frozenset({"commune"})),
    "action-sociale": ("Action sociale", "Social work", frozenset({"commune", "other"})),
    "communication": ("Communication", "Communication", frozenset(KINDS)),
    "informatique": ("Informatique et numérique", "IT", frozenset(KINDS)),
}


class AnswerRefused(ValueError):
    """An answer cannot be used; ``message_id`` and ``params`` say why."""

    def __init__(self, message_id: str, **params: str | int) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to turn to: a name, and an e-mail address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered; each value has passed its check.

    ``users`` gives how many people each service has, by the service's id.
    """

    kind: Kind
    name: str
    dpo: Person
    contact: Person
    users: dict[str, int]
    language: Language = "fr"
    timezone: str = "Europe/Paris"
    block_health: bool = False
    extend: bool = True


def services_for(kind: Kind, language: Language = "fr") -> dict[str, str]:
    """The services that an organisation of this kind may choose from: their titles by id."""
    return {
        name: french if language == "fr" else english
        for name, (french, english, kinds) in _SERVICES.items()
        if kind in kinds
    }


def check_text(answer: str) -> str:
    """``answer`` as it will be written, on one line. Raises AnswerRefused."""
    text = answer.strip()
    if not text:
        raise AnswerRefused("A text was expected here, not blanks.")
    if len(text) > _MAX_TEXT:
        raise AnswerRefused("This is too long: {limit} characters at most.", limit=_MAX_TEXT)
    if any(not c.isprintable() and c not in _SPACES for c in text):
        raise AnswerRefused("A single line was expected, without control characters.")
    return text


def check_email(answer: str) -> str:
    """An e-mail address. Raises AnswerRefused."""
    text = check_text(answer)
    if not _EMAIL.fullmatch(text):
        raise AnswerRefused(
            "«{value}» is not an e-mail address; «dpo@example.fr» is one.", value=text
        )
    return text


def check_timezone(answer: str) -> str:
    """The name of a time zone. Raises AnswerRefused."""
    text = check_text(answer)
    if text not in available_timezones():
        raise AnswerRefused("«{name}» is not a time zone; «Europe/Paris» is one.", name=text)
    return text


def check_users(answer: str) -> int:
    """How many people a service has. Raises AnswerRefused."""
    text = answer.strip()
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= number <= MAX_USERS:
        raise AnswerRefused("A number of people was expected, from 1 to {limit}.", limit=MAX_USERS)
    return number


def check_services(answer: str, kind: Kind) -> tuple[str, ...]:
    """The ids of services, parted by commas, in the order given. Raises AnswerRefused."""
    known = services_for(kind)
    chosen = tuple(dict.fromkeys(part.strip() for part in answer.split(",") if part.strip()))
    for name in chosen:
        if name not in known:
            raise AnswerRefused(
                "There is no service «{name}» here; there are: {known}.",
                name=name,
                known=", ".join(known),
            )
    if not chosen:
        raise AnswerRefused("At least one service was expected.")
    return chosen
