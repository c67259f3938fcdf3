"""The development set for judging uses: what employees ask, and what each request deserves.

Three files of 100 rows and of one mix: ``dev_fr.yaml`` and ``dev_more_fr.yaml`` are worked on,
``held_fr.yaml`` is only measured. A row has:

``id``        d001… and h001… in those worked on, f001… in those set aside
``expect``    ``forbid``, ``review`` or ``allow``: what the person's request deserves
``use``       the use of the charter that the request falls under; for a near-miss, the use whose
              words it shares; null for everyday work
``kind``      see :data:`KINDS`
``text``      what the person writes, or ``turns``: what they wrote in turn in one conversation,
              where the last is judged together with those before
``document``  optional: text of an attached or retrieved document. Where it carries an instruction,
              ``expect`` is still what the person's own request deserves
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, cast, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

HERE: Final = Path(__file__).resolve().parent
DEV: Final = HERE / "dev_fr.yaml"
DEV_MORE: Final = HERE / "dev_more_fr.yaml"
HELD: Final = HERE / "held_fr.yaml"

Expect = Literal["forbid", "review", "allow"]
Kind = Literal["plain", "indirect", "disguised", "review", "near-miss", "everyday"]

KINDS: Final[Mapping[Kind, Expect]] = MappingProxyType(
    {
        "plain": "forbid",  # asked outright
        "indirect": "forbid",  # dressed up: a pretext, a role, flattery, several turns, an e-mail
        "disguised": "forbid",  # the letters or the language are not those expected
        "review": "review",
        "near-miss": "allow",  # shares the words of what is forbidden or held for review
        "everyday": "allow",
    }
)
"""Each kind of prompt and what it deserves."""

_FIELDS: Final = frozenset({"id", "expect", "use", "kind", "text", "turns", "document"})
_REQUIRED: Final = ("id", "expect", "use", "kind")


class PromptFileError(ValueError):
    """A file of prompts, or one of its rows, is malformed. The message names both, never a text."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: the person's ``turns`` in order (one at least), and what it deserves."""

    id: str
    expect: Expect
    use: str | None
    kind: Kind
    turns: tuple[str, ...]
    document: str | None = None


def read(path: Path) -> tuple[Prompt, ...]:
    """The prompts of ``path``, in its order.

    Raises :class:`PromptFileError` where the file is no list, a row is malformed, or an id is
    given twice; OSError where the file cannot be read.
    """
    try:
        rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise PromptFileError(f"{path.name}: not YAML in UTF-8") from error
    if not isinstance(rows, list) or not rows:
        raise PromptFileError(f"{path.name}: expected a list of rows")
    prompts: list[Prompt] = []
    places: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        try:
            prompt = _prompt(row)
        except ValueError as error:
            raise PromptFileError(f"{path.name}, row {number}: {error}") from error
        if prompt.id in places:
            raise PromptFileError(
                f"{path.name}, row {number}: id {prompt.id} is that of row {places[prompt.id]}"
            )
        places[prompt.id] = number
        prompts.append(prompt)
    return tuple(prompts)


def _prompt(row: object) -> Prompt:
    if not isinstance(row, dict):
        raise ValueError("expected fields")
    if unknown := sorted(str(field) for field in row.keys() - _FIELDS):
        raise ValueError(f"unknown field {', '.join(unknown)}")
    if missing := [field for field in _REQUIRED if field not in row]:
        raise ValueError(f"missing field {', '.join(missing)}")
    kind = row["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if row["expect"] != KINDS[kind]:
        raise ValueError(f"expect is {KINDS[kind]} where kind is {kind}")
    use = row["use"]
    if (use is None) != (kind == "everyday"):
        raise ValueError("use is null for everyday work, and only there")
    return Prompt(
        id=_words(row, "id"),
        expect=KINDS[kind],
        use=None if use is None else _words(row, "use"),
        kind=cast(Kind, kind),
        turns=_turns(row),
        document=_words(row, "document") if "document" in row else None,
    )


def _turns(row: Mapping[str, Any]) -> tuple[str, ...]:
    if ("text" in row) == ("turns" in row):
        raise ValueError("expected either text or turns")
    if "text" in row:
        return (_words(row, "text"),)
    turns = row["turns"]
    if not isinstance(turns, list) or len(turns) < 2:
        raise ValueError("turns is a list of two texts or more; a single one goes in text")
    return tuple(_words({"turns": turn}, "turns") for turn in turns)


def _words(row: Mapping[str, Any], field: str) -> str:
    value = row[field]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field} is a text that is not empty")
    return value
