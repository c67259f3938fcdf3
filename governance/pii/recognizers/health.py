"""Numbers of health professionals and of the places where they work."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import luhn

from governance.pii.finding import MATCHED
from governance.pii.recognizers.announced import announced
from governance.pii.recognizers.base import GAP, DeclaredRecognizer, Rule

_GAPS = re.compile(GAP)
_G = rf"{GAP}?"


def _is_rpps(text: str) -> bool:
    number = _GAPS.sub("", text)
    return len(number) == 11 and luhn.is_valid(number)


def _is_finess(text: str) -> bool:
    """Nine signs with a Luhn key; in Corsica the letter of the department takes no part."""
    number = _GAPS.sub("", text)
    return len(number) == 9 and (not number.isdigit() or luhn.is_valid(number))


def _is_adeli(text: str) -> bool:
    """Nine signs after a department, in groups that no telephone number or amount has."""
    number = _GAPS.sub("", text)
    return len(number) == 9 and not number.startswith("00") and text.count(".") < 2


_NINE = rf"\d{_G}[\dAB](?:{_G}\d){{7}}"
"""Nine signs of which the first two are a department: ADELI, FINESS."""


def _apart(value: str) -> str:
    """The pattern of ``value`` where it is no part of a longer number."""
    return rf"(?<![\w/])(?<!\d{GAP}){value}(?!\w)(?!{GAP}?\d)"


def _further_on(value: str, word: str, check: Callable[[str], bool] | None = None) -> Rule:
    """``value`` after ``word``, with a sentence or two between them."""
    return Rule(
        "its number further on",
        re.compile(_apart(value)),
        check=check,
        context=re.compile(
            rf"(?i)(?<!\w){word}(?!\w)(?:(?!(?<!\w)(?:siren|siret|rpps|adeli|finess|t[ée]l|t[ée]l[ée]phone|portable)"
            r"(?!\w))[^\n]){0,150}$"
        ),
        reach=160,
        needs=(word,),
        digits=9,
    )


class FrRpps(DeclaredRecognizer):
    """A professional of the shared directory (RPPS): eleven digits, the last a Luhn key."""

    ENTITY = "FR_RPPS"
    RULES = (
        Rule(
            "announced", announced(r"RPPS", rf"\d(?:{_G}\d){{10}}"), check=_is_rpps, needs=("rpps",)
        ),
        Rule(
            "eleven digits that begin by 10",
            re.compile(rf"(?<!\w)(?<!\d{GAP})10{_G}\d(?:{_G}\d){{8}}(?!\w)(?!{GAP}?\d)"),
            check=_is_rpps,
            context=re.compile(
                r"(?i)\b(?:dr|docteure?|m[ée]decins?|infirmi[èe]re?s?|pharmacien(?:ne)?s?|"
                r"sages?[- ]femmes?|dentistes?|kin[ée]\w*|praticien(?:ne)?s?|prescripteur)\b"
            ),
            digits=11,
        ),
        _further_on(rf"\d(?:{_G}\d){{10}}", "rpps", _is_rpps),
    )


class FrAdeli(DeclaredRecognizer):
    """A professional of the ADELI directory: nine digits, the first two a department."""

    ENTITY = "FR_ADELI"
    RULES = (
        Rule(
            "announced",
            announced(r"ADELI", rf"(?:\d{_G}[\dAB]|\d{{2}})(?:{_G}\d){{7}}"),
            needs=("adeli",),
        ),
        _further_on(_NINE, "adeli", _is_adeli),
        Rule(
            "in a list whose head names the directory",
            re.compile(_apart(_NINE)),
            check=_is_adeli,
            context=re.compile(
                r"(?i)(?<!\w)adeli(?!\w)(?:(?!\n[ \t]*\n|(?<!\w)(?:siren|siret|finess|t[ée]l)(?!\w))"
                r"[\s\S]){0,300}$"
            ),
            reach=310,
            needs=("adeli",),
            digits=9,
        ),
        Rule(
            "its number, the directory behind",
            re.compile(
                _apart(rf"(?P<value>{_NINE})") + r"(?=[^\n\d]{0,60}(?i:(?<!\w)adeli(?!\w)))"
            ),
            check=_is_adeli,
            score=MATCHED,
            needs=("adeli",),
            digits=9,
        ),
        Rule(
            "where a diploma of care is registered",
            re.compile(
                rf"(?i:enregistr[ée]e?s?|inscrite?s?)[^\n\d]{{0,60}}(?i:n[°º]|num[ée]ro)[ :]{{0,2}}"
                rf"(?P<value>{_NINE})(?!\w)(?!{GAP}?\d)"
            ),
            check=_is_adeli,
            context=re.compile(
                r"(?i)\b(?:assistante?s?[ ]de[ ]service[ ]social|psychologue|orthophoniste|ost[ée]opathe|"
                r"chiropracteur|psychomotricien(?:ne)?|ergoth[ée]rapeute|di[ée]t[ée]ticien(?:ne)?|"
                r"orthoptiste|audioproth[ée]siste|opticien(?:ne)?|psychoth[ée]rapeute|"
                r"kin[ée]sith[ée]rapeute|infirmi[èe]re?|sage-femme|p[ée]dicure|podologue)s?\b"
            ),
            reach=200,
            score=MATCHED,
            needs=("enregistr", "inscrit"),
            digits=9,
        ),
    )


class FrFiness(DeclaredRecognizer):
    """A health establishment (FINESS): nine digits, the first two a department."""

    ENTITY = "FR_FINESS"
    RULES = (
        Rule(
            "announced",
            announced(
                r"FINESS(?:[ ](?:g[ée]ographique|juridique|EG|EJ|ET))?",
                _NINE,
            ),
            check=_is_finess,
            needs=("finess",),
        ),
        _further_on(_NINE, "finess", _is_finess),
    )
