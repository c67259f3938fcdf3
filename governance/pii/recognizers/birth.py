"""Dates of birth, as distinct from any other date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span
from governance.pii.recognizers.letters import LOWER, UPPER

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
            "date of birth",
            re.compile(
                rf"(?<![^\W_])(?:dates?(?:\(s\))?(?:{_S}|_)(?:de|of)(?:{_S}|_)(?:naissances?|"
                rf"naiss\.?|birth)|naissance|"
                r"date_?naiss\w{0,5}|naiss\.|ddn|d\.?d\.?n\.?|dob|d\.o\.b\.?|birth[ _-]?da(?:te|y)|"
                r"(?<!date )(?<!date d['’])anniversaire)(?![^\W_])"
                rf"(?:{_S}(?:est|is|was|\(?jj/mm/aaaa\)?|"
                rf"\([^()\n]{{1,20}}\)))?[\s:=|;,\"'*«»_-]{{0,12}}"
                rf"(?:(?:le|du|the|en|au){_S})?{_WEEKDAY}(?P<value>{DATE})",
                re.IGNORECASE,
            ),
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds; after «nés», also the dates of the others: «en 1985, 1996 et 1997»."""
        for start, end, score, rule in super().spans(text):
            yield start, end, score, rule
            while rule == "born on" and (further := _NEXT.match(text, end)):
                yield *further.span("value"), MATCHED, rule
                end = further.end()  # noqa: PLW2901 - the series goes on from there
