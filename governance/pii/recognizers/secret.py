"""Passwords, keys and tokens: what must never leave the person's hands."""

from __future__ import annotations

import re

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import DeclaredRecognizer, Rule
from governance.pii.recognizers.online import TYPED

_PASSWORD = (
    r"(?<![^\W_])(?:mots?[ -]de[ -]passe|mdps?|phrases?[ -]de[ -]passe|(?:pg)?passwords?|passwd|pwd|"
    r"passphrase|code[ -](?:pin|secret))\b"
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
    if len(plain) < 6 or ("@" in plain[1:-1] and "." in plain) or "//" in plain:
        return False
    cases = any(map(str.islower, plain)), any(map(str.isupper, plain))
    signs = any(not char.isalnum() for char in text.rstrip(".,;:»\"')"))
    return (
        any(map(str.isdigit, plain))
        and any(cases)
        and (all(cases) or (signs and cases[0]))
        and not plain.lower().startswith(_PRODUCTS)
    )


_SIGNS = frozenset("!@#$%&*+€£§~^?")
_FILE = re.compile(r"\.[a-z]{2,4}\d?$")


def _is_like_a_password(text: str) -> bool:
    """Letters, digits and a sign that no word, code or file name has among them."""
    plain = text.rstrip(".,;:!?»\"')")
    if not _is_strong(text) or _FILE.search(plain) or "/" in plain or text.count("+") > 1:
        return False
    if "_" in plain or not _SIGNS.isdisjoint(plain):
        return any(map(str.isupper, plain)) or not _SIGNS.isdisjoint(plain)
    return False


def _is_mixed(text: str) -> bool:
    return any(char.isdigit() for char in text) and len(set(text)) > 4


def _is_mixed_word(text: str) -> bool:
    """Letters and digits, and no address, file, date or hour."""
    return (
        _is_mixed(text)
        and sum(map(str.isalpha, text)) >= _LETTERS_OF_WORD
        and not _FILE.search(text)
        and "://" not in text
        and not ("@" in text[1:-1] and "." in text)
        and not text.lower().startswith(_PRODUCTS)
    )


_LETTERS_OF_WORD = 3
_CODE = (
    r"(?:digicodes?|interphone|(?:cadenas|coffre(?:-fort)?|portail|porte|bo[îi]tier|alarme|entr[ée]e|hall|"
    r"garage|immeuble|barri[èe]re|cl[ée]s)[ ]?[:(,–—-]?[ ]?code|(?:n[°º][ ]|num[ée]ro[ ]|code[ ])?(?:pin|puk)(?:[ ]sim)?|code[ ]sim|"
    r"codes?[ ](?:d['’ ]|de[ ]la[ ](?!s[ée]cu)|de[ ]l['’ ]|du[ ]|de[ ]|des[ ]|pour[ ]l[ae'’][ ]?)?"
    r"(?:entr[ée]e|porte|portail|portillon|porche|grille|barri[èe]re|alarme|immeuble|hall|garage|parking|"
    r"cadenas|coffre(?:-fort)?|bo[îi]tier|bo[îi]te(?:[ ][àa][ ]cl[ée]s?)?|acc[èe]s|secret|sas|wi-?fi|"
    r"confidentiel|provisoire|temporaire|initial|activation|s[ée]curit[ée]|d[ée]verrouillage|ouverture|"
    r"photocopieu(?:r|se)|copieur|imprimante|impression|messagerie|carte(?:[ ]bleue)?|cb|vigik|local|"
    r"b[âa]timent|d[ée]sarmement|armement|re[çc]u[ ]par[ ](?:courrier|sms|mail)))"
)
_CODE_LINK = (
    r"(?:[ ]?(?:->|,)[ ]|[ ]\(|[ ](?:c['’ ]?)?est[ ](?:le[ ]|d[ée]sormais[ ])?|[ ](?:n[°º][ ]?)?)"
)
_HOUR_OR_DATE = re.compile(
    r"\d{1,2}h(?:\d\d)?|\d{1,4}[èe]?(?:me|re|nde?)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,3}(?:\.\d{3})+",
    re.I,
)


def _is_code(text: str) -> bool:
    """Digits, with letters or signs or four to eight of them alone; no hour or date."""
    if _HOUR_OR_DATE.fullmatch(text) or len(text) < 4 or _FILE.search(text):
        return False
    return not text.isdigit() or len(text) <= 8


def _is_odd(text: str) -> bool:
    """Signs, digits or capitals among its letters as no word has them: «Korr!goAber»."""
    plain = text.rstrip(".,;:!?»\"')")
    if "://" in plain or ("@" in plain and "." in plain) or _FILE.search(plain) or "/" in plain:
        return False
    if not any(map(str.isalpha, plain)) or plain.lower().startswith(_PRODUCTS):
        return False
    if any(map(str.isdigit, plain)):
        return _is_mixed_word(plain)
    if not _SIGNS.isdisjoint(plain) or "_" in plain:
        return True
    first, _, rest = plain.partition("-")
    return len(first) > 2 and first.islower() and any(map(str.isupper, rest))


_CREDENTIALS = re.compile(
    r"(?i)\b(?:mots?[ -]de[ -]passe|phrases?[ -]de[ -]passe|mdps?|passwords?|identifiants?|log-?ins?|"
    r"mon[ ]id|codes?[ ]d['’]acc[èe]s|(?:re)?connect(?:e[rsz]?|ent|ions?)|sessions?|wi-?fi|"
    r"espace[ ](?:usager|client|personnel|famille|adh[ée]rent)|comptes?|coffre|credentials?|"
    r"account|sign[ ]in)\b"
)
_CREDENTIAL_NEEDS = (
    *("de passe", "de-passe", "mdp", "passw", "identifiant", "login", "log-in", "mon id"),
    *("code", "connect", "session", "wifi", "wi-fi", "espace", "compte", "coffre"),
    *("credential", "account", "sign in"),
)


class Secret(DeclaredRecognizer):
    """A secret by its well-known shape, or by the words that announce it."""

    ENTITY = "SECRET"
    RULES = (
        Rule(
            "password in quotation marks",
            re.compile(
                r"(?i:mots?[ ]de[ ]passe|mdp|password|passphrase|phrase[ ]de[ ]passe|(?:code|cl[ée])[ ]wi-?fi)"
                r"(?![ ]oubli)[^\n«»\"“”:]{0,25}:?[ ]?(?:«[ \u00a0]?|\"|“)"
                r"(?P<value>[^\n«»\"“”]{4,40}?)(?=[ \u00a0]?»|\"|”)"
            ),
            check=is_password,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "word behind «mdp»",
            re.compile(
                r"(?<!\w)(?i:mdp|code[ ]wi-?fi)[ ]?[:►=→-]{0,2}[ ]{1,2}(?P<value>[A-ZÀ-Þ][\w!@#$%*-]{3,30})(?![\w'’])"
            ),
            check=is_password,
            needs=("mdp", "wifi", "wi-fi"),
        ),
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
                _PASSWORD + r"(?:[ ][\w'’]{1,15}){0,6}?"
                r"[ ](?:est|is|sera|était|was|c['’ ]?est|devient|reste)[ ]"
                r"(?:(?:maintenant|désormais|toujours|encore|donc|now|still)[ ])?"
                r"[\"'«“]{0,2}[ \u00a0]?(?P<value>[^\s\"'»”]{5,99}[^\s\"'»”.,;:)])",
                re.IGNORECASE,
            ),
            check=_is_mixed,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "password somewhere before",
            re.compile(
                r"(?<![\w@./+=&?-])(?P<value>(?=[^\s\d]{0,40}\d)(?=[\W\d_]{0,40}[^\W\d_])"
                r"[\w!@#$%&*+€£§~^?][\w!@#$%&*+€£§~^?.:=-]{4,60}[\w!@#$%&*+€£§~^?])(?![\w/@])"
            ),
            check=_is_like_a_password,
            context=_CREDENTIALS,
            reach=160,
            score=MATCHED,
            needs=_CREDENTIAL_NEEDS,
            digits=1,
        ),
        Rule(
            "password told after its verb",
            re.compile(
                rf"(?:{_PASSWORD}|{_WIFI})[^\n]{{0,60}}?[ ](?:tu[ ]mets|mettez|mets|mettre|met|tape[rz]?|"
                r"tapez|saisi[rs]|saisissez|entre[rz]?|utilise[rz]?|rentre[rz]?|essaye?[rz]?|"
                r"essay[ée]|choisi|donn[ée]|use|enter|type|try)[ ][\"'«“]{0,2}[ \u00a0]?"
                r"(?P<value>[^\s\"'»”]{5,99}[^\s\"'»”.,;:)])",
                re.IGNORECASE,
            ),
            check=_is_mixed_word,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "after a user name",
            re.compile(
                rf"{TYPED}(?:[^\s,;:()\"'«»]{{3,40}})(?:,?[ ](?:puis|et|ensuite|then|and)[ ]|[ ]?[,/+][ ])"
                r"(?:(?:comme[ ]|le[ ]|pour[ ]le[ ]|as[ ]|the[ ])?(?:mot[ ]de[ ]passe|mdp|password)"
                r"[ ]?:?[ ])?[\"'«“]{0,2}(?P<value>[^\s\"'»”]{4,59}[^\s\"'»”.,;:)])",
                re.IGNORECASE,
            ),
            check=_is_mixed_word,
            context=_CREDENTIALS,
            reach=160,
            score=MATCHED,
            needs=_CREDENTIAL_NEEDS,
            digits=1,
        ),
        Rule(
            "code of a door, an alarm, a card",
            re.compile(
                rf"(?<!\w)(?:{_CODE}(?:(?:[ ][\w'’-]{{1,15}}){{0,3}}[ ]?[:=→][ ]?|{_CODE_LINK})|alarme(?:[ ]\w{{1,15}})?[ ]?:[ ]?)"
                r"[\"'«“]{0,2}(?P<value>(?=[^\s\d]{0,16}\d)[A-Z0-9*#][\w#*.!@-]{2,22}[\w#*!])"
                r"(?![\w€%]|[ ]?(?:€|euros?\b|%|ans\b|jours\b|heures\b)|[,:/]\d)",
                re.IGNORECASE,
            ),
            check=_is_code,
            score=MATCHED,
            needs=("code", "interphone", "pin", "puk", "alarme"),
            digits=1,
        ),
        Rule(
            "key of a network",
            re.compile(
                r"(?<![\w@./+=&?-])(?P<value>(?=[^\s\d]{0,40}\d)[\w!@#$%&*+€£§~^?][\w!@#$%&*+€£§~^?.:=-]{4,60}"
                r"[\w!@#$%&*+€£§~^?])(?![\w/@])"
            ),
            check=_is_mixed_word,
            context=re.compile(
                r"(?i)\b(?:ssid|wi-?fi|wpa2?)\b[^\n]{0,80}\b(?:cl[ée]|code|key|pass(?:e|word)?|mdp)"
                r"(?:[ ](?:wi-?fi|est|is|wpa2?|d['’]acc[èe]s))?[ ]?[:=]?[ «\"“]{0,3}$"
                r"|\b(?:cl[ée]|code|key|pass)[^\n:]{0,30}\b(?:wi-?fi|wpa2?)(?:[ ](?:est|is))?[ ]?[:=]?[ «\"“]{0,3}$"
            ),
            reach=120,
            score=MATCHED,
            needs=("wifi", "wi-fi", "wpa", "ssid"),
            digits=1,
        ),
        Rule(
            "behind an account",
            re.compile(
                r"(?<!\w)(?:users?(?:name)?|log-?in|identifiants?|id|compte|acc[èe]s|pseudo|ssid)(?!\w)"
                r"[^\n]{2,60}?(?<!\w)(?:pass(?:e|word)?|code|mdp|pwd|pw|mp|cl[ée])(?!\w)[ ]?[:=]?[ \"'«“]{0,3}"
                r"(?P<value>[^\s\"'»”()]{5,60}[^\s\"'»”.,;:()])",
                re.IGNORECASE,
            ),
            check=_is_odd,
            score=MATCHED,
            needs=("pass", "mdp", "pwd", " code", " pw", " mp", " cle"),
        ),
        Rule(
            "password of no digits, right behind",
            re.compile(
                rf"(?:{_PASSWORD})(?:[ ](?:tjs|toujours|initial|provisoire|temporaire|actuel|unique|"
                r"d['’]origine|d['’]acc[èe]s|commun|wi-?fi|est|cest|c['’]est|c[ ]est|reste|sera|"
                r"par[ ]d[ée]faut)){0,3}[ ]?[:=]?[ ][\"'«“]{0,2}"
                r"(?P<value>[^\s\"'»”()]{5,60}[^\s\"'»”.,;:()])",
                re.IGNORECASE,
            ),
            check=_is_odd,
            score=MATCHED,
            needs=_PASSWORD_NEEDS,
        ),
        Rule(
            "account and password parted by a stroke",
            re.compile(
                r"(?<!\w)(?:identifiants?|log-?ins?|acc[èe]s|connexion|compte|codes?)(?:[ ][\w'’-]{1,15})?[ ]?:[ ]?"
                r"[^\s/|:]{3,40}[ ]?[/|][ ]?(?P<value>[^\s\"'»”()/|]{5,60}[^\s\"'»”.,;:()/|])(?![/|])",
                re.IGNORECASE,
            ),
            check=_is_odd,
            score=MATCHED,
            needs=("identifiant", "login", "log-in", "acces", "connexion", "compte", "code"),
        ),
        Rule(
            "after both words",
            re.compile(
                r"(?<!\w)(?:identifiant|log-?in|user(?:name)?|id|compte)[ ]?[/+&][ ]?"
                r"(?:mdp|mot[ ]de[ ]passe|pass(?:word)?|pwd)[ ]?[:=]?[ ]"
                r"[^\s/|:]{3,40}[ ]?[/|:][ ]?(?P<value>[^\s\"'»”()/|]{5,60}[^\s\"'»”.,;:()/|])",
                re.IGNORECASE,
            ),
            check=_is_odd,
            score=MATCHED,
            needs=("mdp", "passe", "pass", "pwd"),
        ),
        Rule(
            "phrase in quotes",
            re.compile(
                r"(?<!\w)(?:pass-?phrase|phrase[ ](?:de[ ]passe|secr[èe]te|de[ ]r[ée]cup[ée]ration))"
                r"(?:[ ](?:est|is|wi-?fi))?[ ]?:?[ ]?(?:«[ \u00a0]?(?P<a>)|[\"“'])"
                r"(?P<value>[^«»\"“”\n]{6,80}?)[ \u00a0]?[»\"”']",
                re.IGNORECASE,
            ),
            score=MATCHED,
            needs=("phrase",),
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
