"""Writes a first charter from a few answers: whose it is, its services, what they may spend.

The rules come from a charter that is shipped. It is extended, so that the new file holds only what
is the organisation's own; or its text is copied, to be changed freely.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from governance.charter.charter import Charter
from governance.charter.cli_tables import Translate
from governance.charter.init_answers import Answers, services_for
from governance.charter.load import load_text, shipped

BASE: Final = "parcours.yaml"
"""The common base that a new charter may extend."""

_DAY: Final = 1_440
"""Answers in a working day of eight hours on two cores, at some 20 seconds each."""
_REQUESTS_EACH: Final = 6
_TOKENS_EACH: Final = 1_350
_WH_EACH: Final = 0.17
_WORKING_DAYS: Final = 22


class CharterExists(FileExistsError):
    """There is a file already where the charter would be written."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a service may spend: requests and tokens a day, watt-hours a month."""

    requests: int
    tokens: int
    wh: int


def budgets(users: dict[str, int]) -> dict[str, Budget]:
    """The quotas of each service by its people, all together within a day of two cores."""
    wanted = {name: people * _REQUESTS_EACH for name, people in users.items()}
    share = min(1.0, _DAY / sum(wanted.values()))
    requests = {name: max(1, int(number * share)) for name, number in wanted.items()}
    return {
        name: Budget(
            number, number * _TOKENS_EACH, max(1, round(number * _WH_EACH * _WORKING_DAYS))
        )
        for name, number in requests.items()
    }


def crowded(users: dict[str, int]) -> bool:
    """Whether two cores are too few for six requests a day of each of these people."""
    return sum(users.values()) * _REQUESTS_EACH > _DAY


def _as_written(message_id: str, /, **params: str | int | float) -> str:
    return message_id.format(**params)


def render(answers: Answers, words: Translate = _as_written) -> str:
    """The text of the charter; ``words`` gives its comments in the operator's language."""
    own = [_organisation(answers), _services(answers, words)]
    if answers.extend:
        parts = [
            _comment(
                words(
                    "This charter extends a common base, «{base}»: its bans and its reviews hold "
                    "here word for word. Add your own rules under «uses»; they may only tighten "
                    "those of the base.",
                    base=BASE,
                )
            ),
            f"charter: 1\nextends: {BASE}\n",
            *own,
        ]
        if answers.block_health:
            note = _comment(words("A request that tells of a person's health or union is refused."))
            parts.append(f"{note}personal_data:\n  SPECIAL_CATEGORY: block\n")
        return "\n".join(parts)
    source = "commune.yaml" if answers.kind == "commune" else BASE
    return _copied(shipped(source), own, answers, words)


def _copied(text: str, own: Sequence[str], answers: Answers, words: Translate) -> str:
    """The shipped ``text``, its head, organisation and services replaced."""
    body = text[text.index("charter: 1\n") :].removeprefix("charter: 1\n")
    body = _without(_without(body, "organisation"), "services")
    if answers.block_health:
        body = body.replace("\n  SPECIAL_CATEGORY: keep", "\n  SPECIAL_CATEGORY: block")
    head = _comment(
        words(
            "The rules below are yours to change: they were copied from a charter shipped with "
            "Sobria. Patterns are compared with a text in lower case and without accents; the "
            "examples and counter-examples are the charter's tests."
        )
    )
    return "\n".join([head, "charter: 1\n", *own, body.lstrip("\n")])


def _without(text: str, section: str) -> str:
    """``text`` less a top-level section and the comment that stands right above it."""
    block = rf"(?m)^(?:#[^\n]*\n)*{section}:\n(?:[ \t]+[^\n]*\n|\n(?=[ \t]))+"
    return re.sub(block, "", text, count=1)


def _organisation(answers: Answers) -> str:
    lines = ["organisation:", f"  name: {_quoted(answers.name)}", f"  language: {answers.language}"]
    lines.append(f"  timezone: {answers.timezone}")
    for role, person in (("dpo", answers.dpo), ("contact", answers.contact)):
        lines += [
            f"  {role}:",
            f"    name: {_quoted(person.name)}",
            f"    email: {_quoted(person.email)}",
        ]
    return "\n".join(lines) + "\n"


def _services(answers: Answers, words: Translate) -> str:
    titles = services_for(answers.kind, answers.language)
    note = words(
        "Sized for a machine of two cores, where an answer takes some twenty seconds and 0.1 to "
        "0.2 Wh: six requests a day for each person, and all services together within eight hours."
    )
    lines = ["services:"]
    for name, budget in budgets(answers.users).items():
        lines += [
            f"  - id: {name}",
            f"    title: {_quoted(titles[name])}",
            "    models: [default]",
            "    sources: all",
            "    quotas:",
            f"      - {{metric: requests, period: day, limit: {budget.requests}}}",
            f"      - {{metric: tokens, period: day, limit: {budget.tokens}}}",
            f"      - {{metric: wh, period: month, limit: {budget.wh}}}",
            "    max_tokens: 400",
        ]
    return _comment(note) + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes, which JSON's strings are for a text on one line."""
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) >= 99:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return "\n".join([*lines, line]) + "\n"


def write(text: str, path: Path, *, force: bool = False) -> Charter:
    """Check ``text``, write it to ``path`` whole or not at all, and give the charter that it makes.

    Raises:
        CharterInvalid: it does not load; nothing is written.
        CharterExists: there is a file, and ``force`` is not asked for.
        OSError: the folder cannot be written to.
    """
    charter = load_text(text, path.name, shipped)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".charter-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        if force:
            Path(name).replace(path)
        else:
            # A link fails where the name is taken, even by a file that came in the meantime.
            os.link(name, path)
    except FileExistsError:
        raise CharterExists(path.name) from None
    finally:
        Path(name).unlink(missing_ok=True)
    return charter
