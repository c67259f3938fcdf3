"""What designates a person or their machine on a network, and places on a map."""

from __future__ import annotations

import re

from governance.pii.finding import MATCHED
from governance.pii.recognizers.announced import announced
from governance.pii.recognizers.base import DeclaredRecognizer, Rule
from governance.pii.recognizers.lexicon import is_word


class MacAddress(DeclaredRecognizer):
    """A hardware address of 48 bits (IEEE 802): pairs with colons or hyphens, or Cisco's dots."""

    ENTITY = "MAC_ADDRESS"
    RULES = (
        Rule(
            "pairs or groups of four",
            re.compile(
                r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})"
                r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-])"
            ),
        ),
    )


_URL_START = r"(?<![\w@/.-])(?:https?://|www\.)"
_URL_NEEDS = ("http", "www.")
_URL_SIGN = r"[^\s<>\"«»()\[\]{}|\\^`]"
_PERSON_KEY = (
    r"(?:user(?:_?(?:id|name))?|uid|login|id_?(?:user|usager|agent|client|adherent|patient|eleve|"
    r"dossier|salarie|personne)|identifiant|usager|agent|client(?:_?id)?|customer(?:_?id)?|patient|"
    r"email|e-mail|mail|courriel|nom|name|prenom|account|compte|profil(?:e)?|member|membre|"
    r"adherent|employee|salarie|matricule|token|auth|session(?:_?id)?|sid|key|nir|tel|phone|"
    r"dossier)"
)
_PERSON_FOLDER = (
    r"(?:in|pub|users?|utilisateurs?|profiles?|profils?|people|personnes?|members?|membres?|"
    r"agents?|"
    r"clients?|customers?|patients?|usagers?|adherents?|employees?|salaries?|accounts?|comptes?|"
    r"eleves?|annuaire|candidats?|cv|u|@)"
)
_NETWORKS = (
    r"(?:facebook|twitter|x|instagram|github|gitlab|tiktok|t|mastodon|threads|soundcloud|flickr|"
    r"pinterest|viadeo|malt)\.(?:com|fr|org|net|me|social)"
)


class PersonalUrl(DeclaredRecognizer):
    """A web address with a person's identifier in its path or its query, or a profile page."""

    ENTITY = "PERSONAL_URL"
    RULES = (
        Rule(
            "identifier in the query",
            re.compile(
                rf"{_URL_START}[^\s<>\"«»()\[\]{{}}?]{{1,300}}+\?(?:{_URL_SIGN}{{0,200}}?&)?"
                rf"{_PERSON_KEY}=[^\s&<>\"]{{2}}{_URL_SIGN}{{0,300}}(?<![.,;:!?'’])",
                re.IGNORECASE,
            ),
            needs=_URL_NEEDS,
        ),
        Rule(
            "identifier in the path",
            re.compile(
                rf"{_URL_START}[\w.-]{{1,100}}(?::\d{{1,5}})?(?:/[\w.~%-]{{1,60}}){{0,6}}?"
                rf"/{_PERSON_FOLDER}/[\w%@~-][\w%@~.-]{{1,80}}(?:[/?#]{_URL_SIGN}{{0,300}})?"
                rf"(?<![.,;:!?'’])",
                re.IGNORECASE,
            ),
            needs=_URL_NEEDS,
        ),
        Rule(
            "home page or handle",
            re.compile(
                rf"{_URL_START}(?:[\w-]{{1,60}}\.){{1,5}}[a-z]{{2,10}}(?::\d{{1,5}})?/[~@][\w.-]{{2,60}}"
                rf"(?:/{_URL_SIGN}{{0,300}})?(?<![.,;:!?'’])",
                re.IGNORECASE,
            ),
            needs=_URL_NEEDS,
        ),
        Rule(
            "profile of a social network",
            re.compile(
                rf"(?<![\w@/.-])(?:https?://)?(?:www\.|fr\.)?(?:{_NETWORKS}"
                r"/(?!(?:share|sharer|intent|search|explore|login|about|help|hashtag|home)\b)"
                rf"[\w.-]{{2,60}}|linkedin\.com/in/[\w%-]{{2,80}})"
                rf"(?:[/?#]{_URL_SIGN}{{0,300}})?(?<![.,;:!?'’])",
                re.IGNORECASE,
            ),
            needs=(".com/", ".fr/", ".org/", ".net/", ".me/", ".social/"),
        ),
    )


