"""Numbers of companies and establishments: they identify a person who works alone."""

from __future__ import annotations

import re

from stdnum.fr import siren, siret, tva

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import GAP, DeclaredRecognizer, Rule

_GAPS = re.compile(GAP)
_ALONE_BEFORE = rf"(?<!\w)(?<!\d{GAP})"
_ALONE_AFTER = rf"(?!\w)(?!{GAP}?\d)"


_KEY = r"[0-9A-HJ-NP-Z]{2}"


def _compact(text: str) -> str:
    return _GAPS.sub("", text)


class FrSiren(DeclaredRecognizer):
    """Nine digits (Luhn). One number of nine digits in ten passes, hence the strict forms."""

    ENTITY = "FR_SIREN"
    RULES = (
        Rule(
            "usual groups",
            re.compile(
                rf"{_ALONE_BEFORE}(?:\d{{3}}{GAP}?\d{{3}}{GAP}?\d{{3}}|\d(?:{GAP}\d){{8}})"
                rf"{_ALONE_AFTER}"
            ),
            check=lambda text: siren.is_valid(_compact(text)),
            score=MATCHED,
            digits=9,
        ),
        Rule(
            "any groups, in context",
            re.compile(rf"(?<!\w)\d(?:{GAP}?\d){{8}}(?!\d)"),
            check=lambda text: siren.is_valid(_compact(text)),
            context=re.compile(r"(?i)\b(?:siren|rcs|r\.c\.s\.?|immatricul\w+)\b"),
            reach=30,
            needs=("siren", "rcs", "r.c.s", "immatricul"),
            digits=9,
        ),
    )


class FrSiret(DeclaredRecognizer):
    """Fourteen digits (Luhn, with the exception of La Poste): a SIREN and an establishment."""

    ENTITY = "FR_SIRET"
    RULES = (
        Rule(
            "fourteen digits",
            re.compile(rf"(?<!\w)\d(?:{GAP}?\d){{13}}(?!\w)(?!{GAP}?\d)"),
            check=lambda text: siret.is_valid(_compact(text)),
            digits=14,
        ),
    )


class FrTva(DeclaredRecognizer):
    """The VAT number: a key of two characters (no I nor O) and a SIREN."""

    ENTITY = "FR_TVA"
    RULES = (
        Rule(
            "with its key",
            re.compile(
                rf"(?<!\w)(?:(?i:FR){GAP}?{_KEY}{GAP}?|\d{GAP}?\d{GAP}?|(?=\w?\d){_KEY}{GAP}?"
                rf"|[A-HJ-NP-Z]{{2}})\d(?:{GAP}?\d){{8}}(?!\w)(?!{GAP}?\d)"
            ),
            check=lambda text: tva.is_valid(_compact(text)),
            digits=9,
        ),
    )
