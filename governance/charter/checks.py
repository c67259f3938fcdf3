"""What no single field can tell: ids that stand twice, names of nothing, wrong examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from governance.charter.check_review import check_reviewers
from governance.charter.problems import CharterProblem, at, dotted, nearest
from governance.charter.schema import EFFECTS, ENTITIES
from governance.charter.tree import Node
from governance.pii.custom import LinearPattern, PatternRefused, compile_linear

Path = tuple[str | int, ...]


def check_whole(root: Node, *, complete: bool) -> list[CharterProblem]:
    """The problems between fields. ``complete`` is False for a base that leaves services open."""
    problems = [
        *_twice(root.get("uses"), ("uses",), _id),
        *_twice(root.get("services"), ("services",), _id),
        *_twice(root.get("reviewers"), ("reviewers",), _id),
        *(_services_named(root) if complete else ()),
        *check_reviewers(root, complete=complete),
        *_personal_data(root.get("personal_data"), ("personal_data",)),
    ]
    services = root.get("services")
    for i, service in enumerate(services.items if services else ()):
        path: Path = ("services", i)
        problems += _twice(service.get("uses"), (*path, "uses"), _id)
        problems += _twice(service.get("quotas"), (*path, "quotas"), _quota)
        problems += _weaker_in_service(root, service, path)
        problems += _unpriced(root, service, path) if complete else ()
    return problems


def _twice(
    listed: Node | None, path: Path, name: Callable[[Node], str | None]
) -> Iterator[CharterProblem]:
    seen: dict[str, Node] = {}
    for i, node in enumerate(listed.items if listed else ()):
        key = name(node)
        if key is None:
            continue
        if key in seen:
            message = "«{key}» stands twice here; it stands first on line {line}."
            yield at(node.mark, dotted((*path, i)), message, key=key, line=seen[key].mark.line)
        else:
            seen[key] = node


def _services_named(root: Node) -> Iterator[CharterProblem]:
    services, uses = root.get("services"), root.get("uses")
    known = {_id(node) for node in (services.items if services else ())} - {None}
    for i, use in enumerate(uses.items if uses else ()):
        applies = use.get("applies_to")
        for j, node in enumerate(applies.items if applies else ()):
            if isinstance(node.value, str) and node.value not in known:
                path = dotted(("uses", i, "applies_to", j))
                close = nearest(node.value, [name for name in known if name])
                if close:
                    message = "There is no service «{name}». Did you mean «{close}»?"
                    yield at(node.mark, path, message, name=node.value, close=close)
                else:
                    yield at(node.mark, path, "There is no service «{name}».", name=node.value)


def _weaker_in_service(root: Node, service: Node, path: Path) -> Iterator[CharterProblem]:
    """A service may tighten a use of the organisation, not loosen it."""
    uses, own = root.get("uses"), service.get("uses")
    effects = {_id(use): use.get("effect") for use in (uses.items if uses else ())}
    for i, use in enumerate(own.items if own else ()):
        wide, narrow = effects.get(_id(use)), use.get("effect")
        if _id(use) is None or wide is None or narrow is None:
            continue
        if (
            wide.value in EFFECTS
            and narrow.value in EFFECTS
            and (EFFECTS.index(narrow.value) < EFFECTS.index(wide.value))
        ):
            message = (
                "«{value}» is weaker than the organisation's «{parent_value}» "
                "({parent_file}, line {parent_line}): a service may only tighten."
            )
            yield at(
                narrow.mark,
                dotted((*path, "uses", i, "effect")),
                message,
                value=str(narrow.value),
                parent_value=str(wide.value),
                parent_file=wide.mark.file,
                parent_line=wide.mark.line,
            )


def _personal_data(section: Node | None, path: Path) -> Iterator[CharterProblem]:
    """The charter's own entities prove themselves, and ``may_keep`` names what there is."""
    if section is None:
        return
    custom = section.get("custom")
    kinds = custom.items if custom else ()
    yield from _twice(custom, (*path, "custom"), _name)
    for i, entity in enumerate(kinds):
        yield from _examples(entity, (*path, "custom", i))
    known = [*ENTITIES, *(name for node in kinds if (name := _name(node)))]
    may_keep = section.get("may_keep")
    yield from _twice(may_keep, (*path, "may_keep"), _text)
    for i, node in enumerate(may_keep.items if may_keep else ()):
        if isinstance(node.value, str) and node.value not in known:
            place, close = dotted((*path, "may_keep", i)), nearest(node.value, known)
            if close:
                message = "There is no kind of data «{name}». Did you mean «{close}»?"
                yield at(node.mark, place, message, name=node.value, close=close)
            else:
                yield at(node.mark, place, "There is no kind of data «{name}».", name=node.value)


def _examples(entity: Node, path: Path) -> Iterator[CharterProblem]:
    """An example must hold what the pattern finds, a counter-example must not."""
    pattern = _pattern(entity.get("pattern"))
    if pattern is None:
        return
    name = _name(entity) or "?"
    for key, wanted, message in (
        ("examples", True, "The pattern of «{entity}» finds nothing in this example."),
        ("counter_examples", False, "The pattern of «{entity}» finds «{found}» in this text."),
    ):
        listed = entity.get(key)
        for i, node in enumerate(listed.items if listed else ()):
            text = _text(node)
            if text is None:
                continue
            match = next(iter(pattern.finditer(text)), None)
            if (match is not None) is not wanted:
                found = text[slice(*match.span())] if match else ""
                yield at(node.mark, dotted((*path, key, i)), message, entity=name, found=found)


def _pattern(node: Node | None) -> LinearPattern | None:
    """The pattern, if it is sound: what is wrong with it is said where fields are checked."""
    source = _text(node) if node is not None else None
    try:
        return compile_linear(source) if source else None
    except PatternRefused:
        return None


def _text(node: Node) -> str | None:
    return node.value if isinstance(node.value, str) else None


def _name(node: Node) -> str | None:
    held = node.get("name")
    return _text(held) if held is not None else None


def _id(node: Node) -> str | None:
    held = node.get("id")
    return _text(held) if held is not None else None


def _quota(node: Node) -> str | None:
    metric, period, per = node.get("metric"), node.get("period"), node.get("per")
    if metric is None or period is None:
        return None
    whose = "" if per is None or per.value == "service" else f"/{per.value}"
    return f"{metric.value}/{period.value}{whose}"


def _unpriced(root: Node, service: Node, path: Path) -> Iterator[CharterProblem]:
    """A quota in euros needs the tariff by which they are counted."""
    costs = root.get("costs")
    if costs is not None and costs.value is not None:
        return
    quotas = service.get("quotas")
    for i, quota in enumerate(quotas.items if quotas else ()):
        metric = quota.get("metric")
        if metric is not None and metric.value == "euros":
            message = "A quota in euros needs the tariff «costs», which this charter does not give."
            yield at(metric.mark, dotted((*path, "quotas", i, "metric")), message)
