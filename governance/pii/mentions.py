"""Further mentions: once «Jean Dupont» is found, each other «Dupont» and «Jean» is too."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as Collection
from dataclasses import replace
from typing import Final

from governance.pii.entities import LOCATION, PERSON
from governance.pii.finding import MATCHED, Finding
from governance.pii.recognizers.base import folded
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.words import is_common

_WORD = re.compile(
    rf"(?<![\w-])[{UPPER}][{UPPER}{LOWER}]{{2,30}}(?:[-'’][{UPPER}{LOWER}]{{1,30}}){{0,3}}(?!\w)"
)
_CERTAIN_PLACE: Final = 0.7
"""Score from which a place is one whoever bears its name."""
_ANY_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+){0,3}")


def tokens_of(name: str) -> list[str]:
    """The words of a name that are telling enough to be recognised alone, folded."""
    return [folded(word) for word in _WORD.findall(name) if not is_common(word)]


def telling_words(name: str) -> list[str]:
    """As :func:`tokens_of`, of a name that a person selected: it may be in lower case."""
    words = [word for word in _ANY_WORD.findall(name) if len(word) > 2 and not is_common(word)]
    return [folded(word) for word in words]


def tokens_found(text: str, findings: Sequence[Finding]) -> set[str]:
    """The telling words of the names found; a guess of a single word is not trusted to spread."""
    known: set[str] = set()
    for finding in findings:
        if finding.entity == PERSON:
            words = tokens_of(text[finding.start : finding.end])
            if finding.score >= MATCHED or len(words) > 1:
                known.update(words)
    return known


_AT = re.compile(r"(?i)(?<!\w)(?:[àa]|en|au|aux|sur|vers|dans|in|at|from)[ \u00a0]$")


def without_mistaken_places(
    text: str, findings: Sequence[Finding], known: Collection[str]
) -> list[Finding]:
    """The findings less the places, not certain, that bear a found person's name: once «Mme
    Lorient» is found, «Lorient» is she; «à Lorient» is the town."""
    return [
        finding
        for finding in findings
        if finding.entity != LOCATION
        or finding.score >= _CERTAIN_PLACE
        or not known >= set(words := tokens_of(text[finding.start : finding.end]))
        or not words
        or _AT.search(text, max(0, finding.start - 6), finding.start)
    ]


_PARTICLE_BEFORE = re.compile(
    r"(?:^|(?P<begins>[\n.!?:;|\t\"]\s*)|(?<=[\s,(])|(?<=[^\W\d_]\s))(?P<particle>(?:Van|Von)(?:\s[Dd]e[nr]?)?|"
    r"El|Al|Ben|Bel|Da|Di|Dos|Del|Mac|Aït|Ait|"
    r"(?P<article>Le|La|De|Du|Des|de|du|le|la|van|von|el))[ \u00a0]$"
)


def with_particles(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, sorted and disjoint, with the particle that a name begins with: «Le Goff» of
    which «Goff» alone is known; not the article or preposition of a sentence."""
    whole: list[Finding] = []
    for finding in findings:
        first = finding.start
        if finding.entity == PERSON and text[first].isupper():
            first = _with_particle(text, first)
        if first < finding.start and (not whole or whole[-1].end <= first):
            finding = replace(finding, start=first)  # noqa: PLW2901 - the same, a word longer
        whole.append(finding)
    return whole


def _with_particle(text: str, start: int) -> int:
    """Where a name begins of which ``start`` is known: an article is the name's inside a sentence,
    a preposition in lower case where a line or a cell begins."""
    before = _PARTICLE_BEFORE.search(text, max(0, start - 12), start)
    if before is None:
        return start
    first, article = before.start("particle"), before["article"]
    begins = first == 0 or text[first - 1] in '\n;|\t"' or before["begins"] is not None
    return first if article is None or begins == article.islower() else start


def further_mentions(
    text: str, findings: Sequence[Finding], known: Collection[str]
) -> list[Finding]:
    """Capitalised words of ``known`` that no finding covers; neighbours make one name.

    ``findings`` must be sorted and disjoint.
    """
    if not known:
        return []
    starts = [finding.start for finding in findings]
    found: list[Finding] = []
    for match in _WORD.finditer(text):
        if folded(match.group()) not in known:
            continue
        index = bisect_right(starts, match.start())
        if index and findings[index - 1].end > match.start():
            continue
        if index < len(findings) and findings[index].start < match.end():
            continue
        if found and text[found[-1].end : match.start()] in (" ", "\u00a0"):
            start = found.pop().start
        else:
            start = match.start()
        found.append(Finding(PERSON, start, match.end(), MATCHED, "Mention"))
    return found
