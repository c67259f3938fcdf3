"""The fields of a charter: their types, their bounds, and what each is for.

The models are frozen and refuse unknown fields. The descriptions below are those of the published
JSON Schema, with which an editor completes and explains a charter while it is written.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from governance.charter.parts import All, Email, Line, Name, Part, Sample, Slug, Url, refuse
from governance.charter.personal import (
    ENTITIES,
    HANDLINGS,
    CustomKind,
    PersonalData,
)
from governance.charter.use import EFFECTS, Detect, Effect, Use
from governance.pii.entities import Handling

__all__ = [
    "EFFECTS",
    "ENTITIES",
    "HANDLINGS",
    "RETENTION_FLOOR",
    "SCHEMA_ID",
    "VERSION",
    "Assistant",
    "Audit",
    "BaseDocument",
    "CharterDocument",
    "Costs",
    "CustomKind",
    "Detect",
    "Effect",
    "Energy",
    "Handling",
    "Labelling",
    "Link",
    "Literacy",
    "Metric",
    "Organisation",
    "Per",
    "Period",
    "Person",
    "PersonalData",
    "Quota",
    "Sections",
    "Service",
    "Use",
    "refuse",
    "schema_json",
]

Metric = Literal["requests", "tokens", "wh", "euros"]
Period = Literal["hour", "day", "month"]
Per = Literal["service", "user", "key"]
First = Literal["text", "passage"]
FIRSTS: tuple[First, ...] = ("text", "passage")
"""What is given first, the most frugal last."""

VERSION = 1
"""The version of this schema: a change that an older Sobria could not read makes a new one."""
SCHEMA_ID = f"urn:sobria:charter:{VERSION}"

RETENTION_FLOOR = 183
"""Days that logs are kept at least: six months, Regulation (EU) 2024/1689, article 26(6)."""


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise refuse("«{name}» is not a time zone; «Europe/Paris» is one.", name=name)
    return name


def _rising(bounds: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in pairwise(bounds)):
        raise refuse("The bounds of the classes must rise from A to F.")
    return bounds


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
    """The time zone in which hours, days and months of the quotas begin."""
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


class Answers(Part):
    """How questions of fact are answered."""

    first: First = "passage"
    """«passage»: where a passage of the sources answers, it is shown, and the model writes only if
    the person asks for it; «text»: the model writes each time."""
    repeat_days: Annotated[int, Field(ge=0, le=90)] = 7
    """Days that an answer on public sources is given again to the same service; 0 is never."""


class Quota(Part):
    """What may be spent in a calendar period."""

    metric: Metric
    """What is counted: requests, tokens, watt-hours, or internal euros under the tariff."""
    period: Period
    """The window, in the organisation's time zone."""
    limit: Annotated[float, Field(gt=0, le=1e12)]
    """The most that may be spent in it."""
    per: Per = "service"
    """By whom: the whole service, each of its people, or each of its API keys."""


class Costs(Part):
    """The internal tariff, in euros: what a request costs the service that makes it."""

    per_request: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """For each request."""
    per_1000_tokens: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """For 1,000 tokens, read and written."""
    per_kwh: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """For each kilowatt-hour."""


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
    quotas: Annotated[tuple[Quota, ...], Field(max_length=36)] = ()
    """Its quotas, at most one for each metric, period and «per»."""
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 400
    """The length of an answer, in tokens, at most."""
    weight: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    """Its share of the model when several services ask at once: one of weight 2 is given twice what
    one of weight 1 is."""
    uses: Annotated[tuple[Use, ...], Field(max_length=50)] = ()
    """Uses that concern this service only, beside those of the organisation."""


class ReviewerRole(Part):
    """Who validates answers: a named role, whose members the administrator names."""

    id: Slug
    """Its name in «review: by»."""
    title: Line
    """Its name for people."""
    services: All | Annotated[tuple[Slug, ...], Field(min_length=1)] = "all"
    """The services whose answers it validates: «all», or their ids."""


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

    charter: Literal[1]  # VERSION
    """The version of this schema."""
    assistant: Assistant = Assistant()
    """How the assistant presents itself."""
    answers: Answers = Answers()
    """How questions of fact are answered."""
    uses: Annotated[tuple[Use, ...], Field(max_length=100)] = ()
    """What is forbidden, held for review, or said to be allowed."""
    reviewers: Annotated[tuple[ReviewerRole, ...], Field(max_length=50)] = ()
    """The roles that validate what is held for review."""
    personal_data: PersonalData = PersonalData()
    """What is done with each kind of personal data."""
    labelling: Labelling = Labelling()
    """How answers are marked."""
    energy: Energy = Energy()
    """How energy is shown."""
    costs: Costs | None = None
    """The internal tariff of quotas in euros."""
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
    """The JSON Schema of a charter file (draft 2020-12), ``extends`` included.

    ``version`` is the value of the file's ``charter`` field that it describes.
    """
    schema = CharterDocument.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = SCHEMA_ID
    schema["version"] = VERSION
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
