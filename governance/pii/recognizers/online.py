"""What designates a person or their machine on a network, and places on a map."""

from __future__ import annotations

import re
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.announced import announced
from governance.pii.recognizers.base import DeclaredRecognizer, Rule, folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.lexicon import is_word
from governance.pii.recognizers.surnames import is_any_surname, is_surname, may_be_surname


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
_TECHNICAL = re.compile(
    r"(?:svc|srv|sa|api|app|batch|cron|bot|robot|root|system|systeme|daemon|no-?reply|deploy|etl|"
    r"ldap|sync|backup|job|ci|build|sql|oracle|test|demo|admin|adm)"
    r"(?:[._-](?:\d{1,3}|prod|dev|test|preprod|rec|recette|api|db|bdd|sql|web|sys|system|local|"
    r"backup|batch|sync|app|svc))*"
    r"|(?:svc|srv|sa|api|bot|batch|cron|daemon|job|etl)[._-].{1,40}"
    r"|.{1,40}[._-](?:svc|srv|bot|api|batch|cron|service|daemon|job)(?:[._-]?\d{1,3})?"
)


_ORDINARY: Final = frozenset(_ABOUT_ACCOUNTS.split())


def is_nobodys_account(name: str) -> bool:
    """Whether ``name``, in lower case, is a word on accounts or a service's: no person's."""
    return name in _ORDINARY or _TECHNICAL.fullmatch(name) is not None


def _is_user_name(text: str) -> bool:
    """A word that no dictionary of announcements holds, and that is no mere number."""
    plain = text.strip("@.,;:").lower()
    return (
        len(plain) >= 3 and not is_nobodys_account(plain) and any(char.isalpha() for char in plain)
    )


def _is_written_name(text: str) -> bool:
    """A word with a capital and nothing but letters, as a sentence or a name begins: «Céleste»."""
    return text.isalpha() and text.istitle() and (is_first_name(text) or may_be_surname(text))


_FILE_OR_SITE = re.compile(
    r"\.(?:fr|com|net|org|eu|io|gouv|local|lan|pdf|docx?|xlsx?|pptx?|odt|ods|txt|csv|json|ya?ml|xml|"
    r"html?|php|py|js|ts|java|sh|sql|log|md|zip|png|jpe?g|exe|dll|conf|ini|cfg|bak)$"
)
_PARTS = re.compile(r"[._-]+|\d+")
_NOT_OF_PERSONS = frozenset(
    """team teams equipe service services groupe group pole data dev ops prod test tests bot web app
    api user users name email mail role roles status type config default compte version code file
    other others called allow allowed special hello private child actual remain clear letter
    letters reader checker company local legal shall manner family those assets bottom price
    deleted delete deletes closing passing greater lower danish german greek czech british english
    manager default design chance mutual thank grammar during treat since above trans tlogin
    every better space frame check spare private represent collect describe
    by created updated source owner self request key address session host password what changed
    line page item ref reference id num dossier cas bug ticket string copilot agent bureau null true false main master release staging model assistant claude gpt node
    linux win ubuntu debian docker python mysql redis http https tcp udp ipv mp md sha utf iso""".split()
)
_AFFIXES = frozenset({"adm", "ext", "stg", "stag", "presta", "cdd"})
"""What an account of an administrator, an outsider or a trainee begins or ends with."""
_PARTICLES = ("le", "la", "de", "du", "el", "ben", "da", "dos", "van", "al", "saint")
_UNSAYABLE = re.compile(
    r"(?!bl|br|ch|cl|cr|dr|fl|fr|gl|gr|gn|gm|kr|kl|kn|ph|pl|pr|ps|pn|rh|sc|sh|sk|sl|sm|sn|sp|sq|st|sw|"
    r"th|tr|ts|vl|vr|wh|wr|wl|zh|dj|dh|gh|kh|bh|lh|ml|mb|nd|ng|nk|nt|mp|qw|xm|xl|ht|tw|ty|xh)"
    r"([b-df-hj-np-tv-xz])(?!\1)[b-df-hj-np-tv-xz][aeiouy][a-z]{3,}"
)
"""A consonant before a syllable as no word begins: an initial and a surname, «nbenali»."""


