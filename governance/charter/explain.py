"""What holds for a service, each rule with its value and the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.charter.charter import Charter, ServiceRules
from governance.charter.problems import Mark


@dataclass(frozen=True, slots=True)
class Effective:
    """One rule in force. ``name`` is its path as in the file, ``uses.<id>`` for a use.

    ``place`` is where its value is written, None for a default of the schema. ``layer`` tells the
    layers of a use apart: 0 the common base, 1 a service of the base, 2 the charter that extends
    it, and so on. ``note`` is a title for people, or empty.
    """

    section: str
    name: str
    value: str
    place: Mark | None
    layer: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, str | int | None]:
        """This rule with plain values."""
        return {
            "section": self.section,
            "name": self.name,
            "value": self.value,
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "layer": self.layer,
            "note": self.note,
        }


def explain(charter: Charter, service_id: str) -> tuple[Effective, ...]:
    """All that holds for ``service_id``, in the order of the file. Raises UnknownService."""
    rules = charter.effective(service_id)
    index = [service.id for service in charter.services].index(service_id)
    return (
        *_service(charter, rules, f"services[{index}]"),
        *_uses(rules),
        *_personal_data(charter, rules),
        *_organisation(charter),
    )


def _at(charter: Charter, *paths: str) -> Mark | None:
    """Where the first of ``paths`` that is written stands."""
    return next((charter.places[path] for path in paths if path in charter.places), None)


def _service(charter: Charter, rules: ServiceRules, this: str) -> Iterator[Effective]:
    def one(name: str, value: str, *paths: str) -> Effective:
        return Effective("service", name, value, _at(charter, *paths))

    sources = "all" if rules.sources is None else ", ".join(sorted(rules.sources))
    yield one("models", ", ".join(rules.models), f"{this}.models")
    yield one("sources", sources, f"{this}.sources")
    yield one("max_tokens", str(rules.max_tokens), f"{this}.max_tokens")
    yield one("weight", f"{rules.weight:g}", f"{this}.weight")
    for number, quota in enumerate(charter.service(rules.id).quotas):
        spoken = quota.model_dump(exclude={"limit"}, exclude_defaults=True)
        what = ", ".join(str(value) for value in spoken.values())
        at = f"{this}.quotas[{number}]"
        yield one(f"quotas ({what})", f"{quota.limit:g}", f"{at}.limit", at)


def _uses(rules: ServiceRules) -> Iterator[Effective]:
    for rule in rules.rules:
        use = rule.use
        yield Effective("uses", f"uses.{use.id}", use.effect, rule.origin, rule.layer, use.title)


def _personal_data(charter: Charter, rules: ServiceRules) -> Iterator[Effective]:
    own = {kind.name: i for i, kind in enumerate(charter.personal_data.custom)}
    for entity, handling in rules.personal_data.items():
        if entity in own:
            at = f"personal_data.custom[{own[entity]}]"
            place = _at(charter, f"{at}.handling", f"{at}.name")
            note = charter.personal_data.custom[own[entity]].title
        else:
            place = _at(charter, f"personal_data.{entity}", "personal_data.default")
            note = ""
        yield Effective("personal_data", f"personal_data.{entity}", handling, place, note=note)
    kept = ", ".join(sorted(rules.may_keep)) or "-"
    place = _at(charter, "personal_data.may_keep")
    yield Effective("personal_data", "personal_data.may_keep", kept, place)


def _organisation(charter: Charter) -> Iterator[Effective]:
    """What holds for every service alike: how answers are marked, energy shown, the log kept."""
    for section in ("labelling", "energy", "audit"):
        for name, value in getattr(charter, section).model_dump().items():
            path = f"{section}.{name}"
            yield Effective(section, path, _plain(value), _at(charter, path))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(_plain(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
