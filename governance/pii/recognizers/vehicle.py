"""Registration plates."""

from __future__ import annotations

import re

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule

_LETTER = "[A-HJ-NP-TV-Z]"
_DEPARTMENT = r"(?:2[AB]|97[1-6]|[0-8]\d|9[0-5])"
_WORDS = r"""
    immat\w* plaques? v[ée]hicules? voitures? plate car autos? camions? camionnettes? utilitaires?
    fourgons? fourgonnettes? remorques? scooters? motos? mobylettes? tracteurs? minibus autocars?
    ambulances? berlines? breaks? citadines? caravanes? camping-cars? poids[ ]lourds? fourri[èe]re
    carte[ ]grise certificat[ ]d['’]immatriculation gar[ée]e?s? stationn\w* flotte contr[ôo]le[ ]technique
    renault peugeot citro[ëe]n dacia volkswagen vw toyota ford opel fiat nissan hyundai kia tesla seat
    skoda audi bmw mercedes volvo mini suzuki mazda honda iveco clio twingo m[ée]gane sc[ée]nic kangoo
    trafic master captur zo[ée] duster sandero partner berlingo expert boxer jumpy jumper rifter
    c[1-5] ds3 [2345]0[78] 108 golf polo passat yaris corolla fiesta focus transit corsa vivaro ducato
    punto panda modus espace kadjar arkana jogger lodgy tiguan touran caddy transporter sprinter vito
    daily fabia octavia leaf micra qashqai
"""
_CONTEXT = re.compile(rf"(?i)(?<!\w)(?:{'|'.join(_WORDS.split())})(?!\w)")
_NO_WORD = frozenset(
    """de du le la les au un une en et ne se sa te me ma ce pu km kg cv ch ha mm cm ml cl kw
    hp db fr""".split()
)
_UNITS = frozenset(
    """EU HT KG ML CM MM KM CL CV CH HA DB KW ET DE DU AU EN TT KO MO GO HP ANS MIN EUR MAR MAY TTC
    KMH PTS DES LES SUR PAR LE LA""".split()
)
_SAID = re.compile(r"(?i)\b(?:immat\w*|plaques?|plate)\b")


def _is_no_phrase(text: str) -> bool:
    """Letters that are no words or units around the digits: «de 120 km», «le 110 cv» are some."""
    letters = text.lower()
    return "-" in text or text.isupper() or _NO_WORD.isdisjoint((letters[:2], letters[-2:]))


def _is_no_amount(text: str) -> bool:
    """No unit between the digits."""
    return re.sub(r"[^A-Za-z]", "", text[:-2]).upper() not in _UNITS


class FrPlate(DeclaredRecognizer):
    """A French plate: SIV since 2009 (AB-123-CD, no I, O, U), FNI before (1234 AB 75)."""

    ENTITY = "FR_PLATE"
    RULES = (
        Rule(
            "SIV with hyphens",
            re.compile(
                rf"(?<![\w-])(?:{_LETTER}{{2}}-\d{{3}}-{_LETTER}{{2}}"
                r"|[a-hj-np-tv-z]{2}-\d{3}-[a-hj-np-tv-z]{2})(?![\w-])"
            ),
            digits=3,
        ),
        Rule(
            "SIV in lower case or with spaces, in context",
            re.compile(
                rf"(?<![\w-]){_LETTER}{{2}}[ .\-]?\d{{3}}[ .\-]?{_LETTER}{{2}}(?![\w-])",
                re.IGNORECASE,
            ),
            check=_is_no_phrase,
            context=_CONTEXT,
            score=MATCHED,
            digits=3,
        ),
        Rule(
            "SIV with spaces",
            re.compile(rf"(?<![\w-]){_LETTER}{{2}}{SPACE}\d{{3}}{SPACE}{_LETTER}{{2}}(?![\w-])"),
            digits=3,
        ),
        Rule(
            "FNI, in context",
            re.compile(
                rf"(?<![\w-])\d{{1,4}}[ \-]?{_LETTER}{{2,3}}[ \-]?{_DEPARTMENT}(?![\w-])",
                re.IGNORECASE,
            ),
            context=_SAID,
            needs=("immat", "plaque", "plate"),
            digits=1,
        ),
        Rule(
            "FNI, of a car",
            re.compile(rf"(?<![\w-])\d{{1,4}}[ \-]?{_LETTER}{{2,3}}[ \-]?{_DEPARTMENT}(?![\w-])"),
            check=_is_no_amount,
            context=_CONTEXT,
            score=MATCHED,
            digits=1,
        ),
        Rule(
            "FNI, alone",
            re.compile(
                rf"(?<![\w.,/-])(?<!\d )(?!19|20)\d{{3,4}}[ ]{_LETTER}{{2}}[ ]{_DEPARTMENT}(?![\w%€-]| ?\d| ?€)"
            ),
            check=_is_no_amount,
            score=MATCHED,
            digits=3,
        ),
    )
