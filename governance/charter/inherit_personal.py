"""How a charter may tighten what the one that it extends says of personal data."""

from __future__ import annotations

from functools import partial
from typing import Final

from governance.charter.merging import Merge, Path, id_of, lower, names
from governance.charter.schema import ENTITIES, HANDLINGS, PersonalData
from governance.charter.tree import Node

_WEAKER: Final = "{entity}: «{value}» is weaker than the parent's «{parent_value}»."


def personal_data(state: Merge, parent: Node, child: Node, path: Path) -> Node:
    """The section that ``child`` makes of its ``parent``'s; what it loosens is noted."""
    _may_keep(state, parent, child, (*path, "may_keep"))
    merged = state.mapping(
        parent,
        child,
        path,
        {"custom": lambda p, c, at: state.by_id(p, c, at, partial(_custom, state), "name")},
    )
    _custom_handlings(state, parent, child, merged, (*path, "custom"))
    _kept_in_clear(state, parent, child, (*path, "custom"))
    before, after = _handlings(parent), _handlings(merged)
    if before is None or after is None:
        return merged
    for name in ENTITIES:
        spoken = parent.get("default") is not None or parent.get(name) is not None
        if not spoken or not lower(after.handling(name), before.handling(name), HANDLINGS):
            continue
        mark = child.keys.get(name) or child.keys.get("default") or child.mark
        origin = parent.keys.get(name) or parent.keys["default"]
        state.loosened(
            mark, origin, (*path, name), _WEAKER,
            entity=name, value=after.handling(name), parent_value=before.handling(name),
        )  # fmt: skip
    return merged


def _custom(state: Merge, parent: Node, child: Node, path: Path) -> Node:
    """A kind of data of the parent's own: its pattern stays what it is."""
    return state.mapping(
        parent,
        child,
        path,
        {"pattern": state.unchanged, "examples": state.union, "counter_examples": state.union},
    )


def _custom_handlings(state: Merge, parent: Node, child: Node, merged: Node, path: Path) -> None:
    """Each kind of the parent's own is handled as strictly as before, or more."""
    all_of_them, said_again = _by_name(merged), _by_name(child)
    for name, (_, node) in _by_name(parent).items():
        if name not in all_of_them:
            continue
        before, after = _handling(node, parent), _handling(all_of_them[name][1], merged)
        if not lower(after, before, HANDLINGS):
            continue
        place, mark = path, child.keys.get("default") or child.mark
        if name in said_again and (said := said_again[name][1].get("handling")):
            place, mark = (*path, said_again[name][0], "handling"), said.mark
        state.loosened(
            mark, node.mark, place, _WEAKER,
            entity=name, value=after, parent_value=before,
        )  # fmt: skip


def _may_keep(state: Merge, parent: Node, child: Node, path: Path) -> None:
    """Nothing that the parent masks becomes something that people may leave in clear."""
    listed, allowed, before = child.get("may_keep"), parent.get("may_keep"), _handlings(parent)
    own, new = _by_name(parent), _by_name(child)
    for i, node in enumerate(listed.items if listed else ()):
        name = node.value
        if not isinstance(name, str) or (allowed is not None and name in names(allowed)):
            continue
        if name in own:
            masked = _handling(own[name][1], parent) != "keep"
            origin = own[name][1].mark if masked else None
        elif name in new or before is None or before.handling(name) == "keep":
            origin = None
        else:
            keys = (parent.keys.get(key) for key in ("may_keep", name, "default"))
            origin = next((mark for mark in keys if mark), None)
        if origin is not None:
            message = "The parent does not let people leave «{entity}» in clear."
            state.loosened(node.mark, origin, (*path, i), message, entity=name)


def _kept_in_clear(state: Merge, parent: Node, child: Node, path: Path) -> None:
    """A new kind that is kept would take from the others what they mask: its pattern may be wide.

    Where the parent masks nothing that it names, there is nothing to take.
    """
    origin = next((key for name, key in parent.keys.items() if _masks(parent, name)), None)
    if origin is None:
        return
    known = _by_name(parent)
    for name, (i, node) in _by_name(child).items():
        section = child if child.get("default") is not None else parent
        if name not in known and _handling(node, section) == "keep":
            said = node.get("handling")
            place = (*path, i, "handling") if said else (*path, i)
            message = "«{entity}» is kept: it could leave in clear what the parent masks."
            state.loosened(said.mark if said else node.mark, origin, place, message, entity=name)


def _masks(section: Node, name: str) -> bool:
    """Whether the section's entry ``name`` is a handling other than «keep»."""
    said = section.get(name)
    return said is not None and said.value in HANDLINGS[1:]


def _by_name(section: Node) -> dict[str, tuple[int, Node]]:
    """The charter's own kinds of data and their places, by name; of two of one name, the first."""
    custom = section.get("custom")
    listed = list(enumerate(custom.items if custom else ()))
    named = ((id_of(node, "name", None), (i, node)) for i, node in reversed(listed))
    return {name: held for name, held in named if isinstance(name, str)}


def _handling(kind: Node, section: Node) -> str:
    """What is done with a kind of the charter's own; what it leaves out is the default's."""
    for held in (kind.get("handling"), section.get("default")):
        if held is not None and held.value in HANDLINGS:
            return str(held.value)
    return "pseudonymise"


def _handlings(node: Node) -> PersonalData | None:
    """The handlings of a section as far as they are sound; None where it is no mapping."""
    if not isinstance(node.value, dict):
        return None
    sound = {
        key: entry.value
        for key, entry in node.value.items()
        if key in ("default", *ENTITIES) and entry.value in HANDLINGS
    }
    return PersonalData.model_validate(sound)
