"""Lists of persons after a label: «Présents : J. Morel, S. Benali (RH), Mme Le Goff», all items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, Span, folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.gazetteer import SURE, is_place
from governance.pii.recognizers.lexicon import is_plain_word
from governance.pii.recognizers.naming import CIVILITY, NAME, WORD, without_common_words
from governance.pii.recognizers.surnames import is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_S = SPACE
_LABEL: Final = re.compile(
    r"(?i)(?<!\w)(?:(?:[ée]taient |sont |membres |personnes )?(?:pr[ée]sente?s?|absente?s?|excus[ée]e?s?|invit[ée]e?s?|repr[ée]sent[ée]e?s?)"
    r"|absente?s?(?: et)? excus[ée]e?s?|participante?s?|intervenante?s?|membres|destinataires?|copies?|cci?|diffusion|[ée]quipe|[ée]lus|candidate?s?|"
    r"stagiaires?|[ée]l[èe]ves|enfants?|animat(?:eur|rice)s?|r[ée]dact(?:eur|rice)|secr[ée]taire(?: de s[ée]ance)?|pr[ée]sident(?:e)?(?: de s[ée]ance)?|"
    r"anim[ée]e? par|r[ée]dig[ée]e? par|pr[ée]par[ée]e? par|inscrits?|b[ée]n[ée]voles|agents|salari[ée]s|coll[èe]gues|convi[ée]s|"
    r"ont (?:vot[ée]|particip[ée])|attendees|present|participants|apologies|absent|to|from|[àa]|de)"
    rf"(?:{_S}?\([^()\n]{{1,30}}\))?\*{{0,2}}{_S}?:\*{{0,2}}"
)
_BULLET: Final = re.compile(
    rf"\n{_S}{{0,8}}(?:[-•*–—·o]{_S}|\d{{1,2}}[.)]{_S}|[-•–]|(?={NAME}{_S}?(?:[(,:–-]|\n|$)))"
)
_ITEM: Final = re.compile(
    rf"(?:^|[,;/•|&]|\n[^\w\n]{{0,8}}(?:\d{{1,2}}[.)]{_S})?|(?<!\w)(?:et|and|ainsi que|puis)(?=\s)){_S}{{0,3}}(?:{CIVILITY}{_S}{{1,2}})?(?P<value>{NAME})(?![\w@])"
)
_LONGEST: Final = 700
_SERIES: Final = re.compile(
    rf"(?<![\w'’-]){WORD}(?:{_S}?,{_S}{WORD}){{0,8}}{_S}(?:et|and|&|ou|puis){_S}{WORD}(?![\w-])"
)
_ONE: Final = re.compile(WORD)


def listed_names(text: str) -> Iterator[Span]:
    """Each item of each list that has the shape of a name."""
    for label in _LABEL.finditer(text):
        start, end = label.end(), _end_of_list(text, label.end())
        body = _without_brackets(text[start:end])
        for item in _ITEM.finditer(body):
            first, last = item.span("value")
            if trimmed := without_common_words(text, start + first, start + last):
                name = text[trimmed[0] : trimmed[1]]
                words = name.split()
                titled = item.group()[: first - item.start()].strip(" ,;/•|&\n-") != ""
                if len(words) > 1 or titled or is_first_name(name) or may_be_surname(name):
                    yield (*trimmed, MATCHED - 0.05, "list of persons")


def given_names_in_series(text: str) -> Iterator[Span]:
    """«Carl, Katie et Sophie»: given names alone, where two of a series are known ones."""
    for match in _SERIES.finditer(text):
        items = list(_ONE.finditer(text, match.start(), match.end()))
        known = [item for item in items if _is_a_name(item.group())]
        given = sum(is_first_name(item.group()) for item in known)
        if len(known) > 1 and len(known) * 2 > len(items):
            for item in items:
                if item in known or _may_be_a_name(item.group()):
                    yield *item.span(), MATCHED, "series of given names"
        elif given > 1:
            for item in known:
                if is_first_name(item.group()):
                    yield *item.span(), MATCHED, "series of given names"


def _is_a_name(word: str) -> bool:
    if is_common(word) or folded(word) in SURE:
        return False
    return is_first_name(word) or is_any_surname(word)


def _may_be_a_name(word: str) -> bool:
    """Whether an unknown word may be a name, in a series of which most are."""
    known = is_common(word) or is_plain_word(word) or is_place(word)
    return not known and not word.isupper() and word[1:].islower()


def _end_of_list(text: str, start: int) -> int:
    limit = min(len(text), start + _LONGEST)
    end = text.find("\n", start, limit)
    if end < 0:
        return limit
    if text[start:end].strip():
        return end
    while bullet := _BULLET.match(text, end):
        following = text.find("\n", bullet.end(), limit)
        if following < 0:
            return limit
        end = following
    return end


_BRACKETS = re.compile(r"\([^()\n]{0,80}\)|<[^<>\n]{0,80}>")


def _without_brackets(text: str) -> str:
    """``text`` with what is in brackets blanked, so that offsets stay."""
    return _BRACKETS.sub(lambda match: "," + " " * (len(match.group()) - 1), text)
