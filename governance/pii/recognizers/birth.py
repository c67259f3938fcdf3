"""Dates of birth, as distinct from any other date."""

from __future__ import annotations

import re

from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule

_MONTH = (
    r"(?:janvier|janv\.?|f[ée]vrier|f[ée]vr?\.?|mars|avril|avr\.?|mai|juin|juillet|juil\.?|"
    r"ao[ûu]t|septembre|sept\.?|octobre|oct\.?|novembre|nov\.?|d[ée]cembre|d[ée]c\.?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sep|nov|dec)"
)
_YEAR = r"(?:1[89]|20)\d{2}"
_DAY_IN_WORDS = (
    r"(?:premier|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|"
    r"seize|dix-sept|dix-huit|dix-neuf|vingt(?:[ -](?:et[ -])?[a-z]{2,6})?|trente(?:[ -]et[ -]un)?)"
)
_YEAR_IN_WORDS = r"(?:(?:mille?|deux|dix|neuf|cents?)(?:[ -][a-zé]{2,8}){1,7})"
_S = SPACE
_DATE = (
    rf"(?:\d{{1,2}}{_S}?[/.\-]{_S}?\d{{1,2}}{_S}?[/.\-]{_S}?(?:{_YEAR}|\d{{2}})"
    rf"|{_YEAR}[/.\-]\d{{1,2}}[/.\-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:{_S}?(?:er|st|nd|rd|th))?{_S}(?:of{_S})?{_MONTH},?{_S}(?:{_YEAR}|\d{{2}})"
    rf"|{_MONTH}{_S}\d{{1,2}}(?:st|nd|rd|th)?,?{_S}{_YEAR}"
    rf"|{_DAY_IN_WORDS}{_S}{_MONTH}{_S}(?:{_YEAR}|{_YEAR_IN_WORDS})"
    rf"|\d{{1,2}}{_S}\d{{2}}{_S}{_YEAR}|\d{{8}})(?!\d)"
)
_WEEKDAY = rf"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche){_S})?"
_BORN = r"\b(?:n[ée](?:\(?[·.]?e\)?)?s?|naquit|naissait|born)(?!\w)"
_PLACE = rf"(?:,?{_S}(?:[àa]u?x?|en|in|at){_S}[^.;:\n\d]{{1,50}}?)?"


class BirthDate(DeclaredRecognizer):
    """The date in «née le 12 mars 1984», «date de naissance : 12/03/1984», «born on…»."""

    ENTITY = "BIRTH_DATE"
    RULES = (
        Rule(
            "born on",
            re.compile(
                rf"{_BORN}{_PLACE},?{_S}(?:(?:le|on|the)\b[ \u00a0]?:?{_S}?)?{_WEEKDAY}"
                rf"(?P<value>{_DATE})",
                re.IGNORECASE,
            ),
        ),
        Rule(
            "date of birth",
            re.compile(
                rf"\b(?:dates?(?:\(s\))?(?:{_S}|_)(?:de|of)(?:{_S}|_)(?:naissance|birth)|naissance|"
                r"date_?naiss\w{0,5}|ddn|dob|birth[ _]?da(?:te|y)|anniversaire)\b"
                rf"(?:{_S}(?:est|is|\(?jj/mm/aaaa\)?))?[\s:=|;,\"'*«»_-]{{0,12}}"
                rf"(?:(?:le|du|the){_S})?{_WEEKDAY}(?P<value>{_DATE})",
                re.IGNORECASE,
            ),
        ),
        Rule(
            "born in",
            re.compile(
                rf"{_BORN}{_S}(?:en|in){_S}(?P<value>(?:{_MONTH}{_S})?{_YEAR})(?!\d)", re.IGNORECASE
            ),
        ),
    )
