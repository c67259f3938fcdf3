"""Merges a charter into the one that it extends, and refuses what would loosen it.

A child may add a ban, make it stricter or wider, lower a quota, restrict models and sources,
shorten the retention (down to the legal floor), handle personal data more strictly; and it may
reword what people read. Whatever the parent does not say, the child is free to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from governance.charter.problems import CharterProblem, Mark, Param, at, dotted
from governance.charter.schema import EFFECTS, HANDLINGS, PersonalData
from governance.charter.tree import Node

Path = tuple[str | int, ...]


@dataclass
class _Merge:
    problems: list[CharterProblem] = field(default_factory=list)

    def loosened(
        self, child: Mark, parent: Mark, path: Path, message: str, **params: Param
    ) -> None:
        """Note that the child, at its place, loosens what the parent says at its own."""
        self.problems.append(
            at(
                child,
                dotted(path),
                message + " A charter may only tighten the one that it extends "
                "({parent_file}, line {parent_line}).",
                **params,
                parent_file=parent.file,
                parent_line=parent.line,
            )
        )

    def mapping(
        self,
        parent: Node,
        child: Node,
        path: Path,
        special: dict[str, Callable[[Node, Node, Path], Node]],
    ) -> Node:
        """Entries of both; those of the child prevail, after ``special`` has had its say."""
        if not isinstance(parent.value, dict) or not isinstance(child.value, dict):
            return child
        entries, keys = dict(parent.value), dict(parent.keys)
        for key, node in child.value.items():
            known = entries.get(key)
            merge = special.get(key)
            if known is None:
                entries[key] = node
            elif merge is not None:
                entries[key] = merge(known, node, (*path, key))
            elif isinstance(known.value, dict) and isinstance(node.value, dict):
                entries[key] = self.mapping(known, node, (*path, key), {})
            else:
                entries[key] = node
            keys[key] = child.keys[key]
        return Node(entries, child.mark, keys)

    def by_id(
        self, parent: Node, child: Node, path: Path, merge: Callable[[Node, Node, Path], Node]
    ) -> Node:
        """Lists of things with an id: the parent's, merged with the child's, then the new ones."""
        if not isinstance(parent.value, tuple) or not isinstance(child.value, tuple):
            return child
        merged = {_id(node, ("p", i)): node for i, node in enumerate(parent.value)}
        for i, node in enumerate(child.value):
            key = _id(node, ("c", i))
            known = merged.get(key)
            # Twice in one file: kept apart, so that the check of unique ids can say so.
            twice = known is not None and known.mark.file == node.mark.file
            if known is None or twice:
                merged[("c", i) if twice else key] = node
            else:
                merged[key] = merge(known, node, (*path, i))
        return Node(tuple(merged.values()), child.mark)

    # -- one kind of entry each

    def use(self, parent: Node, child: Node, path: Path) -> Node:
        return self.mapping(
            parent,
            child,
            path,
            {"effect": self.effect, "applies_to": self.applies_to, "detect": self.detect},
        )

    def effect(self, parent: Node, child: Node, path: Path) -> Node:
        if _lower(child.value, parent.value, EFFECTS):
            message = "«{value}» is weaker than the parent's «{parent_value}»."
            self.loosened(
                child.mark, parent.mark, path, message,
                value=str(child.value), parent_value=str(parent.value),
            )  # fmt: skip
        return child

    def applies_to(self, parent: Node, child: Node, path: Path) -> Node:
        wanted, held = _names(parent), _names(child)
        if child.value != "all" and (parent.value == "all" or not wanted <= held):
            message = "This use concerns fewer services than in the parent."
            self.loosened(child.mark, parent.mark, path, message)
        return child

    def detect(self, parent: Node, child: Node, path: Path) -> Node:
        return self.mapping(
            parent,
            child,
            path,
            {
                "patterns": self.union,
                "examples": self.union,
                "counter_examples": self.counter_examples,
            },
        )

    def union(self, parent: Node, child: Node, path: Path) -> Node:
        if not isinstance(parent.value, tuple) or not isinstance(child.value, tuple):
            return child
        known = {node.value for node in parent.value if isinstance(node.value, str)}
        new = tuple(n for n in child.value if not isinstance(n.value, str) or n.value not in known)
        return Node(parent.value + new, child.mark)

    def counter_examples(self, parent: Node, child: Node, path: Path) -> Node:
        known = _names(parent)
        for i, node in enumerate(child.items):
            if isinstance(node.value, str) and node.value not in known:
                message = "A counter-example would let through what the parent holds."
                self.loosened(node.mark, parent.mark, (*path, i), message)
        return parent if isinstance(child.value, tuple) else child

    def service(self, parent: Node, child: Node, path: Path) -> Node:
        return self.mapping(
            parent,
            child,
            path,
            {
                "models": self.subset,
                "sources": self.subset,
                "quotas": self.quotas,
                "max_tokens": self.at_most,
                "uses": lambda p, c, where: self.by_id(p, c, where, self.use),
            },
        )

    def subset(self, parent: Node, child: Node, path: Path) -> Node:
        if parent.value != "all" and (child.value == "all" or not _names(child) <= _names(parent)):
            message = "Only what the parent allows can be named here: {allowed}."
            allowed = ", ".join(sorted(_names(parent)))
            self.loosened(child.mark, parent.mark, path, message, allowed=allowed)
        return child

    def quotas(self, parent: Node, child: Node, path: Path) -> Node:
        if not isinstance(parent.value, tuple) or not isinstance(child.value, tuple):
            return child
        merged = {_quota(node, ("p", i)): node for i, node in enumerate(parent.value)}
        for i, node in enumerate(child.value):
            key = _quota(node, ("c", i))
            known = merged.get(key)
            twice = known is not None and known.mark.file == node.mark.file
            limit, allowed = node.get("limit"), known.get("limit") if known else None
            if limit is not None and allowed is not None and not twice:
                self.at_most(allowed, limit, (*path, i, "limit"))
            merged[("c", i) if twice else key] = node
        return Node(tuple(merged.values()), child.mark)

    def at_most(self, parent: Node, child: Node, path: Path) -> Node:
        if _number(parent.value) and _number(child.value) and child.value > parent.value:  # type: ignore[operator]
            message = "{value} is more than the parent's {parent_value}."
            self.loosened(
                child.mark, parent.mark, path, message,
                value=str(child.value), parent_value=str(parent.value),
            )  # fmt: skip
        return child

    def stays_true(self, parent: Node, child: Node, path: Path) -> Node:
        if parent.value is True and child.value is False:
            message = "The parent asks for this."
            self.loosened(child.mark, parent.mark, path, message)
        return child

    def personal_data(self, parent: Node, child: Node, path: Path) -> Node:
        merged = self.mapping(parent, child, path, {})
        before, after = _handlings(parent), _handlings(merged)
        if before is None or after is None:
            return merged
        for name in PersonalData.model_fields:
            spoken = parent.get("default") is not None or parent.get(name) is not None
            weaker = HANDLINGS.index(after.handling(name)) < HANDLINGS.index(before.handling(name))
            if spoken and weaker and name != "default":
                mark = child.keys.get(name) or child.keys.get("default") or child.mark
                origin = parent.keys.get(name) or parent.keys["default"]
                self.loosened(
                    mark, origin, (*path, name),
                    "{entity}: «{value}» is weaker than the parent's «{parent_value}».",
                    entity=name, value=after.handling(name), parent_value=before.handling(name),
                )  # fmt: skip
        return merged


def merge(parent: Node, child: Node) -> tuple[Node, list[CharterProblem]]:
    """The charter that ``child`` makes of ``parent``, and each loosening in it, with both lines."""
    state = _Merge()
    merged = state.mapping(
        parent,
        child,
        (),
        {
            "uses": lambda p, c, path: state.by_id(p, c, path, state.use),
            "services": lambda p, c, path: state.by_id(p, c, path, state.service),
            "personal_data": state.personal_data,
            "labelling": lambda p, c, path: state.mapping(p, c, path, {"header": state.stays_true}),
            "audit": lambda p, c, path: state.mapping(
                p, c, path,
                {"retention_days": state.at_most, "require_reason": state.stays_true},
            ),
        },
    )  # fmt: skip
    return merged, state.problems


def _id(node: Node, otherwise: object) -> object:
    held = node.get("id")
    return held.value if held is not None and isinstance(held.value, str) else otherwise


def _quota(node: Node, otherwise: object) -> object:
    metric, period = node.get("metric"), node.get("period")
    if metric is None or period is None:
        return otherwise
    if not isinstance(metric.value, str) or not isinstance(period.value, str):
        return otherwise
    return (metric.value, period.value)


def _names(node: Node) -> frozenset[str]:
    return frozenset(item.value for item in node.items if isinstance(item.value, str))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lower(value: object, than: object, order: tuple[str, ...]) -> bool:
    return value in order and than in order and order.index(str(value)) < order.index(str(than))


def _handlings(node: Node) -> PersonalData | None:
    """The handlings of a section as far as they are sound; None where it is no mapping."""
    if not isinstance(node.value, dict):
        return None
    sound = {
        key: entry.value
        for key, entry in node.value.items()
        if key in PersonalData.model_fields and entry.value in HANDLINGS
    }
    return PersonalData.model_validate(sound)
