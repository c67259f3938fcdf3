"""Names of persons that their surroundings give away: civility, «je m'appelle», signature."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.given_alone import given_names_in_haste, names_alone
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_plain_word
from governance.pii.recognizers.lower_case import names_in_lower_case
from governance.pii.recognizers.name_lists import given_names_in_series, listed_names
from governance.pii.recognizers.name_runs import names_in_runs
from governance.pii.recognizers.naming import (
    CIVILITY,
    NAME,
    PARTICLE,
    WORD,
    without_common_words,
)
from governance.pii.recognizers.person_roles import names_by_role
from governance.pii.recognizers.surnames import may_be_surname
from governance.pii.recognizers.words import TITLES, is_common

_S = SPACE
_NEE = r"(?:n[ée]e?s?|[ée]pouse|[ée]p\.|veuve|vve|alias|dite?|born|formerly)"
_JOIN = rf"(?:{_S}?,{_S}|{_S}(?:et|ou|and|&){_S}(?:{CIVILITY}{_S})?)"
_PLAIN = rf"[{UPPER}{LOWER}]{{2,20}}(?:[-'’][{UPPER}{LOWER}]{{2,20}})?"
_LABEL = (
    r"(?:noms?(?: et pr[ée]noms?| de famille| d['’]usage| de naissance| de jeune fille| marital|"
    r" du \w{3,15}| de l['’]\w{3,15}| complet)?|"
    r"pr[ée]noms?(?: et noms?| usuel| du \w{3,15}| de l['’]\w{3,15})?|nom ?/ ?pr[ée]nom|pr[ée]nom ?/ ?nom|"
    r"salari[ée]e?|employ[ée]e?|agente?|titulaire|b[ée]n[ée]ficiaire|contact|interlocut(?:eur|rice)|"
    r"demand(?:eur|eresse|euse)|destinataire|exp[ée]diteur|auteure?|signataire|repr[ée]sent[ée]e? par|"
    r"responsable|r[ée]f[ée]rente?|suivi par|[àa] l['’]attention de|dossier|patiente?|usag[èe]re?|"
    r"enfant|[ée]l[èe]ve|p[èe]re|m[èe]re|conjointe?|[ée]poux|[ée]pouse|parent|tut(?:eur|rice)|locataire|"
    r"propri[ée]taire|assur[ée]e?|adh[ée]rente?|candidate?|stagiaire|manager|n\+1|r[ée]dig[ée] par|"
    r"affaire suivie par|instruit par|valid[ée] par|objet|concerne|client|cliente|t[ée]moin|victime|requ[ée]rante?|"
    r"name|surname|first[ _]?name|last[ _]?name|full[ _]?name|employee|attn|contact person)"
)
_VERBS_OF_NAMING = (
    r"(?:je m['’]appelle|je me nomme|je me pr[ée]nomme|my name is|is named|named|"
    r"(?:mon|son|leur) (?:pr[ée])?nom(?:,? c['’])? ?est|s['’]appelle(?:nt|ra|rait)?|se nomme|se pr[ée]nomme|"
    r"nomm[ée]e?s?|pr[ée]nomm[ée]e?s?|d[ée]nomm[ée]e?|surnomm[ée]e?|n[ée]e|[ée]pouse|[ée]p\.|"
    r"called|i['’]m|i am|this is|je suis|c['’]est|moi c['’]est|"
    r"ici|sign[ée]e?s?(?: par)?|soussign[ée]e?,?)"
)
_CLOSING = (
    r"(?:cordialement|cdl?t|cordialement vôtre|bien à (?:vous|toi)|salutations(?: distingu[ée]es| les meilleures)?|"
    r"sentiments (?:distingu[ée]s|les meilleurs)|consid[ée]ration(?: distingu[ée]e)?|"
    r"respectueusement|sinc[èe]rement|amiti[ée]s|amicalement|bises|bisous|(?:best |kind |warm )?regards|"
    r"(?:yours )?(?:sincerely|faithfully|truly)|cheers|many thanks|thank you|thanks(?: again)?|best(?: wishes)?|"
    r"bonne (?:journ[ée]e|soir[ée]e|r[ée]ception|fin de journ[ée]e)|[àa] (?:bient[ôo]t|vous lire|demain|lundi)|"
    r"(?:grand )?merci(?: d['’]avance| encore| beaucoup| par avance)?|meilleurs sentiments|--)"
)
_CLOSING_WORDS = (
    *("cordialement", "cdt", "cdlt", "bien a", "salutation", "sentiments", "consideration", "cdl"),
    *("respectueusement", "sincerement", "amities", "amicalement", "bises", "bisous", "regards"),
    *("sincerely", "faithfully", "truly", "cheers", "thank", "best", "bonne ", "a bientot", "--"),
    *("a vous lire", "a demain", "a lundi", "merci"),
)
_GREETINGS = (
    *("bonjour", "bonsoir", "salut", "coucou", "cher", "hello", "hi ", "hey ", "dear", "merci"),
    *("thanks", " re ", "\nre ", "good "),
)


class PersonByContext(DeclaredRecognizer):
    """A name after a civility or a title, after «je m'appelle», in a header or a signature."""

    ENTITY = "PERSON"
    RULES = (
        Rule(
            "several civilities",
            re.compile(
                rf"(?<!\w)(?:M\.|Mr|Mme|Monsieur|Madame)"
                rf"{_S}(?:et|ou){_S}(?:M\.|Mr|Mme|Monsieur|Madame){_S}(?P<value>{NAME})"
            ),
            needs=("mme", "mr", "m. et", "m. ou", "monsieur", "madame"),
        ),
        Rule("civility", re.compile(rf"(?<!\w){CIVILITY}{_S}{{1,2}}(?P<value>(?:M\.{_S})?{NAME})")),
        Rule(
            "initial after a civility",
            re.compile(
                rf"(?<!\w)(?:Mme|Mlle|M\.|Mr\.?|Madame|Monsieur|Mrs|Ms){_S}(?P<value>[{UPPER}])(?=\.|[{_S[1:-1]},)])(?!\.?[\w-])"
            ),
            score=0.75,
        ),
        Rule(
            "civility in lower case",
            re.compile(
                rf"(?<!\w)(?i:mme|mlle|madame|monsieur|mademoiselle|m\.|mr){_S}(?P<value>{NAME})"
            ),
        ),
        Rule(
            "second name after a civility in the plural",
            re.compile(rf"(?<=\w){_JOIN}(?P<value>{NAME})"),
            context=re.compile(
                rf"(?<!\w)(?:MM\.|Mmes|Mlles|Messieurs|Mesdames){_S}[^.;:\n]{{2,110}}$"
            ),
            reach=120,
            needs=("mm.", "mmes", "mlles", "messieurs", "mesdames"),
        ),
        Rule(
            "introduction",
            re.compile(
                rf"(?i:\b{_VERBS_OF_NAMING})"
                rf"{_S}{{0,2}}[:,]?{_S}{{0,2}}(?:{CIVILITY}{_S})?(?P<value>{NAME})"
            ),
            needs=(
                *(
                    "appelle",
                    "nomme",
                    "name",
                    "nom est",
                    "nom c'est",
                    "nom, c'est",
                    "nee",
                    "epouse",
                ),
                *("ep.", "ne ", "called", "i'm", "i am", "this is", "je suis", "c'est", "ici"),
                *("signe", "soussigne"),
            ),
        ),
        Rule(
            "introduction in lower case",
            re.compile(
                r"(?i:\b(?:je m['’]appelle|je me nomme|my name is|(?:mon|son) nom est)\b)"
                rf"{_S}:?{_S}?(?P<value>{_PLAIN}(?:{_S}(?!(?:et|j['’]ai|je|n[ée]e?|qui|mais|and|de|"
                rf"du|au|à|le|la|i|born)\b){_PLAIN})?)"
            ),
            needs=("appelle", "nomme", "name", "nom est"),
        ),
        Rule(
            "label",
            re.compile(
                rf"(?i:(?<!\w){_LABEL})(?:{_S}?\(e\))?[\"'*]{{0,2}}{_S}?[:|=]{_S}{{0,4}}[\"'*]{{0,2}}{_S}?(?:{CIVILITY}{_S})?"
                rf"(?P<value>{NAME})(?=\s|[,;.|<(\[/\"'*]|$)"
            ),
            needs=(":", "|", "="),
        ),
        Rule(
            "greeting",
            re.compile(
                r"(?i:\b(?:bonjour|bonsoir|salut|coucou|ch[èe]re?s?|hello|hi|hey|dear|merci|thanks|bonjour à toi|re|good (?:morning|afternoon|evening)))"
                rf"{_S}(?P<value>{NAME}){_S}?(?=[,!.;?\n–-]|$|{_S}(?:et|and|je|j['’]|tu|peux|pour|de|on|il|elle|nous|vous|i|could|can)\b)"
            ),
            needs=_GREETINGS,
        ),
        Rule(
            "another after a greeting",
            re.compile(
                rf"(?i:\b(?:bonjour|bonsoir|salut|coucou|ch[èe]re?s?|hello|hi|hey|dear|merci|thanks)){_S}"
                rf"{NAME}(?:,{_S}{NAME}){{0,4}}{_S}(?:et|and|&){_S}(?P<value>{NAME})"
            ),
            needs=_GREETINGS,
        ),
        Rule(
            "header of an e-mail",
            re.compile(
                r"(?im:^[>\s*]{0,6}(?:de|à|a|from|to|cc|cci|bcc|exp[ée]diteur|destinataires?|"
                r"envoy[ée] par|reply-to|r[ée]pondre à)\*{0,2}"
                rf"{_S}?:\*{{0,2}}{_S}{{0,3}}[\"']?)(?P<value>{NAME})(?=[\"'\s<,;(\[]|$)"
            ),
            needs=(":",),
        ),
        Rule(
            "name before an address in angle brackets",
            re.compile(
                rf"(?<!\w)(?P<value>{NAME})[\"']?{_S}?[<(\[](?=(?:mailto:)?[\w.+%-]{{1,64}}@)"
            ),
            needs=("@",),
        ),
        Rule(
            "who wrote",
            re.compile(
                rf"(?<!\w)(?P<value>{NAME}){_S}(?:<[^<>\n]{{3,80}}>{_S})?(?:a écrit|wrote|écrivait|a ecrit){_S}?:"
            ),
            needs=(":",),
        ),
        Rule(
            "signature",
            re.compile(
                rf"(?i:(?<!\w){_CLOSING})"
                rf"{_S}?[,.!]?{_S}?\n\s{{0,6}}(?P<value>(?:M\.{_S})?{NAME}){_S}?(?=\n|$|,|-|–|\||\()"
            ),
            needs=_CLOSING_WORDS,
        ),
        Rule(
            "signature on its own line",
            re.compile(rf"(?i:(?<!\w){_CLOSING}){_S}?[,.!]{_S}(?P<value>{NAME})[.]?{_S}?(?=\n|$)"),
            needs=_CLOSING_WORDS,
        ),
        Rule(
            "name with an age",
            re.compile(
                rf"(?<![\w'’-])(?P<value>{NAME})(?:,{_S}?|{_S}?\({_S}?)\d{{1,3}}{_S}(?:ans|years old)(?!\w)"
            ),
            needs=("ans", "years"),
            digits=1,
        ),
        Rule(
            "two names of one person",
            re.compile(rf"(?<![\w'’-]){NAME}{_S}\(?{_NEE}{_S}{NAME}"),
            needs=(
                " nee",
                "(nee",
                " nes ",
                " ne ",
                "(ne",
                "epouse",
                "ep.",
                "veuve",
                "vve",
                "alias",
                " dit",
                "born",
                "formerly",
            ),
        ),
        Rule(
            "line of a signature",
            re.compile(
                rf"(?:\n[ \t]*\n|[.!?»]{_S}?\n)[ \t]*(?P<value>(?:{CIVILITY}{_S})?{NAME})[ \t]*"
                rf"(?=\n{{0,2}}\Z|\n(?!\n)[^\n:]{{3,60}}(?:\n|\Z))"
            ),
            score=0.7,
            needs=("\n",),
        ),
        Rule(
            "case of",
            re.compile(rf"(?<!\w)(?:(?i:affaire){_S}(?P<value>{NAME}))"),
            needs=("affaire",),
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds less the words that are no name, and known given names with a name."""
        for start, end, score, rule in super().spans(text):
            trimmed = (
                _after_civility(text, start, end)
                if "civilit" in rule
                else without_common_words(text, start, end)
            )
            if trimmed and not _is_a_word_there(text, *trimmed, rule):
                if rule == "signature" and text.startswith("M.", start):
                    trimmed = start, trimmed[1]  # nobody signs with a civility
                yield (*trimmed, score, rule)
        yield from names_alone(text)
        yield from given_names_in_haste(text)
        yield from names_by_role(text)
        yield from names_in_runs(text)
        yield from listed_names(text)
        yield from given_names_in_series(text)
        yield from names_in_lower_case(text)


_FIRST_WORD = re.compile(WORD)
_LEADING = re.compile(rf"(?:(?:M\.|{PARTICLE}){_S}|[dlDL]['’])*")
_TITLE = re.compile(rf"(?:l[ae]{_S}|l['’])(?P<word>[\w-]+)")
_NAME_LABEL = re.compile(r"(?i)(?:nom|name|identit[ée])[\w\s()/'’*\"-]{0,20}[:|=]\W{0,8}$")
_NOT_OF_A_PERSON = re.compile(
    r"(?i)(?:nom|name|intitul[ée])s?[ _]?(?:(?:du|de|de la|de l['’]|des|of|of the)[ _]?)?"
    r"(?:projet|project|[ée]tablissement|entreprise|soci[ée]t[ée]|structure|organisme|association|site|fichier|file|host|"
    r"produit|product|service|commune|rue|mod[èe]le|groupe|[ée]cole|client final|poste|navire|domaine|compte)s?\W{1,8}$"
)
_SUBJECT = re.compile(r"(?i)(?:objet|subject|concerne|re|dossier|contact)\W{1,8}$")
_WEAK_RULES = frozenset(
    {"label", "greeting", "line of a signature", "another after a greeting", "name with an age"}
)


def _is_a_word_there(text: str, start: int, end: int, rule: str) -> bool:
    """Whether what a label or a greeting announces is an ordinary word: «Objet : Fermeture»."""
    if rule not in _WEAK_RULES:
        return False
    words = _FIRST_WORD.findall(text, start, end) or [text[start:end]]
    before = text[max(0, start - 40) : start]
    known = any(is_first_name(word) for word in words)
    if rule == "line of a signature":
        return not known and (len(words) > 3 or all(map(is_plain_word, words)))
    if _NOT_OF_A_PERSON.search(before):
        return True
    if _SUBJECT.search(before):
        return not known
    if _NAME_LABEL.search(before):
        return False
    return not known and is_plain_word(words[0]) and not may_be_surname(words[0])


def _after_civility(text: str, start: int, end: int) -> tuple[int, int] | None:
    """After a civility, a word that is common elsewhere is a name: «Mme Noël», «M. Paris»."""
    if end - start == 1:
        return start, end
    titled = _TITLE.match(text, start, end)
    if titled and is_plain_word(titled["word"]):
        return None  # «Madame la Principale», «Monsieur le Géomètre»
    if trimmed := without_common_words(text, start, end):
        # «Dr de Vathaire», «Dr M. Keravec»: what stands right behind the civility is the name's.
        between = text[start : trimmed[0]]
        return (start, trimmed[1]) if _LEADING.fullmatch(between) else trimmed
    first = _FIRST_WORD.match(text, start, end)
    if first is None:
        return None
    word = first.group()
    if is_common(word) and (word.lower() in TITLES or not may_be_surname(word)):
        return None
    return first.span()
