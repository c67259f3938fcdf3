"""Names of files, references and addresses: whom they name, whatever glues the words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from governance.pii.entities import PERSON
from governance.pii.finding import MATCHED, Finding, resolve
from governance.pii.mentions import telling_words, without_mistaken_places
from governance.pii.recognizers.base import folded
from governance.pii.recognizers.words import is_common

_JOINED: Final = re.compile(r"[_+\-.()\[\]]+|(?<=\S)/(?=\S)")
"""What holds the words of a file's name together."""
_ENDING: Final = re.compile(r"(?i)\.(?:pdf|docx?|odt|xlsx?|html?|md|markdown|txt|xml|eml)$")
_PART: Final = re.compile(r"[^\W\d_a-zà-öø-ÿœ]+(?![a-zà-öø-ÿœ])|[^\W\d_]?[a-zà-öø-ÿœ]+")
"""A word of a file's name: «CVDupontJean» has three."""
_ABOUT: Final = frozenset("cv dossier lettre fiche note".split())  # noqa: SIM905
"""What a file is, written before the name of the person whom it is about."""


def find_in_name(label: str, find: Callable[[str], list[Finding]]) -> list[Finding]:
    """What ``find`` finds in ``label`` as it is (an e-mail address), and in its words."""
    written = _ENDING.sub("", label)
    spaced = _JOINED.sub(lambda match: " " * len(match.group()), written)
    # «compte_rendu» is no account: how words are glued says nothing of an account's name here.
    findings = [finding for finding in find(written) if finding.entity != "USER_NAME"]
    if spaced != written:
        findings = resolve(written, [*findings, *find(spaced)])
    return [_less_what_it_is(written, finding) for finding in findings]


def spelled(value: str, known: Collection[str]) -> str:
    """A person's name as a text would write it: «DUPONT Jean» for «DUPONT-Jean» or «DUPONTJean»,
    but «Jean-Pierre» where the document names one (``known``, folded)."""
    words: list[str] = []
    for word in re.split(r"[\s_+.()\[\]/]+", value):
        words += [word] if folded(word) in known else _PART.findall(word)
    return " ".join(words) or value


def words_told(label: str, findings: Sequence[Finding], known: Collection[str]) -> set[str]:
    """The words, folded, by which the persons found in ``label`` are known in the texts."""
    told: set[str] = set()
    for finding in findings:
        if finding.entity == PERSON:
            words = telling_words(spelled(label[finding.start : finding.end], known))
            if finding.score >= MATCHED or len(words) > 1:
                told.update(words)
    return told


def with_known_words(
    label: str, findings: Sequence[Finding], known: Collection[str]
) -> list[Finding]:
    """The findings in ``label``, with each word that names somebody in the document (``known``,
    folded), whatever its case and what it is glued to."""
    findings = without_mistaken_places(label, findings, set(known))
    parts = [
        Finding(PERSON, match.start(), match.end(), MATCHED, "Mention")
        for match in _PART.finditer(label)
        if folded(match.group()) in known
    ]
    free = [
        part
        for part in parts
        if not any(f.start < part.end and part.start < f.end for f in findings)
    ]
    joined: list[Finding] = []
    for part in free:
        last = joined[-1] if joined else None
        if last and not any(map(str.isalnum, label[last.end : part.start])):
            joined[-1] = replace(last, end=part.end)
        else:
            joined.append(part)
    return sorted([*findings, *joined], key=lambda finding: finding.start)


def _less_what_it_is(label: str, finding: Finding) -> Finding:
    """A name found in the name of a file, without the «CV» that stands before it."""
    if finding.entity != PERSON:
        return finding
    start = finding.start
    for match in _PART.finditer(label, finding.start, finding.end):
        if folded(match.group()) not in _ABOUT and not is_common(match.group()):
            break
        start = match.end()
    while start < finding.end and not label[start].isalnum():
        start += 1
    if start >= finding.end:
        return finding
    return replace(finding, start=start)
