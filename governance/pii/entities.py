"""The kinds of personal data that Sobria knows, and the word that stands for each in a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

from governance.messages import N_

Handling = Literal["keep", "pseudonymise", "never_restore", "block"]
"""What the charter has done with a kind of data (``personal_data:``): from the weakest on."""

PERSON: Final = "PERSON"
LOCATION: Final = "LOCATION"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of personal data.

    ``entity`` is its name in the charter and for Presidio, ``word`` that of its placeholder as in
    ``[PERSONNE_1]``, ``handling`` what is done with it where the charter does not name it, and
    ``label`` its name for people: a message to translate.
    """

    entity: str
    word: str
    handling: Handling
    label: str


KINDS: Final = (
    Kind("PERSON", "PERSONNE", "pseudonymise", N_("name of a person")),
    Kind("AGE", "AGE", "keep", N_("age of a person")),
    Kind("BIRTH_DATE", "NAISSANCE", "pseudonymise", N_("date of birth")),
    Kind("FR_ADDRESS", "ADRESSE", "pseudonymise", N_("postal address")),
    Kind("LOCATION", "LIEU", "keep", N_("town, region or country")),
    Kind("COORDINATES", "COORDONNEES", "pseudonymise", N_("geographic coordinates")),
    Kind("EMAIL_ADDRESS", "COURRIEL", "pseudonymise", N_("e-mail address")),
    Kind("PHONE_NUMBER", "TELEPHONE", "pseudonymise", N_("telephone number")),
    Kind("USER_NAME", "IDENTIFIANT", "pseudonymise", N_("user name")),
    Kind("PERSONAL_URL", "LIEN", "pseudonymise", N_("web address that names a person")),
    Kind("IP_ADDRESS", "IP", "pseudonymise", N_("IP address")),
    Kind("MAC_ADDRESS", "MAC", "pseudonymise", N_("MAC address")),
    Kind("FR_NIR", "NIR", "never_restore", N_("social security number (NIR)")),
    Kind("FR_NIF", "NIF", "never_restore", N_("tax identification number")),
    Kind("FR_INE", "INE", "pseudonymise", N_("student number (INE)")),
    Kind("FR_RPPS", "RPPS", "pseudonymise", N_("health professional's number (RPPS)")),
    Kind("FR_ADELI", "ADELI", "pseudonymise", N_("health professional's number (ADELI)")),
    Kind("FR_FINESS", "FINESS", "keep", N_("health establishment number (FINESS)")),
    Kind("FR_PASSPORT", "PASSEPORT", "never_restore", N_("passport number")),
    Kind("FR_ID_CARD", "IDENTITE", "never_restore", N_("identity card number")),
    Kind("FR_DRIVING_LICENCE", "PERMIS", "never_restore", N_("driving licence number")),
    Kind("FR_RESIDENCE_PERMIT", "SEJOUR", "never_restore", N_("residence permit number")),
    Kind("FR_PLATE", "PLAQUE", "pseudonymise", N_("vehicle registration plate")),
    Kind("IBAN_CODE", "IBAN", "pseudonymise", N_("bank account (IBAN)")),
    Kind("FR_RIB", "RIB", "pseudonymise", N_("bank account (RIB)")),
    Kind("BIC_CODE", "BIC", "pseudonymise", N_("bank code (BIC)")),
    Kind("CREDIT_CARD", "CARTE", "never_restore", N_("bank card number")),
    Kind("FR_SIREN", "SIREN", "keep", N_("company number (SIREN)")),
    Kind("FR_SIRET", "SIRET", "keep", N_("establishment number (SIRET)")),
    Kind("FR_TVA", "TVA", "keep", N_("VAT number")),
    Kind("FR_CAF", "ALLOCATAIRE", "pseudonymise", N_("family allowance number (CAF)")),
    Kind(
        "FR_FRANCE_TRAVAIL",
        "DEMANDEUR",
        "pseudonymise",
        N_("job seeker's number (France Travail)"),
    ),
    Kind("EMPLOYEE_ID", "MATRICULE", "pseudonymise", N_("employee number")),
    Kind("SPECIAL_CATEGORY", "SENSIBLE", "keep", N_("health or union membership of a person")),
    Kind("SECRET", "SECRET", "block", N_("password, key or other secret")),
)
"""All kinds. What only organisations have, places and ages are kept unless the charter says more:
they are public, or answers depend on them."""

CustomWord = Literal[
    "DOSSIER",
    "PROJET",
    "REFERENCE",
    "CONTRAT",
    "CLIENT",
    "USAGER",
    "SITE",
    "CODE",
    "DONNEE",
]
CUSTOM_WORDS: Final[tuple[CustomWord, ...]] = get_args(CustomWord)
"""Words that the charter can choose for the placeholders of the entities that it declares itself.

A closed list: what a model writes is searched for these words only, so that restoring a stream
needs no charter and its hold-back stays bounded.
"""

WORDS: Final = MappingProxyType({kind.entity: kind.word for kind in KINDS})
"""Entity (Presidio's names) to the word of its placeholder."""

LITERAL_WORD: Final = "LITTERAL"
"""Stands for a text that a person typed and that looks like a placeholder of the conversation."""

ALIASES: Final = MappingProxyType(
    {"PERSON": "PERSONNE", "ADDRESS": "ADRESSE", "EMAIL": "COURRIEL", "PHONE": "TELEPHONE"}
)
"""What a model that answers in English makes of the words."""

ENTITIES: Final = MappingProxyType({kind.word: kind.entity for kind in KINDS})
"""The word of a placeholder to its entity."""

LABELS: Final = MappingProxyType({kind.entity: kind.label for kind in KINDS})
"""Entity to its name for people: a message to translate."""
