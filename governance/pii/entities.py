"""The kinds of personal data that Sobria knows, and the word that stands for each in a prompt."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from governance.messages import N_

Handling = Literal["pseudonymise", "never_restore", "block", "keep"]
"""What the charter has done with a kind of data (``personal_data:``)."""

PERSON: Final = "PERSON"

WORDS: Final = MappingProxyType(
    {
        PERSON: "PERSONNE",
        "FR_ADDRESS": "ADRESSE",
        "EMAIL_ADDRESS": "COURRIEL",
        "PHONE_NUMBER": "TELEPHONE",
        "BIRTH_DATE": "NAISSANCE",
        "FR_NIR": "NIR",
        "FR_NIF": "NIF",
        "FR_SIREN": "SIREN",
        "FR_SIRET": "SIRET",
        "FR_TVA": "TVA",
        "IBAN_CODE": "IBAN",
        "CREDIT_CARD": "CARTE",
        "FR_PLATE": "PLAQUE",
        "IP_ADDRESS": "IP",
        "SECRET": "SECRET",
    }
)
"""Entity (Presidio's names) to the word of its placeholder, as in ``[PERSONNE_1]``."""

LITERAL_WORD: Final = "LITTERAL"
"""Stands for a text that a person typed and that looks like a placeholder of the conversation."""

ALIASES: Final = MappingProxyType(
    {"PERSON": "PERSONNE", "ADDRESS": "ADRESSE", "EMAIL": "COURRIEL", "PHONE": "TELEPHONE"}
)
"""What a model that answers in English makes of the words."""

ENTITIES: Final = MappingProxyType({word: entity for entity, word in WORDS.items()})
"""The word of a placeholder to its entity."""

LABELS: Final = MappingProxyType(
    {
        PERSON: N_("name of a person"),
        "FR_ADDRESS": N_("postal address"),
        "EMAIL_ADDRESS": N_("e-mail address"),
        "PHONE_NUMBER": N_("telephone number"),
        "BIRTH_DATE": N_("date of birth"),
        "FR_NIR": N_("social security number (NIR)"),
        "FR_NIF": N_("tax identification number"),
        "FR_SIREN": N_("company number (SIREN)"),
        "FR_SIRET": N_("establishment number (SIRET)"),
        "FR_TVA": N_("VAT number"),
        "IBAN_CODE": N_("bank account (IBAN)"),
        "CREDIT_CARD": N_("bank card number"),
        "FR_PLATE": N_("vehicle registration plate"),
        "IP_ADDRESS": N_("IP address"),
        "SECRET": N_("password, key or other secret"),
    }
)
"""Entity to its name for people: a message to translate."""
