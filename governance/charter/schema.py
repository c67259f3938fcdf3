"""The fields of a charter: their types, their bounds, and what each is for.

The models are frozen and refuse unknown fields. The descriptions below are those of the published
JSON Schema, with which an editor completes and explains a charter while it is written.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from governance.charter.regexes import RegexRefused, check_regex

Effect = Literal["forbid", "review", "allow"]
Handling = Literal["keep", "pseudonymise", "never_restore", "block"]
Metric = Literal["requests", "tokens", "wh"]
Period = Literal["day", "month"]

EFFECTS: tuple[Effect, ...] = ("allow", "review", "forbid")
"""From the weakest to the strictest: a child charter may only move to the right."""
HANDLINGS: tuple[Handling, ...] = ("keep", "pseudonymise", "never_restore", "block")
"""From the weakest to the strictest, likewise."""
RETENTION_FLOOR = 183
"""Days that logs are kept at least: six months, Regulation (EU) 2024/1689, article 26(6)."""


def refuse(message_id: str, **params: str | int | float) -> PydanticCustomError:
    """An error that keeps its message id, for Pydantic only gives the message filled in."""
    context = {**params, "message_id": message_id}
    return PydanticCustomError("charter", "refused by the charter", context)


def _regex(pattern: str) -> str:
    try:
        check_regex(pattern)
    except RegexRefused as error:
        raise refuse(error.message_id, **error.params) from None
    return pattern


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise refuse("«{name}» is not a time zone; «Europe/Paris» is one.", name=name)
    return name


def _visible(text: str) -> str:
    if not text.strip():
        raise refuse("A text was expected here, not blanks.")
    return text


def _rising(bounds: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in pairwise(bounds)):
        raise refuse("The bounds of the classes must rise from A to F.")
    return bounds


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_visible)]
Prose = Annotated[str, Field(min_length=1, max_length=1200), AfterValidator(_visible)]
Sample = Annotated[str, Field(min_length=3, max_length=600), AfterValidator(_visible)]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$", max_length=254)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=400)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=100)]
All = Literal["all"]


class Part(BaseModel):
    """What all the parts of a charter share."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class Person(Part):
    """Somebody, or a team, to whom employees can turn."""

    name: Line
    """How they are called."""
    email: Email
    """Where to write to them."""


class Organisation(Part):
    """Whose charter this is."""

    name: Line
    """The organisation's name, as shown on the pages."""
    language: Literal["fr", "en"] = "fr"
    """The language of the pages where the reader's browser asks for neither."""
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Paris"
    """The time zone in which days and months of the quotas begin."""
    dpo: Person
    """The data protection officer (GDPR, articles 37 to 39)."""
    contact: Person
    """Whom to ask for help."""


class Assistant(Part):
    """How the assistant presents itself."""

    name: Line = "Sobria"
    """Its name."""
    instructions: Annotated[str, Field(max_length=600)] = ""
    """What every prompt begins with; short, for the model reads it each time."""
    examples: Annotated[tuple[Sample, ...], Field(max_length=6)] = ()
    """Questions shown in an empty chat."""


class Detect(Part):
    """How a use is recognised. The examples are also the charter's tests."""

    patterns: Annotated[
        tuple[Annotated[str, Field(min_length=1), AfterValidator(_regex)], ...],
        Field(max_length=20),
    ] = ()
    """Regular expressions, compared with the text in lower case and without accents."""
    examples: Annotated[tuple[Sample, ...], Field(max_length=80)] = ()
    """Requests that are of this use."""
    counter_examples: Annotated[tuple[Sample, ...], Field(max_length=80)] = ()
    """Requests that resemble it and are not: questions on the rules, above all."""


class Use(Part):
    """Something that people may want of the assistant, and what the organisation says to it."""

    id: Slug
    """Its name in the log and in the addresses: lower case, digits and hyphens."""
    title: Line
    """Its name for people."""
    effect: Effect
    """«forbid»: refused; «review»: a person validates; «allow»: said to be permitted."""
    reason: Prose
    """Why, in plain words."""
    legal_basis: Annotated[tuple[Line, ...], Field(max_length=10)] = ()
    """The articles on which it rests, cited exactly."""
    applies_to: All | Annotated[tuple[Slug, ...], Field(min_length=1)] = "all"
    """The services that it concerns: «all», or their ids."""
    detect: Detect = Detect()
    """How it is recognised."""
    message: Prose
    """What the employee reads."""
    instead: Annotated[str, Field(max_length=1200)] = ""
    """What one may ask instead."""
    contact: Line = "contact"
    """Whom to turn to: «dpo», «contact», an address or a name."""


class Quota(Part):
    """What a service may spend in a calendar period."""

    metric: Metric
    """What is counted: requests, tokens or watt-hours."""
    period: Period
    """The window, in the organisation's time zone."""
    limit: Annotated[float, Field(gt=0, le=1e12)]
    """The most that may be spent in it."""


class Service(Part):
    """A department and what it may do."""

    id: Slug
    """Its name in the log: lower case, digits and hyphens."""
    title: Line
    """Its name for people."""
    models: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] = ("default",)
    """The models that it may use; «default» is the configured one."""
    sources: All | Annotated[tuple[Name, ...], Field(max_length=50)] = "all"
    """The sources that it may search: «all», or their ids."""
    quotas: Annotated[tuple[Quota, ...], Field(max_length=6)] = ()
    """Its quotas, at most one for each metric and period."""
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 400
    """The length of an answer, in tokens, at most."""
    uses: Annotated[tuple[Use, ...], Field(max_length=50)] = ()
    """Uses that concern this service only, beside those of the organisation."""


