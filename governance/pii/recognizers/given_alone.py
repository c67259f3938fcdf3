"""Given names that stand alone: «Didier est d'accord», «merci awa», without a surname beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spacy.lang.en.stop_words import STOP_WORDS

from governance.pii.recognizers.base import SPACE, Span, folded
from governance.pii.recognizers.cells import fills_a_cell
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.gazetteer import SURE, is_place
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_noun, is_word
from governance.pii.recognizers.named_after import TRADES, is_a_bearer, is_an_instrument
from governance.pii.recognizers.naming import WORD
from governance.pii.recognizers.surnames import is_any_surname, is_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_S = SPACE
_SCORE: Final = 0.6
"""Above the language model, below what a pattern and its context say."""
_CAPITALISED: Final = re.compile(rf"(?<![\w'’@./&_-]){WORD}(?![\w@'’_]|-\w|\.\w)")
_PLAIN: Final = re.compile(
    rf"(?<![\w@./'’&=_#-])[{LOWER}]{{4,20}}(?:-[{LOWER}]{{2,20}})?(?![\w@'’=_]|-\w|\.\w)"
)
_SECOND: Final = re.compile(
    rf"{_S}(?:(?:(?:de|del|el|al|ben|bin|le|la|da|das|di|dos|du|van|von|den|der|ait|bou|ould){_S}){{1,2}}|"
    rf"[ndmol]['’])?(?P<word>[{LOWER}]{{2,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w@'’=_]|-\w|\.\w)"
    rf"|{_S}(?P<initial>[{LOWER}]\.|[bfghkprvwz](?![\w'’.]))"
)
"""A surname or its initial behind a given name: «awa ndiaye», «mathis r.»."""
_PAIR: Final = re.compile(
    rf"(?<![\w@./'’&=_#-])(?=(?P<first>[{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?){_S}"
    rf"(?:(?:de|el|ben|le|da|van|d['’]|n['’]|m['’]){_S}?)?"
    rf"(?P<second>[{LOWER}]{{4,20}}(?:[-'’][{LOWER}]{{2,20}})?)(?P<rest>)(?![\w@'’=_]|-\w|\.\w))"
)
_BEFORE: Final = re.compile(
    rf"(?<![\w.])(?P<value>[{LOWER}]\.|(?:le|el|ben|da|van|de)(?={_S})){_S}?$"
)
_PARTICLED: Final = re.compile(
    rf"(?<![\w@./'’-])(?:le|el|ben|van|von|ait|ould){_S}(?P<word>[{LOWER}]{{3,20}})(?![\w@'’=_-]|\.\w)"
)
"""«le gall», in a line typed in haste."""
_INITIALED: Final = re.compile(rf"(?<![\w.])[{LOWER}]\.{_S}?(?P<word>[{LOWER}]{{3,20}})(?![\w@.])")
_BEGINS: Final = re.compile(r"(?:^|[.!?:;…•»\"\n(\[|/>–—-])\W*$")
_ARTICLE: Final = re.compile(
    rf"(?i)(?<!\w)(?:la|le|les|une?|des|du|de la|cette|ce|sa|son|ma|mon|nos|vos|notre|votre){_S}$"
)
_SAINT: Final = re.compile(rf"(?i)(?<!\w)(?:saint|sainte|st|ste|notre-dame){_S}$")
_CAPITAL_BEFORE: Final = re.compile(rf"[{UPPER}][\w'’.-]*{_S}$")
_CAPITAL_BEHIND: Final = re.compile(rf"{_S}[{UPPER}][{LOWER}]")
_INITIAL_BEHIND: Final = re.compile(rf"{_S}[{UPPER}]\.")
"""«Sandrine M.»"""
_INFORMAL: Final = 0.02
"""Capitals among the letters of a line, at most, where somebody types in haste."""
_ALSO_ENGLISH: Final = frozenset(
    "will mark grace june april dean frank chase hope faith joy art drew pace harmony destiny summer channel".split()
)
_BRANDS: Final = frozenset(
    """renault peugeot citroen michelin bosch leclerc auchan casino darty michel boulanger ford philips siemens
    samsung nestle danone orange bouygues vinci veolia dalkia adecco randstad malakoff generali allianz pleyel
    schneider legrand dassault thales safran airbus hermes chanel dior lacoste puma adidas opel porsche ferrari
    molière moliere voltaire rousseau descartes pascal camus sartre proust balzac flaubert zola picasso monet
    einstein newton darwin marx freud kant hegel platon macron sarkozy hollande chirac mitterrand pompidou trump
    biden obama spielberg mozart chopin debussy ravel verlaine rimbaud baudelaire""".split()
)
"""Surnames that mostly stand for a firm, an author or a statesman."""
NAMES_FIRST: Final = frozenset(
    """adil alcide alexandra alexandrine alexei alphonse amadou anna antonin antonine ariel aubin augustin augustine
    axel balthazar baptiste benjamin bernard bernardin berthe bob bobby brandon carmen caroline casimir cassandre
    charlotte claude clarisse colette cosme david diane dimitri doris douglas ester eulalie eustache fabien fabienne
    fatma florence florentine fred germaine gilles giselle gordon guillaume guillemette hamza henri henry hippolyte
    hubert isabelle issa jack jacqueline jacques jean jeanne jenny joel john joseph jules julie julien julius ken
    lamine laura laure laurent lawrence lewis lise lisette louis louise luis madeleine manuel marc margot maria
    marianne marie martin martine mathieu mathilda mathurin maxime micheline morgan morgane moussa nicholas octave
    olivier oscar pascal pascale patrice paulette philippine pierrette ramona raphael regis rene richard robert
    rodolphe roger romane samson sandra sarah serge simone solange stella suzanne sylvestre tatiana thomas valentine
    victor violette virginie wallace william yves""".split()
)
"""Given names that a dictionary also holds, and that are hardly ever words in an office."""


def names_alone(text: str) -> Iterator[Span]:
    """Known given names and surnames with a capital, that are no place and no part of a longer
    name; only given names may be words as well."""
    for match in _CAPITALISED.finditer(text):
        start, end = match.span()
        if _is_a_given_name(text, start, end, match.group()):
            score, rule = _SCORE, "given name alone"
            if initial := _INITIAL_BEHIND.match(text, end):
                end = initial.end()
        elif _is_a_surname(text, start, end, match.group()):
            score, rule = _SCORE - 0.05, "surname alone"
        else:
            continue
        if not fills_a_cell(text, start, end):
            yield start, end, score, rule


def given_names_in_haste(text: str) -> Iterator[Span]:
    """Known names in lower case: in a line that has next to no capitals, with what stands beside
    them; elsewhere, given names alone that are hardly anything else."""
    position = 0
    for line in text.splitlines(keepends=True):
        letters = sum(map(str.isalpha, line))
        hasty = sum(map(str.isupper, line)) <= max(1, letters * _INFORMAL)
        if letters >= 12:
            for start, end in _in_haste(line) if hasty else _given_anywhere(line):
                yield position + start, position + end, _SCORE, "given name in lower case"
        position += len(line)


def _in_haste(line: str) -> Iterator[tuple[int, int]]:
    for match in _PLAIN.finditer(line):
        if _is_hardly_a_word(match.group()) and not is_a_bearer(line, *match.span()):
            start, end = match.start(), surname_behind(line, match.end())
            if before := _BEFORE.search(line, max(0, start - 8), start):
                start = before.start("value")
            yield start, end
    for match in _PAIR.finditer(line):
        if _are_a_name(match["first"], match["second"]):
            yield match.start("first"), match.start("rest")
    for match in _PARTICLED.finditer(line):
        word = match["word"]
        if is_any_surname(word) and _is_no_word(word) and not is_place(word):
            yield match.span()
    for match in _INITIALED.finditer(line):
        if may_be_surname(match["word"]) and not is_common(match["word"]):
            yield match.span()


def surname_behind(text: str, end: int) -> int:
    """Where a name in lower case ends whose given name ends at ``end``: behind the next word where
    that is a surname, an initial, or no word at all."""
    more = _SECOND.match(text, end)
    if more is None:
        return end
    if more["initial"]:
        return more.end()
    word = more["word"]
    known = is_any_surname(word) and not is_word(word)
    return more.end() if known or (len(word) > 2 and _is_no_word(word)) else end


def _given_anywhere(line: str) -> Iterator[tuple[int, int]]:
    for match in _PLAIN.finditer(line):
        word = match.group()
        if len(word) < 5 or word in NAMES_FIRST or not is_first_name(word):
            continue
        if _is_hardly_a_word(word) and not is_a_bearer(line, *match.span()):
            yield match.start(), surname_behind(line, match.end())


def _are_a_name(first: str, second: str) -> bool:
    """Whether two words in lower case are somebody: a given name, even one that is a word, with a
    surname that is none; or two words that are none, of which one is a known name."""
    if is_common(first) or is_common(second) or folded(second) in SURE or folded(first) in SURE:
        return False
    if not _is_no_word(second):
        return is_first_name(second) and _is_no_word(first) and is_any_surname(first)
    if is_first_name(first):
        return is_any_surname(second) or _is_no_word(first) or first in NAMES_FIRST
    known = is_any_surname(first) or (is_any_surname(second) and is_first_name(second))
    return known and _is_no_word(first)


def _is_hardly_a_word(word: str) -> bool:
    if is_common(word) or word in _BRANDS or folded(word) in SURE:
        return False
    halves = word.split("-")
    if halves[0] in NAMES_FIRST:
        return True
    if any(is_word(half) for half in (word, *halves)) or word in _ALSO_ENGLISH:
        return False
    return is_first_name(word) or (len(word) > 4 and is_surname(word))


_BEHIND: Final = re.compile(rf"{_S}(?P<word>[{UPPER}][{LOWER}]{{2,20}})(?!\w)")


def _trade_behind(text: str, end: int) -> bool:
    """Whether a word of a trade follows, as in the name of a firm: «Lucas Peinture»."""
    behind = _BEHIND.match(text, end)
    return behind is not None and folded(behind["word"]) in TRADES


def _is_no_word(word: str) -> bool:
    """Whether neither French nor a few hundred usual English words hold ``word`` or a half of it."""
    return not any(
        is_word(half) or is_common(half) or half in STOP_WORDS for half in (word, *word.split("-"))
    )


def _is_a_surname(text: str, start: int, end: int, word: str) -> bool:
    if len(word) < 5 or not is_surname(word) or is_common(word) or is_word(word):
        return False
    if folded(word) in _BRANDS or is_place(word):
        return False
    before = text[max(0, start - 30) : start]
    if _CAPITAL_BEFORE.search(before) or _CAPITAL_BEHIND.match(text, end):
        return False
    return not _names_a_thing(text, start, end)


def _is_a_given_name(text: str, start: int, end: int, word: str) -> bool:
    plain = folded(word)
    if len(word) < 3 or not is_first_name(word) or is_common(word) or plain in _ALSO_ENGLISH:
        return False
    if any(part.islower() for part in word.split("-")[1:]):
        return False  # «Pierre-et-le-Loup»
    if is_place(word) or (word.isupper() and len(word) < 4) or _names_a_thing(text, start, end):
        return False
    before = text[max(0, start - 30) : start]
    is_a_word = plain not in NAMES_FIRST and is_word(word)
    if is_a_word and (word.isupper() or _BEGINS.search(before) or _ARTICLE.search(before)):
        return False  # «Rose», «Marine»: only where the capital says that it is a name
    capital = _CAPITAL_BEFORE.search(before)
    if capital:
        called = capital.group().strip()
        if not _BEGINS.search(before[: capital.start()]):
            return False
        if is_noun(called) and not is_common(called):
            return False  # «Salade Victor», «Traiteur Léon»
    return not (is_a_word and _CAPITAL_BEHIND.match(text, end))


def _names_a_thing(text: str, start: int, end: int) -> bool:
    """Whether a saint, a thing called after somebody, a tool or a firm bears the name."""
    return (
        _SAINT.search(text, max(0, start - 30), start) is not None
        or is_a_bearer(text, start, end)
        or is_an_instrument(text, start, end)
        or _trade_behind(text, end)
    )
