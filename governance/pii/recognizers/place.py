"""Places that a text names: a town, a department, a region, a country; not an organisation's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult

from governance.pii.finding import GUESSED, MATCHED
from governance.pii.literals import Literals
from governance.pii.names.name_model import Reading
from governance.pii.recognizers.base import SPACE, folded, result
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.gazetteer import IN_CONTEXT, LONGEST, SURE, is_place
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_plain_word, is_word
from governance.pii.recognizers.words import is_common
from governance.pii.seen import seen

_S = SPACE
_REPEATED: Final = 40
"""Names found that are searched elsewhere in a text: bounded, so that time stays linear."""
_MAYBE: Final = 0.3
"""Chance, by the language model, from which a word behind «à» or «en» is masked, to be safe."""
_LIKELY: Final = 0.35
"""Chance, by the language model, from which a word that may be a place is one."""
_LEAST_IN_HASTE: Final = 0.02
"""Chance that a town in lower case needs all the same."""
_IN_LOWER_CASE: Final = 0.6
"""Chance of a place that a guess without a capital needs."""
_SURE: Final = 0.7
"""Chance from which a guess needs nothing else."""
_KNOWN: Final = 0.6
"""Score of a known name alone: above a guess, below a person that a pattern found."""

_PART = rf"(?:[DdLlNn]['’])?[{UPPER}][{UPPER}{LOWER}]{{1,25}}(?:['’-](?:[{UPPER}{LOWER}]{{1,20}})){{0,6}}"
_LINK = r"(?:de la|de|du|des|le|la|les|lès|lez|sur|sous|en|et|d['’]|l['’]|aux?|do|da|dos|del|di|upon|on)"
PLACE: Final = (
    rf"(?:(?:La|Le|Les|L['’]){_S}?)?{_PART}(?:(?:-|{_S})(?:{_LINK}(?:-|{_S})?)?{_PART}){{0,4}}"
)

_LIVING = (
    r"(?:n[ée](?:\(?[·.]?e\)?)?s?|sise?s?|naissance|habit\w{1,5}|vi[ts]|viv(?:ent|ant|re|ons|ez|ait)|r[ée]sid\w{1,5}|"
    r"domicili[ée]e?s?|demeur\w{1,5}|exer[cç]\w{1,5}|travaill\w{1,5}|situ[ée]e?s?|bas[ée]e?s?|install\w{1,5}|mut[ée]e?s?|"
    r"mutation|affect[ée]e?s?|d[ée]m[ée]nag\w{1,5}|emm[ée]nag\w{1,5}|d[ée]c[ée]d[ée]e?s?|mari[ée]e?s?|inhum[ée]e?s?|fait|"
    r"scolaris[ée]e?s?|originaires?|venue?s?|arriv[ée]e?s?|retourn[ée]e?s?|rentr[ée]e?s?|part[ie]\w{0,2}|log[ée]e?s?|"
    r"h[ée]berg[ée]e?s?|hospitalis[ée]e?s?|enterr[ée]e?s?|grandi|d[ée]placements?|voyages?|"
    r"born|living|lives?|lived|based|located|moved|residing)"
)
_CONTEXTS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "born in",
            rf"(?i:(?<!\w)n[ée](?:\(?[·.]?e\)?)?s?{_S}(?:le{_S}[^\n,;]{{4,24}}?{_S})?(?:[àa]){_S}?[:.…_]{{0,40}}{_S})(?P<value>{PLACE})",
        ),
        (
            "a verb of place",
            rf"(?i:(?<!\w){_LIVING}){_S}(?i:[àa]|de|d['’]|in|from|near|to|pr[èe]s de|vers){_S}?(?P<value>{PLACE})",
        ),
        (
            "«commune de»",
            rf"(?i:(?<!\w)(?:communes?|villes?|villages?|bourgs?|quartiers?|d[ée]partements?|r[ée]gions?|pays|[îi]les?|cantons?|"
            rf"provinces?|comt[ée]s?|agglom[ée]ration|bassin|vall[ée]e|golfe|mer|baie|d[ée]troit|lac|massif|secteur|r[ée]publique|royaume|gouvernement|town|city))"
            rf"{_S}(?i:d['’]|de la|de l['’]|de|du|des|of){_S}?(?P<value>{PLACE})",
        ),
        (
            "a label",
            rf"(?i:(?<!\w)(?:lieux?(?: de naissance)?|ville(?: de naissance)?|commune(?: de naissance| de r[ée]sidence)?|"
            rf"pays(?: de naissance)?|destination|d[ée]partement|r[ée]gion|n[ée]\(?e?\)? [àa]|localit[ée]|place of birth|city|town|country|birthplace))"
            rf"[\"']?(?:{_S}{{0,30}}[:=|]|{_S}?[.…_]{{3,40}}){_S}{{0,8}}[\"']?(?P<value>{PLACE})",
        ),
        (
            "a court",
            rf"(?i:(?<!\w)(?:tribunal|tribunaux|cour|(?:crown|high|county|sheriff|magistrates['’]?) court(?: of [a-z]{{3,20}})?|barreau|prison|maison d['’]arr[êe]t|parquet|centre d['’]accueil|centre de d[ée]tention)"
            rf"(?:{_S}[{LOWER}'’]{{1,20}}){{0,4}}?{_S}(?:de{_S}|d['’]|à{_S}))(?P<value>{PLACE})",
        ),
        (
            "a hearing",
            rf"(?i:(?<!\w)(?:audience|d[ée]bats|s['’](?:est|[ée]tait) d[ée]roul[ée]e?s?)(?!\w))[^.;\n]{{0,70}}?{_S}(?i:[àa]u?){_S}(?P<value>{PLACE})",
        ),
        (
            "a letter's date line",
            rf"(?m:^{_S}{{0,40}})(?:(?:Fait )?[àÀA] )?(?P<value>{PLACE}),{_S}(?=(?:le|ce|the){_S}\d{{1,2}}[ /.e])",
        ),
    )
)

_CONTEXT_NEEDS: Final = {
    "a court": Literals("tribuna", "cour", "barreau", "prison", "maison d", "parquet", "centre d"),
    "a hearing": Literals("audience", "debats", "deroul"),
    "a letter's date line": Literals(", le", ", ce", ", the"),
}
"""What any text holds, folded, in which such a context can be found."""

_ORGANISATION: Final = re.compile(
    r"(?i)(?<!\w)(?:mairies?|universit[ée]s?|facult[ée]s?|chu|chru?|ch|ghu?|h[ôo]pital|h[ôo]pitaux|"
    r"clinique|lyc[ée]es?|coll[èe]ges?|[ée]coles?|ufr|iut|ehpad|caf|cpam|urssaf|ars|ccas|"
    r"(?:sous-)?pr[ée]fecture|conseil|rectorat|acad[ée]mie|chambre|m[ée]tropole|communaut[ée]|"
    r"syndicat|club|association|agence|gare|a[ée]roport|office|dioc[èe]se|soci[ée]t[ée]|banque|"
    r"caisse|cr[ée]dit|f[ée]d[ée]ration|th[ée][âa]tre|mus[ée]e|op[ée]ra|m[ée]diath[èe]que|stade|"
    r"biblioth[èe]que|groupe(?:ment)?|institut|centre (?:hospitalier|social|communal|de gestion)|"
    r"university|hospital|council|b[âa]timents|tribunal administratif|service clients)"
    rf"(?:{_S}[{UPPER}{LOWER}'’-]{{1,20}}){{0,4}}{_S}(?:(?:de|du|des|en|de la|à|of){_S}|(?:de )?[ld]['’])$"
)
_OWNER: Final = re.compile(
    rf"(?:R[ée]gion|D[ée]partement|Ville|M[ée]tropole|Acad[ée]mie|Groupe|[Gg]are|Annexe|Chambre|CCI|Grand){_S}$"
)
_AGENCY: Final = re.compile(
    rf"France{_S}(?:Travail|Services?|Comp[ée]tences|R[ée]nov|Connect|T[ée]l[ée]visions?|Domaine|Relance|Info)(?!\w)"
)
_STREET: Final = re.compile(
    r"(?i)(?<!\w)(?:rue|avenue|av\.?|boulevard|bd\.?|place|pl\.?|impasse|all[ée]es?|chemin|quai|cours|square|route|rte|salle|"
    rf"r[ée]sidence|b[âa]timent|faubourg|pont|porte|villa|tour|hameau|lot(?:issement)?|zone|zac|za|zi)"
    rf"{_S}(?:(?:de|du|des|de la|de l['’]|la|le|les){_S}|[ld]['’])?$"
)
_PREPOSITION: Final = re.compile(
    rf"(?i)(?<!\w)(?:[àa]|en|au|aux|sur|vers|dans|pour|de|du|des|in|at|from|to|near|d['’]|par|chez|entre|et|ou|contre|avec|depuis|pour|selon){_S}?"
    rf"(?:(?:la|le|les|l['’]){_S}?)?$|[(,/–-]{_S}?$"
)
_AT: Final = re.compile(
    rf"(?i)(?<!\w)(?:[àa]|en|au|aux|sur|vers|dans|in|from|near|pr[èe]s de){_S}(?:(?:la|le|les){_S}|l['’])?$"
)
_NAMED: Final = re.compile(rf"{_AT.pattern}|(?<!\w)(?:les|des){_S}$")
"""Before a place whose name is made of words: «dans le Marais», «les Galeries»."""
_MIXED: Final = re.compile(rf"[{LOWER}][{UPPER}]")
_APPOSED: Final = re.compile(rf"[{LOWER}],{_S}$")
_OF: Final = re.compile(rf"(?i)(?<!\w)(?:de|du|des|en|à|c\.){_S}$|[ld]['’]$")
_STATE: Final = re.compile(
    rf"(?<!\w)(?:R[ée]publique|Royaume|Principauté|Grand-Duché|Émirat){_S}"
    rf"(?:(?:fédérale|populaire|démocratique|islamique|unie){_S}){{0,2}}(?:d['’]|de la |de l['’]|de |du |des ){PLACE}"
)
_FACILITY: Final = frozenset(
    """rue avenue boulevard place impasse allee allees chemin quai cours square route salle residence batiment pole
    service direction ecole college lycee hopital clinique centre gare aeroport stade gymnase hotel restaurant musee
    theatre eglise parc zone site agence atelier maison tour porte villa cite pont bureau tribunal cour mairie
    caisse amicale association chambre banque syndicat federation club prefecture universite mediatheque bibliotheque piscine creche garderie cantine foyer ehpad escalier etage
    appartement lot parcelle section cadastre article loi code projet plan comite commission conseil""".split()
)
_WORDS: Final = re.compile(rf"[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]*")
_IN_BRACKETS: Final = re.compile(
    rf"{_S}\((?P<value>[{UPPER}][{UPPER}{LOWER}'’-]{{2,25}}(?:{_S}[{UPPER}{LOWER}'’-]{{2,25}}){{0,3}})\)"
)
_ELIDED: Final = re.compile(r"[DdLl]['’]")
_IN_HASTE: Final = re.compile(
    rf"(?<!\w)(?:[àa]|de|en|sur|vers|dans|in|from|to|near){_S}"
    rf"(?P<value>(?:(?:st|ste|saint|sainte|la|le){_S})?[{LOWER}]{{4,20}}(?:-[{LOWER}]{{2,12}}){{0,3}})(?![\w-])"
)
_CANDIDATE: Final = re.compile(rf"(?<![\w@./_-]){PLACE}(?![\w@])")
_SEPARATORS: Final = re.compile(r"[\n\r\t|:;/\[\]()<>«»\"=*#,]+|\s[-–—•]\s|\.\s")


class Place(LocalRecognizer):
    """A place by its surroundings, by the gazetteer, or by what the language model labels LOC."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["LOCATION"], supported_language="fr", name="Place")

    def load(self) -> None:
        """The model is loaded with the engine, the gazetteer with this module."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any) -> list[RecognizerResult]:
        """Presidio's entry point; the guesses come in ``nlp_artifacts``."""
        return [
            result(self, "LOCATION", start, end, score, rule)
            for start, end, score, rule in self.spans(text, nlp_artifacts.reading)
        ]

    def spans(self, text: str, reading: Reading) -> Iterator[tuple[int, int, float, str]]:
        """(start, end, score, rule) of each place, given the model's reading."""
        found: dict[tuple[int, int], tuple[float, str]] = {}
        for start, end, score, rule in self._found(text, reading):
            found.setdefault((start, end), (score, rule))
        yield from ((*span, *why) for span, why in found.items())
        for _, end in list(found):
            within = _IN_BRACKETS.match(text, end)
            if within and not within["value"].isupper():
                found[within.span("value")] = (GUESSED, "in brackets after a place")
                yield *within.span("value"), GUESSED, "in brackets after a place"
        names = {text[start:end] for start, end in found if end - start > 3}
        for name in sorted(names)[:_REPEATED]:
            for again in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
                if again.span() not in found and _stands_alone(text, *again.span(), True):
                    yield *again.span(), GUESSED, "found elsewhere"

    def _found(self, text: str, reading: Reading) -> Iterator[tuple[int, int, float, str]]:
        organisations = [(each.start, each.end) for each in reading.guesses if each.label == "ORG"]
        known = seen(text)
        for rule, pattern in _CONTEXTS:
            if rule in _CONTEXT_NEEDS and not known.holds(_CONTEXT_NEEDS[rule]):
                continue
            for match in pattern.finditer(text):
                start, end = match.span("value")
                if (
                    rule == "a label"
                    and is_plain_word(match["value"])
                    and not is_place(match["value"])
                ):
                    continue  # the next label of a form, or of a table's head
                if trimmed := _without_person(text, start, end):
                    score = MATCHED + 0.05 if rule == "born in" else MATCHED - 0.1
                    yield (*trimmed, score, rule)
        in_haste = _IN_HASTE.finditer(text) if _seen_at_all(reading) else ()
        for match in in_haste:
            start, end = match.span("value")
            sure = folded(match["value"]) in SURE and not is_word(match["value"])
            least = _LEAST_IN_HASTE if sure else _LIKELY
            if is_place(match["value"]) and reading.of_place(start, end) >= least:
                yield start, end, _KNOWN, "gazetteer, in lower case"
        for start, end in _known(text, reading):
            inside = any(first < start and end <= last for first, last in organisations)
            if not inside or _OF.search(text, max(0, start - 6), start):
                yield start, end, _KNOWN, "gazetteer"
        for match in _STATE.finditer(text):
            yield *match.span(), MATCHED - 0.1, "state"
        for start, end in reading.maybe_places(_MAYBE):
            if _AT.search(text, max(0, start - 20), start) and _is_plausible(text, start, end, 0.0):
                yield start, end, GUESSED, "language model: maybe"
        for guess in reading.guesses:
            if guess.label == "LOC":
                for first, end in _pieces(text, guess.start, guess.end):
                    start = _after_article(text, first, end)
                    name = text[start:end]
                    if name.islower() and reading.of_place(start, end) >= _IN_LOWER_CASE:
                        if is_place(name):
                            yield start, end, GUESSED, "language model: LOC in lower case"
                        continue
                    if _is_plausible(text, start, end, reading.of_place(start, end)):
                        yield start, end, GUESSED, "language model: LOC"


