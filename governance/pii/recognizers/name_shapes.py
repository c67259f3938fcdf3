"""Whether what stands under a label is a person's name, and where the name begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.recognizers.base import folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.labels import Trust
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.naming import CIVILITY, PARTICLE
from governance.pii.recognizers.surnames import is_surname, may_be_surname
from governance.pii.recognizers.words import is_common

__all__ = ["holds_known_name", "names_in"]

_CIVILITY: Final = re.compile(rf"(?:{CIVILITY}|mme|mlle|mr|m\.)[ \u00a0]{{1,3}}(?=\S)")
_PARTS: Final = re.compile(
    r"[ \u00a0]*(?:\([^()\n]{0,60}\)?|[;/&+|\n\t<>\[\])]|[ \u00a0][–—-][ \u00a0]|[ \u00a0](?:et|"
    r"and|ou|puis|avec)(?=[ \u00a0]))[ \u00a0]*"
)
_COMMA: Final = re.compile(r"[ \u00a0]*,[ \u00a0]*")
_WORD: Final = re.compile(
    rf"(?:[DdLlOoNnMm]['’])?[{UPPER}][{UPPER}{LOWER}]*(?:[-'’.][{UPPER}{LOWER}]+)*\.?"
)
_LOWER_WORD: Final = re.compile(rf"[{LOWER}]+(?:[-'’][{LOWER}]+)*")
_INITIAL: Final = re.compile(rf"[{UPPER}](?:\.?-?[{UPPER}]){{0,2}}\.?")
_PARTICLE: Final = re.compile(rf"(?:{PARTICLE}|mint|wuld|oglu|kizi)", re.IGNORECASE)
_LONGEST: Final = 60
_NOBODY: Final = frozenset(
    """neant aucun aucune vacant vacante vacants inconnu inconnue oui non na total sans objet
    tous toutes idem null none nil true false test anonyme nc nd id nom prenom divers autre
    autres personne nobody unknown yes no various reserve libre ferme ouvert complet termine
    robot systeme system admin administrateur bot automatique root""".split()
)
_ORGANISATIONS: Final = frozenset(
    """sarl sa sas sasu sci eurl scop snc selarl gmbh ltd inc llc plc mairie commune ville
    association societe etablissements ets etablissement entreprise cabinet garage hotel
    groupe agence syndicat lycee college ecole universite institut centre clinique hopital
    ehpad ime foyer maison residence service services direction pole bureau departement
    region conseil comite commission conseil prefecture tribunal ministere office banque
    caisse mutuelle assurance assurances club federation fondation union ressources humaines
    espaces verts technique techniques equipe accueil secretariat standard plateforme support
    informatique comptabilite achats marketing voirie urbanisme finances culture sports
    communication salle atelier resto restaurant boulangerie pharmacie librairie bibliotheque
    mediatheque musee theatre cinema residences syndic projet produit version les aux ccas
    caf cpam urssaf dsi drh rh dgs cse scierie cidrerie traiteur outillage quincaillerie
    menuiserie imprimerie""".split()
)


_OF_TRADES: Final = ("eries", "erie", "tions", "ements")


def holds_known_name(text: str) -> bool:
    """Whether a word of ``text`` is a known given name or surname that is hardly another word."""
    words = text.replace(",", " ").split()
    return any(
        word[:1].isalpha() and (is_first_name(word) or is_surname(word)) and not is_common(word)
        for word in words
    )


def names_in(
    text: str, start: int, end: int, trust: Trust, *, many: bool, whole: bool
) -> Iterator[tuple[int, int]]:
    """Each name of ``text[start:end]``; ``many`` where several are expected.

    ``whole``: what stands there is a cell or a quoted string, else a line that may go on with
    other words: «Lina Rossignol, service Fêtes».
    """
    end = min(end, start + 400)
    for first, last in _pieces(_PARTS, text, start, end):
        pieces = list(_pieces(_COMMA, text, first, last))
        if len(pieces) == 2 and not many and _is_reversed(text, *pieces):
            pieces = [(pieces[0][0], pieces[1][1])]
        for piece in pieces:
            if name := _name(text, *piece, trust):
                yield name
            elif not whole:
                return
            if not many and not whole:
                break


def _pieces(
    separator: re.Pattern[str], text: str, start: int, end: int
) -> Iterator[tuple[int, int]]:
    for match in separator.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def _is_reversed(text: str, surname: tuple[int, int], given: tuple[int, int]) -> bool:
    """Whether a surname, a comma and given names make one name: «Morel, Anne-Lise»."""
    family, first = text[slice(*surname)], text[slice(*given)]
    words = first.split()
    return (
        0 < len(words) <= 3
        and len(family.split()) <= 3
        and all(_WORD.fullmatch(word) for word in words)
        and (family.isupper() or is_first_name(words[0]) or holds_known_name(family))
        and not any(is_common(word) for word in words)
    )


def _name(text: str, start: int, end: int, trust: Trust) -> tuple[int, int] | None:
    while start < end and (text[start].isspace() or text[start] in "\"'*•-–"):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in "\"'*,:"):
        end -= 1
    titled = False
    while civility := _CIVILITY.match(text, start, end):
        start = civility.end()
        titled = True
    if not 1 < end - start <= _LONGEST:
        return None
    words = text[start:end].replace(",", " ").split()
    return (start, end) if _is_name(words, trust, titled) else None


def _is_name(words: list[str], trust: Trust, titled: bool) -> bool:
    if not words or len(words) > 6:
        return False
    plain = [folded(word).strip(".") for word in words]
    if any(word in _NOBODY for word in plain):
        return False
    if (
        trust is not Trust.SURE
        and not titled
        and any(word in _ORGANISATIONS or word.endswith(_OF_TRADES) for word in plain)
    ):
        return False
    if all(_LOWER_WORD.fullmatch(word) for word in words):
        if trust is Trust.SURE:
            return len(words) < 4 and _is_known(words)
        return trust is Trust.LOOSE and 1 < len(words) < 4 and is_first_name(words[0])
    if titled and plain[0] in {"le", "la"} and words[0].islower():
        return False  # «M. le Maire»
    full = []
    for index, word in enumerate(words):
        if _PARTICLE.fullmatch(word) and index + 1 < len(words):
            continue
        if _INITIAL.fullmatch(word) and len(word) < 6:
            continue
        if not _WORD.fullmatch(word):
            return False
        full.append(word)
    if not full:
        return False
    if titled or trust is Trust.SURE:
        return any(not is_common(word) or may_be_surname(word) for word in full)
    if all(is_common(word) for word in full):
        return False
    if trust is Trust.ROLE and len(words) > 1:
        return not any(is_common(word) and not may_be_surname(word) for word in full)
    return any(is_first_name(word) or may_be_surname(word) for word in full)


def _is_known(words: list[str]) -> bool:
    return any(is_first_name(word) or is_surname(word) for word in words)
