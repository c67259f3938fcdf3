"""Postal addresses, as one span: number, street, postal code and town."""

from __future__ import annotations

import re

from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule

_S = SPACE
_UP = r"[A-ZÀ-ÖØ-ÞŒ]"
_NUMBER = rf"\d{{1,4}}(?:{_S}?(?:bis|ter|quater|[A-Da-d])(?!\w))?(?:{_S}?[-/]{_S}?\d{{1,4}})?,?{_S}"
_SURE = (
    r"(?:rue|avenue|av\.?|ave\.?|boulevard|bd\.?|bld\.?|boul\.?|impasse|imp\.?|all[ée]es?|chemin|"
    r"che?\.|faubourg|fbg\.?|esplanade|ruelle|venelle|rond-point|rte\.?|traverse|promenade)"
)
_MAYBE = (
    r"(?:place|pl\.?|route|cours|passage|quai|square|sq\.?|r[ée]sidence|r[ée]s\.?|villa|cit[ée]|"
    r"mont[ée]e|c[ôo]te|clos|hameau|lotissement|lot\.?|lieu[ -]dit|voie|sentier|sente|parc|"
    r"domaine|mail|pont|port|galerie|terrasse|r\.|cour|carrefour|zone|za|zi|zac)"
)
_LINK = rf"(?:(?:du|de|des|la|le|les|aux?|à|et|sur|sous|en){_S}|[dl]['’]{_S}?)"
_CAPITAL = rf"(?:{_UP}[\w'’.-]{{0,30}}|\d{{1,4}}(?!\d))"
_NAME = rf"{_LINK}{{0,3}}{_CAPITAL}(?:{_S}{_LINK}{{0,3}}{_CAPITAL}){{0,5}}"
_PLAIN_WORD = r"[^\W\d_][\w'’-]{0,30}"
_STOP = (
    r"(?!(?:et|ou|à|au|aux|en|dans|depuis|avec|pour|par|je|il|elle|nous|vous|qui|que|est|sont|mon|ma|"
    r"mes|son|sa|ses|tél|tel|mail|né|née|merci|svp|and|in|at|my|is|with)\b)"
)
_PLAIN_NAME = (
    rf"(?:(?:du|de|des|la|le|les){_S}|[dl]['’]){{0,3}}(?:\d{{1,2}}{_S})?"
    rf"{_PLAIN_WORD}(?:{_S}(?:(?:du|de|des|la|le|les){_S}|[dl]['’]){{0,2}}{_STOP}{_PLAIN_WORD})?"
)
_EXTRA = (
    rf"(?:,?{_S}?(?:b[âa]t(?:iment)?\.?|appt?\.?|appartement|[ée]tage|esc(?:alier)?\.?|bp|cs|"
    rf"porte|entr[ée]e){_S}?[\w°-]{{1,8}}){{0,3}}"
)
_TOWN = (
    rf"{_UP}[\w'’-]{{1,40}}(?:[ -](?:(?:de|du|des|la|le|les|sur|sous|en|lès|et|aux?)[ -]){{0,3}}"
    rf"{_UP}[\w'’-]{{1,40}}){{0,4}}(?:{_S}\d{{1,2}}(?:e|er|ème)?(?!\w))?"
    rf"(?:{_S}(?i:cedex)(?:{_S}\d{{1,2}})?)?"
)
_CODE = r"(?:F-)?(?:\d{5}|\d{2} \d{3})(?!\d)"
_POSTAL = (
    rf"(?:{_S}?[,;–-]?{_S}?\n?{_S}?{_CODE}{_S}{{1,2}}(?:(?-i:{_TOWN})|{_PLAIN_WORD})"
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
        ),
        Rule(
            "street in lower case",
            re.compile(
                rf"(?<![\w.,/-]){_NUMBER}{_SURE}{_S}{_PLAIN_NAME}{_EXTRA}"
                rf"(?:(?:{_S}{_PLAIN_WORD}){{0,4}}{_POSTAL})?",
                re.IGNORECASE,
            ),
        ),
        Rule(
            "street without a number, with its postal code",
            re.compile(rf"(?<!\w)(?i:{_SURE}|{_MAYBE}){_S}{_NAME}{_EXTRA}{_POSTAL}"),
        ),
        Rule(
            "post box",
            re.compile(rf"(?<!\w)(?:BP|CS|TSA){_S}?\d{{1,6}}{_POSTAL}"),
        ),
        Rule(
            "after «adresse :»",
            re.compile(
                rf"(?i:\b(?:adresse|domicili[ée]e?s?|demeurant|r[ée]sidant|habite|address)\b)"
                rf"[^\n\d]{{0,25}}(?P<value>\d{{1,4}}[ ,][^\n\d]{{3,60}}{_CODE}{_S}{_TOWN})"
            ),
        ),
    )
