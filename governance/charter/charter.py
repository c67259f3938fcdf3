"""A charter that has been read, checked and merged: what the road asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from governance.charter.problems import Mark
from governance.charter.schema import (
    ENTITIES,
    Answers,
    Assistant,
    Audit,
    CharterDocument,
    Costs,
    Effect,
    Energy,
    Handling,
    Labelling,
    Literacy,
    Metric,
    Organisation,
    Per,
    Period,
    PersonalData,
    ReviewerRole,
    Service,
    Use,
)
from governance.pii.custom import CustomEntity, compile_linear
from governance.pii.entities import LABELS


@dataclass(frozen=True, slots=True)
class Rule:
    """A use in force.

    ``layer`` is how deep it was written: 0 in the common base, 1 in a service of the base, 2 in
    the charter that extends it, and so on. A use that a child tightens stands once for each layer,
    so that nothing the child writes can weaken what its parent holds. ``services`` of None means
    all of them.
    """

    use: Use
    layer: int
    services: frozenset[str] | None
    origin: Mark

    @property
    def effect(self) -> Effect:
        """What the use asks for."""
        return self.use.effect

    def concerns(self, service: str) -> bool:
        """Whether the use holds for ``service``."""
        return self.services is None or service in self.services


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """All that holds for one service; ``sources`` of None means all of them.

    ``personal_data`` gives what is done with each entity, Sobria's and the charter's ``custom``
    ones. ``may_keep`` are those that a person may leave in clear in one message; none is blocked.
    ``weight`` is its share of the model when several services ask at once.
    """

    id: str
    title: str
    models: tuple[str, ...]
    sources: frozenset[str] | None
    quotas: Mapping[tuple[Metric, Period, Per], float]
    max_tokens: int
    rules: tuple[Rule, ...]
    personal_data: Mapping[str, Handling]
    custom: tuple[CustomEntity, ...] = ()
    may_keep: frozenset[str] = frozenset()
    weight: float = 1.0

    def handling(self, entity: str) -> Handling:
        """What is done with a kind of personal data; one that nothing knows is masked."""
        return self.personal_data.get(entity, "pseudonymise")

    def label(self, entity: str) -> str:
        """The name of a kind for people: the organisation's own, or a message to translate."""
        own = next((kind.title for kind in self.custom if kind.name == entity), None)
        return own or LABELS.get(entity, entity)

    @property
    def uses(self) -> tuple[Use, ...]:
        """The uses that hold for this service, once each, in the order of the charter."""
        return tuple({rule.use.id: rule.use for rule in self.rules}.values())


class UnknownService(KeyError):
    """The charter has no such service; its argument is the id that was asked for."""


@dataclass(frozen=True)
class Charter:
    """A valid charter. ``document`` is the whole, with what it extends merged in.

    ``bundle`` holds the texts that it was read from, by file name, the charter's own first;
    ``file`` is its own name; ``places`` gives where each field of ``document`` was written.
    """

    document: CharterDocument
    rules: tuple[Rule, ...]
    bundle: Mapping[str, str]
    file: str
    places: Mapping[str, Mark]

    @property
    def organisation(self) -> Organisation:
        """Whose charter this is."""
        return self.document.organisation

    @property
    def assistant(self) -> Assistant:
        """How the assistant presents itself."""
        return self.document.assistant

    @property
    def answers(self) -> Answers:
        """How questions of fact are answered."""
        return self.document.answers

    @property
    def uses(self) -> tuple[Use, ...]:
        """The organisation's uses, those of single services left out."""
        return self.document.uses

    @property
    def services(self) -> tuple[Service, ...]:
        """The services, in the order of the charter."""
        return self.document.services

    @property
    def personal_data(self) -> PersonalData:
        """What is done with each kind of personal data."""
        return self.document.personal_data

    @property
    def labelling(self) -> Labelling:
        """How answers are marked."""
        return self.document.labelling

    @property
    def energy(self) -> Energy:
        """How energy is shown."""
        return self.document.energy

    @property
    def costs(self) -> Costs | None:
        """The internal tariff, if any."""
        return self.document.costs

    @property
    def audit(self) -> Audit:
        """How the log is kept."""
        return self.document.audit

    @property
    def literacy(self) -> Literacy:
        """What helps people to use AI knowingly."""
        return self.document.literacy

    @cached_property
    def _effective(self) -> dict[str, ServiceRules]:
        declared = self.personal_data
        custom = tuple(
            CustomEntity(kind.name, kind.placeholder, kind.title, compile_linear(kind.pattern))
            for kind in declared.custom
        )
        handlings: Mapping[str, Handling] = MappingProxyType(
            {
                entity: declared.handling(entity)
                for entity in (*ENTITIES, *(kind.name for kind in declared.custom))
            }
        )
        may_keep = frozenset(name for name in declared.may_keep if handlings[name] != "block")
        return {
            service.id: ServiceRules(
                id=service.id,
                title=service.title,
                models=service.models,
                sources=None if service.sources == "all" else frozenset(service.sources),
                quotas=MappingProxyType(
                    {(q.metric, q.period, q.per): q.limit for q in service.quotas}
                ),
                max_tokens=service.max_tokens,
                rules=tuple(rule for rule in self.rules if rule.concerns(service.id)),
                personal_data=handlings,
                custom=custom,
                may_keep=may_keep,
                weight=service.weight,
            )
            for service in self.services
        }

    def service(self, service_id: str) -> Service:
        """The service ``service_id`` as written. Raises UnknownService."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise UnknownService(service_id)

    def effective(self, service_id: str) -> ServiceRules:
        """All that holds for ``service_id``. Raises UnknownService."""
        try:
            return self._effective[service_id]
        except KeyError:
            raise UnknownService(service_id) from None

    def reviewer(self, role: str) -> ReviewerRole | None:
        """A reviewer role; «contact» is there in every charter, for every service."""
        for each in self.document.reviewers:
            if each.id == role:
                return each
        if role == "contact":
            return ReviewerRole(id="contact", title=self.organisation.contact.name)
        return None

    @property
    def reviewers(self) -> tuple[ReviewerRole, ...]:
        """The reviewer roles that there are, «contact» among them."""
        declared = self.document.reviewers
        implicit = self.reviewer("contact")
        return declared if implicit in declared or implicit is None else (*declared, implicit)

    def reviewer_title(self, role: str) -> str:
        """A role's name for people; its id where the charter no longer has it."""
        found = self.reviewer(role)
        return found.title if found is not None else role

    def contact_of(self, use: Use) -> str:
        """Whom a refused person can turn to, as shown: a name and an address, or the use's text."""
        person = {"dpo": self.organisation.dpo, "contact": self.organisation.contact}.get(
            use.contact
        )
        return f"{person.name} ({person.email})" if person else use.contact
