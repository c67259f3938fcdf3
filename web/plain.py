"""Plain texts that the pages show as they are: passages, their excerpts, and the model's prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from markupsafe import Markup, escape

from web.i18n import NO_BREAK
from web.views import FootprintDay

_BULLET = re.compile(r"^\s*[-–•]\s+")
_INLINE_BULLET = re.compile(r"(?:^|(?<=[.;:,!?…])\s)[-–•]\s+")
_BREAK = re.compile(r" (?=[:;!?»])|(?<=«) ")
_PLACEHOLDER = re.compile(r"\[[A-ZÀ-Ý]+(?:_[A-ZÀ-Ý]+)*_\d+(?:_[A-ZÀ-Ý]+)?(?:_\d+)?\]")


def passage_html(text: str) -> Markup:
    """Safe HTML of a passage: a paragraph a line, and a list of lines that begin with a dash."""
    parts: list[str] = []
    lines = [spaced(line) for line in text.splitlines() if line.strip()]
    for bullets, group in groupby(lines, key=lambda line: bool(_BULLET.match(line))):
        if bullets:
            items = "".join(f"<li>{escape(_BULLET.sub('', line))}</li>" for line in group)
            parts.append(f"<ul>{items}</ul>")
        else:
            parts.extend(f"<p>{escape(line.strip())}</p>" for line in group)
    return Markup("\n".join(parts))


def running(excerpt: str) -> str:
    """An excerpt on one line, in which the dashes of a list that it comes from are left out."""
    return spaced(_INLINE_BULLET.sub(lambda found: " " if found.start() else "", excerpt))


def spaced(text: str) -> str:
    """A source's text, whose colons and French quotation marks no line begins or ends with."""
    return _BREAK.sub(NO_BREAK, text)


def placeholders_html(text: str) -> Markup:
    """Safe HTML of a prompt, with the placeholders of masked words marked like the words were."""
    marked = _PLACEHOLDER.sub(r'<mark class="masked">\g<0></mark>', str(escape(text)))
    return Markup(marked)


def every_day(days: Iterable[FootprintDay], count: int = 30) -> Sequence[FootprintDay]:
    """The ``count`` days up to the last one of ``days``, those without a request included."""
    known = {day.day: day for day in days}
    if not known:
        return ()
    last = date.fromisoformat(max(known))
    empty = FootprintDay("", 0, None, None)
    wanted = ((last - timedelta(days=n)).isoformat() for n in reversed(range(count)))
    return tuple(known.get(day, replace(empty, day=day)) for day in wanted)
