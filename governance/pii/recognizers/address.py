"""Postal addresses, as one span: number, street, postal code and town."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span, folded
from governance.pii.recognizers.gazetteer import SURE, is_place
from governance.pii.recognizers.words import is_common

_S = SPACE
_SPACES = r" \t\u00a0\u202f\u2009"
_UP = r"[A-ZÀ-ÖØ-ÞŒ]"
_NUMBER = (
    rf"(?!0)\d{{1,4}}(?:{_S}?(?:bis|ter|quater|[A-Da-d])(?!\w))?(?:{_S}?[-/]{_S}?\d{{1,4}})?,?{_S}"
)
_SURE = (
    r"(?:rue|avenue|av\.?|ave\.?|boulevard|bd\.?|bld\.?|boul\.?|impasse|imp\.?|all[ée]es?|chemin|"
    r"che?\.|faubourg|fbg\.?|esplanade|ruelle|venelle|rond-point|rte\.?|traverse|promenade)"
)
_MAYBE = (
    r"(?:place|pl\.?|route|cours|passage|quai|square|sq\.?|r[ée]sidence|r[ée]s\.?|villa|cit[ée]|"
    r"mont[ée]e|c[ôo]te|clos|hameau|lotissement|lot\.?|lieu[ -]dit|voie|sentier|sente|parc|"
    r"domaine|mail|pont|port|galerie|terrasse|r\.|cour|carrefour|zone|za|zi|zac|corniche|chauss[ée]e|"
    r"digue|rampe|vallon|lev[ée]e)"
)
_OFTEN = (
    r"(?:place|pl\.?|route|rte\.?|cours|quai|r[ée]s(?:idence|\.)?|villa|cit[ée]|lotissement|lot\.?|"
    r"square|hameau|clos|mont[ée]e)"
)
"""Those that one also writes in lower case in an address."""
_LINK = rf"(?:(?:du|de|des|la|le|les|aux?|à|et|sur|sous|en){_S}|[dl]['’]{_S}?)"
_CAPITAL = rf"(?:{_UP}[\w'’.-]{{0,30}}|\d{{1,4}}(?:-[\w-]{{2,20}})?(?!\d))"
_NAME = rf"{_LINK}{{0,3}}{_CAPITAL}(?:{_S}{_LINK}{{0,3}}{_CAPITAL}){{0,5}}"
_PLAIN_WORD = r"[^\W\d_][\w'’-]{0,30}"
_STOP = (
    r"(?!(?:et|ou|à|au|aux|en|dans|depuis|avec|pour|par|je|il|elle|nous|vous|qui|que|est|sont|"
    r"mon|ma|"
    r"mes|son|sa|ses|tél|tel|mail|né|née|merci|svp|and|in|at|my|is|with)\b)"
)
_PLAIN_NAME = (
    rf"(?:(?:du|de|des|la|le|les){_S}|[dl]['’]){{0,3}}(?:\d{{1,2}}{_S})?"
    rf"{_PLAIN_WORD}(?:{_S}(?:(?:du|de|des|la|le|les){_S}|[dl]['’]){{0,2}}{_STOP}{_PLAIN_WORD})?"
)
_CODE = r"(?:F-)?(?:\d{5}|\d{2} \d{3})(?!\d)"
_COMPLEMENT = (
    r"(?i:b[âa]t(?:iment)?\.?|appt?\.?|appartement|apt\.?|esc(?:alier)?\.?|r[ée]sidence|r[ée]s\.|"
    r"immeuble|imm\.|lieu[ -]dit|lotissement|lot\.|hameau|quartier|maison|villa|ferme|mas|foyer|"
    r"porte|entr[ée]e|hall|tour|bloc|chambre|logement|studio|chez|c/o|bp|cs|za|zi|zac|domaine|"
    rf"(?:\d{{1,2}}{_S}?(?:er|e|[èe]me)|dernier|premier|deuxi[èe]me|troisi[èe]me|quatri[èe]me)"
    rf"{_S}[ée]tage|rez-de-chauss[ée]e|rdc)(?!\w)"
)
"""Words that begin what an address says beside its street: a building, a floor, a hamlet."""
_EXTRA = (
    rf"(?:,?{_S}?(?:b[âa]t(?:iment)?\.?|appt?\.?|appartement|[ée]tage|esc(?:alier)?\.?|bp|cs|"
    rf"porte|entr[ée]e){_S}?[\w°-]{{1,8}}|,?{_S}?\d{{1,2}}(?:er|e|[èe]me){_S}[ée]tage(?:{_S}(?:gauche|droite?|face))?"
    rf"|,?{_S}?n[°º]{_S}?\d{{1,4}}(?!\w)){{0,3}}"
    rf"(?:{_S}?[,–-]?{_S}?\r?\n?{_S}{{0,3}}(?:{_COMPLEMENT}[^\n;|:()]{{0,45}}?[,–-]?{_S}?\r?\n?{_S}{{0,3}})"
    rf"{{1,2}}(?={_CODE}{_S})|{_S}?[,–-]{_S}?{_UP}[^\n;|:()\d]{{0,40}}?[,–-]{_S}?(?={_CODE}{_S}))?"
)
_TOWN = (
    rf"{_UP}[\w'’-]{{1,40}}(?:[ -](?:(?:de|du|des|la|le|les|sur|sous|en|lès|et|aux?)[ -]){{0,3}}"
    rf"{_UP}[\w'’-]{{1,40}}){{0,4}}(?:{_S}\d{{1,2}}(?:e|er|ème)?(?!\w))?"
    rf"(?:{_S}(?i:cedex)(?:{_S}\d{{1,2}})?)?"
)
_POSTAL = (
    rf"(?:(?:{_S}?[,;–-]?(?:{_S}{{0,2}}\n{_S}?|{_S})(?:[àa]{_S})?|(?<=[\n,{_SPACES}])){_CODE}{_S}{{1,2}}"
    rf"(?:(?-i:{_TOWN})|(?:(?:le|la|les|saint|sainte|st|ste)[ -]|l['’])?{_PLAIN_WORD})"
    rf"|,?{_S}(?:à{_S})?(?-i:{_TOWN}){_S}?\({_CODE}\))"
)


class FrAddress(DeclaredRecognizer):
    """«12 bis, rue de la République, 69002 Lyon»; the number is required, the town is not."""

    ENTITY = "FR_ADDRESS"
    RULES = (
        Rule(
            "street in capitals",
            re.compile(
                rf"(?<![\w.,/-]){_NUMBER}(?i:{_SURE}|{_MAYBE}){_S}{_NAME}{_EXTRA}(?:{_POSTAL})?"
            ),
            digits=1,
        ),
        Rule(
            "street in lower case",
            re.compile(
                rf"(?<![\w.,/-]){_NUMBER}{_SURE}{_S}{_PLAIN_NAME}{_EXTRA}"
                rf"(?:(?:{_S}{_PLAIN_WORD}){{0,4}}{_POSTAL})?",
                re.IGNORECASE,
            ),
            digits=1,
        ),
        Rule(
            "square in lower case, in context",
            re.compile(
                rf"(?<![\w.,/-]){_NUMBER}{_OFTEN}{_S}(?!de{_S}(?:parking|stationnement|march[ée])){_PLAIN_NAME}"
                rf"(?:{_S}?,?{_S}{_CODE}{_S}{_PLAIN_WORD})?",
                re.IGNORECASE,
            ),
            context=re.compile(
                r"(?i)\b(?:adresse|domicili?\w*|demeur\w+|habit\w*|vi[st]|log[ée]e?|rdv|livr\w+|suis|"
                r"est|crech\w+|au|bouge\w*|sis\w*)\b[^.;\n\d]{0,6}$"
            ),
            reach=30,
            digits=1,
        ),
        Rule(
            "street without a number, with its postal code",
            re.compile(rf"(?<!\w)(?i:{_SURE}|{_MAYBE}){_S}{_NAME}{_EXTRA}{_POSTAL}"),
            digits=5,
        ),
        Rule(
            "street, number behind, in context",
            re.compile(
                rf"(?<!\w){_SURE}{_S}{_PLAIN_NAME}{_S}\d{{1,3}}(?!\w)(?:{_S}?,{_S}{_PLAIN_WORD})?",
                re.IGNORECASE,
            ),
            context=re.compile(
                r"(?i)\b(?:adresse|domicile|domicili[ée]e?|demeur\w+|habit\w+|vit|"
                r"log[ée]e?)\b[^.;\n]{0,20}$"
            ),
            reach=50,
            needs=("adresse", "domicil", "demeur", "habit", "vit", "log"),
        ),
        Rule(
            "English street",
            re.compile(
                rf"(?<![\w.,/-])\d{{1,4}}[A-Za-z]?(?:-\d{{1,4}})?,?{_S}(?:{_UP}[\w'’.-]{{1,20}}{_S}){{1,4}}"
                r"(?:Street|Road|Rd|Lane|Close|Drive|Crescent|Gardens|Terrace|Grove|Mews|Square|"
                rf"Avenue|Ave|Boulevard|Court|Walk|Way|Row)(?!\w)"
                rf"(?:,?(?:{_S}|\n)(?:{_UP}[\w'’-]{{1,20}}(?:,?(?:{_S}|\n))){{0,3}}"
                rf"[A-Z]{{1,2}}\d[\dA-Z]?{_S}\d[A-Z]{{2}}(?!\w))?"
            ),
            needs=(
                *("street", "road", " rd", "lane", "close", "drive", "crescent", "gardens"),
                *("terrace", "grove", "mews", "square", "avenue", " ave", "court", "walk"),
                *(" way", " row", "boulevard"),
            ),
        ),
        Rule(
            "post box",
            re.compile(rf"(?<!\w)(?:BP|CS|TSA){_S}?\d{{1,6}}{_POSTAL}"),
            digits=5,
        ),
        Rule(
            "after «adresse :»",
            re.compile(
                rf"(?i:\b(?:adresse|domicili[ée]e?s?|demeurant|r[ée]sidant|habite|address)\b)"
                rf"[^\n\d]{{0,25}}(?P<value>\d{{1,4}}[ ,][^\n\d]{{3,60}}{_CODE}{_S}{_TOWN})"
            ),
            digits=5,
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds and bare «64310 Sare», each from the residence or flat before it."""
        for start, end, score, rule in super().spans(text):
            number = _BEHIND_NUMBER.search(text, max(0, start - 12), start)
            first = _from_premises(text, number.start() if number else start)
            town = _IN_TOWN.match(text, end)
            last = town.end() if town and is_place(town["town"]) else end
            flat = _FLAT.match(text, last)
            yield first, flat.end() if flat else last, score, rule
        for match in _BARE.finditer(text):
            start, end = match.span("value")
            first = _from_premises(text, start)
            if first < start or _is_postal_line(text, start, end, match["town"]):
                yield first, end, MATCHED, "postal code and town"


