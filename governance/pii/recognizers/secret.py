"""Passwords, keys and tokens: what must never leave the person's hands."""

from __future__ import annotations

import re

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import DeclaredRecognizer, Rule

_PASSWORD = (
    r"\b(?:mots?[ -]de[ -]passe|mdp|passwords?|passwd|pwd|passphrase|code[ -](?:pin|secret))\b"
)
_WIFI = r"\b(?:cl[ée]|code|key)[ ](?:d[ue][ ](?:la[ ])?)?(?:r[ée]seau[ ])?(?:wi-?fi|wpa2?)\b"
_TOKEN = (
    r"\b(?:api[ _-]?keys?|cl[ée]s?[ _-](?:d['’ ]?)?(?:api|secr[èe]te|priv[ée]e)|secret[ _-]?keys?|"
    r"client[ _-]secret|access[ _-]?tokens?|auth[ _-]?tokens?|jetons?(?:[ _-]d['’]acc[èe]s)?|"
    r"tokens?|bearer)\b"
)
_PASSWORD_NEEDS = (
    *("de passe", "de-passe", "mdp", "passw", "pwd", "passphrase"),
    *("code pin", "code-pin", "code secret", "code-secret", "wifi", "wi-fi", "wpa"),
)
_PREFIXES = (
    *("sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "akia", "asia"),
    *("aiza", "xox", "hf_", "k_live_", "k_test_", "sg.", "npm_", "pypi-", "eyj"),
)
_ABOUT_PASSWORDS = """
    oublié oublie perdu expiré expire requis obligatoire incorrect invalide inconnu refusé changé
    provisoire temporaire faible fort sécurisé comment pourquoi quelle quel que faut merci bonjour
    forgotten lost expired required invalid incorrect unknown none null vide aucun oui non
    nécessaire confidentiel personnel voir idem celui celle via dans sur communiqué transmis envoyé
    réinitialisé modifié inchangé demander appeler auprès sans avec selon remis
"""
_NOT_A_PASSWORD = frozenset(_ABOUT_PASSWORDS.split())


def is_password(text: str) -> bool:
    """A value after «mot de passe :», rather than a word that says something about it."""
    if any(not char.isalpha() for char in text.rstrip(".,;:!?»\"')")):
        return True
    return text.rstrip(".,;:!?»\"')").lower() not in _NOT_A_PASSWORD


_PRODUCTS = ("windows", "office", "sharepoint", "version", "article", "iso-", "ios", "android")


def _is_strong(text: str) -> bool:
    """Letters of both cases or a sign, and digits: no word, number, date or version is like it."""
    plain = text.rstrip(".,;:!?»\"')")
    if len(plain) < 6 or ("@" in plain[1:-1] and "." in plain) or "://" in plain:
        return False
    cases = any(map(str.islower, plain)), any(map(str.isupper, plain))
    signs = any(not char.isalnum() for char in text.rstrip(".,;:»\"')"))
    return (
        any(map(str.isdigit, plain))
        and any(cases)
        and (all(cases) or (signs and cases[0]))
        and not plain.lower().startswith(_PRODUCTS)
    )


def _is_mixed(text: str) -> bool:
    return any(char.isdigit() for char in text) and len(set(text)) > 4


class Secret(DeclaredRecognizer):
    """A secret by its well-known shape, or by the words that announce it."""

    ENTITY = "SECRET"
    RULES = (
        Rule(
            "private key",
            re.compile(
                r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
                r"(?:[A-Za-z0-9+/=\s:,\\-]{0,8000}?-----END [A-Z ]{0,30}PRIVATE KEY-----"
                r"|[A-Za-z0-9+/=\s\\]{0,8000}+)"
            ),
            needs=("private key",),
        ),
        Rule(
            "known shapes",
            re.compile(
                r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{16,200}|gh[pousr]_[A-Za-z0-9]{20,100}"
                r"|github_pat_\w{20,120}|glpat-[\w-]{16,60}|(?:AKIA|ASIA)[A-Z0-9]{16}"
                r"|AIza[\w-]{35}|xox[abposr]-[\w-]{10,120}|hf_[A-Za-z0-9]{20,60}"
                r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,100}|SG\.[\w-]{16,40}\.[\w-]{16,60}"
                r"|npm_[A-Za-z0-9]{30,50}|pypi-[\w-]{30,200}"
                r"|eyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{0,2000})?)"
            ),
            needs=_PREFIXES,
        ),
        Rule(
            "password in an address",
            re.compile(r"(?<!\w)[a-z][a-z0-9+]{1,15}://[^\s:@/]{1,60}:(?P<value>[^\s:@/]{3,100})@"),
            needs=("://",),
        ),
        Rule(
            "password announced",
            re.compile(
                _PASSWORD + r"[^\n:=]{0,30}?[ \u00a0\u202f]{0,2}[:=][ \t\u00a0\u202f]{0,3}"
                r"[\"'«“]?[ \u00a0]?(?P<value>[^\s\"'»”]{4,100})",
                re.IGNORECASE,
            ),
            check=is_password,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "password further on",
            re.compile(
                rf"(?:{_PASSWORD}|{_WIFI})" + r"[^\n]{0,100}?[ \u00a0\u202f]?[:=(]"
                r"[ \u00a0\u202f\"'«“]{0,3}(?P<value>[^\s\"'»”)]{6,100})",
                re.IGNORECASE,
            ),
            check=_is_strong,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "password right behind",
            re.compile(
                rf"(?:{_PASSWORD}|{_WIFI})" + r"(?:[ ][a-zéèêô'’]{2,12}){0,2}?[ \u00a0\"'«“]{1,3}"
                r"(?P<value>(?=[^\s\d]{0,40}\d)[^\s\"'»”(][^\s\"'»”]{5,100})",
                re.IGNORECASE,
            ),
            check=_is_strong,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "password in a sentence",
            re.compile(
                _PASSWORD + r"(?:[ ][\w'’]{1,15}){0,3}?[ ](?:est|is|sera|était|was)[ ]"
                r"(?P<value>[^\s]{6,100})",
                re.IGNORECASE,
            ),
            check=_is_mixed,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "token announced",
            re.compile(
                _TOKEN + r"(?:[ ](?:est|is))?[ \u00a0\u202f\"']{0,3}[:= ][ \t\u00a0\"'«“]{0,3}"
                r"(?P<value>[\w+/=.~-]{12,500})",
                re.IGNORECASE,
            ),
            check=_is_mixed,
            score=MATCHED,
            needs=("api", "secret", "prive", "token", "jeton", "bearer"),
        ),
    )