def _is_initialled(plain: str) -> bool:
    """An initial and a surname glued, in that order or the other: «jdupont», «tlemoal»."""
    if len(plain) < 5 or is_word(plain) or is_first_name(plain) or is_surname(plain):
        return False
    if plain in _NOT_OF_PERSONS or plain in _ENGLISH or plain.endswith(("ing", "tion", "able")):
        return False
    rest = plain[1:]
    if is_surname(rest) or (len(rest) > 5 and is_any_surname(rest)):
        return True
    if len(plain) > 6 and (is_surname(plain[:-1]) or (len(plain) > 7 and is_surname(plain[2:]))):
        return True
    cuts = {rest.removeprefix(particle) for particle in _PARTICLES} - {rest}
    return any(len(cut) > 3 and is_surname(cut) for cut in cuts) or bool(
        _UNSAYABLE.fullmatch(plain)
    )


def _is_login(text: str) -> bool:
    """A name that a directory gives to a person: «jdupont», «j.dupont», «k29», «nguema01»."""
    plain = text.strip("@.,;:")
    lower = folded(plain)
    if (
        len(plain) < 3
        or plain.istitle()
        or is_nobodys_account(lower)
        or _FILE_OR_SITE.search(lower)
    ):
        return False
    if plain.isalpha():
        return plain.islower() and plain.isascii() and _is_initialled(plain)
    parts = [part for part in _PARTS.split(plain.lower()) if part]
    if not parts or not _NOT_OF_PERSONS.isdisjoint(parts) or lower.startswith(_PRODUCTS):
        return False
    if "-" in plain and not any(char in "._" or char.isdigit() for char in plain):
        return any(map(_is_initialled, parts)) or not _AFFIXES.isdisjoint((parts[0], parts[-1]))
    named = [part for part in parts if is_first_name(part) or may_be_surname(part)]
    whole_word = all(len(part) > 2 and is_word(part) for part in parts)
    return bool(named) or not whole_word


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
_ACCOUNT = r"(?P<value>[A-Za-z][\w.-]{2,38}\w)(?![\w@(-]|\.\w|[ ]?:)"