_ABOUT_ACCOUNTS = """
    ou et de du est pour par oublié oublie perdu inconnu incorrect invalide unique obligatoire
    requis personnel professionnel forgotten unknown required name and or is not none null vide
    aucun oui non commun service individuel habituel root admin administrator administrateur cron
    daemon www-data system système guest invité courant épargne joint bancaire actif inactif
"""
ORDINARY = frozenset(_ABOUT_ACCOUNTS.split())


def _is_user_name(text: str) -> bool:
    """A word that no dictionary of announcements holds, and that is no mere number."""
    plain = text.strip("@.,;:").lower()
    return len(plain) >= 3 and plain not in ORDINARY and any(char.isalpha() for char in plain)


_ENGLISH = frozenset(
    """page screen details attempt attempts button failed failure error errors issue issues
    credentials prompt form script process again first token service services server window
    windows here there please via through using with from should must will does name names
    google outlook teams sharepoint facebook microsoft okta webmail portal account accounts
    password email franceconnect intranet extranet internet wifi vpn admin root login test
    chrome firefox edge safari android iphone citrix azure github gitlab zoom slack""".split()
)
_LEAST_OF_WORD = 5
_PRODUCTS = ("windows", "office", "sharepoint", "version", "article", "android", "microsoft")


def _is_account(text: str) -> bool:
    """A name of an account that no ordinary word is like."""
    plain = text.strip("@.,;:").lower()
    if not _is_user_name(text) or plain in _ENGLISH or "://" in plain:
        return False
    if plain.startswith(_PRODUCTS):
        return False
    if any(char in "._" or char.isdigit() for char in plain):
        return True
    return len(plain) >= _LEAST_OF_WORD and text.islower() and not is_word(plain)


TYPED = (
    r"(?<!\w)(?:on[ ](?:entre|tape|met|saisit)|entre[rz]?|tape[rz]?|saisi(?:r|s|ssez)|mets|mettez|mettre|"
    r"renseigne[rz]?|utilise[rz]?|rentre[rz]?|avec|type|enter|use)[ ]"
    r"(?:(?:l['’]|le[ ]|the[ ]|votre[ ]|ton[ ])?(?:identifiant|login|compte|user(?:name)?|id)[ ]?:?[ ])?"
    r"[\"'«“]{0,2}"
)
"""The words before a user name that one types, its password behind it."""
_ACCOUNT_WORDS = (
    r"(?:identifiant(?:[ ]de[ ]connexion)?|log-?in|nom[ ]d['’]utilisat(?:eur|rice)|user[ ]?name|"
    r"user[ ]?id|mon[ ]id|ton[ ]id|son[ ]id|votre[ ]id|pseudo|nom[ ]de[ ]compte|account)"
)
_ACCOUNT = r"(?P<value>[A-Za-z][\w.-]{2,38}\w)(?![\w@-]|\.\w|[ ]?:)"


