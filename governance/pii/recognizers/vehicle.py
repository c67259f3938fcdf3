"""Registration plates."""

from __future__ import annotations

import re

from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule

_LETTER = "[A-HJ-NP-TV-Z]"
_NEEDS = ("immatricul", "plaque", "vehicule", "voiture", "plate", "car")
_CONTEXT = re.compile(r"(?i)\b(?:immatricul\w*|plaques?|v[ée]hicules?|voitures?|plate|car)\b")


class FrPlate(DeclaredRecognizer):
    """A French plate: SIV since 2009 (AB-123-CD, no I, O, U), FNI before (1234 AB 75)."""

    ENTITY = "FR_PLATE"
    RULES = (
        Rule(
            "SIV with hyphens",
            re.compile(rf"(?<![\w-]){_LETTER}{{2}}-\d{{3}}-{_LETTER}{{2}}(?![\w-])"),
            digits=3,
        ),
        Rule(
            "SIV in lower case or with spaces, in context",
            re.compile(
                rf"(?<![\w-]){_LETTER}{{2}}[ \-]?\d{{3}}[ \-]?{_LETTER}{{2}}(?![\w-])",
                re.IGNORECASE,
            ),
            context=_CONTEXT,
            needs=_NEEDS,
            digits=3,
        ),
        Rule(
            "SIV with spaces",
            re.compile(rf"(?<![\w-]){_LETTER}{{2}}{SPACE}\d{{3}}{SPACE}{_LETTER}{{2}}(?![\w-])"),
            digits=3,
        ),
        Rule(
            "FNI, in context",
            re.compile(
                r"(?<![\w-])\d{1,4}[ \-]?[A-HJ-NP-TV-Z]{2,3}[ \-]?(?:2[AB]|97[1-6]|\d{2})(?![\w-])",
                re.IGNORECASE,
            ),
            context=_CONTEXT,
            needs=_NEEDS,
            digits=1,
        ),
    )
