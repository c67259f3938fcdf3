"""A use of a charter: what is forbidden, held for review or allowed, and how it is recognised."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from governance.charter.parts import All, Line, Part, Prose, Sample, Slug, refuse
from governance.charter.regexes import RegexRefused, check_regex

Effect = Literal["forbid", "review", "allow"]
EFFECTS: tuple[Effect, ...] = ("allow", "review", "forbid")
"""From the weakest to the strictest: a child charter may only move to the right."""
Delivery = Literal["draft", "hold"]
DELIVERIES: tuple[Delivery, ...] = ("draft", "hold")
"""Likewise: a child may hold what its parent delivers as a draft, not the other way."""


def _regex(pattern: str) -> str:
    try:
        check_regex(pattern)
    except RegexRefused as error:
        raise refuse(error.message_id, **error.params) from None
    return pattern


Family = Literal[
    "biometrics",
    "candidate-ranking",
    "commitment",
    "crime-prediction",
    "crisis-message",
    "cyber-attack",
    "emotion-inference",
    "final-conclusion",
    "individual-decision",
    "manipulation",
    "named-letter",
    "public-text",
    "sensitive-inference",
    "social-scoring",
    "worker-monitoring",
]
"""The families of uses that come with Sobria: governance/uses/library."""


class Detect(Part):
    """How a use is recognised. The examples are also the charter's tests."""

    family: Family | None = None
    """A family of uses that Sobria already knows, from hundreds of requests of its own."""
    patterns: Annotated[
        tuple[Annotated[str, Field(min_length=1), AfterValidator(_regex)], ...],
        Field(max_length=20),
    ] = ()
    """Regular expressions, compared with the text in lower case and without accents."""
    examples: Annotated[tuple[Sample, ...], Field(max_length=80)] = ()
    """Requests that are of this use."""
    counter_examples: Annotated[tuple[Sample, ...], Field(max_length=80)] = ()
    """Requests that resemble it and are not: questions on the rules, above all."""
    answers: Annotated[tuple[Sample, ...], Field(max_length=40)] = ()
    """What must never be written: passages of answers that are of this use."""


class Review(Part):
    """How an answer of a use that is reviewed reaches the person, and who validates it."""

    delivery: Delivery = "draft"
    """«hold»: no word of it until it is validated; «draft»: delivered, marked as a draft."""
    by: Slug = "contact"
    """The reviewer role that validates; «contact» is the organisation's, where no other is said."""


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
    review: Review = Review()
    """For the effect «review»: how the answer is delivered, and who validates it."""
    contact: Line = "contact"
    """Whom to turn to: «dpo», «contact», an address or a name."""
