"""Turns what Pydantic finds wrong into messages for the author of a charter."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from governance.charter.problems import CharterProblem, Param, at, dotted, nearest
from governance.charter.tree import Node

# What was expected, by Pydantic's error types (pydantic.dev, «validation errors»).
_MESSAGES: Mapping[str, str] = {
    "missing": "«{key}» is missing.",
    "string_type": "A text was expected; {found} was found.",
    "int_type": "A whole number was expected; {found} was found.",
    "int_from_float": "A whole number was expected; {found} was found.",
    "float_type": "A number was expected; {found} was found.",
    "finite_number": "A number was expected; {found} was found.",
    "bool_type": "«true» or «false» was expected; {found} was found.",
    "tuple_type": "A list was expected; {found} was found.",
    "list_type": "A list was expected; {found} was found.",
    "model_type": "A group of «name: value» entries was expected; {found} was found.",
    "model_attributes_type": "A group of «name: value» entries was expected; {found} was found.",
    "dict_type": "A group of «name: value» entries was expected; {found} was found.",
    "literal_error": "{expected} was expected; {found} was found.",
    "string_too_short": "At least {min_length} characters were expected.",
    "string_too_long": "At most {max_length} characters are allowed; {length} were found.",
    "too_short": "At least {min_length} elements were expected; {actual_length} were found.",
    "too_long": "At most {max_length} elements are allowed; {actual_length} were found.",
    "greater_than": "A number above {gt} was expected; {found} was found.",
    "greater_than_equal": "A number of at least {ge} was expected; {found} was found.",
    "less_than_equal": "A number of at most {le} was expected; {found} was found.",
    "string_unicode": "A text was expected; {found} was found.",
}
_SHAPES: Mapping[str, str] = {
    "@": "An e-mail address was expected, as «dpo@exemple.fr»; {found} was found.",
    "http": "A web address was expected, as «https://www.cnil.fr»; {found} was found.",
    "[A-Z]{3}": "A zone was expected, as «FRA»; {found} was found.",
    "A-Za-z0-9._:/-": "A name without spaces was expected, as «default»; {found} was found.",
    "[A-Z0-9]*(_": (
        "A name was expected in capitals, digits and underscores, as «NUMERO_DOSSIER»; "
        "{found} was found."
    ),
    "[a-z0-9]+(-": (
        "A short name was expected: lower case, digits and hyphens, as «tri-candidatures»; "
        "{found} was found."
    ),
}
_UNKNOWN = "The charter has no field «{key}» here."
_UNKNOWN_CLOSE = "The charter has no field «{key}» here. Did you mean «{close}»?"
_NOT_ONE_OF = "{expected} was expected; {found} was found. Did you mean «{close}»?"
_OTHER = "This value is not accepted: {detail}."


def problems_of(error: ValidationError, root: Node, model: type[BaseModel]) -> list[CharterProblem]:
    """Each error with its place in the file, what was expected, and a likely correction."""
    details = error.errors(include_url=False)
    # A value such as «all | [ids]» fails once for each form: the form that resembles it is enough.
    chosen: dict[tuple[str | int, ...], list[CharterProblem]] = {}
    for detail in details:
        path = _path(detail["loc"], root)
        chosen.setdefault(path, []).append(_problem(dict(detail), path, root, model))
    longer = set(chosen)
    return [
        found[0]
        for path, found in chosen.items()
        if not any(len(other) > len(path) and other[: len(path)] == path for other in longer)
        or not _is_list(root, path)
    ]


def _problem(
    detail: dict[str, Any], path: tuple[str | int, ...], root: Node, model: type[BaseModel]
) -> CharterProblem:
    kind, context = str(detail["type"]), dict(detail.get("ctx", {}))
    mark, name = root.locate(path), dotted(path)
    found = _shown(detail.get("input"))
    if kind == "charter":
        return at(mark, name, str(context.pop("message_id")), **context)
    if kind == "extra_forbidden":
        key = str(path[-1])
        # «extends» has been taken out by then, for it is no field of the merged charter.
        close = nearest(
            key, [*_fields_at(model, path[:-1]), *(["extends"] if not path[1:] else [])]
        )
        if close:
            return at(mark, name, _UNKNOWN_CLOSE, key=key, close=close)
        return at(mark, name, _UNKNOWN, key=key)
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        message = next((text for sign, text in _SHAPES.items() if sign in pattern), _OTHER)
        return at(mark, name, message, found=found, detail=pattern)
    message = _MESSAGES.get(kind, _OTHER)
    params: dict[str, Param] = {
        key: value if isinstance(value, int | float) else str(value)
        for key, value in context.items()
    }
    params.setdefault("actual_length", 0)
    length = len(detail["input"]) if isinstance(detail.get("input"), str) else 0
    params |= {"key": str(path[-1]) if path else "", "found": found, "length": length}
    if "expected" in params:
        expected = _values(str(context["expected"]))
        params["expected"] = " / ".join(f"«{value}»" for value in expected)
        given = detail.get("input")
        close = nearest(given, expected) if isinstance(given, str) else None
        if close:
            return at(mark, name, _NOT_ONE_OF, **{**params, "close": close})
    return at(mark, name, message, **params, detail=str(detail["msg"]))


def _values(expected: str) -> list[str]:
    """The values of Pydantic's «'a', 'b' or 'c'»."""
    return [value.strip("'") for value in expected.replace(" or ", ", ").split(", ")]


def _shown(value: Any) -> str:
    """A value as an author recognises it: itself where short, else its kind."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list):
        return "[…]"
    if value is None:
        return "«»"
    text = _word(value)
    return f"«{text}»" if len(text) <= 40 else f"«{text[:39]}…»"


def _word(value: Any) -> str:
    """A scalar as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _path(loc: tuple[str | int, ...], root: Node) -> tuple[str | int, ...]:
    """``loc`` without the names of types that Pydantic puts in for a value of several forms."""
    path: list[str | int] = []
    node: Node | None = root
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if node is not None and isinstance(node.value, dict) and isinstance(part, str):
            path.append(part)
            node = node.value.get(part)
        elif node is not None and isinstance(node.value, tuple) and isinstance(part, int):
            path.append(part)
            node = node.value[part] if part < len(node.value) else None
        elif last and node is None:
            path.append(part)
    return tuple(path)


def _is_list(root: Node, path: tuple[str | int, ...]) -> bool:
    node: Node | None = root
    for part in path:
        if node is None:
            return False
        if isinstance(part, str):
            node = node.get(part)
        else:
            node = node.items[part] if part < len(node.items) else None
    return node is not None and isinstance(node.value, tuple)


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The names of the fields of the part that stands at ``path``."""
    here: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int) or here is None:
            continue
        field = here.model_fields.get(part)
        here = _model_in(field.annotation) if field else None
    return list(here.model_fields) if here else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {typing.Union, types.UnionType, tuple, typing.Annotated}:
        for argument in typing.get_args(annotation):
            found = _model_in(argument)
            if found:
                return found
    return None
