"""Names written without capitals, as in a chat: «salut karim», «dossier de fatima benali»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, Span
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.surnames import is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_S = SPACE
_WORD: Final = re.compile(rf"(?<![\w@./'’&=_-])[{LOWER}]{{2,20}}(?:-[{LOWER}]{{2,20}})?(?![\w@'’])")
_NEXT: Final = re.compile(
    rf"{_S}(?P<link>(?:de|du|van|von|el|al|ben|le|la|da|dos|de la){_S}|d['’])?(?P<word>[{LOWER}{UPPER}]{{2,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’]|-\w)"
)
_GREETED: Final = re.compile(
    rf"(?i)(?<!\w)(?:bonjour|bonsoir|salut|slt|coucou|cc|hello|hi|hey|ch[èe]re?|dear|merci|thanks|re){_S}(?P<value>[{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’-])"
)
_CIVIL: Final = re.compile(
    rf"(?<!\w)(?i:mme|mlle|mr|m\.|madame|monsieur){_S}(?P<value>(?:(?:de|du|el|al|ben|le|van|da|d['’]){_S}?)?[{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’])"
)
_NOT_AFTER_CIVILITY: Final = frozenset(
    """les une des est qui que qu pour avec dans sur sous par bonjour bonsoir merci tout toute votre notre mon son
    cher chere vous nous elle ils aux ces cette ou et sans souhaite demande habite voudrait doit peut sera etait
    avait aura""".split()
)


def names_in_lower_case(text: str) -> Iterator[Span]:
    """A given name with a surname, in either order; one that is greeted; one after a civility."""
    for match in _GREETED.finditer(text):
        if is_first_name(match["value"]):
            yield *match.span("value"), MATCHED, "greeting in lower case"
    for match in _CIVIL.finditer(text):
        value = match["value"]
        word = value.split()[-1]
        short = match.group()[:2].lower() in ("mm", "ml", "mr")
        if is_common(word) or word in _NOT_AFTER_CIVILITY:
            continue
        if is_any_surname(word) or is_first_name(word) or (short and not is_common(word)):
            yield *match.span("value"), MATCHED, "civility in lower case"
    position = 0
    while found := _WORD.search(text, position):
        position = found.end()
        word = found.group()
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