_KEYS = (
    r"auteure?|autrice|author|owner|assignee|par|by|agent|op[ée]rat(?:eur|rice)|operator|actor|acteur|"
    r"requester|demandeu(?:r|se)|technicien(?:ne)?|reporter|reviewer|approver|valideur|gestionnaire|"
    r"responsable|saisie|user|usr|utilisat(?:eur|rice)|login|logon|uid|compte|account|qui|who|"
    r"[a-z]{2,15}[_ ]?(?:by|par)|(?:assigned|affect[ée]e?|attribu[ée]e?)[_ ]?(?:to|[àa])|"
    r"(?:login|user|utilisateur|agent|compte|identifiant|uid)[_ ]?(?:ad|windows|id|name|nom|agent|cible)"
)
"""Under what a file, a ticket or a log names who did something."""


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
            check=lambda text: _is_user_name(text) and not _is_written_name(text),
            score=MATCHED,
            needs=(
                *("identifiant", "nom", "compte", "log", "user", "pseudo", "account"),
                *("handle", "session", "samaccountname", "uid"),
            ),
        ),
        Rule(
            "announced, mixed with digits or dots",
            announced(
                r"identifiants?|log-?in|username|user[ ]name|pseudo(?:[ ][A-Za-z]{3,12})?|compte|account|utilisateur",
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
                rf"(?<![\w-])(?i:identifiant|log-?in|user[ ]?name|user[ ]?id|user|pseudo|"
                rf"nom[ ]d['’]utilisat(?:eur|rice))[ ][\"'«“]{{0,2}}[ \u00a0]?{_ACCOUNT}"
                r"(?=[ ]?[.,;/)»\"'\n]|$|[ ](?:et|puis|and|pour|sur|ou|for|on|[–—-]|mdp|pass\w*|mot)[ ])"
            ),
            check=_is_account,
            score=MATCHED,
            needs=("identifiant", "login", "log-in", "user", "pseudo", "utilisat"),
        ),
        Rule(
            "a login behind its word",
            re.compile(
                r"(?<![\w-])(?i:(?:compte|login|identifiant|acc[èe]s|session|user(?:[ ]id|name)?|"
                r"utilisat(?:eur|rice)|op[ée]rat(?:eur|rice)|pseudo|profil|account|log[ ]?in)s?"
                r"(?:[ ](?:(?:sous|avec)[ ]le[ ]nom|ad|windows|active[ ]directory|utilisateur|r[ée]seau|informatique|messagerie|vpn|"
                r"client|ent|intranet|m[ée]tier|applicatif|nominatif|admin|citrix|ouverte?|connect[ée]e?|"
                r"bloqu[ée]e?|verrouill[ée]e?|d[ée]sactiv[ée]e?|de|du|par|au[ ]nom[ ]de|sous|[àa]|en[ ]ligne|"
                r"l['’]utilisat(?:eur|rice)|d['’]utilisat(?:eur|rice)|nomm[ée]e?|actuel|cr[ée]{2}e?)(?!\w)){0,4}+)"
                rf"(?:[ ]?(?:[:=→]|->|\.{{3,40}}+)[ ]?|[ ])[\"'«“]{{0,2}}[ \u00a0]?{_ACCOUNT}"
            ),
            check=_is_login,
            score=MATCHED,
            needs=(
                *("compte", "log", "identifiant", "acces", "session", "user", "utilisat"),
                *("operat", "pseudo", "profil", "account"),
            ),
        ),
        Rule(
            "a login a few words behind its own",
            re.compile(
                r"(?<![\w-])(?i:login|identifiants?|compte|acc[èe]s|session|pseudo|user|nom[ ]d['’]utilisat(?:eur|rice))"
                r"(?:[ ][\w'’-]{1,15}){1,3}[ ]?(?:[:=→«\"“]|->|\.{3,40}+)"
                rf"[ \u00a0\"'«“]{{0,3}}{_ACCOUNT}"
            ),
            check=_is_login,
            score=MATCHED,
            needs=(
                "login",
                "identifiant",
                "compte",
                "acces",
                "session",
                "user",
                "pseudo",
                "utilisat",
            ),
        ),
        Rule(
            "an identifier before its password",
            re.compile(
                r"(?<![\w-])(?i:id|ident\w{0,8}|login|user)(?!\w)(?:[ ]de[ ]connexion)?[ ]?[:=]?[ ]?[\"'«“]{0,2}"
                r"(?P<value>[A-Za-z][\w.-]{2,38}\w)(?=[ ,;/|–-]{1,3}(?i:et[ ])?(?i:le[ ])?"
                r"(?i:mdp|pass\w{0,8}|pwd|mot[ ]de[ ]passe)(?!\w))"
            ),
            check=_is_account,
            score=MATCHED,
            needs=("mdp", "pass", "pwd"),
        ),
        Rule(
            "who did it, under a key",
            re.compile(
                rf"(?<![^\W_])(?i:{_KEYS})[\"']?[ ]{{0,2}}(?:[:=]|=>|\.{{3,40}}+)[ ]{{0,3}}[\"']?"
                r"(?P<value>[a-z][\w.-]{1,38}\w)(?![\w@/(-]|\.\w|[ ]?:)"
            ),
            check=_is_login,
            score=MATCHED,
            needs=(":", "=", "...."),
        ),
        Rule(
            "who did it, in a log",
            re.compile(
                r"(?<![\w-])(?i:(?:ouverte?|ferm[ée]e?|cr[ée]{2}e?|modifi[ée]e?|valid[ée]e?|saisie?|"
                r"supprim[ée]e?|lanc[ée]e?|clos|cl[ôo]tur[ée]e?|affect[ée]e?|assign[ée]e?|d[ée]pos[ée]e?|"
                r"connexion|d[ée]connexion|[ée]chec|mise?[ ][àa][ ]jour|created|updated|closed|opened|"
                r"assigned|modified|committed|logged[ ]in|login)[ ](?:r[ée]ussie[ ]|[ée]chou[ée]e[ ])?"
                r"(?:par|de|[àa]|pour|by|to|as)[ ])[\"'«“]?"
                rf"{_ACCOUNT}"
            ),
            check=_is_login,
            score=MATCHED,
            needs=(
                *("ouvert", "ferme", "cree", "modifi", "valide", "saisi", "supprim", "lance"),
                *("clos", "clotur", "affect", "assign", "depose", "connexion", "echec", "a jour"),
                *("created", "updated", "opened", "committed", "logged", "login"),
            ),
        ),
        Rule(
            "Skype",
            re.compile(r"(?i:(?<!\w)skype)[ ]?:?[ ]?(?P<value>live:[.\w-]{3,40}(?<![.-]))"),
            score=MATCHED,
            needs=("skype",),
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
            re.compile(r"(?<![\w@./:+-])@[A-Za-z][A-Za-z0-9]{0,20}[._][\w.]{0,20}\w(?![\w/(@-])"),
            needs=("@",),
        ),
        Rule(
            "handle that is a login",
            re.compile(r"(?<![\w@./:+-])@[a-z][a-z0-9]{3,30}+(?![\w/(@-]|\.\w)"),
            check=_is_login,
            score=MATCHED,
            needs=("@",),
        ),
        Rule(
            "handle, in context",
            re.compile(r"(?<![\w@./:+-])@[A-Za-z]\w{2,30}+(?![/(@.-]\w)"),
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
