"""Merges a charter into the one that it extends, and refuses what would loosen it.

A child may add a ban, make it stricter or wider, lower a quota or a weight, restrict models and
sources, shorten the retention (down to the legal floor), handle personal data more strictly,
declare kinds of data of its own; and it may reword what people read. Whatever the parent does not
say, the child is free to say.
"""

from __future__ import annotations

from functools import partial

from governance.charter.inherit_personal import personal_data
from governance.charter.merging import Merge, Path, is_number, lower, names
from governance.charter.problems import CharterProblem
from governance.charter.schema import EFFECTS, FIRSTS, Costs
from governance.charter.tree import Node
from governance.charter.use import DELIVERIES

COSTS = tuple(Costs.model_fields)


class _Merge(Merge):
    """The rules of each section but the personal data's."""

    def use(self, parent: Node, child: Node, path: Path) -> Node:
        return self.mapping(
            parent,
            child,
            path,
            {
                "effect": partial(self.within, EFFECTS),
                "applies_to": self.applies_to,
                "detect": self.detect,
                "review": lambda p, c, where: self.mapping(
                    p, c, where, {"delivery": partial(self.within, DELIVERIES)}
                ),
            },
        )

    def within(self, scale: tuple[str, ...], parent: Node, child: Node, path: Path) -> Node:
        """What is no weaker than the parent's, in a ``scale`` that rises."""
        if lower(child.value, parent.value, scale):
            message = "«{value}» is weaker than the parent's «{parent_value}»."
            self.loosened(
                child.mark, parent.mark, path, message,
                value=str(child.value), parent_value=str(parent.value),
            )  # fmt: skip
        return child

    def applies_to(self, parent: Node, child: Node, path: Path) -> Node:
        wanted, held = names(parent), names(child)
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
                "answers": self.union,
                "counter_examples": self.counter_examples,
            },
        )

    def counter_examples(self, parent: Node, child: Node, path: Path) -> Node:
        known = names(parent)
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
                "weight": self.at_most,
                "uses": lambda p, c, where: self.by_id(p, c, where, self.use),
            },
        )

    def at_least(self, parent: Node, child: Node, path: Path) -> Node:
        """A lower tariff would let more be spent under the same quota."""
        if is_number(parent.value) and is_number(child.value) and child.value < parent.value:  # type: ignore[operator]
            message = "{value} is less than the parent's {parent_value}."
            self.loosened(
                child.mark, parent.mark, path, message,
                value=str(child.value), parent_value=str(parent.value),
            )  # fmt: skip
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


def merge(parent: Node, child: Node) -> tuple[Node, list[CharterProblem]]:
    """The charter that ``child`` makes of ``parent``, and each loosening in it, with both lines."""
    state = _Merge()
    merged = state.mapping(
        parent,
        child,
        (),
        {
            "uses": lambda p, c, path: state.by_id(p, c, path, state.use),
            "reviewers": lambda p, c, path: state.by_id(
                p, c, path, lambda known, new, where: state.mapping(known, new, where, {})
            ),
            "services": lambda p, c, path: state.by_id(p, c, path, state.service),
            "answers": lambda p, c, path: state.mapping(
                p, c, path,
                {"first": partial(state.within, FIRSTS)},
            ),
            "personal_data": partial(personal_data, state),
            "labelling": lambda p, c, path: state.mapping(p, c, path, {"header": state.stays_true}),
            "costs": lambda p, c, path: state.mapping(
                p, c, path, dict.fromkeys(COSTS, state.at_least)
            ),
            "audit": lambda p, c, path: state.mapping(
                p, c, path,
                {"retention_days": state.at_most, "require_reason": state.stays_true},
            ),
        },
    )  # fmt: skip
    return merged, state.problems


def _quota(node: Node, otherwise: object) -> object:
    metric, period, per = node.get("metric"), node.get("period"), node.get("per")
    if metric is None or period is None:
        return otherwise
    if not isinstance(metric.value, str) or not isinstance(period.value, str):
        return otherwise
    return (metric.value, period.value, per.value if per is not None else "service")
