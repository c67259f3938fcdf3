"""Brings a text to one plain form, so that spelling tricks do not change what is judged."""

from __future__ import annotations

import re
import unicodedata

# Letters of other alphabets that look like Latin ones (after Unicode's confusables, UTS 39):
# «саndidаt» written with Cyrillic letters reads the same to a person and to the model.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁһԛԝкмтвнгпи", "aeopcyxijsdhqwkmtbhrnu", strict=True)),
        **dict(zip("αβεικνορτυχωηγ", "abeikvoptuxwny", strict=True)),
        **dict(zip("ⅰⅴⅹⅼⅽⅾⅿ", "ivxlcdm", strict=True)),
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ß": "ss",
        "œ": "oe",
        "æ": "ae",
        "ɑ": "a",
        "ɡ": "g",
    }
)
_PLACEHOLDER = re.compile(r"\[([a-z]+_\d+)\]")
_STOPS = re.compile(r"[,;:!?.\n]+")
_NOT_TEXT = re.compile(r"[^a-z0-9\[\]_|]+")
_SPELLED_OUT = re.compile(r"\b(?:[a-z] ){3,}[a-z]\b")
_LONG_WORD = re.compile(r"(\S{40})(?=\S)")

STOP = " | "
"""What stands for the end of a clause in a folded text."""


class _Plain(dict[int, str | None]):
    """What stands for a character, by code point: found out the first time that it is met."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        hidden = unicodedata.category(char) in {"Mn", "Cf", "Cc"} and char not in "\n\t"
        self[code] = plain = None if hidden else char.translate(_LOOKALIKES)
        return plain


_PLAIN = _Plain()


def _lower_latin(text: str) -> str:
    """``text`` in lower case, without accents, invisible characters or look-alike letters."""
    return unicodedata.normalize("NFKD", text).lower().translate(_PLAIN)


def fold(text: str) -> str:
    """``text`` as the charter's patterns read it.

    Lower case, accents and invisible characters removed, letters of other alphabets that look
    Latin made Latin, letters s p a c e d out joined again, punctuation made a space, ends of
    clauses made :data:`STOP`, placeholders («[personne_1]») kept. No word is longer than 40
    characters, which bounds what a pattern can cost.
    """
    plain = _lower_latin(text)
    kept = _PLACEHOLDER.sub(r" [\1] ", plain)
    marked = _STOPS.sub(STOP, kept)
    spaced = _NOT_TEXT.sub(" ", marked)
    joined = _SPELLED_OUT.sub(lambda found: found.group().replace(" ", ""), spaced)
    return " ".join(_LONG_WORD.sub(r"\1 ", joined).split())


def clauses(folded: str) -> list[tuple[int, int]]:
    """Start and end of each clause of a folded text, in order."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in re.finditer(r" ?\| ?", folded):
        if found.start() > start:
            spans.append((start, found.start()))
        start = found.end()
    if start < len(folded):
        spans.append((start, len(folded)))
    return spans


# What an embedder should read in place of a placeholder: an ordinary word of the same kind.
_STAND_INS = {
    "PERSONNE": "Camille Morel",
    "ADRESSE": "3 rue des Lilas",
    "COURRIEL": "son adresse",
    "TELEPHONE": "son téléphone",
    "NAISSANCE": "4 mai 1985",
    "NIR": "son numéro",
    "NIF": "son numéro",
    "SIREN": "son numéro",
    "SIRET": "son numéro",
    "TVA": "son numéro",
    "IBAN": "son compte",
    "CARTE": "sa carte",
    "PLAQUE": "sa plaque",
    "IP": "son poste",
    "SECRET": "son secret",
}
_STAND_IN = re.compile(r"\[([A-Z]+)_\d+\]")


def readable(text: str) -> str:
    """``text`` as the embedder reads it: placeholders made words, invisible characters removed.

    Case and accents stay, for the embedder was trained on them; a text that hides other alphabets
    among its Latin letters is folded instead.
    """
    words = _STAND_IN.sub(lambda found: _STAND_INS.get(found.group(1), found.group()), text)
    composed = unicodedata.normalize("NFKC", words)
    visible = "".join(c for c in composed if unicodedata.category(c) != "Cf")
    if visible.translate(_LOOKALIKES_STRICT) != visible:
        visible = fold(visible).replace("|", ".")
    return " ".join(visible.split())


_LOOKALIKES_STRICT = {k: v for k, v in _LOOKALIKES.items() if chr(k) not in "œæßøł"}
