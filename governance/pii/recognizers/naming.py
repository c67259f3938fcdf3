"""The shape of a person's name in a text, and the words that introduce one: patterns to build on."""

from __future__ import annotations

import re
from typing import Final

from governance.pii.recognizers.base import SPACE
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.words import is_common

_S = SPACE
PARTICLE: Final = (
    r"(?:de|du|des|d['’]|la|le|van|von|der|den|ten|ter|zu|di|da|do|dos|das|del|della|el|al|ben|bin|"
    r"ibn|bint|ould|y|e|af|mac|ait|aït|ouled|bou|abu|abou|st|te)"
)
WORD: Final = (
    rf"(?:[DLONM]['’])?[{UPPER}](?:[{LOWER}]{{1,20}}|[{UPPER}]{{1,20}}|['’][{UPPER}])"
    rf"[{UPPER}{LOWER}]{{0,20}}(?:[-'’][{UPPER}{LOWER}]{{1,20}}){{0,3}}"
)
INITIAL: Final = rf"(?:[{UPPER}](?:\.-?[{UPPER}])?\.|Ch\.|Ph\.|Th\.|Jean-[{UPPER}]\.)"
LINKED: Final = rf"(?:{PARTICLE}{_S}|d['’]|{PARTICLE}{_S}(?:la|l['’]|der|den|las|los){_S}?)"
NAME: Final = (
    rf"(?:{INITIAL}{_S}?)?{LINKED}?{WORD}"
    rf"(?:{_S}(?:{INITIAL}{_S}?)?{LINKED}?{WORD}){{0,3}}"
)
"""One to four words with capitals, initials and particles between them."""
CIVILITY: Final = (
    r"(?:M\.|MM\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Mister|Sir|Mme\.?|Mmes|Mlle\.?|Mlles|Madame|Mesdames|"
    r"Monsieur|Messieurs|Mademoiselle|Me|Ma[îi]tre|Dr\.?|Docteure?|Pr\.?|Prof\.?|Professeure?|Mgr|"
    r"Monseigneur|Herr|Frau|Señora?|Signora?|Sr\.|Sra\.|Commandante?|Capitaine|Lieutenante?|Colonel|Sergent|Brigadier|"
    r"M(?=[ \u00a0][A-ZÀ-Þ][a-zà-ÿ])|MME|MLLE|MR\.?|MADAME|MONSIEUR|"
    r"(?:[ld][ae]?['’ ]|la |le |du |de la |au |à la )?"
    r"(?:juge|procureure?|pr[ée]fète?|d[ée]put[ée]e?|s[ée]nat(?:eur|rice)|"
    r"inspect(?:eur|rice)(?: de police)?|sergente?|lieutenante?|capitaine|brigadi(?:er|[èe]re)|adjudante?|"
    r"commissaire|coll[èe]gue|salari[ée]e?|employ[ée]e?|candidate?|stagiaire|apprentie?|cliente?|"
    r"patiente?|(?<![sS]['’])[ée]l[èe]ve|requ[ée]rante?|docteure?|professeure?|ma[îi]tre|maire|adjointe?|"
    r"conseill[èe]re?|famille|[ée]poux|veuve|consorts?|agente?|locataire|r[ée]sidente?|"
    r"administr[ée]e?|usag[èe]re?|t[ée]moin|notaire|avocate?))"
)
_TOKENS = re.compile(r"[^\s,;:()\[\]«»\"<>]+")
_ALSO_SURNAMES = frozenset({"toussaint", "noel", "noël", "pascal", "avril", "janvier", "paris"})
_ARTICLES = frozenset({"Le", "La", "De", "Du", "Des", "Les", "LE", "LA", "DE", "DU", "DES", "LES"})


def without_common_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The stretch less the common words at its ends, or None where no name is left."""
    words = [
        (token.start() + start, token.end() + start, token.group())
        for token in _TOKENS.finditer(text[start:end])
    ]
    while words and (is_common(words[0][2]) or not words[0][2][0].isalpha()):
        if words[0][2] in _ARTICLES and len(words) > 1 and _is_surname(words[1][2]):
            break  # «Le Goff», «De La Tour»
        words.pop(0)
    while words and (is_common(words[-1][2]) or not words[-1][2][0].isalpha()):
        end_word = words[-1][2]
        if (
            len(words) >= 2
            and is_first_name(words[0][2])
            and (
                end_word.isupper() or (end_word[0].isupper() and end_word.lower() in _ALSO_SURNAMES)
            )
        ):
            break  # «Jean MAIRE», «Marie FRANCE», «Paul Toussaint»
        words.pop()
    if not words:
        return None
    first, last = words[0][0], words[-1][1]
    while last > first and not text[last - 1].isalpha():
        last -= 1
    kept = text[first:last]
    if sum(char.isalpha() for char in kept) < 2:
        return None
    return first, last


def _is_surname(word: str) -> bool:
    return word[0].isupper() and (word in _ARTICLES or not is_common(word))
