"""Names of persons that their surroundings give away: civility, «je m'appelle», signature."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.words import is_common

_LETTERS = [chr(code) for code in range(0x41, 0x250) if chr(code).isalpha()]
UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
LOWER = "".join(letter for letter in _LETTERS if letter.islower())
PARTICLE = (
    r"(?:de|du|des|d['’]|la|le|van|von|der|den|ten|ter|zu|di|da|do|dos|das|del|della|el|al|ben|bin|"
    r"ibn|bint|ould|y)"
)

_S = SPACE
WORD = (
    rf"(?:[DLO]['’])?[{UPPER}](?:[{LOWER}]{{1,20}}|[{UPPER}]{{1,20}}|['’][{UPPER}])"
    rf"[{UPPER}{LOWER}]{{0,20}}(?:[-'’][{UPPER}{LOWER}]{{1,20}}){{0,3}}"
)
_INITIAL = rf"[{UPPER}](?:\.-?[{UPPER}])?\."
_LINKED = rf"(?:{PARTICLE}{_S}|d['’]|{PARTICLE}{_S}(?:la|l['’]|der|den|las|los){_S}?)"
NAME = (
    rf"(?:{_INITIAL}{_S}?)?{_LINKED}?{WORD}"
    rf"(?:{_S}(?:{_INITIAL}{_S}?)?{_LINKED}?{WORD}){{0,3}}"
)
_CIVILITY = (
    r"(?:M\.|MM\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Mister|Sir|Mme\.?|Mmes|Mlle\.?|Mlles|Madame|Mesdames|Monsieur|Messieurs|"
    r"Mademoiselle|Me|Ma[îi]tre|Dr\.?|Docteure?|Pr\.?|Prof\.?|Professeure?|Mgr|Monseigneur|"
    r"Commandant|Capitaine|Lieutenant|Colonel|Sergent|Brigadier|"
    r"(?:[ld][ae]?['’ ]|la |le |du |de la )?(?:juge|procureure?|pr[ée]fète?|d[ée]put[ée]e?|"
    r"s[ée]nat(?:eur|rice)|inspect(?:eur|rice)|commissaire|coll[èe]gue|salari[ée]e?|employ[ée]e?|"
    r"candidate?|stagiaire|apprentie?|cliente?|patiente?|[ée]l[èe]ve|requ[ée]rante?))"
)
_LOWER_CIVILITY = r"(?:mme|mlle|madame|monsieur|mademoiselle|m\.|mr)"
_JOIN = rf"(?:{_S}?,{_S}|{_S}(?:et|ou|and){_S}(?:{_CIVILITY}{_S})?)"
_PLAIN = rf"[{UPPER}{LOWER}]{{2,20}}(?:[-'’][{UPPER}{LOWER}]{{2,20}})?"
_LABEL = (
    r"(?:noms?(?: et pr[ée]noms?| de famille| d['’]usage| de naissance| de jeune fille|"
    r" du \w{3,15}| complet)?|"
    r"pr[ée]noms?(?: et noms?)?|nom ?/ ?pr[ée]nom|"
    r"salari[ée]e?|employ[ée]e?|agente?|titulaire|b[ée]n[ée]ficiaire|contact|interlocut(?:eur|rice)|"
    r"demand(?:eur|eresse)|destinataire|exp[ée]diteur|auteure?|signataire|repr[ée]sent[ée]e? par|"
    r"responsable|r[ée]f[ée]rente?|suivi par|[àa] l['’]attention de|"
    r"name|surname|first name|last name|full name|employee)"
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
        ),
        Rule("civility", re.compile(rf"(?<!\w){_CIVILITY}{_S}{{1,2}}(?P<value>{NAME})")),
        Rule(
            "civility in lower case",
            re.compile(rf"(?<!\w)(?i:{_LOWER_CIVILITY}){_S}(?P<value>{NAME})"),
        ),
        Rule(
            "second name after a civility in the plural",
            re.compile(rf"(?<!\w){NAME}{_JOIN}(?P<value>{NAME})"),
            context=re.compile(
                rf"(?<!\w)(?:MM\.|Mmes|Mlles|Messieurs|Mesdames){_S}[^.;\n]{{2,80}}$"
            ),
            reach=90,
        ),
        Rule(
            "introduction",
            re.compile(
                r"(?i:\b(?:je m['’]appelle|je me nomme|je me pr[ée]nomme|my name is|is named|"
                r"(?:mon|son|leur) (?:pr[ée])?nom(?:,? c['’])? ?est|s['’]appelle|se nomme|"
                r"nomm[ée]e?s?|pr[ée]nomm[ée]e?s?|d[ée]nomm[ée]e?|surnomm[ée]e?|"
                r"called|i['’]m|i am|je suis|c['’]est|"
                r"ici|sign[ée]e?s?(?: par)?|soussign[ée]e?,?))"
                rf"{_S}{{0,2}}[:,]?{_S}{{0,2}}(?:{_CIVILITY}{_S})?(?P<value>{NAME})"
            ),
        ),
        Rule(
            "introduction in lower case",
            re.compile(
                r"(?i:\b(?:je m['’]appelle|je me nomme|my name is|(?:mon|son) nom est)\b)"
                rf"{_S}:?{_S}?(?P<value>{_PLAIN}(?:{_S}(?!(?:et|j['’]ai|je|n[ée]e?|qui|mais|and|de|"
                rf"du|au|à|le|la|i|born)\b){_PLAIN})?)"
            ),
        ),
        Rule(
            "label",
            re.compile(
                rf"(?i:(?<!\w){_LABEL})(?:{_S}?\(e\))?{_S}?[:|=]{_S}{{0,4}}(?:{_CIVILITY}{_S})?"
                rf"(?P<value>{NAME})(?=\s|[,;.|<(\[/]|$)"
            ),
        ),
        Rule(
            "greeting",
            re.compile(
                r"(?i:\b(?:bonjour|bonsoir|salut|coucou|ch[èe]re?s?|hello|hi|dear|merci|thanks))"
                rf"{_S}(?P<value>{NAME}){_S}?[,!\n]"
            ),
        ),
        Rule(
            "header of an e-mail",
            re.compile(
                r"(?im:^[>\s]{0,4}(?:de|à|a|from|to|cc|cci|bcc|exp[ée]diteur|destinataires?|"
                r"envoy[ée] par)"
                rf"{_S}?:{_S}{{0,3}}[\"']?)(?P<value>{NAME})(?=[\"'\s<,;(]|$)"
            ),
        ),
        Rule(
            "name before an address in angle brackets",
            re.compile(rf"(?<!\w)(?P<value>{NAME})[\"']?{_S}?[<(\[](?=[\w.+%-]{{1,64}}@)"),
        ),
        Rule(
            "signature",
            re.compile(
                r"(?i:\b(?:cordialement|bien à (?:vous|toi)|salutations(?: distingu[ée]es)?|"
                r"respectueusement|sinc[èe]rement|amiti[ée]s|amicalement|(?:best |kind )?regards|"
                r"sincerely|"
                r"yours truly|meilleurs sentiments))"
                rf"{_S}?[,.!]?{_S}?\n\s{{0,6}}(?P<value>{NAME}){_S}?(?=\n|$|,|-|–|\|)"
            ),
        ),
    )

    def spans(self, text: str) -> Iterator[tuple[int, int, float]]:
        """The rules' finds less the words that are no name, and known given names with a name."""
        for start, end, score in super().spans(text):
            trimmed = without_common_words(text, start, end)
            if trimmed:
                yield (*trimmed, score)
        yield from _by_first_name(text)


