"""Headings of codes of law: what they say, without what they are numbered."""

from __future__ import annotations

import re

_NUMBERING = re.compile(
    r"^(?:(?:sous-)*(?:partie|livre|titre|chapitre|section|paragraphe)\b[^:]*:|"
    r"(?:première|deuxième|troisième|quatrième|cinquième|sixième|septième|huitième) partie\s*:)\s*",
    re.IGNORECASE,
)


def without_numbering(heading: str) -> str:
    """«Sous-section 2 : Durée du congé» is «Durée du congé»."""
    return _NUMBERING.sub("", heading)
