"""Bank accounts and cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from governance.pii.finding import VALIDATED
from governance.pii.recognizers.base import GAP, DeclaredRecognizer, Rule

_GAPS = re.compile(GAP)


class Iban(DeclaredRecognizer):
    """An IBAN (ISO 13616) of any country, in any case, with any spaces."""

    ENTITY = "IBAN_CODE"
    _START = re.compile(rf"(?<!\w)[A-Za-z]{{2}}{GAP}?\d{GAP}?\d(?:{GAP}?[A-Za-z0-9]){{11,30}}")
    RULES = (Rule("any country", _START),)

    def spans(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Words that follow the number may look like more of it: try each end, longest first."""
        position = 0
        while match := self._START.search(text, position):
            end = self._end(text, match.start(), match.end())
            if end:
                yield match.start(), end, VALIDATED
            position = end or match.start() + 1

    @staticmethod
    def _end(text: str, start: int, end: int) -> int:
        while end - start > 14:
            followed = end < len(text) and text[end].isalnum()
            if text[end - 1].isalnum() and not followed:
                number = _GAPS.sub("", text[start:end])
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
        ),
    )