def _seen_at_all(reading: Reading) -> bool:
    """Whether the model sees a chance of a place anywhere: a town in lower case needs one."""
    return max(reading.places, default=0.0) >= _LEAST_IN_HASTE


_LEADING_ARTICLE = re.compile(r"(?:les?|la|des?|du|cette?|l['’]|d['’])\s*(?=\S)")


def _after_article(text: str, start: int, end: int) -> int:
    article = _LEADING_ARTICLE.match(text, start, end)
    return article.end() if article else start


def _without_person(text: str, start: int, end: int) -> tuple[int, int] | None:
    words = text[start:end].split()
    if is_common(words[0]) and folded(text[start:end]) not in SURE:
        return None
    if is_first_name(words[0]) and not is_place(text[start:end]):
        return None
    return start, end


def _known(text: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """Names of the gazetteer that are written with capitals and stand alone."""
    for match in _CANDIDATE.finditer(text):
        yield from _known_in(text, match.start(), match.end(), reading)


def _known_in(text: str, start: int, end: int, reading: Reading) -> Iterator[tuple[int, int]]:
    words = [(word.start(), word.end()) for word in _WORDS.finditer(text, start, end)]
    index = 0
    while index < len(words):
        step = 1
        whole = words[index][0]
        elided = _ELIDED.match(text, whole)
        for first in (whole, elided.end()) if elided else (whole,):
            for last in range(min(len(words), index + LONGEST), index, -1):
                name = folded(text[first : words[last - 1][1]])
                if name not in SURE and name not in IN_CONTEXT:
                    continue
                known = name in SURE or reading.of_place(first, words[last - 1][1]) >= _LIKELY
                if _stands_alone(text, first, words[last - 1][1], known):
                    yield first, words[last - 1][1]
                    step = last - index
                    break
            else:
                continue
            break
        index += step


def _stands_alone(text: str, start: int, end: int, known: bool) -> bool:
    before = text[max(0, start - 70) : start]
    if _ORGANISATION.search(before) or _STREET.search(before):
        return False
    if known and (_AGENCY.match(text, start) or _OWNER.search(before)):
        return False
    if known and is_word(text[start:end]) and not _PREPOSITION.search(before[-16:]):
        return False  # «Réunion de service», «quiche Lorraine»
    return known or _AT.search(before) is not None


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for separator in _SEPARATORS.finditer(text, start, end):
        if separator.start() > position:
            yield position, separator.start()
        position = separator.end()
    if position < end:
        yield position, end


def _is_plausible(text: str, start: int, end: int, chance: float) -> bool:
    """Whether a guess can be a place: by its shape, and by what stands before it unless the model
    is sure."""
    name = text[start:end]
    words = _WORDS.findall(name)
    if not words or not any(word[0].isupper() for word in words) or any(map(str.isdigit, name)):
        return False
    if folded(words[0]) in _FACILITY or all(is_common(word) for word in words):
        return folded(name) in SURE
    if words[0].isupper() and len(words[0]) < (4 if len(words) == 1 else 6):
        return False  # «CHU de Brest»
    before = text[max(0, start - 70) : start]
    if folded(name) in SURE:
        return _stands_alone(text, start, end, True)
    if _MIXED.search(name) or (len(words) == 1 and words[0].isupper()):
        return False  # «NetSoins», «GAEC»
    if not (
        chance >= _SURE or _OF.search(before) or _NAMED.search(before) or _APPOSED.search(before)
    ):
        return False
    if is_plain_word(words[0]) and folded(name) not in SURE and not _NAMED.search(before):
        return False
    return not (_ORGANISATION.search(before) or _STREET.search(before))
