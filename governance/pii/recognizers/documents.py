"""Numbers of the papers that a person holds: identity, travel, driving, residence, studies."""

from __future__ import annotations

import re

from governance.pii.recognizers.announced import announced
from governance.pii.recognizers.base import DeclaredRecognizer, Rule

_G = r"[ .\u00a0\u202f\-]?"
_TWO_LETTERS = rf"\d{_G}\d{_G}[A-Za-z]{_G}[A-Za-z]{_G}\d(?:{_G}\d){{4}}"
_TWELVE = rf"\d(?:{_G}\d){{11}}"
_NINE = r"(?=[A-Z0-9]{0,8}\d)[A-Z0-9]{9}"


class FrPassport(DeclaredRecognizer):
    """A passport: two digits, two letters, five digits in France; up to nine signs elsewhere
    (ICAO Doc 9303)."""

    ENTITY = "FR_PASSPORT"
    RULES = (
        Rule(
            "French, announced",
            announced(r"passe?ports?(?:[ ](?:fran[çc]ais|biom[ée]trique|french))?", _TWO_LETTERS),
            needs=("passport", "passeport"),
        ),
        Rule(
            "foreign, announced",
            announced(
                r"passe?port(?:[ ](?:[a-zé]{4,14}))?(?:[ ](?:n°|num[ée]ro|number|no\.?))",
                r"(?=[A-Z]{0,3}\d)[A-Z0-9]{7,9}",
            ),
            needs=("passport", "passeport"),
        ),
        Rule(
            "French, its number further on",
            re.compile(rf"(?<!\w)(?i:{_TWO_LETTERS})(?!\w)"),
            context=re.compile(
                r"(?is)\bpasse?ports?\b.{0,80}?(?<![^\W_])(?:num[ée]ro|number|n°)\W{0,6}$"
            ),
            reach=110,
            needs=("passport", "passeport"),
            digits=5,
        ),
    )


class FrIdCard(DeclaredRecognizer):
    """An identity card: twelve digits before 2021, nine letters and digits since."""

    ENTITY = "FR_ID_CARD"
    RULES = (
        Rule(
            "announced",
            announced(
                r"cartes?(?:[ ]nationales?)?[ ]d['’]identit[ée](?:[ ][ée]lectronique)?|CNI[Ee]?"
                r"|C\.N\.I\.|pi[èe]ces?[ ]d['’]identit[ée]|(?:national[ ])?(?:id|identity)[ ]card",
                rf"(?:{_TWELVE}|{_NINE}|\d{{4}}{_G}[A-Z]{_G}\d{{7}})",
            ),
            needs=("identit", "cni", "c.n.i", "id card"),
        ),
    )


class FrDrivingLicence(DeclaredRecognizer):
    """A driving licence: twelve digits, or two digits, two letters and five digits."""

    ENTITY = "FR_DRIVING_LICENCE"
    RULES = (
        Rule(
            "announced",
            announced(
                r"permis(?:[ ]de[ ]conduire)?(?:[ ](?:[ABCDE]1?E?|[A-E],[ ][A-E]))?"
                r"|driving[ ]licen[cs]e|driver['’]s[ ]licen[cs]e",
                rf"(?:{_TWELVE}|{_TWO_LETTERS})",
            ),
            needs=("permis", "driving", "driver"),
        ),
        Rule(
            "its number further on",
            re.compile(rf"(?<!\w)(?i:{_TWELVE}|{_TWO_LETTERS})(?!\w)"),
            context=re.compile(
                r"(?i)\bpermis\b(?! d['’e] ?(?:construire|am[ée]nager|d[ée]molir|s[ée]jour|"
                r"travail|louer))"
                r"[^.;\n]{0,50}?(?:num[ée]ro|n°)\W{0,4}$"
            ),
            reach=80,
            needs=("permis",),
            digits=5,
        ),
        Rule(
            "twelve digits, the word somewhere before",
            re.compile(rf"(?<![\w.,/+-]){_TWELVE}(?!\w|[.,/-]\d|[ ]\d)"),
            context=re.compile(
                r"(?i)\bpermis\b(?! d['’e] ?(?:construire|am[ée]nager|d[ée]molir|s[ée]jour|"
                r"travail|louer))[^;\n]{0,90}$"
            ),
            reach=100,
            needs=("permis",),
            digits=12,
        ),
    )


class FrResidencePermit(DeclaredRecognizer):
    """A residence permit: the foreigner's number (AGDREF, ten digits) or the card's nine signs."""

    ENTITY = "FR_RESIDENCE_PERMIT"
    RULES = (
        Rule(
            "announced",
            announced(
                r"(?:titres?|cartes?)[ ]de[ ]s[ée]jour(?:[ ][a-zé]{6,15})?"
                r"|cartes?[ ]de[ ]r[ée]sident(?:[ ][a-zé]{6,15})?"
                r"|r[ée]c[ée]piss[ée](?:[ ]de[ ]demande)?|AGDREF|num[ée]ro[ ](?:d['’])?[ée]tranger"
                r"|n°[ ]?[ée]tranger|residence[ ]permit|APS",
                rf"(?:\d(?:{_G}\d){{9}}|{_NINE})",
            ),
            needs=("sejour", "resident", "cepiss", "agdref", "etranger", "residence", "aps"),
        ),
        Rule(
            "ten digits, the word somewhere before",
            re.compile(r"(?<![\w.,/+-])[1-9]\d{9}(?![\w%€-]|[.,/]\d)"),
            context=re.compile(
                r"(?i)(?:\b(?:(?:titres?|cartes?) de (?:s[ée]jour|r[ée]sidente?)|r[ée]c[ée]piss[ée]|"
                r"AGDREF|num[ée]ro (?:d['’])?[ée]tranger|residence permit)\b[^\n]{0,120}|\btitre n° ?)$"
            ),
            reach=160,
            needs=("sejour", "resident", "cepiss", "agdref", "etranger", "residence", "titre n"),
            digits=10,
        ),
    )


class FrIne(DeclaredRecognizer):
    """The number of a pupil or student: ten signs and a letter, or nine digits and two letters."""

    ENTITY = "FR_INE"
    RULES = (
        Rule(
            "announced",
            announced(
                r"INE(?:[- ](?:RNIE|BEA))?|BEA|(?:identifiant|num[ée]ro)[ ]national"
                r"(?:[ ](?:d['’])?(?:[ée]l[èe]ve|[ée]tudiante?)(?:[ ]unique)?)?"
                r"|num[ée]ro[ ](?:d['’])?[ée]tudiante?|n°[ ]?[ée]tudiante?",
                r"(?:\d{9}[ ]?[A-Za-z]{2}|\d[0-9A-Za-z]{9}[ ]?[A-Za-z]|\d{10}[A-Za-z])",
            ),
            needs=("ine", "bea", "national", "etudiant"),
            digits=1,
        ),
        Rule(
            "its own shape, the word somewhere before",
            re.compile(r"(?<![\w-])(?:\d{9}[A-Z]{2}|\d{10}[A-Z])(?![\w-])"),
            context=re.compile(r"\b(?:INE|ine|BEA)\b"),
            reach=100,
            needs=("ine", "bea"),
            digits=9,
        ),
        Rule(
            "student number, announced",
            announced(
                r"(?:num[ée]ro|n°)[ ]?(?:d['’])?[ée]tudiante?|carte[ ][ée]tudiante?|"
                r"student[ ](?:number|id|no\.?)",
                r"\d{8,11}",
            ),
            needs=("etudiant", "student"),
            digits=8,
        ),
    )
