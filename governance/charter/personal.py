"""What a charter says of personal data: the kinds that Sobria knows, and those of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import AfterValidator, Field

from governance.charter.parts import Line, Part, refuse
from governance.pii.custom import PatternRefused, compile_linear
from governance.pii.entities import KINDS, Handling
from governance.pii.entities import CustomWord as Word

HANDLINGS: Final[tuple[Handling, ...]] = get_args(Handling)
"""From the weakest to the strictest: a child charter may only move to the right."""
MAX_CUSTOM: Final = 50
CUSTOM_FIELDS: Final = ("may_keep", "custom")
"""The fields of the section that are no handling."""


def _linear(pattern: str) -> str:
    try:
        compile_linear(pattern)
    except PatternRefused as error:
        raise refuse(error.message_id, **error.params) from None
    return pattern


def _own(name: str) -> str:
    if name in ENTITIES or name.lower() in {"default", *CUSTOM_FIELDS}:
        raise refuse(
            "«{name}» is a kind of data that Sobria knows already: choose another name.", name=name
        )
    return name


Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", max_length=40)]
Specimen = Annotated[str, Field(min_length=1, max_length=600)]


class CustomKind(Part):
    """A kind of personal data of the organisation's own: a case-file number, a project's name."""

    name: Annotated[Entity, AfterValidator(_own)]
    """Its name in the log: capitals, digits and underscores, as NUMERO_DOSSIER."""
    title: Line
    """Its name for people."""
    placeholder: Word
    """The word that stands for it in what the model reads, as in [DOSSIER_1]."""
    pattern: Annotated[str, Field(min_length=1), AfterValidator(_linear)]
    r"""What one looks like: a regular expression in RE2's syntax, compared with the text as it was
    written. Case and accents count ((?i) lets case go), \b and \w know unaccented letters only
    (\pL is any letter), and there are no lookarounds."""
    examples: Annotated[tuple[Specimen, ...], Field(min_length=1, max_length=20)]
    """Texts that hold one."""
    counter_examples: Annotated[tuple[Specimen, ...], Field(max_length=20)] = ()
    """Texts that resemble one and hold none."""
    handling: Handling | None = None
    """What is done with it; where it is left out, what ``default`` says."""


class PersonalData(Part):
    """What is done with each kind of personal data. An entity left out follows ``default``."""

    default: Handling = "pseudonymise"
    """For the entities that are not named here, but for those that say otherwise below."""
    PERSON: Handling | None = None
    """Names of people."""
    AGE: Handling | None = None
    """Ages of people; kept where not named here: answers depend on them."""
    BIRTH_DATE: Handling | None = None
    """Dates of birth."""
    FR_ADDRESS: Handling | None = None
    """Postal addresses, and a postal code with its town."""
    LOCATION: Handling | None = None
    """Towns, regions and countries said alone; kept where not named here."""
    COORDINATES: Handling | None = None
    """Geographic coordinates."""
    EMAIL_ADDRESS: Handling | None = None
    """E-mail addresses."""
    PHONE_NUMBER: Handling | None = None
    """Telephone numbers."""
    USER_NAME: Handling | None = None
    """Names of accounts."""
    PERSONAL_URL: Handling | None = None
    """Web addresses that hold a person's identifier."""
    IP_ADDRESS: Handling | None = None
    """Network addresses."""
    MAC_ADDRESS: Handling | None = None
    """Hardware addresses."""
    FR_NIR: Handling | None = None
    """Social security numbers; never restored where not named here."""
    FR_NIF: Handling | None = None
    """Tax identification numbers; never restored where not named here."""
    FR_INE: Handling | None = None
    """Numbers of pupils and students."""
    FR_RPPS: Handling | None = None
    """Numbers of health professionals (RPPS)."""
    FR_ADELI: Handling | None = None
    """Numbers of health professionals (ADELI)."""
    FR_FINESS: Handling | None = None
    """Numbers of health establishments, which are public; kept where not named here."""
    FR_PASSPORT: Handling | None = None
    """Passport numbers; never restored where not named here."""
    FR_ID_CARD: Handling | None = None
    """Identity card numbers; never restored where not named here."""
    FR_DRIVING_LICENCE: Handling | None = None
    """Driving licence numbers; never restored where not named here."""
    FR_RESIDENCE_PERMIT: Handling | None = None
    """Residence permit numbers; never restored where not named here."""
    FR_PLATE: Handling | None = None
    """Registration plates of vehicles."""
    IBAN_CODE: Handling | None = None
    """Bank accounts (IBAN)."""
    FR_RIB: Handling | None = None
    """Bank accounts (RIB)."""
    BIC_CODE: Handling | None = None
    """Codes of banks."""
    CREDIT_CARD: Handling | None = None
    """Payment cards; never restored where not named here."""
    FR_SIREN: Handling | None = None
    """Numbers of companies, which are public; kept where not named here."""
    FR_SIRET: Handling | None = None
    """Numbers of establishments, which are public; kept where not named here."""
    FR_TVA: Handling | None = None
    """VAT numbers, which are public; kept where not named here."""
    FR_CAF: Handling | None = None
    """Family allowance numbers (CAF)."""
    FR_FRANCE_TRAVAIL: Handling | None = None
    """Job seekers' numbers (France Travail)."""
    EMPLOYEE_ID: Handling | None = None
    """Employee numbers."""
    SPECIAL_CATEGORY: Handling | None = None
    """Health and union terms tied to a person (GDPR, article 9); kept where not named here."""
    SECRET: Handling | None = None
    """Passwords, keys and tokens; blocked where not named here."""
    may_keep: Annotated[tuple[Entity, ...], Field(max_length=100)] = ()
    """Kinds that a person may leave in clear in one message, when it was taken for personal data
    by mistake; the choice is logged. What is blocked is never left."""
    custom: Annotated[tuple[CustomKind, ...], Field(max_length=MAX_CUSTOM)] = ()
    """Kinds of the organisation's own."""

    def handling(self, entity: str) -> Handling:
        """What is done with ``entity``; an unknown one follows ``default``."""
        own = next((kind for kind in self.custom if kind.name == entity), None)
        if own is not None:
            return own.handling or self.default
        named: Handling | None = getattr(self, entity) if entity in ENTITIES else None
        if named is not None:
            return named
        usual = _USUAL.get(entity, "pseudonymise")
        if usual == "keep" and self.default == "pseudonymise":
            return "keep"
        floor: Handling = "keep" if usual == "pseudonymise" else usual
        return max(self.default, floor, key=HANDLINGS.index)


ENTITIES: tuple[str, ...] = tuple(
    name for name in PersonalData.model_fields if name not in {"default", *CUSTOM_FIELDS}
)
_USUAL: Mapping[str, Handling] = {kind.entity: kind.handling for kind in KINDS}
