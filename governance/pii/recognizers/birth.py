"""Dates of birth, as distinct from any other date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.literals import Literals
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_word
from governance.pii.recognizers.surnames import is_surname, may_be_surname
from governance.pii.seen import seen

_S = SPACE
_MONTH = (
    r"(?:janvier|janv\.?|f[ée]vrier|f[ée]vr?\.?|mars|avril|avr\.?|mai|juin|juillet|juil\.?|"
    r"ao[ûu]t|septembre|sept\.?|octobre|oct\.?|novembre|nov\.?|d[ée]cembre|d[ée]c\.?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sep|nov|dec)"
)
_YEAR = r"(?:1[89]|20)\d{2}"
_UNIT_IN_WORDS = (
    r"(?:premier|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|"
    r"seize|dix-sept|dix-huit|dix-neuf|vingt(?:[ -](?:et[ -])?[a-z]{2,6})?|trente(?:[ -]et[ -]un)?)"
)
_YEAR_IN_WORDS = r"(?:(?:mille?|deux|dix|neuf|cents?)(?:[ -][a-zé]{2,9}){1,7})"
_SEPARATOR = rf"{_S}?[/.\-–]{_S}?"
_DAY_AND_MONTH = rf"\d{{1,2}}(?:{_S}?(?:er|st|nd|rd|th))?{_S}(?:of{_S})?{_MONTH}"
DATE: Final = (
    rf"(?:\d{{1,2}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}(?:{_YEAR}|\d{{2}})"
    rf"|{_YEAR}[/.\-]\d{{1,2}}[/.\-]\d{{1,2}}"
    rf"|{_DAY_AND_MONTH},?{_S}(?:{_YEAR}|['’]?\d{{2}})"
    rf"|\d{{1,2}}[-.]{_MONTH}[-.](?:{_YEAR}|\d{{2}})"
    rf"|{_MONTH}{_S}\d{{1,2}}(?:st|nd|rd|th)?,?{_S}{_YEAR}"
    rf"|{_UNIT_IN_WORDS}{_S}{_MONTH}{_S}(?:{_YEAR}|{_YEAR_IN_WORDS})"
    rf"|\d{{1,2}}{_S}\d{{2}}{_S}{_YEAR}|\d{{8}})(?!\d)"
)
"""A whole date, in figures or in words, in French or in English; to be matched without case."""
_LOOSE = rf"(?:{DATE}|(?:{_MONTH}{_S})?{_YEAR}(?!\d)|{_DAY_AND_MONTH}(?!\w))"
"""Also a year, a month of a year or a day without its year: enough after «né»."""
_WEEKDAY = (
    rf"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day),?{_S})?"
)
_BORN = r"(?:n[ée](?:[·.-]?e|\(e\))?(?:[·.-]?s|\(s\))?|naquit|naissait|born)(?!\w)"
_MAIDEN = rf"(?-i:(?<!\w)(?!(?i:{_MONTH})(?!\w))[{UPPER}][{UPPER}{LOWER}.'’-]{{0,30}})(?!\w)"
_BETWEEN = (
    rf"(?:{_S}|[,:]|(?:respectivement|tou(?:te)?s|deux|trois|[àa]|aux?|en|in|at|near|pr[èe]s|de|"
    rf"du|des|la|le|les|lès|un|vers|sur|"
    rf"sous|et|mme|mlle|m\.|\(\d{{2,3}}[AB]?\)|\([^\W\d][\w '’-]{{1,30}}\))(?!\w)|[dl]['’](?=\w)|"
    rf"{_MAIDEN}"
    rf"|(?<=[àa]{_S})[{LOWER}][{LOWER}'’-]{{2,20}}(?!\w))"
)
"""What may stand between «né» and the date: a maiden name, a place, small words. No verb: «né à
Lyon, il a signé le 3 mars 2020» tells no date of birth."""
_NEXT = re.compile(
    rf"(?:{_S}?[,;/]{_S}?|{_S}(?:et|and|ou|&){_S})(?:(?:et|and){_S})?(?:(?:le|en|in|on|"
    rf"vers){_S})?(?P<value>{_LOOSE})",
    re.IGNORECASE,
)


_WHOSE = (
    rf"(?:{_S}(?:de{_S}la{_S}|de{_S}l['’]|d['’]|du{_S}|de{_S}(?:(?:mon|ma|son|sa|ton|ta|votre|notre|leur){_S})?)"
    rf"(?!naiss)(?:m\.{_S})?[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]{{1,25}}(?:{_S}(?!(?:le|du|en|au|est|was|is){_S})"
    rf"[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]{{0,25}}){{0,3}})?"
)
"""«date de naissance de l'enfant», «naissance de Malo Roux»."""
_THOUSAND: Final = Literals("mille", " mil ")
_THING = re.compile(
    r"(?i)(?<!\w)(?:soci[ée]t[ée]|association|entreprise|projets?|id[ée]e|collectif|fondation|club|"
    r"dispositif|rapport|logiciel|parti|service|marque|syndicat|site)(?!\w)[^.;,\n]{0,30}$"
)
_AFTER_NAME = re.compile(
    rf"(?<![\w-])(?P<name>[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]{{1,25}}){_S}?(?P<mark>[:,–-]?){_S}?"
    rf"(?P<open>\({_S}?[°*]?{_S}?)?"
    rf"(?P<value>\d{{1,2}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}(?:{_YEAR}|\d{{2}})(?!\d)|"
    rf"{_DAY_AND_MONTH}{_S}(?:{_YEAR}(?!\d)|\d{{2}}(?!\d)))(?P<close>{_S}?\))?",
    re.IGNORECASE,
)
_CHILDREN = re.compile(
    r"(?i)(?<!\w)(?:enfants?|fils|filles?|[ée]l[èe]ves?|b[ée]b[ée]s?|fratrie|jumeaux|jumelles|petite?|maman|papa|"
    r"ayants?[ -]droits?|conjointe?|famille|patiente?)(?!\w)[^.;\n]{0,80}$"
)
_WORD_BEFORE = re.compile(rf"(?P<word>[^\W\d_][\w'’-]{{1,25}}){_S}$")
_DEALING = re.compile(
    r"(?i)(?<!\w)(?:sign\w+|d[ée]c[ée]d\w+|morte?|embauch\w+|entr[ée]e?|arriv\w+|arr[êe]t\w*|mariage|"
    r"d[ée]cision|contrat|avenant|courrier|e?-?mails?|lettre|r[ée]union|entretien|visite|facture|devis|"
    r"re[çc]u\w*|vue?|jugement|d[ée]part|par)(?!\w)[^.;\n]{0,40}$"
)
_BY_NAME_AGO: Final = 3
"""A year as near as that beside a name is rather the year of a letter or a visit."""


