"""Names written without capitals, as in a chat: «salut karim», «dossier de fatima benali»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spacy.lang.en.stop_words import STOP_WORDS

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, Span
from governance.pii.recognizers.first_names import FIRST_NAMES, is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_word
from governance.pii.recognizers.surnames import RARE, SURNAMES, is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_S = SPACE
_WORD: Final = re.compile(rf"(?<![\w@./'’&=_-])[{LOWER}]{{2,20}}(?:-[{LOWER}]{{2,20}})?(?![\w@'’])")
_NEXT: Final = re.compile(
    rf"{_S}(?P<link>(?:de|du|van|von|el|al|ben|le|la|da|dos|de la){_S}|d['’])?(?P<word>[{LOWER}{UPPER}]{{2,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’]|-\w)"
)
_GREETED: Final = re.compile(
    rf"(?i)(?<!\w)(?:bonjour|bonsoir|salut|slt|coucou|cc|hello|hi|hey|ch[èe]re?|dear|merci|thanks|re){_S}(?P<value>[{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’-])"
)
_HAILED: Final = re.compile(
    rf"(?i)(?<!\w)(?:salut|slt|coucou|cc|hello|hey|yo|bises|bisous|biz){_S}(?P<value>(?-i:[{LOWER}]{{2,15}}))(?=[{_S[1:-1]}]*(?:[,!.\n]|$))"
)
"""«coucou lulu,», «bises jo»: whoever is called so, no list holds all nicknames."""
_SIGNED: Final = re.compile(
    rf"\n[{_S[1:-1]}]*(?P<value>[{LOWER}]{{2,15}}(?:-[{LOWER}]{{2,15}})?)[{_S[1:-1]}.]*\n?\Z"
)
_GREETS: Final = re.compile(
    r"(?i)\A[^\n]{0,40}\b(?:salut|slt|coucou|cc|hello|hey|yo|bonjour|bjr|bonsoir|re)\b"
)
_TAKES_LEAVE: Final = re.compile(
    r"(?i)(?:merci|mrc|thx|bises|bisous|biz|a\+|à\+|cdl?t|cordialement|bonne (?:soir[ée]e|journ[ée]e|nuit)|[àa] (?:demain|plus|lundi|bient[ôo]t))[^\n]{0,25}\n\s*\Z"
)
_NAMES: Final = FIRST_NAMES | SURNAMES | RARE
"""Folded, so that most words need not be looked up twice."""
_NOBODY: Final = frozenset(
    "team guys folks tlm svp stp jai cest jvais jpeux tkt dsl ok oki nickel top lol mdr ps tt tte tjs ptet".split()
)
_CIVIL: Final = re.compile(
    rf"(?<!\w)(?i:mme|mlle|mr|m\.|madame|monsieur){_S}(?P<value>(?:(?:de|du|el|al|ben|le|van|da|d['’]){_S}?)?[{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’])"
)
_NOT_AFTER_CIVILITY: Final = frozenset(
    """les une des est qui que qu pour avec dans sur sous par bonjour bonsoir merci tout toute votre notre mon son
    cher chere vous nous elle ils aux ces cette ou et sans souhaite demande habite voudrait doit peut sera etait
    avait aura""".split()
)


def _is_a_nickname(word: str) -> bool:
    """Whether a word that stands where a name does is one: known, or no word of any kind."""
    if is_common(word) or word in _NOBODY or word in STOP_WORDS:
        return False
    return is_first_name(word) or not is_word(word)


def names_in_lower_case(text: str) -> Iterator[Span]:
    """A given name with a surname, in either order; one that is greeted; one after a civility."""
    for match in _GREETED.finditer(text):
        if is_first_name(match["value"]):
            yield *match.span("value"), MATCHED, "greeting in lower case"
    for match in _HAILED.finditer(text):
        if _is_a_nickname(match["value"]):
            yield *match.span("value"), MATCHED, "greeting in lower case"
    signed = _SIGNED.search(text, max(0, len(text) - 60))
    if signed and _is_a_nickname(signed["value"]):
        start = signed.start("value")
        if _GREETS.match(text) or _TAKES_LEAVE.search(text, max(0, start - 60), start):
            yield *signed.span("value"), MATCHED, "signature in lower case"
    for match in _CIVIL.finditer(text):
        value = match["value"]
        word = value.split()[-1]
        short = match.group()[:2].lower() in ("mm", "ml", "mr")
        if is_common(word) or word in _NOT_AFTER_CIVILITY:
            continue
        if is_any_surname(word) or is_first_name(word) or (short and not is_common(word)):
            yield *match.span("value"), MATCHED, "civility in lower case"
    position = 0
    for found in _WORD.finditer(text):
        word = found.group()
        if found.start() < position or (word.isascii() and "-" not in word and word not in _NAMES):
            continue
        given = is_first_name(word)
        if not given and not is_any_surname(word):
            continue
        follower = _NEXT.match(text, found.end())
        if follower is None or is_common(follower["word"]):
            continue
        other = follower["word"]
        if given and (
            is_any_surname(other)
            or (not may_be_surname(word) and other.istitle() and may_be_surname(other))
        ):
            yield found.start(), follower.end(), MATCHED, "given name and surname in lower case"
            position = follower.end()
        elif not given and not follower["link"] and is_first_name(other):
            yield found.start(), follower.end(), MATCHED, "surname and given name in lower case"
            position = follower.end()
