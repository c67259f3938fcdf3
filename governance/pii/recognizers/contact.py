"""How to reach a person or a machine: telephone, e-mail, IP address."""

from __future__ import annotations

import ipaddress
import re

import phonenumbers

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule

_OVERSEAS = {"590": "GP", "690": "GP", "691": "GP", "594": "GF", "694": "GF", "596": "MQ"}
_OVERSEAS |= {"696": "MQ", "697": "MQ", "262": "RE", "692": "RE", "693": "RE", "269": "YT"}
_OVERSEAS |= {"639": "YT", "976": "GP"}
_NOT_DIGITS = re.compile(r"\D")
_TRUNK = re.compile(r"\(\s?0\s?\)")


def _is_phone(text: str) -> bool:
    """Whether libphonenumber's numbering plans hold the number, in France or overseas."""
    number = _TRUNK.sub("", text)
    digits = _NOT_DIGITS.sub("", number)
    region = "FR"
    if not text.startswith(("+", "00")):
        region = _OVERSEAS.get(digits[1:4], "FR")
    elif digits.startswith("00"):
        number = "+" + digits[2:]
    else:
        number = "+" + digits
    for place in {region: None, "FR": None}:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, place)):
                return True
        except phonenumbers.NumberParseException:
            return False
    return False


def _is_possible(text: str) -> bool:
    """Whether the number has a length that its country uses: plans are behind, and tests and
    films use numbers that no plan gives out. Of France, the plan alone decides."""
    digits = _NOT_DIGITS.sub("", _TRUNK.sub("", text))
    try:
        number = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_with_reason(number)
    known = number.country_code != 33 and len(digits) >= 10
    return known and reason == phonenumbers.ValidationResult.IS_POSSIBLE


_SEP = r"[ .\-/\u00a0\u202f\u2009\u2011]"
_AFTER = r"(?![\w])"


class Phone(DeclaredRecognizer):
    """A telephone number: all French forms, overseas, and international ones with their prefix."""

    ENTITY = "PHONE_NUMBER"
    RULES = (
        Rule(
            "national",
            re.compile(
                rf"(?<![\da-f+])0{_SEP}?[1-9](?:{_SEP}{{0,2}}\d{{2}}){{4}}(?![\da-fA-F])"
                rf"|(?<![\w+])0{_SEP}?[1-9]\d{{2}}(?:{_SEP}?\d{{3}}){{2}}{_AFTER}"
                rf"|(?<![\w+])0{_SEP}?[1-9]\d{{2}}(?:{_SEP}?\d{{2}}){{3}}{_AFTER}"
            ),
            check=_is_phone,
            digits=10,
        ),
        Rule(
            "international",
            re.compile(
                rf"(?<![\w+])(?:\+|00){_SEP}?[1-9]\d{{0,2}}{_SEP}{{0,2}}(?:\({SPACE}?0{SPACE}?\))?"
                rf"(?:{_SEP}?[()]?\d[()]?){{6,12}}{_AFTER}"
            ),
            check=_is_phone,
            digits=7,
        ),
        Rule(
            "international, of a possible length",
            re.compile(
                rf"(?<![\w+])\+[1-9]\d{{0,2}}{_SEP}?(?:\({SPACE}?0{SPACE}?\))?"
                rf"\d(?:{_SEP}?[()]?\d){{6,11}}{_AFTER}(?!{SPACE}?(?:€|%|\$|euros?|EUR|points?))"
            ),
            check=_is_possible,
            score=MATCHED,
            digits=9,
        ),
        Rule(
            "French mobile of no plan, in context",
            re.compile(
                rf"(?<![\w+])(?:\+|00)33{_SEP}?(?:\(0\))?{_SEP}?[67](?:{_SEP}?\d{{2}}){{4}}{_AFTER}"
            ),
            context=re.compile(
                r"(?i)\b(?:t[ée]l|t[ée]l[ée]phone|portable|mobile|phone|joindre|joignable|appel\w*)\b"
                r"[^\n\d]{0,30}$"
            ),
            reach=45,
            needs=("+33", "+ 33", "0033"),
            digits=11,
        ),
        Rule(
            "in context, nine digits without the leading zero",
            re.compile(rf"(?<![\w+])[1-9](?:{_SEP}?\d{{2}}){{4}}{_AFTER}"),
            check=lambda text: _is_phone("0" + text),
            context=re.compile(r"(?i)\b(?:t[ée]l(?:[ée]phone)?|portable|mobile|phone)\W{1,6}$"),
            reach=20,
            needs=("tel", "portable", "mobile", "phone"),
            digits=9,
        ),
    )


class Email(DeclaredRecognizer):
    """An e-mail address, disguised ones («jean [at] exemple.fr») included."""

    ENTITY = "EMAIL_ADDRESS"
    RULES = (
        Rule(
            "plain",
            re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"),
            needs=("@",),
        ),
        Rule(
            "disguised",
            re.compile(
                r"(?<![\w.+%-])[\w.+%-]{1,64}+ ?[\[({<](?:at|arobase|chez)[\])}>] ?"
                r"(?:[\w-]{1,63}(?:\.| ?[\[({<](?:dot|point)[\])}>] ?)){1,8}[a-z]{2,24}(?!\w)",
                re.IGNORECASE,
            ),
            needs=tuple(word + bracket for word in ("at", "arobase", "chez") for bracket in ")]}>"),
        ),
    )


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 4 or sum(char.isalnum() for char in text) >= 4


class IpAddress(DeclaredRecognizer):
    """An IPv4 or IPv6 address (RFC 4291), not the number of a version or a clause."""

    ENTITY = "IP_ADDRESS"
    RULES = (
        Rule(
            "v4",
            re.compile(
                r"(?<![\w.])(?<!version )(?<!version)(?<!article )(?<!§ )"
                r"\d{1,3}(?:\.\d{1,3}){3}(?!\w)(?!\.\d)",
                re.IGNORECASE,
            ),
            check=_is_ip,
            digits=4,
        ),
        Rule(
            "v6",
            re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE),
            check=_is_ip,
            needs=(":",),
        ),
    )