def _is_past(date: str, years: int) -> bool:
    """Whether the year that ``date`` ends with, of two digits or four, is ``years`` ago or more."""
    digits = re.search(r"(?:\d{4}|\d{2})$", date)
    if not digits:
        return False
    now, year = datetime.now(UTC).year, int(digits[0])
    if len(digits[0]) == 2:
        year += 2000 if 2000 + year <= now else 1900
    return year <= now - years


class BirthDate(DeclaredRecognizer):
    """The date in «née le 12 mars 1984», «date de naissance : 12/03/1984», «born on…»."""

    ENTITY = "BIRTH_DATE"
    RULES = (
        Rule(
            "born on",
            re.compile(
                rf"\b{_BORN}{_BETWEEN}{{1,24}}?(?:(?:le|on|"
                rf"the){_S}?:?{_S}?)?{_WEEKDAY}(?P<value>{_LOOSE})",
                re.IGNORECASE,
            ),
            digits=2,
        ),
        Rule(
            "born in '84",
            re.compile(
                rf"\b{_BORN}{_S}(?:en|in){_S}(?P<value>['’]?\d{{2}})(?![\d\w])", re.IGNORECASE
            ),
        ),
        Rule(
            "born on, in words",
            re.compile(
                rf"\b{_BORN}{_BETWEEN}{{1,24}}?(?P<value>{_UNIT_IN_WORDS}{_S}{_MONTH}{_S}{_YEAR_IN_WORDS})",
                re.IGNORECASE,
            ),
        ),
        Rule(
            "I am of",
            re.compile(
                rf"(?<!\w)(?:j(?:e{_S}|['’])suis|chuis|natif|native|(?:il|elle){_S}est(?={_S}du{_S}\d)){_S}"
                rf"(?:d['’]|(?:du|de){_S}){_WEEKDAY}(?P<value>{DATE}|(?:{_MONTH}{_S})?{_YEAR}(?![\d\w])|"
                rf"[3-9]\d(?={_S}?(?:[,.;!?)\n]|$)))",
                re.IGNORECASE,
            ),
            check=lambda value: _is_past(value, 16),
            score=MATCHED,
            needs=("suis d", "chuis d", "est d", "natif d", "native d"),
        ),
        Rule(
            "came into the world",
            re.compile(
                rf"(?<!\w)(?:vue?s?{_S}le{_S}jour|accouch[ée]e?|(?:venue?s?|mise?s?){_S}au{_S}monde)(?!\w)"
                rf"{_BETWEEN}{{1,12}}?{_WEEKDAY}(?P<value>{DATE})",
                re.IGNORECASE,
            ),
            digits=2,
            needs=("le jour", "accouche", "au monde"),
        ),
        Rule(
            "place and date of birth",
            re.compile(
                rf"(?<!\w)(?:lieu{_S}?(?:et|/|&){_S}?(?:la{_S})?dates?|dates?{_S}?(?:et|/|&){_S}?(?:le{_S})?lieux?)"
                rf"{_S}?(?:de{_S})?naiss(?:ance|\.)(?:[^\d\n(]|\([^()\n]{{1,30}}\)){{1,50}}?(?P<value>{DATE})",
                re.IGNORECASE,
            ),
            digits=2,
            needs=("naiss",),
        ),
        Rule(
            "date of birth",
            re.compile(
                rf"(?<![^\W_])(?<!cong[ée] de )(?<!cong[ée] )(?<!prime de )(?<!prime )(?:dates?(?:\(s\))?(?:{_S}|_)(?:de|of)(?:{_S}|_)(?:naissances?|"
                rf"naiss\.?|birth)|naissance|"
                r"date_?naiss\w{0,5}|naiss\.|ddn|d\.?d\.?n\.?|dob|d\.o\.b\.?|birth[ _-]?da(?:te|y)|"
                r"d\.?[ ]?naiss\.?|dn|d\.n\.|(?<!date )(?<!date d['’])anniversaire)(?![^\W_])"
                rf"(?:{_S}(?:exacte|r[ée]elle|correcte|erron[ée]e|rectifi[ée]e|d[ée]clar[ée]e))?{_WHOSE}"
                rf"(?:,?{_S}(?:est|[ée]tait|is|was|c['’ ]?(?:est)?|\(?jj/mm/aaaa\)?|"
                rf"\([^()\n]{{1,20}}\)))?[\s:=|;,\"'*«»_-]{{0,12}}"
                rf"(?:(?:le|du|the|en|au){_S})?{_WEEKDAY}(?P<value>{DATE})",
                re.IGNORECASE,
            ),
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds; after «nés», also the dates of the others: «en 1985, 1996 et 1997»."""
        known = seen(text)
        if not known.longest and not known.holds(_THOUSAND):
            return
        for start, end, score, rule in super().spans(text):
            if rule in ("born on", "came into the world") and _THING.search(
                text, max(0, start - 60), start
            ):
                continue
            yield start, end, score, rule
            while rule == "born on" and (further := _NEXT.match(text, end)):
                yield *further.span("value"), MATCHED, rule
                end = further.end()  # noqa: PLW2901 - the series goes on from there
        if known.longest >= 4:
            yield from _beside_names(text)


def _beside_names(text: str) -> Iterator[Span]:
    """«Noah Pham (04/10/13)», and in a list of children «Léa 14/07/2015, Tom : 03/02/2018»."""
    for match in _AFTER_NAME.finditer(text):
        start = match.start()
        if not _is_name(text, *match.span("name")) or not _is_past(match["value"], _BY_NAME_AGO):
            continue
        if _DEALING.search(text, max(0, start - 50), start):
            continue
        in_brackets = match["open"] and match["close"]
        if in_brackets or _CHILDREN.search(text, max(0, start - 90), start):
            yield *match.span("value"), MATCHED, "beside a name"


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether a given name or a surname that is no other word stands there, or one that is a word
    as well behind a given name: «Tom Roux»."""
    word = text[start:end]
    if is_first_name(word) or is_surname(word):
        return word[0].isupper() or not is_word(word)
    before = _WORD_BEFORE.search(text, max(0, start - 30), start)
    return before is not None and may_be_surname(word) and is_first_name(before["word"])
