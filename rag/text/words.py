"""Words as the indexes and the citation checker see them: stems, without accents or stop words.

One analysis for all, by tantivy's own tokeniser and Snowball's French stemmer, so that a word
typed without its accents still meets the one that the law prints.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import tantivy


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


# Words that ask rather than say; and words that say nothing, elided forms included.
QUESTION_WORDS = listed(
    """combien comment quand quel quelle quels quelles qui quoi que quoi pourquoi ou lequel laquelle
    lesquels lesquelles est-ce dois doit peux peut puis pouvez pouvons faut veux voudrais savoir
    dire dis explique expliquer expliquez moi svp bonjour merci plait ai-je as-tu avons nous"""
)
STOP = listed(
    """a ai ait aient as aura avez avons c combien comment d es etais etait etaient etes j l m n ont
    pourquoi qu s sommes suis t y jusqu lorsqu puisqu quoiqu quelqu presqu cela ca ceci afin
    ainsi alors apres aucun aussi autre autres avant avec avoir bon car ce ces cet cette ceux chaque
    chez ci comme dans de des depuis donc dont du elle elles en encore entre est et etant etc ete
    etre eu eux fait faire fois font hors ici il ils je juste la le les leur leurs lors lui ma mais
    meme memes mes mon ne ni nos notre nous on par parce pas peu plupart pour quand quant que
    quel sa sans se sera seront ses si sien son sont sous soit sur ta tandis te tel telle telles
    tels tes ton tous tout toute toutes tres trop tu un une vers voici voila vos votre vous vu"""
)
_TOKEN = re.compile(r"[^\W_]+")


class _Letters(dict[int, str]):
    """What a character is folded to, found once: a search folds a hundred passages."""

    def __missing__(self, character: int) -> str:
        parts = unicodedata.normalize("NFD", chr(character))
        self[character] = bare = "".join(c for c in parts if not unicodedata.combining(c))
        return bare


_LETTERS = _Letters({ord("œ"): "oe", ord("æ"): "ae"})


def fold(text: str) -> str:
    """``text`` in lower case, without accents; œ and æ are two letters."""
    return text.lower().translate(_LETTERS)


_FRENCH = listed("le la les de des du un une et est en dans pour par que qui sur au aux ne pas")
_ENGLISH = listed("the of to and is are in for by that which on at not a an be must may can has")


def is_english(sentence: str) -> bool:
    """Whether the small words of ``sentence`` are English rather than French."""
    said = _TOKEN.findall(fold(sentence))
    return sum(word in _ENGLISH for word in said) > sum(word in _FRENCH for word in said)


@lru_cache(maxsize=1)
def _snowball() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    return builder.filter(tantivy.Filter.stemmer("french")).build()


_ENDING = re.compile(r"(?:ionn?)?[eiy]*$")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of one folded word.

    Snowball's French stemmer, after folding: a question typed without accents, which is every
    second one, falls on the same stems as the text. Snowball then leaves endings of words that
    lost their accent («harcelée», «licenciée», «démissionné»), which are taken off here.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    root = str(_snowball().analyze(word)[0])
    bare = _ENDING.sub("", root)
    return bare if len(bare) >= 3 else root.rstrip("e").replace("y", "i")


def stems(text: str) -> list[str]:
    """The stems of ``text`` in order, without stop words: what the indexes hold of it."""
    return [stem(word) for word in _TOKEN.findall(fold(text)) if word not in STOP]


_PLACEHOLDER = re.compile(r"\[[A-ZÀ-Ý][A-ZÀ-Ý_ ]*\d*(?:_[A-Z0-9_]+)?\]|<[A-Z_]+_?\d*>")


def without_placeholders(question: str) -> str:
    """``question`` without placeholders such as «[PERSONNE_1]», which name nothing searchable."""
    return " ".join(_PLACEHOLDER.sub(" ", question).split())


def query_text(question: str) -> str:
    """``question`` without placeholders and without the words that ask.

    Signs inside stay, so that «L. 3141-3» can still be read as a reference.
    """
    bare = without_placeholders(question)
    kept = [piece for piece in bare.split() if not _asks(piece)]
    return " ".join(kept) if kept else bare


def _asks(piece: str) -> bool:
    found = _TOKEN.findall(fold(piece))
    return all(word in QUESTION_WORDS for word in found)