class PersonalData(Part):
    """What is done with each kind of personal data. An entity left out follows ``default``."""

    default: Handling = "pseudonymise"
    """For the entities that are not named here."""
    PERSON: Handling | None = None
    """Names of people."""
    FR_ADDRESS: Handling | None = None
    """Postal addresses."""
    EMAIL_ADDRESS: Handling | None = None
    """E-mail addresses."""
    PHONE_NUMBER: Handling | None = None
    """Telephone numbers."""
    BIRTH_DATE: Handling | None = None
    """Dates of birth."""
    FR_NIR: Handling | None = None
    """Social security numbers; never restored where not named here."""
    FR_NIF: Handling | None = None
    """Tax identification numbers; never restored where not named here."""
    FR_SIREN: Handling | None = None
    """Numbers of companies, which are public."""
    FR_SIRET: Handling | None = None
    """Numbers of establishments, which are public."""
    FR_TVA: Handling | None = None
    """VAT numbers."""
    IBAN_CODE: Handling | None = None
    """Bank accounts."""
    CREDIT_CARD: Handling | None = None
    """Payment cards; never restored where not named here."""
    FR_PLATE: Handling | None = None
    """Registration plates of vehicles."""
    IP_ADDRESS: Handling | None = None
    """Network addresses."""
    SECRET: Handling | None = None
    """Passwords and keys; never restored where not named here."""

    def handling(self, entity: str) -> Handling:
        """What is done with ``entity``; an unknown one follows ``default``."""
        named: Handling | None = getattr(self, entity) if entity in ENTITIES else None
        if named is not None:
            return named
        floor: Handling = "never_restore" if entity in _NEVER_RESTORED else "keep"
        return max(self.default, floor, key=HANDLINGS.index)


ENTITIES: tuple[str, ...] = tuple(name for name in PersonalData.model_fields if name != "default")
_NEVER_RESTORED = frozenset({"FR_NIR", "FR_NIF", "CREDIT_CARD", "SECRET"})


class Labelling(Part):
    """How what the machine wrote is marked (Regulation (EU) 2024/1689, article 50)."""

    mention: Line = (
        "Réponse rédigée par une intelligence artificielle — à vérifier avant tout usage."
    )
    """The sentence shown with each answer."""
    header: bool = True
    """Whether answers carry the «AI-Disclosure» header."""


class Energy(Part):
    """How energy is shown."""

    classes_wh: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1e6)], ...],
        Field(min_length=6, max_length=6),
        AfterValidator(_rising),
    ] = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
    """Upper bounds of the classes A to F, in watt-hours a request; above them: G."""
    zone: Annotated[str, Field(pattern=r"^[A-Z]{3}(-[A-Z0-9]{1,6})?$")] = "FRA"
    """The electricity zone for carbon, an ISO 3166-1 alpha-3 code."""


class Audit(Part):
    """How long the log is kept, and how it is read."""

    retention_days: Annotated[int, Field(ge=RETENTION_FLOOR, le=3660)] = 365
    """Days that records are kept: 183 at least (Regulation (EU) 2024/1689, article 26(6))."""
    require_reason: bool = True
    """Whether reading the log asks for a reason, itself logged."""


class Link(Part):
    """A page that helps people to use AI knowingly."""

    title: Line
    """Its title."""
    url: Url
    """Its address."""


class Literacy(Part):
    """What helps people to use AI knowingly (Regulation (EU) 2024/1689, article 4)."""

    links: Annotated[tuple[Link, ...], Field(max_length=20)] = ()
    """Pages shown in the help."""


class Sections(Part):
    """The sections that any charter may hold, a common base as well as an organisation's own."""

    charter: Literal[1]
    """The version of this schema."""
    assistant: Assistant = Assistant()
    """How the assistant presents itself."""
    uses: Annotated[tuple[Use, ...], Field(max_length=100)] = ()
    """What is forbidden, held for review, or said to be allowed."""
    personal_data: PersonalData = PersonalData()
    """What is done with each kind of personal data."""
    labelling: Labelling = Labelling()
    """How answers are marked."""
    energy: Energy = Energy()
    """How energy is shown."""
    audit: Audit = Audit()
    """How the log is kept."""
    literacy: Literacy = Literacy()
    """What helps people to use AI knowingly."""


class BaseDocument(Sections):
    """A common base: it may leave to its children whose charter it is, and the services."""

    organisation: Organisation | None = None
    """Whose charter this is."""
    services: Annotated[tuple[Service, ...], Field(max_length=200)] = ()
    """The departments, and what each may do."""


class CharterDocument(Sections):
    """A whole charter, as it is written or as it results from what it extends."""

    organisation: Organisation
    """Whose charter this is."""
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=200)]
    """The departments, and what each may do."""


def schema_json() -> dict[str, Any]:
    """The JSON Schema of a charter file (draft 2020-12), ``extends`` included."""
    schema = CharterDocument.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Sobria charter"
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "A parent file; this charter may then only tighten what the parent says.",
    }
    # What a child leaves out comes from its parent.
    schema["if"] = {"required": ["extends"]}
    schema["then"] = {"required": ["charter"]}
    schema["else"] = {"required": schema.pop("required")}
    return schema
