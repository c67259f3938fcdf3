"""Numbers that the State gives to a person."""

from __future__ import annotations

import re

from stdnum.fr import nif, nir

from governance.pii.recognizers.base import GAP, DeclaredRecognizer, Rule

_SPACES = re.compile(GAP)


def _compact(text: str) -> str:
    return _SPACES.sub("", text)


_G = rf"{GAP}?"
_NIR_13 = (
    rf"(?<!\w)[1-478]{_G}\d{_G}\d{_G}\d{_G}\d{_G}(?:\d{_G}\d|2{_G}[ABab])"
    rf"{_G}(?:\d{_G}){{5}}\d"
)


class FrNir(DeclaredRecognizer):
    """The social security number: 13 characters and a key of 2 (97 less the rest by 97)."""

    ENTITY = "FR_NIR"
    RULES = (
        Rule(
            "with its key",
            re.compile(rf"{_NIR_13}{_G}(?:{_G}|cl[ée]{_G}:?{_G})\d{_G}\d(?!\w)", re.IGNORECASE),
            check=lambda text: nir.is_valid(re.sub(r"(?i)cl[ée]\W*", "", _compact(text))),
            digits=6,
        ),
        Rule(
            "without its key, in context",
            re.compile(rf"{_NIR_13}(?!\w)(?!{GAP}?\d)"),
            context=re.compile(
                r"(?i)\b(?:NIR|INSEE|s[ée]cu|s[ée]curit[ée] sociale|n°? ?ss|assur[ée]e?|"
                r"immatriculation|social security)\b"
            ),
            needs=("nir", "insee", "secu", "ss", "assure", "immatriculation", "social"),
            digits=6,
        ),
        Rule(
            "without its key, thirteen digits where health insurance is spoken of",
            re.compile(r"(?<![\w.,-])[12]\d{2}(?:0[1-9]|1[0-2])(?:\d{2}|2[AB])\d{6}(?![\w.,]?\w)"),
            context=re.compile(r"(?i)\b(?:NIR|s[ée]cu|s[ée]curit[ée] sociale|cpam|ameli|vitale)\b"),
            reach=200,
            needs=("nir", "secu", "cpam", "ameli", "vitale"),
            digits=6,
        ),
    )


class FrNif(DeclaredRecognizer):
    """The tax number of a person (NIF or SPI): 10 digits and a key of 3 (the rest by 511)."""

    ENTITY = "FR_NIF"
    RULES = (
        Rule(
            "with its key",
            re.compile(rf"(?<!\w)(?<!\d {{1}})[0-3](?:{_G}\d){{12}}(?!\w)(?!{GAP}?\d)"),
            check=lambda text: nif.is_valid(_compact(text)),
            digits=13,
        ),
    )
