"""Bank accounts and cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import bic, iban, luhn

from governance.pii.finding import MATCHED, VALIDATED
from governance.pii.recognizers.announced import announced
from governance.pii.recognizers.base import GAP, DeclaredRecognizer, Rule, Span

_GAPS = re.compile(GAP)
_NOT_ALNUM = re.compile(r"[\W_]")


class Iban(DeclaredRecognizer):
    """An IBAN (ISO 13616) of any country, in any case, with any spaces, over two lines too."""

    ENTITY = "IBAN_CODE"
    _BREAK = rf"(?:{GAP}|[ ]?\r?\n[ ]{{0,4}})?"
    _START = re.compile(
        rf"(?<!\w)[A-Za-z]{GAP}?[A-Za-z]{GAP}?\d{GAP}?\d(?:{_BREAK}[A-Za-z0-9]){{11,30}}"
    )
    RULES = (Rule("any country", _START, digits=2),)
    _LABEL = re.compile(r"(?i)(?<!\w)(?:iban|rib|compte)(?!\w)[^\n]{0,30}$")
    _FRENCH = re.compile(rf"(?:FR|MC)\d\d(?:{GAP}?[A-Z0-9]){{23}}(?!{GAP}?\d)(?!\w)")

    def spans(self, text: str) -> Iterator[Span]:
        """Words that follow the number may look like more of it: try each end, longest first."""
        if not self.RULES[0].may_find(text):
            return
        position = 0
        while match := self._START.search(text, position):
            end = self._end(text, match.start(), match.end())
            if end:
                yield match.start(), end, VALIDATED, self.RULES[0].name
            elif end := self._mistyped(text, match.start()):
                yield match.start(), end, MATCHED, "mistyped, behind its label"
            position = end or match.start() + 1

    @classmethod
    def _mistyped(cls, text: str, start: int) -> int:
        """Where a number of the right length ends whose key is wrong, behind «IBAN» or «RIB»: still
        somebody's account, a digit away."""
        if not cls._LABEL.search(text, max(0, start - 40), start):
            return 0
        found = cls._FRENCH.match(text, start)
        return found.end() if found else 0

    @staticmethod
    def _end(text: str, start: int, end: int) -> int:
        while end - start > 14:
            followed = end < len(text) and text[end].isalnum()
            if text[end - 1].isalnum() and not followed:
                number = _NOT_ALNUM.sub("", text[start:end])
                if len(number) < 15:
                    return 0
                if iban.is_valid(number, check_country=False):
                    return end
            end -= 1
        return 0


_ISSUERS = re.compile(r"3[47]\d{13}|(?:4|5[0-8]|6[0-9]|2[2-7]|35)\d{14,17}")


def _is_card(text: str) -> bool:
    number = _GAPS.sub("", text)
    return bool(_ISSUERS.fullmatch(number)) and luhn.is_valid(number)


class CreditCard(DeclaredRecognizer):
    """A payment card: 15 to 19 digits (Luhn) that begin as an issuer's do (ISO/IEC 7812)."""

    ENTITY = "CREDIT_CARD"
    RULES = (
        Rule(
            "issuer and checksum",
            re.compile(rf"(?<!\w)[2-6](?:{GAP}?\d){{14,18}}(?!\w)(?!{GAP}?\d)"),
            check=_is_card,
            digits=15,
        ),
    )


_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def _is_rib(text: str) -> bool:
    """The key of a RIB: 97 less the rest by 97 of 89 × bank + 15 × branch + 3 × account."""
    number = "".join(char for char in text.upper() if char.isalnum())
    if len(number) != 23:
        return False
    digits = number.translate(_RIB_LETTERS)
    bank, branch, account, key = digits[:5], digits[5:10], digits[10:21], digits[21:]
    return 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97 == int(key)


class FrRib(DeclaredRecognizer):
    """A French account as the RIB writes it: bank, branch, account and key."""

    ENTITY = "FR_RIB"
    RULES = (
        Rule(
            "with its key",
            re.compile(
                rf"(?<!\w)(?<!\d{GAP})\d{{5}}{GAP}?\d{{5}}{GAP}?[0-9A-Za-z]{{11}}{GAP}?\d{{2}}"
                rf"(?!\w)(?!{GAP}?\d)"
            ),
            check=_is_rib,
            digits=10,
        ),
    )


class BicCode(DeclaredRecognizer):
    """The code of a bank (ISO 9362), after the word that announces it or beside an IBAN."""

    ENTITY = "BIC_CODE"
    RULES = (
        Rule(
            "announced",
            announced(
                r"BIC(?:[ ]?[/-][ ]?SWIFT)?|SWIFT(?:[ ]?[/-][ ]?BIC)?|code[ ]swift",
                r"[A-Z]{4}[ ]?[A-Z]{2}[ ]?[A-Z0-9]{2}(?:[ ]?[A-Z0-9]{3})?",
            ),
            check=lambda text: bic.is_valid(_GAPS.sub("", text)),
            needs=("bic", "swift"),
        ),
        Rule(
            "beside a French account",
            re.compile(r"(?<![\w-])[A-Z]{4}(?:FR|MC)[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![\w-])"),
            check=bic.is_valid,
            context=re.compile(r"(?i)\b(?:IBAN|RIB|(?:FR|MC)\d{2}[ ]?\d{4}|banque|virements?)"),
            reach=90,
            needs=("iban", "rib", "banque", "virement", *(f"fr{digit}" for digit in range(10))),
        ),
    )
