"""How two layers of a charter become one, entry by entry, and how a loosening is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from governance.charter.problems import CharterProblem, Mark, Param, at, dotted
from governance.charter.tree import Node

Path = tuple[str | int, ...]


@dataclass
class Merge:
    """A merge under way; ``problems`` are the loosenings met so far."""

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
        self,
        parent: Node,
        child: Node,
        path: Path,
        merge: Callable[[Node, Node, Path], Node],
        key_of: str = "id",
    ) -> Node:
        """Lists of things with an id: the parent's, merged with the child's, then the new ones."""
        if not isinstance(parent.value, tuple) or not isinstance(child.value, tuple):
            return child
        merged = {id_of(node, key_of, ("p", i)): node for i, node in enumerate(parent.value)}
        for i, node in enumerate(child.value):
            key = id_of(node, key_of, ("c", i))
            known = merged.get(key)
            # Twice in one file: kept apart, so that the check of unique ids can say so.
            twice = known is not None and known.mark.file == node.mark.file
            if known is None or twice:
                merged[("c", i) if twice else key] = node
            else:
                merged[key] = merge(known, node, (*path, i))
        return Node(tuple(merged.values()), child.mark)

    def union(self, parent: Node, child: Node, path: Path) -> Node:
        if not isinstance(parent.value, tuple) or not isinstance(child.value, tuple):
            return child
        known = {node.value for node in parent.value if isinstance(node.value, str)}
        new = tuple(n for n in child.value if not isinstance(n.value, str) or n.value not in known)
        return Node(parent.value + new, child.mark)

    def subset(self, parent: Node, child: Node, path: Path) -> Node:
        if parent.value != "all" and (child.value == "all" or not names(child) <= names(parent)):
            message = "Only what the parent allows can be named here: {allowed}."
            allowed = ", ".join(sorted(names(parent)))
            self.loosened(child.mark, parent.mark, path, message, allowed=allowed)
        return child

    def at_most(self, parent: Node, child: Node, path: Path) -> Node:
        if is_number(parent.value) and is_number(child.value) and child.value > parent.value:  # type: ignore[operator]
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

    def unchanged(self, parent: Node, child: Node, path: Path) -> Node:
        if child.value != parent.value:
            self.loosened(child.mark, parent.mark, path, "This is not the parent's pattern.")
        return parent


def id_of(node: Node, key: str, otherwise: object) -> object:
    """What ``node`` calls itself under ``key``; ``otherwise`` where it does not."""
    held = node.get(key)
    return held.value if held is not None and isinstance(held.value, str) else otherwise


def names(node: Node) -> frozenset[str]:
    """The texts of a list."""
    return frozenset(item.value for item in node.items if isinstance(item.value, str))


def is_number(value: object) -> bool:
    """Whether ``value`` is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def lower(value: object, than: object, order: tuple[str, ...]) -> bool:
    """Whether both are of ``order``, and ``value`` stands before ``than``."""
    return value in order and than in order and order.index(str(value)) < order.index(str(than))
