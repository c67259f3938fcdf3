"""What each kind of data looks like under its label: a wrong label announces nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from stdnum import bic, luhn

from governance.pii.finding import MATCHED, VALIDATED
from governance.pii.recognizers.base import folded
from governance.pii.recognizers.birth import DATE
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.online import is_nobodys_account
from governance.pii.recognizers.secret import is_password
from governance.pii.recognizers.words import is_common

__all__ = ["value_in"]

_G: Final = r"[ .\u00a0\u202f\-]?"
_NOT_ALNUM: Final = re.compile(r"[^0-9A-Za-z]")


def _compact(text: str) -> str:
    return _NOT_ALNUM.sub("", text).upper()


_WORD: Final = rf"[{UPPER}][{UPPER}{LOWER}]*(?:[-'’][{UPPER}{LOWER}]+)*"
_PLACE: Final = (
    rf"(?:(?:L['’]|La |Le |Les ))?{_WORD}(?:[ -](?:(?:de|du|des|la|le|les|sur|sous|"
    rf"en|lès|et|aux?|d['’]|l['’])[ -]?){{0,3}}{_WORD}){{0,4}}"
)
_ROAD: Final = re.compile(
    r"(?i)(?<!\w)(?:rue|avenue|av|ave|boulevard|bd|bld|impasse|imp|all[ée]es?|chemin|ch|faubourg|"
    r"fbg|esplanade|ruelle|venelle|"
    r"route|rte|traverse|promenade|place|pl|cours|passage|quai|square|sq|r[ée]sidence|villa|"
    r"cit[ée]|mont[ée]e|c[ôo]te|clos|hameau|"
    r"lotissement|lot|lieu[ -]dit|voie|sentier|quartier|domaine|za|zi|zac|bp|cs|street|road|lane|"
    r"b[âa]t(?:iment)?|appt?)(?!\w)"
)
_POSTAL: Final = re.compile(rf"(?<!\d)(?:F-)?\d{{2}}[ ]?\d{{3}}[ ]{{1,2}}{_WORD}")
_NEXT_POSTAL: Final = re.compile(rf"\n[ ]?(?:F-)?\d{{2}}[ ]?\d{{3}}[ ]{_PLACE}")
_NOTHING: Final = frozenset(
    """neant aucun aucune non oui na sans rien ras inconnu inconnue nc none no yes null vide
    idem autre autres absence pas normal bon bonne bons true false negatif nul nulle sain
    sains ok to""".split()
)
_MACHINES: Final = frozenset(
    """cron root admin administrator administrateur system systeme robot bot batch daemon nobody
    www-data postgres mysql backup service guest anonymous invite invité public test api
    scheduler ansible jenkins localhost utilisateur user compte login identifiant nom
    username standard premium libre actif inactif bloque ouvert ferme courant epargne commun
    true false null none oui non aucun neant inconnu email mail e-mail string varchar text
    int integer unknown default""".split()
)

_FORMS: Final[dict[str, re.Pattern[str]]] = {
    "BIRTH_DATE": re.compile(rf"(?:le )?(?P<value>{DATE})", re.IGNORECASE),
    "AGE": re.compile(
        r"(?P<value>(?:1[01]\d|\d{1,2})(?:[.,]5)?(?:[ \u00a0]?(?:ans?|mois|semaines|jours|"
        r"years?(?: old)?|y/?o)(?!\w))?)(?![\w.,%€/-])",
        re.IGNORECASE,
    ),
    "EMPLOYEE_ID": re.compile(
        r"(?:n[°º][ ]?)?(?P<value>(?=[A-Za-z./_-]{0,10}\d)"
        r"[A-Za-z0-9][A-Za-z0-9]{0,9}(?:[-_./][A-Za-z0-9]{1,9}){0,3})(?![\w%€])"
    ),
    "USER_NAME": re.compile(
        r"(?P<value>@?(?:[A-Z][A-Z0-9-]{1,14}\\)?[^\W\d][\w.-]{2,39})(?<![.-])(?![\w@])"
    ),
    "SECRET": re.compile(r"(?P<value>[^\s\"'»“”]{4,200})"),
    "PHONE_NUMBER": re.compile(r"(?P<value>(?:\+|0|\(0)[\d .()/\u00a0\u202f-]{6,20}\d)(?!\w)"),
    "LOCATION": re.compile(rf"(?P<value>{_PLACE})(?![\w@])"),
    "FR_NIR": re.compile(
        rf"(?P<value>[1-478](?:{_G}\d){{4}}(?:{_G}\d{_G}[\dABab])"
        rf"(?:{_G}\d){{6}}(?:{_G}/?{_G}\d{_G}\d)?)(?!\w)"
    ),
    "FR_NIF": re.compile(r"(?P<value>[0-3](?:[ ]?\d){12})(?!\w)"),
    "FR_RPPS": re.compile(rf"(?P<value>\d(?:{_G}\d){{10}})(?!\w)"),
    "FR_ADELI": re.compile(rf"(?P<value>\d{_G}[\dAB](?:{_G}\d){{7}})(?!\w)"),
    "FR_FINESS": re.compile(rf"(?P<value>\d{_G}[\dAB](?:{_G}\d){{7}})(?!\w)"),
    "FR_CAF": re.compile(r"(?P<value>\d(?:[ .]?\d){5,7}(?:[ ]?[A-Z])?)(?!\w)"),
    "FR_FRANCE_TRAVAIL": re.compile(
        r"(?P<value>\d(?:[ .]?\d){6}[ ]?[A-Za-z]|\d(?:[ .]?\d){7,10})(?!\w)"
    ),
    "FR_INE": re.compile(
        r"(?P<value>\d{9}[ ]?[A-Za-z]{2}|\d[0-9A-Za-z]{9}[ ]?[A-Za-z]|\d{8,11})(?!\w)"
    ),
    "FR_PASSPORT": re.compile(
        rf"(?P<value>\d{{2}}{_G}[A-Za-z]{{2}}{_G}\d{{5}}|(?=[A-Z]{{0,3}}\d)[A-Z0-9]{{8,9}})(?!\w)"
    ),
    "FR_ID_CARD": re.compile(
        rf"(?P<value>\d(?:{_G}\d){{11}}|(?=[A-Z0-9]{{0,8}}\d)[A-Z0-9]{{9}})(?!\w)"
    ),
    "FR_DRIVING_LICENCE": re.compile(
        rf"(?P<value>\d(?:{_G}\d){{11}}|\d{{2}}{_G}[A-Za-z]{{2}}{_G}\d{{5}})(?!\w)"
    ),
    "FR_RESIDENCE_PERMIT": re.compile(
        rf"(?P<value>\d(?:{_G}\d){{9}}|(?=[A-Z0-9]{{0,8}}\d)[A-Z0-9]{{9}})(?!\w)"
    ),
    "FR_PLATE": re.compile(
        r"(?P<value>[A-HJ-NP-TV-Z]{2}[ -]?\d{3}[ -]?[A-HJ-NP-TV-Z]{2}|"
        r"\d{1,4}[ -]?[A-HJ-NP-TV-Z]{2,3}[ -]?(?:2[AB]|97[1-6]|\d{2}))(?![\w-])",
        re.IGNORECASE,
    ),
    "BIC_CODE": re.compile(
        r"(?P<value>[A-Z]{4}[ ]?[A-Z]{2}[ ]?[A-Z0-9]{2}(?:[ ]?[A-Z0-9]{3})?)(?!\w)"
    ),
    "FR_SIREN": re.compile(r"(?P<value>\d{3}[ .]?\d{3}[ .]?\d{3})(?![ .]?\w)"),
    "SPECIAL_CATEGORY": re.compile(rf"(?P<value>[{UPPER}{LOWER}][^,;.()\n:]{{2,60}})"),
}


def _is_finess(text: str) -> bool:
    number = _compact(text)
    return not number.isdigit() or luhn.is_valid(number)


def _is_user_name(text: str) -> bool:
    plain = text.strip("@.-").lower()
    if is_nobodys_account(plain):
        return False
    return folded(plain) not in _MACHINES and not (text.istitle() or text.isupper())


def _is_secret(text: str) -> bool:
    plain = text.strip(".,;:!?)(")
    if len(set(plain)) < 3 or plain.startswith(("http", "$", "<", "{", "%")):
        return False
    return is_password(plain) and any(not char.isalpha() for char in plain)


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "AGE": lambda text: 0 < float(re.split(r"[^\d.,]", text)[0].replace(",", ".")) <= 119,
    "USER_NAME": _is_user_name,
    "SECRET": _is_secret,
    "PHONE_NUMBER": lambda text: 9 <= sum(map(str.isdigit, text)) <= 15,
    "LOCATION": lambda text: (
        2 <= len(text) <= 45
        and not (text.isupper() and len(text) < 4)
        and folded(text) not in _NOTHING
        and folded(text).split()[0] not in _NOTHING | {"ville", "commune", "rue", "lieu", "pays"}
    ),
    "FR_RPPS": lambda text: luhn.is_valid(_compact(text)),
    "FR_FINESS": _is_finess,
    "BIC_CODE": lambda text: bic.is_valid(_compact(text)),
    "FR_SIREN": lambda text: luhn.is_valid(_compact(text)),
    "SPECIAL_CATEGORY": lambda text: (
        folded(re.split(r"\W", text)[0]) not in _NOTHING
        and not (is_common(text) and folded(text) not in {"sud"})
    ),
}
_VALIDATED: Final = frozenset({"FR_RPPS", "FR_FINESS", "BIC_CODE"})
_WHOLE: Final = frozenset({"LOCATION", "USER_NAME", "EMPLOYEE_ID", "AGE"})
"""Kinds that must fill a cell: their shape is that of many other things."""
_PHRASE: Final = re.compile(r"(?:[\w \u00a0\u202f'’/()+-])*")
_NOUN: Final = re.compile(
    r"(?!(?i:cancer|allergi|trouble|syndrome|maladie|insuffisance|scl[ée]rose|intol[ée]rance))"
    rf"[{UPPER}{LOWER}-]+(?=[ ](?:du|de|des|à|au|aux|et)[ ])"
)
"""«entorse» in «entorse du genou droit»."""
_CELL_TAIL: Final = re.compile(r"[ \u00a0]*(?:\(.{0,40}\)|[.,;].{0,80})?[ \u00a0]*")


def value_in(entity: str, text: str, start: int, end: int) -> tuple[int, int, float] | None:
    """(start, end, score) of the ``entity`` that stands in ``text[start:end]``, from its start."""
    while start < end and (text[start].isspace() or text[start] in "\"'*«([`"):
        start += 1
    if entity == "FR_ADDRESS":
        return _address(text, start, end)
    form = _FORMS.get(entity)
    match = form.match(text, start, end) if form else None
    if not match:
        return None
    first, last = match.span("value")
    while last > first and text[last - 1] in " \t\u00a0":
        last -= 1
    if entity == "SPECIAL_CATEGORY":
        # The phrase ends where a sign that no phrase holds stands: «hémophilie ► appel 15».
        last = first + len(_PHRASE.match(text[first:last])[0].rstrip())  # type: ignore[index]
        if noun := _NOUN.match(text, first, last):
            last = noun.end()
    if entity == "SECRET":
        while last > first and text[last - 1] in ".,;)":
            last -= 1
    check = _CHECKS.get(entity)
    if check and not check(text[first:last]):
        return None
    if entity in _WHOLE and not _CELL_TAIL.fullmatch(text, last, end):
        return None
    return first, last, VALIDATED if entity in _VALIDATED else MATCHED


def _address(text: str, start: int, end: int) -> tuple[int, int, float] | None:
    while end > start and (text[end - 1].isspace() or text[end - 1] in "\"'*.,;"):
        end -= 1
    if not 6 <= end - start <= 160 or "@" in text[start:end]:
        return None
    if following := _NEXT_POSTAL.match(text, end):
        end = following.end()
    written = text[start:end]
    has_postal = _POSTAL.search(written) is not None
    if not has_postal and not (_ROAD.search(written) and any(map(str.isdigit, written))):
        return None
    return start, end, MATCHED
