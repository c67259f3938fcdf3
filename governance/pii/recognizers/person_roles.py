"""Names that a role, a verb or a particle gives away: «la gardienne Kerdoncuff», «voir avec Ozanne»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.literals import Literals
from governance.pii.recognizers.base import SPACE, Span, folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.gazetteer import SURE, is_place
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_plain_word, is_word
from governance.pii.recognizers.named_after import TRADES, is_a_bearer, is_an_instrument
from governance.pii.recognizers.naming import NAME, WORD, without_common_words
from governance.pii.recognizers.surnames import is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common
from governance.pii.seen import seen

_S = SPACE
_SCORE: Final = 0.65
_ROLES: Final = (
    r"jeune|petite?|enfants?|fils|filles?|b[ée]b[ée]|m[èe]res?|p[èe]re|maman|papa|mari|femme|fr[èe]res?|s(?:œ|oe)urs?|"
    r"compagn(?:e|on)|concubine?|cousine?s?|oncle|tante|tonton|tata|tatie|neveu|ni[èe]ce|grand-(?:m[èe]re|p[èe]re)|"
    r"amie?s?|copine?s?|copain|voisine?s?|couple|jumeaux|jumelles|successeur|pr[ée]d[ée]cesseur|rempla[çc]ante?|"
    r"directeur|directrice|cheffe?|responsables?|pr[ée]sidente?|secr[ée]taire|tr[ée]sori[èe]re?|g[ée]rante?|patronne?|"
    r"gardien(?:ne)?|animat(?:eur|rice)|chauffeure?|conduct(?:eur|rice)|infirmi[èe]re?|m[ée]decin|psychologue|"
    r"[ée]ducat(?:eur|rice)|juriste|comptable|assistante?|technicien(?:ne)?|ing[ée]nieure?|ma[çc]on|[ée]lectricien(?:ne)?|"
    r"plombier|cuisini[èe]re?|agent de \w{3,12}|aide-soignante?|auxiliaire|tutrice|tuteur|curat(?:eur|rice)|"
    r"interlocut(?:eur|rice)|r[ée]f[ée]rente?|d[ée]l[ée]gu[ée]e?|[ée]lue?|adjudante?|gendarme|polici[èe]re?|"
    r"h[ôo]tesse|caissi[èe]re?|vendeu(?:r|se)|livreu(?:r|se)|coiffeu(?:r|se)|formateur|formatrice|enseignante?|"
    r"daughter|son|wife|husband|mother|father|brother|sister|colleague|manager|neighbour|friend|nurse|driver"
)
_ROLE: Final = re.compile(
    rf"(?<![\w-])(?i:(?:le|la|les|l['’]|un|une|mon|ma|mes|son|sa|ses|notre|votre|leur|nos|vos|leurs|du|au|aux|de|d['’]|"
    rf"my|his|her|their|your|our|the){_S}?)"
    rf"(?i:(?:vieux|vieille|nouveau|nouvelle|ancien(?:ne)?|petite?|grande?|jeune|future?){_S})?"
    rf"(?i:{_ROLES}){_S}(?P<value>{NAME})"
)
_KIN: Final = re.compile(
    rf"(?<![\w-])(?:Tata|Tatie|Tonton|Mamie|Mamy|Papi|Papy|Tante|Oncle){_S}(?P<value>{WORD})(?![\w-])"
)
_KIN_NEEDS: Final = Literals(
    "tata", "tati", "tonton", "mami", "mamy", "papi", "papy", "tante", "oncle"
)
_SPOKEN: Final = re.compile(
    rf"(?i:(?<!\w)(?:j['’]ai eu|tu as eu|voir (?:avec|[àa])|vu avec|demande[rz]?(?:{_S}(?:donc|aussi))?{_S}[àa]|"
    rf"di(?:s|re|tes)(?:-le)?{_S}[àa]|pr[ée]ven(?:ir|ez)|pr[ée]viens|relance[rz]?|rappele[rz]|rappelle|appele[rz]|appelle|"
    rf"remplace(?:r|ra|z)?|remplac[ée]e? par|suivie? par|valid[ée]e? par|sign[ée]e? par|bienvenue [àa]|merci [àa]|"
    rf"bravo [àa]|transm(?:ets|ettre|ettez){_S}[àa]|confi[ée]e?s?{_S}[àa]|remettre{_S}[àa]|d['’]apr[èe]s|selon|"
    rf"ask|tell|call|thank|contact|e-?mail|see)){_S}(?P<value>{NAME})"
)
_HUMAN: Final = re.compile(
    rf"(?<![\w'’@./-])(?P<value>{WORD}(?:{_S}{WORD})?){_S}(?:ne{_S}|n['’])?(?:"
    rf"(?:pense|trouve|souhaite|insiste|regrette|remercie|habite|estime|s['’]excuse|s['’]occupe|propose|pr[ée]cise|"
    rf"s['’]inqui[èe]te|se{_S}plaint|signale|rappelle|r[ée]pond|raconte|explique|conteste|refuse|accepte|confirme|"
    rf"d[ée]missionne|revient|me{_S}dit|m['’]a|nous{_S}a|lui{_S}a|vous{_S}a|avait|voudrait|aimerait|thinks|says|wants|asked)"
    rf"|(?:est|sera|[ée]tait){_S}(?:absente?|malade|en cong[ée]s?|arr[êe]t[ée]e?|enceinte|mut[ée]e?|d[ée]c[ée]d[ée]e?|"
    rf"rentr[ée]e?|parti?e?|n[ée]e?|mari[ée]e?|convoqu[ée]e?|pr[ée]venue?|inform[ée]e?|d['’]accord|content(?:e)?|clou[ée]e?|"
    rf"en formation|en arr[êe]t|en retard|en stage)"
    rf"|part{_S}(?:en|[àa]|le|d[èe]s)|a{_S}(?:dit|demand[ée]|[ée]crit|appel[ée]|r[ée]pondu|refus[ée]|sign[ée]|oubli[ée]|pr[ée]venu|"
    rf"propos[ée]|accept[ée]|accouch[ée]|perdu|eu{_S}(?:un|une)))(?!\w)"
)
_PARTICLED: Final = re.compile(
    rf"(?<![\w'’@./-])(?P<value>(?P<particle>Le|El|Ben|Bel|Van|Von|Da|De|Di|Dos|Mac|Aït|Ait|A[iï]t|Abou|Ould)"
    rf"{_S}(?P<word>[{UPPER}][{LOWER}]{{2,20}}(?:-[{UPPER}][{LOWER}]{{1,20}})?)|[NMO]['’][{UPPER}][{LOWER}]{{2,20}})(?![\w'’@])"
)
_IN_CAPITALS: Final = re.compile(
    rf"(?<![\w'’@./-])(?:LE|LA|DE|DU|EL|BEN|VAN|VON|DA|DI|DOS){_S}(?P<word>[{UPPER}]{{3,20}})(?![\w'’@-])"
)
_BEGINS: Final = re.compile(r"(?:^|[.!?:;…•»\n(>–—-])\W*$")


def names_by_role(text: str) -> Iterator[Span]:
    """A name behind a role, behind a verb that takes a person, or before one that a person does."""
    for rule, pattern in (
        ("role before a name", _ROLE),
        *((("role before a name", _KIN),) if seen(text).holds(_KIN_NEEDS) else ()),
        ("verb before a name", _SPOKEN),
        ("verb of a person", _HUMAN),
    ):
        for match in pattern.finditer(text):
            trimmed = without_common_words(text, *match.span("value"))
            if trimmed and _may_be_a_name(text, *trimmed):
                yield (*trimmed, _SCORE, rule)
    for match in _PARTICLED.finditer(text):
        if _is_particled(text, match):
            yield *match.span("value"), _SCORE, "particle and surname"
    for match in _IN_CAPITALS.finditer(text):
        word = match["word"]
        if is_any_surname(word) and not is_word(word) and not is_place(word):
            yield *match.span(), _SCORE, "particle and surname"


def _may_be_a_name(text: str, start: int, end: int) -> bool:
    name = text[start:end]
    words = re.findall(r"[^\W\d_][\w'’-]*", name)
    known = any(map(is_first_name, words)) or any(
        may_be_surname(word) and not is_common(word) for word in words
    )
    if folded(name) in SURE or (not known and is_place(name)):
        return False
    if is_a_bearer(text, start, end) or is_an_instrument(text, start, end):
        return False
    if folded(words[-1]) in TRADES:
        return False
    if not known and any(is_plain_word(word) or is_common(word) for word in words):
        return False
    return known or not any(word.isupper() or not word[1:].islower() for word in words)


def _is_particled(text: str, match: re.Match[str]) -> bool:
    word = match["word"]
    if word is None:
        return True
    if is_place(match["value"]) or folded(word) in SURE or is_common(word):
        return False
    if is_word(word) and not is_any_surname(word):
        return False
    if match["particle"] in ("Le", "De") and not is_any_surname(word):
        return _BEGINS.search(text, max(0, match.start() - 20), match.start()) is None
    return True
