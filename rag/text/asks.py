"""What kind of answer a question asks for, as far as a sentence can be seen to give it."""

from __future__ import annotations

import re

from rag.text.words import fold

_QUANTITY = re.compile(
    r"\b(?:combien|quand|how (?:many|much|long|often|old)|when|"
    r"quel(?:le)?s? (?:est |sont |etait )?(?:le |la |les |l')?(?:\w+ )?"
    r"(?:nombre|montant|duree|delai|"
    r"taux|age|prix|pourcentage|seuil|plafond|majoration|preavis|annee|date|periode|horaire|"
    r"indemnite|amende|salaire|effectif|frequence)s?|"
    r"a partir de (?:quel|combien)|"
    r"(?:quel|a quel|sous quel|dans quel) (?:delai|age|seuil|taux|montant)|"
    r"what (?:is|are) the (?:\w+ )?(?:number|amount|duration|deadline|rate|age|price|threshold))\b"
)
_FIGURE = re.compile(
    r"\d|\b(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|seize|vingt|"
    r"trente|quarante|cinquante|soixante|cent|mille|moitie|tiers|quart|dixieme)\b"
)


def asks_for_figures(question: str) -> bool:
    """Whether an amount, a duration, a number or a date answers ``question``."""
    return _QUANTITY.search(fold(question)) is not None


def gives_figures(sentence: str) -> bool:
    """Whether ``sentence`` holds a number, in figures or in words."""
    return _FIGURE.search(fold(sentence)) is not None
