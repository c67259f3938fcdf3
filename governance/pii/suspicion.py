"""Which words of a text may begin an identifier, and how long it may go on."""

from __future__ import annotations

import re
from typing import Final

from governance.pii.recognizers.base import folded

AFTER_NUMBER: Final = 1
"""Words that are read after the last suspicious one before it is judged."""
AFTER_POSTCODE: Final = 4
IN_ADDRESS: Final = 6
IN_KEY: Final = 5

_STREETS = """
rue avenue av ave boulevard bd bld boul impasse imp allee allees chemin che faubourg fbg esplanade
ruelle venelle rte traverse promenade place pl route cours passage quai square sq residence res
villa cite montee cote clos hameau lotissement lot lieu voie sentier sente parc domaine mail pont
port galerie terrasse cour carrefour zone za zi zac batiment bat immeuble street road lane
"""
_STREET: Final = frozenset(_STREETS.split())
_NUMBERED: Final = frozenset("bis ter quater a b c d".split())  # noqa: SIM905 - one list, one line
_LINKS: Final = frozenset("de du des la le les l d a au aux et sur sous en".split())  # noqa: SIM905
_MONTHS: Final = re.compile(
    r"janv|fevr|mars$|avri?l?$|mai$|juin$|juil|aout$|sept|octo?|nove?|dece?|may$|june|july|augu|apri"
    r"|janu|febr|marc"
)
_LABELS: Final = re.compile(
    r"identifiant|log-?in|pseudo|utilisat|usern|user$|account|compte|session|handle|passe?$|mdp|"
    r"passw|pwd|passphrase|token|jeton|secret|cle$|cles$|key$|code$|bearer"
)
_PLAIN: Final = re.compile(r"[^\W\d_]+(?:['’ʼ·.-]?[^\W\d_]+)*")
_EDGES: Final = '.,;:!?…«»"“”()[]*_#>`|~–—-'
_CITATION: Final = re.compile(r"\W*\[(?:\d{1,2}|[A-Z]{2,14}_\d{1,6}(?:_[A-Z]{3,7})?(?:_\d+)?)\]\W*")
_ITEM: Final = re.compile(r"\W*\d{1,2}[.)]\**")
_INNER_SIGN: Final = re.compile(r"[^\W_][.:][^\W_]")


class Word:
    """A word between two spaces, as it looks to somebody who watches for identifiers."""

    __slots__ = ("bare", "capitalised", "hot", "is_postcode", "plain", "warm")

    def __init__(self, text: str, *, begins_line: bool) -> None:
        bare = text.strip(_EDGES)
        self.bare = bare
        self.plain = folded(bare).replace("’", "'")
        numbered = begins_line and _ITEM.fullmatch(text) is not None
        ordinary = _CITATION.fullmatch(text) is not None or numbered
        self.hot = not ordinary and bool(bare) and self._is_hot(text, bare)
        self.warm = not self.hot and 2 <= len(bare) <= 4 and bare.isupper()
        """It may be a part of a number («AB 123 CD»), beside another."""
        self.is_postcode = len(bare) == 5 and bare.isdigit()
        self.capitalised = bare[:1].isupper() or (bare[1:2] in "'’" and bare[2:3].isupper())

    @staticmethod
    def _is_hot(text: str, bare: str) -> bool:
        if any(char.isdigit() for char in bare) or "@" in text or "-----" in text:
            return True
        if _PLAIN.fullmatch(bare) is None:  # an address of the network, a key, «a=b»
            return any(sign in bare for sign in "=/\\_+%$#&") or bool(_INNER_SIGN.search(bare))
        return (
            len(bare) > 24
            or (bare.isupper() and bare.isascii() and len(bare) in (8, 11))  # a BIC
            or _INNER_SIGN.search(bare) is not None
            or bare in ("at", "arobase", "dot")
        )

    @property
    def is_street(self) -> bool:
        """«rue», «av.», «place»."""
        return self.plain in _STREET

    @property
    def is_link(self) -> bool:
        """«de», «la», «et»: says nothing yet."""
        return self.plain in _LINKS

    @property
    def goes_on(self) -> bool:
        """What can stand between two numbers of one identifier: a month, «bis»."""
        return self.plain in _NUMBERED or _MONTHS.match(self.plain) is not None

    @property
    def announces(self) -> bool:
        """A word after which any other can be a secret or a user name."""
        return _LABELS.search(self.plain) is not None
