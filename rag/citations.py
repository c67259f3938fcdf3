"""Checking an answer against the passages that were given: what is supported, and by which.

A sentence stands on a passage that holds its facts to the letter (numbers with their units,
references to articles, names), and its matter: most of its words in one place or, where it says
them otherwise, a sentence that means nearly the same. A sentence that denies what the nearest one
affirms stands on nothing. No language model takes part, so the same answer gets the same verdict,
in time linear in its length. What this cannot see is a sentence that uses a passage's own words and
numbers to say something else.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.protocol import Embedder, Vectors
from rag import glossary
from rag.protocol import CheckedSentence, Grounding, Passage, Support
from rag.text import asks, facts, names, polarity, sentences, words
from rag.text.facts import Facts
from rag.text.vocabulary import Vocabulary

# The share of a sentence's words, by weight, that a passage must hold in one place, with a sentence
# that comes somewhat near (cosine): a code of law shares its words with anything.
SUPPORT = 0.5
ABOUT = 0.87
# Where it holds fewer, how near a sentence must come: ``bench/citations.py`` tells what passes.
SOME = 0.25
NEAR = 0.91
# A figure that the question did not give, found with its unit in a place that comes this near to
# the question with its answer: people ask in words of their own, and a model repeats them.
ANSWERED = 0.88
# In another language no word is shared: of eight translations all are this near, of others none.
NEAR_ABROAD = 0.9
ANSWERED_ABROAD = 0.85
# What only says the question again must stand in the source nearly to the word.
RESTATED = 0.8
# Sentences as near as the nearest, less this, are taken for it: a figure that stands where the
# sources speak of something else supports nothing. (Of a model's answers, 59 of 78 right and 18 of
# 85 wrong ones pass with .03, 54 and 16 with .01.)
ALIKE = 0.03
# A second passage is cited when it supports nearly as well as the best.
NEARLY = 0.9
MAX_CITATIONS = 2
# Sentences of a passage that are read together as one place.
WINDOW = 3
_MIN_WORDS = 3

_MARK = re.compile(
    r"[ \t\u00a0\u202f]*[\[【]\s?(?:(?:sources?|passages?|documents?|doc\.?|réf\.?|n°)\s*)?"
    r"\d{1,3}(?:\s?[,;-]\s?\d{1,3})*\s?$",
    re.IGNORECASE,
)
_MARK_LOOK_BACK = 48
_LINK = re.compile(r"\((?:https?://|#)[^()\s]{0,500}\)")
_CLOSING = re.compile(r"[\s.!?…;:,»\"”’)\]*_|`]*$")
_COURTESY = re.compile(
    r"^\W*(?:bonjour|bonsoir|merci|cordialement|bien à vous|bonne (?:journée|continuation)|"
    r"n['’]hésitez|j['’]espère|je (?:reste|suis (?:là|désolé|à votre|un)|vous (?:invite|conseille|"
    r"recommande)|peux|ne peux|n['’]ai pas)|puis-je|souhaitez-vous|voulez-vous|"
    r"voici|en résumé,? voici|pour (?:plus|davantage) d['’](?:informations|précisions)|"
    r"(?:les|aucune?s?) (?:sources?|passages?|documents?) [^.]*\b(?:ne|n['’])|"
    r"hello|thank|please|i (?:am|can|cannot)|the sources? do not|here (?:is|are))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A few sentences of a passage, with the passage's headings."""

    stems: frozenset[str]
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Source:
    """A passage as answers are checked against it; ``names`` are all its words, folded."""

    places: list[_Place]
    sentences: list[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the question gives by itself: repeating it says nothing."""

    names: frozenset[str]
    stems: frozenset[str]
    facts: Facts

    def holds(self, claimed: Facts, stems: frozenset[str]) -> bool:
        """Whether it gives all that is ``claimed`` and all of ``stems``."""
        return stems <= self.stems and claimed.within(self.facts)


_QUANTITIES = frozenset(words.stems(facts.QUANTITIES)) | frozenset(map(str, range(10_000)))

# Who is spoken to, and a yes: they are no matter.
_PERSONS = frozenset(
    words.stems("oui non je me moi mon ma mes tu te toi ton ta tes vous votre vos nous notre nos")
)


class PassageCitationChecker:
    """Implements :class:`rag.protocol.CitationChecker`; without an embedder, words alone tell.

    ``vocabulary`` is what acronyms and everyday words stand for: that of the shipped glossary if
    left out.
    """

    def __init__(
        self, embedder: Embedder | None = None, vocabulary: Vocabulary | None = None
    ) -> None:
        self._embedder = embedder
        self._vocabulary = vocabulary if vocabulary is not None else glossary.shipped()

    def read(self, passages: Sequence[Passage], question: str = "") -> PassageReading:
        """The passages, read for one answer. Names that ``question`` gives may be said again."""
        return PassageReading(passages, question, self._embedder, self._vocabulary)


class PassageReading:
    """Implements :class:`rag.protocol.Reading`. Passages are embedded once, when first needed."""

    def __init__(
        self,
        passages: Sequence[Passage],
        question: str,
        embedder: Embedder | None,
        vocabulary: Vocabulary,
    ) -> None:
        self._sources = [_source(passage) for passage in passages]
        self._weights = _Weights(passages)
        self._question = question
        self._asked = _Asked(
            names.said(question), frozenset(words.stems(question)), facts.offered(question)
        )
        self._wanted = asks.wanted(question)
        self._embedder = embedder
        self._vocabulary = vocabulary
        self._meanings: list[Vectors] | None = None
        # A sentence is read as it is written, and once more with the whole answer.
        self._scored: dict[str, list[float]] = {}

    def supports(self, sentence: str) -> bool | None:
        """Whether a passage holds what ``sentence`` answers, None where it answers nothing.

        A courtesy does not, nor the question said again, nor a true sentence without a figure in
        the unit that the question asks for.
        """
        bare, _ = _without_marks(sentence)
        if _states_nothing(bare):
            return None
        if not self._verdict(bare, frozenset()).citations:
            plain = words.without_placeholders(bare)
            # With its «oui», which answers; the scores leave it out.
            said = self._asked.holds(facts.asserted(plain), frozenset(words.stems(plain)))
            return None if said else False
        return True if self._wanted.in_unit(bare) else None

    def check(self, answer: str) -> Grounding:
        """The verdict on each sentence of ``answer``, and its text with the right citations.

        Citations are numbers from 1, in the order of the passages.
        """
        parts: list[str] = []
        checked: list[CheckedSentence] = []
        position, fenced = 0, False
        for start, end in sentences.spans(answer):
            parts.append(answer[position:start])
            position = end
            text = answer[start:end]
            if text.startswith(("```", "~~~")):
                fenced = not fenced
            bare, given = _without_marks(text)
            bare = bare.strip() if given else bare
            if fenced or not bare or _states_nothing(bare):
                verdict = CheckedSentence(bare, "not_factual", (), 0.0)
            else:
                verdict = self._verdict(bare, given)
            if bare:
                checked.append(verdict)
            parts.append(_with_marks(bare, verdict.citations))
        parts.append(answer[position:])
        factual = [sentence for sentence in checked if sentence.support != "not_factual"]
        supported = [sentence for sentence in factual if sentence.support != "unsupported"]
        return Grounding(
            text="".join(parts),
            sentences=tuple(checked),
            cited=tuple(sorted({n for sentence in checked for n in sentence.citations})),
            score=len(supported) / len(factual) if factual else None,
        )

    def _verdict(self, sentence: str, given: frozenset[int]) -> CheckedSentence:
        # A placeholder stands for what no public passage holds: its word and number do not count.
        plain = words.without_placeholders(sentence)
        if plain not in self._scored:
            self._scored[plain] = self._scores(plain)
        scores = dict(enumerate(self._scored[plain], start=1))
        able = sorted((n for n in scores if scores[n] >= SUPPORT), key=lambda n: (-scores[n], n))
        best = max(scores.values(), default=0.0)
        if not able:
            return CheckedSentence(sentence, "unsupported", (), round(best, 4))
        right = [number for number in able if number in given][:MAX_CITATIONS]
        if not right:
            right = [number for number in able if scores[number] >= NEARLY * best][:MAX_CITATIONS]
        support: Support = "supported" if set(right) == given else "corrected"
        return CheckedSentence(sentence, support, tuple(sorted(right)), round(best, 4))

    def _scores(self, plain: str) -> list[float]:
        """How well each passage supports a sentence: 0 to 1, from ``SUPPORT`` on it does."""
        told = frozenset(words.stems(plain))
        # Numbers and units are compared to the letter; here the matter must be the same.
        stems = (told - _QUANTITIES - _PERSONS) or told
        others = self._otherwise(plain)
        claimed, named = facts.asserted(plain), names.proper(plain) - self._asked.names
        abroad = words.is_english(plain)
        # English says «2.5 working days»: there, the number tells without its unit.
        figures = claimed.quantities or (claimed.numbers if abroad else frozenset())
        answers = bool(figures - self._asked.facts.quantities - self._asked.facts.numbers)
        holding = [
            [
                (number, self._weights.share(stems, place, others) if stems else 1.0)
                for number, place in enumerate(source.places)
                if claimed.within(place.facts)
            ]
            if all(_named(name, source, self._vocabulary) for name in named)
            else []
            for source in self._sources
        ]
        shares = [max((share for _, share in places), default=-1.0) for places in holding]
        if self._asked.holds(claimed, stems):
            return [max(0.0, share) if share >= RESTATED else 0.0 for share in shares]
        least = 0.0 if abroad or answers else SOME
        if self._embedder is None or max(shares, default=-1.0) < least:
            return [max(0.0, share) for share in shares]
        said, asked = self._embedder.embed_passages([plain, f"{self._question} {plain}"])
        meanings = self._vectors(self._embedder)
        likeness = [vectors @ said for vectors in meanings]
        nearest = max(float(each.max(initial=0.0)) for each in likeness)
        near, answered = (NEAR_ABROAD, ANSWERED_ABROAD) if abroad else (NEAR, ANSWERED)

        def score(source: int) -> float:
            best = 0.0
            for first, share in holding[source]:
                here = likeness[source][first : first + WINDOW]
                close = float(here.max(initial=0.0))
                if close < nearest - ALIKE:
                    continue  # it is elsewhere that the sources speak of this
                questioned = meanings[source][first : first + WINDOW] @ asked
                if (
                    (share >= SUPPORT and close >= ABOUT)
                    or (share >= (0.0 if abroad else SOME) and close >= near)
                    or (answers and float(questioned.max(initial=0.0)) >= answered)
                ) and not _denied(plain, self._sources[source].sentences[first:], here):
                    best = max(best, share, SUPPORT + max(0.0, close - near))
            return min(1.0, best or max(0.0, min(shares[source], SUPPORT / 2)))

        return [score(source) for source in range(len(self._sources))]

    def _otherwise(self, plain: str) -> dict[str, tuple[frozenset[str], ...]]:
        """The words of a sentence that the sources may say otherwise: «patron», «employeur»."""
        return {
            stem: tuple(frozenset(words.stems(each)) for each in self._vocabulary.meanings(word))
            for word in set(plain.split())
            for stem in words.stems(word)
        }

    def _vectors(self, embedder: Embedder) -> list[Vectors]:
        """The meaning of each sentence of each passage."""
        if self._meanings is None:
            pieces = [piece for source in self._sources for piece in source.sentences]
            ends = np.cumsum([len(source.sentences) for source in self._sources])
            self._meanings = np.split(embedder.embed_passages(pieces), ends[:-1])
        return self._meanings


def _named(name: str, source: _Source, vocabulary: Vocabulary) -> bool:
    """Whether a passage gives a name, or the words that an acronym stands for."""
    # A name is folded, and «CE» is no acronym in small letters.
    meanings = map(names.said, vocabulary.meanings(name.upper()))
    return name in source.names or any(said and said <= source.names for said in meanings)


def _denied(sentence: str, near: Sequence[str], likeness: Vectors) -> bool:
    """Whether what is nearest among ``near`` affirms what ``sentence`` denies, or the reverse."""
    nearest = np.flatnonzero(likeness >= likeness.max(initial=0.0) - ALIKE)
    told = polarity.denies(sentence)
    return len(nearest) > 0 and all(polarity.denies(near[int(n)]) != told for n in nearest)


def without_citations(text: str) -> str:
    """``text`` without marks such as «[1]», «[1, 2]», «[Source 3]» and their links."""
    return _without_marks(text)[0]


def _without_marks(text: str) -> tuple[str, frozenset[int]]:
    """``text`` without citation marks, and the numbers they gave. Linear in its length."""
    kept: list[str] = []
    given: set[int] = set()
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character in "]】":
            tail = "".join(kept[-_MARK_LOOK_BACK:])
            mark = _MARK.search(tail)
            if mark:
                given.update(int(n) for n in re.findall(r"\d+", mark.group()))
                del kept[len(kept) - (len(tail) - mark.start()) :]
                link = _LINK.match(text, position)
                position = link.end() if link else position
                continue
        kept.append(character)
    bare = "".join(kept)
    return bare, frozenset(given)


def _with_marks(bare: str, citations: tuple[int, ...]) -> str:
    """``bare`` with its citations before the final punctuation."""
    if not citations:
        return bare
    closing = _CLOSING.search(bare)
    end = closing.start() if closing else len(bare)
    return bare[:end] + "".join(f" [{n}]" for n in citations) + bare[end:]


def _states_nothing(sentence: str) -> bool:
    """Whether there is nothing to check: greetings, offers, headings, questions, fragments."""
    plain = sentence.strip().strip("*_ ")
    if sentence.lstrip().startswith("#") or plain.endswith(("?", ":")):
        return True
    if _COURTESY.match(plain):
        return True
    if facts.asserted(sentence) != facts.NOTHING:
        return False
    return len(set(words.stems(sentence))) < _MIN_WORDS


class _Weights:
    """How much each word tells: those that all passages share tell little."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._total = len(passages)
        self._seen: Counter[str] = Counter()
        for passage in passages:
            self._seen.update(set(words.stems(passage.text)))

    def of(self, stem: str) -> float:
        """The inverse document frequency of a stem among the passages, smoothed."""
        return math.log(1.0 + (self._total + 1.0) / (self._seen[stem] + 0.5))

    def share(
        self,
        stems: frozenset[str],
        place: _Place,
        others: Mapping[str, Sequence[frozenset[str]]],
    ) -> float:
        """The share of ``stems``, by weight, that ``place`` holds, or says by ``others``."""
        # Sorted, for a sum of floats hangs on its order and sets have none.
        ordered = sorted(stems)
        total = sum(self.of(stem) for stem in ordered)
        held = sum(
            self.of(stem)
            for stem in ordered
            if stem in place.stems or any(each <= place.stems for each in others.get(stem, ()))
        )
        return held / total if total else 0.0


def _source(passage: Passage) -> _Source:
    above = " ".join((passage.title, *passage.section_path[-2:]))
    context = frozenset(words.stems(above))
    named = facts.offered(above)
    if passage.reference:
        named = named | Facts(references=frozenset({passage.reference}))
    pieces = sentences.split(passage.text)
    windows = [pieces[i : i + WINDOW] for i in range(max(1, len(pieces) - WINDOW + 1))]
    places = [
        _Place(context | frozenset(words.stems(joined)), named | facts.offered(joined))
        for joined in (" ".join(window) for window in windows)
    ]
    return _Source(places, pieces, names.said(f"{above}\n{passage.text}\n{passage.source}"))