class UserName(DeclaredRecognizer):
    """The name of an account: after «identifiant :» or «login :», ``DOMAIN\\user``, ``@handle``."""

    ENTITY = "USER_NAME"
    RULES = (
        Rule(
            "announced with a colon",
            re.compile(
                r"(?i:(?<![^\W_])(?:identifiants?(?:[ ](?:de[ ]connexion|r[ée]seau|windows|"
                r"utilisateur|intranet|informatique))?|(?:nom|compte)[ ](?:d['’ ]?[ ]?utilisateur|"
                r"d['’]utilisatrice|windows|r[ée]seau)|log-?in|user(?:[ _]?(?:name|id))?|username|"
                r"pseudo(?:nyme)?|account|handle|session|compte|sAMAccountName|uid))"
                r"[ \u00a0]{0,2}(?:[:=]|est[ ]|is[ ])[ \u00a0\"'«]{0,3}"
                r"(?P<value>@?[\w][\w.@-]{1,40}[\w])(?![\w@])"
            ),
            check=_is_user_name,
            score=MATCHED,
            needs=(
                *("identifiant", "nom", "compte", "log", "user", "pseudo", "account"),
                *("handle", "session", "samaccountname", "uid"),
            ),
        ),
        Rule(
            "announced, mixed with digits or dots",
            announced(
                r"identifiants?|log-?in|username|user[ ]name|pseudo|compte|account|utilisateur",
                r"(?=[a-z]{1,20}[._\d])[a-z][\w.-]{1,38}\w",
                links=4,
            ),
            check=_is_user_name,
            score=MATCHED,
            needs=("identifiant", "log", "user", "pseudo", "compte", "account", "utilisateur"),
        ),
        Rule(
            "told after its word",
            re.compile(
                rf"(?<![\w-])(?i:{_ACCOUNT_WORDS})(?:[ ](?i:windows|r[ée]seau|vpn|de[ ]\w{{3,15}}|"
                r"d['’]\w{3,15}|pour[ ]\w{3,15}|[\w-]{2,15})){0,2}?,?[ ]"
                r"(?i:(?:c['’ ]?)?est|is|was|sera|reste|devient|était|cest)[ ]"
                rf"(?i:(?:toujours|maintenant|désormais|donc|bien|now|still)[ ])?[\"'«“]{{0,2}}[ \u00a0]?{_ACCOUNT}"
            ),
            check=_is_account,
            score=MATCHED,
            needs=("identifiant", "log", "utilisat", "user", " id", "pseudo", "compte", "account"),
        ),
        Rule(
            "right behind its word",
            re.compile(
                rf"(?<![\w-])(?i:identifiant|log-?in|username|pseudo)[ ][\"'«“]{{0,2}}{_ACCOUNT}"
                r"(?=[ ]?[.,;)»\"'\n]|$|[ ](?:et|puis|and|pour|sur|ou|for|on)[ ])"
            ),
            check=_is_account,
            score=MATCHED,
            needs=("identifiant", "login", "log-in", "username", "pseudo"),
        ),
        Rule(
            "with which one connects",
            re.compile(
                r"(?i:(?<!\w)(?:connect(?:e[rsz]?|ent|ée?s?|ait|ons)|identifi(?:e[rsz]?|ée?s?)|"
                r"authentifi(?:e[rsz]?|ée?s?)|logu?e[rz]?|logs?[ ]in|logged[ ]in|sign[ ]in|"
                r"(?:ouvr|entr)\w{1,3}[ ]une[ ]session))(?:[ ][\w'’-]{1,15}){0,4}?[ ]"
                r"(?i:avec|sous|en[ ]tant[ ]que|comme|as)[ ]"
                r"(?i:(?:l['’]|le[ ]|mon[ ]|ton[ ]|son[ ]|votre[ ]|the[ ])?(?:identifiant|login|compte|"
                rf"nom|user(?:name)?|pseudo|account)[ ])?[\"'«“]{{0,2}}[ \u00a0]?{_ACCOUNT}"
            ),
            check=_is_account,
            score=MATCHED,
            needs=("connect", "identif", "authentif", "log", "sign in", "session"),
        ),
        Rule(
            "typed before a password",
            re.compile(
                rf"(?i:{TYPED}){_ACCOUNT}(?=(?:,?[ ](?i:puis|et|ensuite|then|and)[ ]|[ ]?[,/+][ ])"
                r"(?i:(?:comme[ ]|le[ ]|pour[ ]le[ ])?(?:mot[ ]de[ ]passe|mdp|password)|"
                r"(?=[^\s\d]{0,40}\d)(?=[\d\W]{0,40}[a-z])[^\s]{5,60}))"
            ),
            check=_is_account,
            context=re.compile(
                r"(?i)\b(?:sessions?|comptes?|connect\w*|identifiants?|log-?in|mots?[ -]de[ -]passe|mdp|"
                r"account|acc[èe]s)\b"
            ),
            reach=160,
            score=MATCHED,
            needs=("session", "compte", "connect", "identif", "log", "passe", "mdp", "acc"),
        ),
        Rule(
            "announced behind, mixed with digits or dots",
            re.compile(
                r"(?<![\w.@/-])(?P<value>(?=[a-z]{1,20}[._\d])[a-z][\w.-]{1,38}\w)[ \u00a0]?\([ ]?"
                r"(?:son[ ]|mon[ ]|nom[ ]de[ ])?(?i:compte|login|identifiant|session|"
                r"utilisateur)(?!\w)"
            ),
            check=_is_user_name,
            score=MATCHED,
            needs=("compte", "login", "identifiant", "session", "utilisateur"),
        ),
        Rule(
            "in the log of a session",
            re.compile(
                r"(?<!\w)(?:for|user)[ ](?:invalid[ ]user[ ])?(?P<value>[a-z][\w.-]{2,31})"
                r"(?=[ ]from[ ][\da-f]{1,4}[.:])"
            ),
            check=_is_user_name,
            score=MATCHED,
            needs=(" from ",),
        ),
        Rule(
            "Windows account",
            re.compile(
                r"(?<![\w\\/:.])[A-Z][A-Z0-9-]{1,14}\\(?!n\b)[A-Za-z][\w.-]{2,30}(?![\w\\])"
            ),
            needs=("\\",),
        ),
        Rule(
            "handle",
            re.compile(r"(?<![\w@./:+-])@[A-Za-z][A-Za-z0-9]{0,20}[._][\w.]{1,20}\w(?![\w/(@-])"),
            needs=("@",),
        ),
        Rule(
            "handle, in context",
            re.compile(r"(?<![\w@./:+-])@[A-Za-z]\w{2,30}(?![\w/(@.-]\w)"),
            context=re.compile(
                r"(?i)\b(?:twitter|instagram|insta|telegram|discord|slack|mastodon|tiktok|snap\w*|"
                r"compte|pseudo|suivez|contacte[rz]?|handle|teams|mattermost|follow)\b"
            ),
            needs=("@",),
        ),
    )


