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
    r"jeune|petite?|enfants?|fils|filles?|bebe|meres?|pere|maman|papa|mari|femme|freres?|s(?:œ|oe)urs?|"
    r"compagn(?:e|on)|concubine?|cousine?s?|oncle|tante|tonton|tata|tatie|neveu|niece|grand-(?:mere|pere)|"
    r"amie?s?|copine?s?|copain|voisine?s?|couple|jumeaux|jumelles|successeur|predecesseur|remplacante?|"
    r"directeur|directrice|cheffe?|responsables?|presidente?|secretaire|tresoriere?|gerante?|patronne?|"
    r"gardien(?:ne)?|animat(?:eur|rice)|chauffeure?|conduct(?:eur|rice)|infirmiere?|medecin|psychologue|"
    r"educat(?:eur|rice)|juriste|comptable|assistante?|technicien(?:ne)?|ingenieure?|macon|electricien(?:ne)?|"
    r"plombier|cuisiniere?|agent de \w{3,12}|aide-soignante?|auxiliaire|tutrice|tuteur|curat(?:eur|rice)|"
    r"interlocut(?:eur|rice)|referente?|deleguee?|elue?|adjudante?|gendarme|policiere?|"
    r"hotesse|caissiere?|vendeu(?:r|se)|livreu(?:r|se)|coiffeu(?:r|se)|formateur|formatrice|enseignante?|"
    r"daughter|son|wife|husband|mother|father|brother|sister|colleague|manager|neighbour|friend|nurse|driver"
)
_ROLE: Final = re.compile(
    rf"(?<![\w-])(?=(?:(?:le|la|les|l'|un|une|mon|ma|mes|son|sa|ses|notre|votre|leur|nos|vos|leurs|du|au|aux|de|d'|"
    rf"my|his|her|their|your|our|the){_S}?)"
    rf"(?:(?:vieux|vieille|nouveau|nouvelle|ancien(?:ne)?|petite?|grande?|jeune|future?){_S})?"
    rf"(?:{_ROLES}){_S}(?P<name>))"
)
_KIN: Final = re.compile(
    rf"(?<![\w-])(?:Tata|Tatie|Tonton|Mamie|Mamy|Papi|Papy|Tante|Oncle){_S}(?P<value>{WORD})(?![\w-])"
)
_KIN_NEEDS: Final = Literals(
    "tata", "tati", "tonton", "mami", "mamy", "papi", "papy", "tante", "oncle"
)
_SPOKEN: Final = re.compile(
    rf"(?<!\w)(?=(?:j'ai eu|tu as eu|voir (?:avec|a)|vu avec|demande[rz]?(?:{_S}(?:donc|aussi))?{_S}a|"
    rf"di(?:s|re|tes)(?:-le)?{_S}a|preven(?:ir|ez)|previens|relance[rz]?|rappele[rz]|rappelle|appele[rz]|appelle|"
    rf"remplacee? par|remplace(?:r|ra|z)?|suivie? par|validee? par|signee? par|bienvenue a|merci a|"
    rf"bravo a|transm(?:ets|ettre|ettez){_S}a|confiee?s?{_S}a|remettre{_S}a|d'apres|selon|"
    rf"ask|tell|call|thank|contact|e-?mail|see){_S}(?P<name>))"
)
"""These two are sought in folded text, which is quicker than to ignore case, and may overlap:
«de son frère» holds an English «son». At one place the first alternative counts: «remplacé par» stands
before «remplace», which folded text does not tell from it."""
_NAME: Final = re.compile(NAME)
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
    for rule, start, end in _beside(text):
        trimmed = without_common_words(text, start, end)
        if trimmed and _may_be_a_name(text, *trimmed):
            yield (*trimmed, _SCORE, rule)
    for match in _PARTICLED.finditer(text):
        if _is_particled(text, match):
            yield *match.span("value"), _SCORE, "particle and surname"
    for match in _IN_CAPITALS.finditer(text):
        word = match["word"]
        if is_any_surname(word) and not is_word(word) and not is_place(word):
            yield *match.span(), _SCORE, "particle and surname"


def _beside(text: str) -> Iterator[tuple[str, int, int]]:
    """The rule and the place of what looks like a name beside a role or such a verb."""
    known = seen(text)
    for rule, lead in (("role before a name", _ROLE), ("verb before a name", _SPOKEN)):
        for match in lead.finditer(known.folded):
            if name := _NAME.match(text, match.end("name")):
                yield rule, *name.span()
    if known.holds(_KIN_NEEDS):
        for match in _KIN.finditer(text):
            yield "role before a name", *match.span("value")
    for match in _HUMAN.finditer(text):
        yield "verb of a person", *match.span("value")


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
