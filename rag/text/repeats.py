"""Tells two questions that are the same, typed or said a little otherwise.

What is left out says nothing (a greeting, a plural, which article it is); all that may change the
answer stays, in its place: who does what to whom, negations, prepositions, numbers and signs. The
stems and stop words of the search go much further: they confuse «retrait» with «retraite», and
«avant» with «après».
"""

from __future__ import annotations

import re
import unicodedata

from rag.text.words import fold, listed

_END = " ?!.…;:,"
_LEAD = re.compile(
    r"^(?:(?:bonjour|bonsoir|salut|hello)(?: a tous)?[ ,.!:]+)?"
    r"(?:(?:(?:je (?:voudrais|souhaite|souhaiterais|veux)|j'aimerais) savoir|"
    r"(?:pouvez-vous|pourriez-vous|peux-tu|pourrais-tu) me dire|(?:dites|dis)-moi) "
    r"(?:si |s'(?=il))?)?"
)
_THANKS = re.compile(
    r"[ ,.!?;]+(?:merci(?: (?:d'avance|beaucoup|bien))?|svp|stp|s'il (?:vous|te) plait)$"
)
_SILENT_SIGNS = re.compile(r"\best[- ]ce qu(?:e\b|')|(?<!\w)d'|-t-")
_THERE_IS = re.compile(r"\b(?:il y a|y a il)\b")
# «Le salarié peut-il» says its subject twice; after a comma, «il» may be somebody else.
_TWICE = re.compile(
    r"(?<=\w )(?<!quand )(?<!combien )(?<!comment )(?<!pourquoi )(?<!que )(?<!qui )(?<!où )"
    r"(peu(?:t|vent)|doi(?:t|vent)|est|sont|a|ont)[- ](?:il|elle)s?\b"
)
_BEFORE = re.compile(r"\b(on|je|il|nous|vous) (peut|doit|faut)\b")
_TOKEN = re.compile(
    r"(?<!\w)[lrd][. ]{0,2}\d+(?:-\d+)*|"  # an article of a code
    r"\d+(?:[.,/-]\d+)*|[^\W\d_]+|"
    r"(?<!\w)[-–—](?=[ \d])|[^\w\s?!.,;:()\"«»“”'–—-]"
)
_SAME = {
    form: forms.split()[0]
    for forms in (
        "peut peux puis peuvent pouvons pouvez",
        "doit dois doivent devons devez",
        "est suis sont sommes etes",
        "a à ai as avons avez ont",
        "le la les l un une des du",
        "quel quelle quels quelles",
        "il elle ils elles",
        "je j",
        "mon ma mes",
        "notre nos",
        "votre vos ton ta tes",
        "son sa ses leur leurs",
        "que qu",
        "ne n",
        "se s",
        "ce c",
        "me m",
    )
    for form in forms.split()
}
_FIRST_PERSON = listed("me moi mon nous notre")
_OTHER_WITHOUT_ACCENT = listed("où là dès dû sûr")
_NO_PLURAL = listed("mois temps fois cours")
# Words whose last accent may be left out without making other words of them.
_PLAIN = listed(
    """conge salarie employe delegue ferie duree annee journee indemnite maternite paternite
    anciennete securite sante egalite activite"""
)


def as_typed(question: str) -> str:
    """``question`` in one form of letters and spaces, without the signs that end it."""
    folded = unicodedata.normalize("NFKC", question).casefold().replace("’", "'")
    return unicodedata.normalize("NFC", " ".join(folded.split())).rstrip(_END)


def as_meant(question: str) -> str:
    """The words of a French question that tell what is asked, in their order; may be empty."""
    text = as_typed(question)
    text = text[: _found_end(_THANKS, text)].rstrip(_END)
    lead = _LEAD.match(_bare(text))
    text = text[lead.end() if lead else 0 :]
    text = _THERE_IS.sub("ya", _SILENT_SIGNS.sub(" ", text).replace("  ", " "))
    tokens = _TOKEN.findall(_TWICE.sub(r"\1", text))
    # Which article says nothing, but whether there is one does: «peut-on le licencier».
    kept = [_word(token) for token in tokens if token != "de"]
    if not _FIRST_PERSON.intersection(kept):
        # «Puis-je refuser» is «peut-on refuser», but «mes congés» are not refused by whom they are.
        kept = ["on" if word == "je" else word for word in kept]
    return _BEFORE.sub(r"\2 \1", " ".join(kept)).replace("conge payé", "conge paye")


def _found_end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(_bare(text))
    return found.start() if found else len(text)


def _bare(text: str) -> str:
    """``text`` without accents, letter for letter, so that places in it are places in ``text``."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)


def _word(token: str) -> str:
    """What stands for ``token`` where questions are compared."""
    if token in ("au", "aux"):
        return "a le"
    if token in _OTHER_WITHOUT_ACCENT:
        return token
    if token[-1].isdigit():
        return re.sub(r"^([lrd])[. ]+", r"\1", token)
    one = token if len(token) < 4 or token in _NO_PLURAL else token.removesuffix("s")
    bare = fold(one)
    if one.endswith("é") and bare not in _PLAIN:
        return f"{bare[:-1]}é"
    return _SAME.get(token, _SAME.get(bare, bare))