_BEHIND_NUMBER = re.compile(rf"(?<![\w./-]){_NUMBER}$")
_IN_TOWN = re.compile(
    rf"(?:{_S}[àa])?,?{_S}(?:[àa]{_S})?(?P<town>[^\W\d_][\w-]{{3,24}})(?![\w'’-])"
)
"""«rue des lilas a quimper»: the town of a street that a message in haste names."""
_FLAT = re.compile(
    rf"(?:,?{_S}(?i:b[âa]t(?:iment)?\.?|appt?\.?|appart(?:ement)?|esc(?:alier)?\.?|porte|code|"
    rf"interphone){_S}?[A-Z\d][\w-]{{0,5}}(?![\w-]))+"
)
"""«29000 Quimper bât B appt 12», behind the town."""
_BARE = re.compile(
    rf"(?<![\w.,/-])(?P<value>(?:F-)?(?:0[1-9]|[1-8]\d|9[0-5]|97|"
    rf"98)\d{{3}}{_S}{{1,2}}(?P<town>{_TOWN}))(?![\w@])"
)
_STANDS_APART = re.compile(rf"(?:^|[\n,;:|\t(–—-]|{_S}à){_S}{{0,3}}[\"']?$")
_ENDS_APART = re.compile(rf"{_S}{{0,3}}[\"']?(?:$|[\n,;|\t).–—-])")
_PREMISES = re.compile(
    r"(?i)(?:(?:r[ée]sidence|r[ée]s\.|b[âa]t(?:iment)?\.?|appt?\.?|appartement|appart\.?|"
    r"esc(?:alier)?\.?|[ée]tage|porte|chez|"
    r"foyer|immeuble|imm\.|villa|zone|za|zi|zac|lieu-?dit|lieudit|maison|domaine|lotissement|"
    r"lot\.?|clos|hameau|quartier|ch(?:ambre|\.)|"
    r"c/o|bp|cs|tour|parc|hall|entr[ée]e|logement|studio|[ée]cart|ferme|ch[âa]teau|moulin|"
    r"cit[ée]|centre commercial|bloc)(?!\w)"
    r"|\d{1,2}(?:er|e|[èe]me)[ ][ée]tage)[^,;:|()\n\t]{0,45}"
)
_PREMISES_LINE = re.compile(
    r"(?i)(?:^|\n)[ \u00a0\t]{0,8}(?P<value>(?:r[ée]sidence|r[ée]s\.|b[âa]t(?:iment)?\.?|appt?\.?|"
    r"appartement|appart\.?|apt\.?|esc(?:alier)?\.?|[ée]tage|porte|chez|foyer|immeuble|imm\.|villa|"
    r"lieu-?dit|lotissement|lot\.|hameau|quartier|chambre|c/o|studio|ehpad|cit[ée]|"
    r"\d{1,2}(?:er|e|[èe]me)[ ][ée]tage)(?!\w)[^:;|()\n\t]{1,45})\r?\n[ \u00a0\t]{0,8}$"
)
"""«Résidence Kergus, escalier 3», on the line above the street."""
_HOST = re.compile(
    r"(?i:chez|c/o)[ \u00a0](?:(?:M|Mr|Mme|Mlle|Dr)\b|(?i:monsieur|madame)|(?-i:[A-ZÀ-Þ]))"
)
"""«chez Mme Coulibaly», above a street: a person, who is found as one, and no part of the address."""
_COUNTED = frozenset(
    """euros euro eur habitants km tonnes logements agents salaries exemplaires personnes voix
    visiteurs entrees emplois places heures pages kwh mwh electeurs spectateurs participants
    foyers menages points francs dollars ttc ht usagers eleves adherents litres unites pieces
    lots abonnes""".split()
)
_MOST_PREMISES = 4


