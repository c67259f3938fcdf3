"""Whether each use to review has somebody to review it, in every service that it concerns."""

from __future__ import annotations

from collections.abc import Iterator

from governance.charter.merging import names
from governance.charter.problems import CharterProblem, at, dotted, nearest
from governance.charter.tree import Node

Path = tuple[str | int, ...]


def check_reviewers(root: Node, *, complete: bool) -> Iterator[CharterProblem]:
    """The roles that «review: by» names exist and cover the use's services.

    ``complete`` is False for a base that leaves roles and services to its children.
    """
    listed = root.get("reviewers")
    roles = {str(each.value): node for node in _items(listed) if (each := node.get("id"))}
    services = root.get("services")
    for i, use in enumerate(_items(root.get("uses"))):
        applies = use.get("applies_to")
        wanted = None if applies is None or applies.value == "all" else names(applies)
        yield from _use(use, ("uses", i), roles, wanted, complete=complete)
    for i, service in enumerate(_items(services)):
        name = service.get("id")
        wanted = frozenset({str(name.value)}) if name is not None else frozenset()
        for j, use in enumerate(_items(service.get("uses"))):
            yield from _use(use, ("services", i, "uses", j), roles, wanted, complete=complete)


def _use(
    use: Node,
    path: Path,
    roles: dict[str, Node],
    wanted: frozenset[str] | None,
    *,
    complete: bool,
) -> Iterator[CharterProblem]:
    review = use.get("review")
    by = review.get("by") if review is not None else None
    if by is None or not isinstance(by.value, str):
        return
    place = dotted((*path, "review", "by"))
    role = roles.get(by.value)
    if role is None:
        if by.value == "contact" or not complete:
            return
        close = nearest(by.value, [*roles, "contact"])
        if close:
            message = "There is no reviewer role «{name}». Did you mean «{close}»?"
            yield at(by.mark, place, message, name=by.value, close=close)
        else:
            yield at(by.mark, place, "There is no reviewer role «{name}».", name=by.value)
        return
    covers = role.get("services")
    if not complete or covers is None or covers.value == "all":
        return
    if wanted is None or not wanted <= names(covers):
        message = "The role «{name}» does not cover every service that this use concerns."
        yield at(by.mark, place, message, name=by.value)


def _items(node: Node | None) -> tuple[Node, ...]:
    return tuple(node.items) if node is not None else ()