_DEGREES = (
    r"\d{1,3}[ ]?°[ ]?(?:\d{1,2}[ ]?['’′][ ]?(?:\d{1,2}(?:[.,]\d{1,4})?[ ]?(?:[\"”″]|''|’’)[ ]?)?)?"
)


def _decimal(places: int) -> re.Pattern[str]:
    """Two numbers of at least ``places`` decimals, as a map gives them."""
    return re.compile(
        rf"(?<![\w.,-])-?\d{{1,2}}\.\d{{{places},10}}[ ]?°?[ ]?[NS]?[ ]?[,;/ ][ ]?"
        rf"-?\d{{1,3}}\.\d{{{places},10}}(?:[ ]?°?[ ]?[EWO](?!\w))?(?![\w]|\.\d)"
    )


def _on_earth(text: str) -> bool:
    """Whether two decimal numbers are a latitude and a longitude (WGS 84)."""
    latitude, longitude = (float(n) for n in re.findall(r"-?\d{1,3}\.\d+", text)[:2])
    return abs(latitude) <= 90 and abs(longitude) <= 180


class Coordinates(DeclaredRecognizer):
    """A latitude and a longitude, in decimal degrees or in degrees, minutes and seconds."""

    ENTITY = "COORDINATES"
    RULES = (
        Rule("decimal", _decimal(4), check=_on_earth, digits=5),
        Rule(
            "decimal, in context",
            _decimal(2),
            check=_on_earth,
            context=re.compile(
                r"(?i)\b(?:GPS|coordonn[ée]es|g[ée]olocalis\w+|position|latitude|coordinates)\b"
            ),
            digits=3,
        ),
        Rule(
            "degrees, minutes, seconds",
            re.compile(
                rf"(?<![\w.,])(?:{_DEGREES}[NS][ ]?[,;/]?[ ]?{_DEGREES}[EWO](?!\w)"
                rf"|[NS][ ]?{_DEGREES}[,;/]?[ ]?[EWO][ ]?{_DEGREES})"
            ),
            needs=("°",),
        ),
        Rule(
            "announced apart",
            re.compile(
                r"(?i:\blat(?:itude)?[ ]?[:=][ ]?)"
                r"(?P<value>-?\d{1,2}[.,]\d{3,10}[ ]?°?[NS]?[ ]?[,;]?[ ]?"
                r"(?i:(?:et[ ]|and[ ])?(?:lon(?:gitude)?|lng)[ ]?[:=][ ]?)-?\d{1,3}[.,]\d{3,10})"
            ),
            needs=("lat",),
        ),
    )
