"""Ages of persons: «âgée de 43 ans», «Karim, 43 ans», "43-year-old"; no seniority, no duration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER

_S = SPACE
_UNITS = (
    r"(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|"
    r"seize|"
    r"vingt|trente|quarante|cinquante|soixante|cent)"
)
_NUMBER = (
    rf"(?:1[0-1]\d|\d{{1,2}}(?:[.,]5)?|{_UNITS}(?:(?:{_S}|-)(?:et{_S}|et-)?{_UNITS}){{0,3}}s?)"
)
_YEARS = rf"{_NUMBER}{_S}?ans?(?:{_S}et{_S}(?:demi|{_NUMBER}{_S}mois))?(?!\w)"
_MONTHS = rf"{_NUMBER}{_S}(?:mois|semaines|jours)(?!\w)"
_NOT_AN_AGE: Final = (
    rf"(?!{_S}(?:d['’]|de{_S}|dans{_S}|apr[èe]s|avant|plus tard|au (?:sein|service)|ferme|"
    rf"renouvelable|maximum|minimum|"
    rf"et plus|et moins|ou plus|r[ée]volus(?:{_S}minimum)?|chez))"
)
_PERSON = (
    r"(?:hommes?|femmes?|enfants?|b[ée]b[ée]s?|bb|nourrissons?|fils|filles?|gar[çc]ons?|"
    r"fillettes?|jeunes?|adolescente?s?|ados?|"
    r"m[èe]re|p[èe]re|fr[èe]re|s[œo]e?ur|mari|[ée]poux|[ée]pouse|conjointe?|compagn(?:on|e)|"
    r"patiente?s?|salari[ée]e?s?|"
    r"employ[ée]e?s?|agente?s?|candidate?s?|[ée]l[èe]ves?|personne|dame|monsieur|retrait[ée]e?s?|"
    r"veuve?f?|victime|"
    r"conduct(?:eur|rice)|usag[èe]re?|r[ée]sidente?s?|locataires?|stagiaires?|apprentie?s?|"
    r"[ée]tudiante?s?|cadet(?:te)?|"
    r"a[îi]n[ée]e?|benjamine?|jumeaux|jumelles|neveu|ni[èe]ce|petit-fils|petite-fille|"
    r"grand-m[èe]re|grand-p[èe]re|"
    r"cousine?|oncle|tante|demandeu(?:r|se)|requ[ée]rante?|ressortissante?|allocataire|"
    r"b[ée]n[ée]ficiaire|coll[èe]gue)"
)
_NOT_A_NAME = (
    r"(?!(?i:dur[ée]e|garantie|contrat|bail|engagement|abonnement|pr[êe]t|formation|"
    r"anciennet[ée]|exp[ée]rience|mandat|"
    r"cdd|peine|prison|d[ée]lai|validit[ée]|conservation|[ée]tudes?|licence|master)(?!\w))"
)
_BY_NAME = rf"{_NOT_A_NAME}(?<![{UPPER}{LOWER}])[{UPPER}][{UPPER}{LOWER}.'’-]{{1,30}}"


_WORD_OF_NAME = rf"[{UPPER}][{UPPER}{LOWER}]{{1,24}}(?:[-'’][{UPPER}{LOWER}]{{1,24}}){{0,3}}"
_MONTHS_AFTER_NAME = re.compile(
    rf"(?P<name>{_WORD_OF_NAME})(?:{_S}{_WORD_OF_NAME}){{0,2}}{_S}?(?:,{_S}?|"
    rf"\({_S}?)(?P<value>(?i:{_MONTHS})){_NOT_AN_AGE}"
)


class Age(DeclaredRecognizer):
    """The age with its unit: «43 ans», «huit mois», "43 years old"."""

    ENTITY = "AGE"
    RULES = (
        Rule(
            "aged",
            re.compile(
                rf"(?i)(?<!\w)[âa]g[ée]e?s?(?:{_S}(?:seulement|aujourd['’]hui|alors|"
                rf"actuellement))?{_S}(?:respectivement{_S})?d['’e]{_S}?"
                rf"(?P<value>{_YEARS}|{_MONTHS}|{_NUMBER}(?={_S}et{_S}{_NUMBER}{_S}ans))"
            ),
            needs=("age",),
        ),
        Rule(
            "and aged",
            re.compile(rf"(?i){_S}?(?:et|,){_S}(?:de{_S})?(?P<value>{_YEARS})"),
            context=re.compile(
                rf"(?i)[âa]g[ée]e?s?{_S}(?:respectivement{_S})?d[e'’][^.;\n]{{1,50}}$"
            ),
            needs=("age",),
        ),
        Rule(
            "a person of",
            re.compile(
                rf"(?i)(?<!\w){_PERSON}(?:{_S}[{LOWER}]{{3,15}}|"
                rf"{_S}{_BY_NAME}){{0,2}}{_S}?(?:de{_S}|,{_S}?|\({_S}?)"
                rf"(?P<value>{_YEARS}|{_MONTHS}){_NOT_AN_AGE}"
            ),
            needs=("ans", "an ", "mois", "semaines", "jours"),
        ),
        Rule(
            "after a name",
            re.compile(
                rf"{_BY_NAME}{_S}?(?:,{_S}?|\({_S}?|[–—-]{_S}|"
                rf":{_S})(?P<value>(?i:{_YEARS})){_NOT_AN_AGE}"
            ),
            needs=("ans",),
        ),
        Rule(
            "is that old",
            re.compile(
                rf"(?i)(?<!\w)(?:j['’]ai|tu as|il a|elle a|on a|ils ont|elles ont|vous avez|"
                rf"avait|avaient|aura|auront|aurai|"
                rf"ayant|{_BY_NAME}{_S}a){_S}(?:(?:maintenant|bient[ôo]t|d[ée]j[àa]|seulement|"
                rf"tout juste|juste|à peine|environ|presque){_S})?"
                rf"(?P<value>{_YEARS}){_NOT_AN_AGE}"
            ),
            needs=("ans",),
        ),
        Rule(
            "a child's months",
            re.compile(rf"(?i)(?<!\w)(?P<value>{_MONTHS}){_NOT_AN_AGE}"),
            context=re.compile(
                rf"(?i)(?<!\w)(?:fille|fils|b[ée]b[ée]s?|bb|enfant|nourrisson|"
                rf"petite?)(?!\w)[^.;:\n]{{0,40}}"
                rf"{_S}(?:a|aura|avait|a d[ée]j[àa]|de){_S}$"
            ),
            needs=("mois", "semaines", "jours"),
        ),
        Rule(
            "under a name, as in a CV",
            re.compile(
                rf"(?m)^{_S}{{0,8}}(?:{_WORD_OF_NAME}{_S}){{1,3}}{_WORD_OF_NAME}{_S}?\r?\n{_S}{{0,8}}(?P<value>{_YEARS})"
                rf"(?={_S}{{0,3}}(?:$|[–—,|·•/-]))"
            ),
            needs=("ans",),
        ),
        Rule(
            "at the age of",
            re.compile(
                rf"(?i)(?<!\w)(?:(?:[àa]{_S})?l['’][âa]ge{_S}de|f[êe]te(?:r|ra|ront)?{_S}(?:ses|"
                rf"leurs|mes)|(?:ses|mes|vos){_S}|"
                rf"d[ée]c[ée]d[ée]e?{_S}[àa]|mort[e]?{_S}[àa]){_S}?(?P<value>{_YEARS}){_NOT_AN_AGE}"
            ),
            needs=("ans",),
        ),
        Rule(
            "label",
            re.compile(
                rf"(?i)(?<![^\W_])(?:[âa]ge|aged)[\"']?{_S}?(?:[:=|]{_S}?|"
                rf"(?<=aged){_S})[\"']?(?P<value>{_YEARS}|{_MONTHS}|{_NUMBER}(?![\w%.,]\d))"
            ),
            needs=("age",),
        ),
        Rule(
            "English",
            re.compile(
                rf"(?i)(?<![\w.,-])(?P<value>\d{{1,3}}(?:{_S}|-)(?:years?|months?|yrs?)(?:{_S}|"
                rf"-)old|\d{{1,3}}{_S}?(?:y/?o|yo)(?!\w))"
            ),
            needs=("old", "yo", "y/o"),
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds, and months after a given name: «Noé, 14 mois», not «CDD, 14 mois»."""
        yield from super().spans(text)
        for match in _MONTHS_AFTER_NAME.finditer(text):
            if is_first_name(match["name"]):
                yield *match.span("value"), MATCHED, "months after a given name"