_TOKENS = re.compile(r"[^\s,;:()\[\]«»\"<>]+")
_EITHER_ORDER = re.compile(
    rf"(?<![\w'’])(?P<first>{WORD})(?P<rest>(?:{_S}(?:{_INITIAL}{_S}?)?{_LINKED}?{WORD}){{1,3}})"
)


def _by_first_name(text: str) -> Iterator[tuple[int, int, float]]:
    """«Marie Durand», «DURAND Marie», «Marie-Anne de Villeneuve»: a given name and a surname."""
    position = 0
    while match := _EITHER_ORDER.search(text, position):
        words = [
            (token.start() + match.start(), token.end() + match.start(), token.group())
            for token in _TOKENS.finditer(match.group())
        ]
        position = words[1][0]
        first, second = words[0][2], words[1][2]
        if is_first_name(first) and not (is_common(second) and not second.isupper()):
            trimmed = without_common_words(text, match.start(), match.end())
            if trimmed and trimmed[1] - trimmed[0] > len(first):
                yield (*trimmed, MATCHED)
                position = match.end()
        elif first.isupper() and len(first) > 1 and not is_common(first):
            # SURNAME(s) in capitals, then a given name.
            for index, (_, end, word) in enumerate(words[1:], start=1):
                if is_first_name(word) and not (word.isupper() and index > 1):
                    yield match.start(), end, MATCHED
                    position = match.end()
                    break
                if not word.isupper():
                    break


_ARTICLES = frozenset({"Le", "La", "De", "Du", "Des", "Les", "LE", "LA", "DE", "DU", "DES", "LES"})


def _is_surname(word: str) -> bool:
    return word[0].isupper() and (word in _ARTICLES or not is_common(word))


def without_common_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The stretch less the common words at its ends, or None where no name is left."""
    words = [
        (token.start() + start, token.end() + start, token.group())
        for token in _TOKENS.finditer(text[start:end])
    ]
    while words and (is_common(words[0][2]) or not words[0][2][0].isalpha()):
        if words[0][2] in _ARTICLES and len(words) > 1 and _is_surname(words[1][2]):
            break  # «Le Goff», «De La Tour»
        words.pop(0)
    while words and (is_common(words[-1][2]) or not words[-1][2][0].isalpha()):
        if len(words) >= 2 and is_first_name(words[0][2]) and words[-1][2].isupper():
            break  # «Jean MAIRE», «Marie FRANCE»
        words.pop()
    if not words:
        return None
    first, last = words[0][0], words[-1][1]
    while last > first and not text[last - 1].isalpha():
        last -= 1
    kept = text[first:last]
    if sum(char.isalpha() for char in kept) < 2:
        return None
    return first, last
