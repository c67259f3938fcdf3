"""Numbers without a checksum: found only after the words that announce them."""

from __future__ import annotations

import re
from typing import Final

_LINK: Final = (
    r"(?:[\s:=#.,;–|()«»\"'“”_\u00a0\u202f\-]|n[°º](?!\w)|(?<!\w)(?:n(?:o|um|uméros?|umeros?|"
    r"umbers?)?|"
    r"est|était|porte|portait|portant|a|c|is|was|le|la|du|de|des|the|suivant|my|mon|ma|votre|"
    r"valide|actuel(?:le)?)(?!\w)"
    r"|(?<!\w)[ld]['’]|(?<!\w)c['’](?:est|était)(?!\w))"
)
"""What stands between the announcement and the number: «n° :», « est le »."""


def announced(labels: str, value: str, *, links: int = 12) -> re.Pattern[str]:
    """``value`` after one of ``labels`` and at most ``links`` small words or signs.

    ``labels`` are matched whatever their case; ``value`` is matched as it is written. The repeat is
    possessive, so that no text makes the pattern slow.
    """
    return re.compile(
        rf"(?<![^\W_])(?i:{labels})(?![^\W_])(?i:{_LINK}){{0,{links}}}+(?P<value>{value})(?![\w])"
    )


def announced_before(value: str, labels: str) -> re.Pattern[str]:
    """``value`` with its label behind it, in brackets or after a comma: «AB12 (matricule)»."""
    return re.compile(rf"(?<!\w)(?P<value>{value})[ \u00a0]?[(,][ \u00a0]?(?i:{labels})(?![^\W_])")