def _from_premises(text: str, start: int) -> int:
    """Where the address begins: «Résidence Les Pins, bât. C, » belongs to «4 rue Haute»."""
    above = _PREMISES_LINE.search(text, max(0, start - 70), start)
    if above and above.end() == start and not _HOST.match(above["value"]):
        return above.start("value")
    for _ in range(_MOST_PREMISES):
        before = text[max(0, start - 60) : start]
        kept = before.rstrip(" \u00a0")
        if not kept.endswith(","):
            return start
        part = re.split(r"[,;:|()\n\t]", kept[:-1])[-1]
        words = part.lstrip(" \u00a0\"'–—-•")
        if not _PREMISES.fullmatch(words) or len(part) >= 59:
            return start
        start -= len(before) - (len(kept) - 1 - len(words))
    return start


def _is_postal_line(text: str, start: int, end: int, town: str) -> bool:
    """Whether «64310 Sare» is no amount: its town is known, or it stands in a place of its own."""
    first = town.split(maxsplit=1)[0]
    if folded(first) in _COUNTED:
        return False
    if is_common(first) or (town.isupper() and len(town) < 4):
        return folded(town) in SURE
    if is_place(town):
        return True
    return bool(
        _STANDS_APART.search(text, max(0, start - 8), start) and _ENDS_APART.match(text, end)
    )
