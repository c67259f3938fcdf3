"""What the charter gives a service."""

from __future__ import annotations

from pydantic import Field

from governance.charter.charter import Charter
from server.console.refusals import Model


class ServiceRulesOut(Model):
    """The rules in force for a service, its quotas apart."""

    models: tuple[str, ...] = Field(description="Empty for all of them.")
    sources: tuple[str, ...] | None = Field(description="Null for all of them.")
    max_tokens: int
    weight: float = Field(description="Its share of the model against the other services'.")
    forbidden: tuple[str, ...] = Field(description="Uses that are refused, by identifier.")
    reviewed: tuple[str, ...] = Field(description="Uses that somebody reviews, by identifier.")


def rules_out(charter: Charter, service_id: str) -> ServiceRulesOut:
    """The rules of a service of ``charter``. Raises KeyError where it has no such service."""
    rules = charter.effective(service_id)
    return ServiceRulesOut(
        models=tuple(rules.models),
        sources=tuple(sorted(rules.sources)) if rules.sources is not None else None,
        max_tokens=rules.max_tokens,
        weight=rules.weight,
        forbidden=tuple(use.id for use in rules.uses if use.effect == "forbid"),
        reviewed=tuple(use.id for use in rules.uses if use.effect == "review"),
    )
