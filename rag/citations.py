"""Checking an answer against the passages that were given: what is supported, and by which.

No model takes part: words (stems), numbers and references to articles decide, so the same answer
gets the same verdict, in time linear in its length. What this cannot see is a sentence that uses a
passage's own words and numbers to say something else.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.protocol import CheckedSentence, Grounding, Passage, Support
from rag.text import facts, sentences, words
from rag.text.facts import Facts

# The share of a sentence's words, by weight, that a passage must hold in one place.
SUPPORT = 0.5
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


_QUANTITIES = frozenset(words.stems(facts.QUANTITIES)) | frozenset(map(str, range(10_000)))


class LexicalCitationChecker:
    """Implements :class:`rag.protocol.CitationChecker`."""

    def check(self, answer: str, passages: Sequence[Passage]) -> Grounding:
        """The verdict on each sentence of ``answer``, and its text with the right citations.

        Citations are numbers from 1, in the order of ``passages``.
        """
        places = [_places(passage) for passage in passages]
        weights = _Weights(passages)
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
                verdict = _verdict(bare, given, places, weights)
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
    if facts.asserted(sentence) != Facts(frozenset(), frozenset()):
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

    def share(self, stems: frozenset[str], place: _Place) -> float:
        """The share of ``stems``, by weight, that ``place`` holds."""
        # Sorted, for a sum of floats hangs on its order and sets have none.
        ordered = sorted(stems)
        total = sum(self.of(stem) for stem in ordered)
        held = sum(self.of(stem) for stem in ordered if stem in place.stems)
        return held / total if total else 0.0


def _places(passage: Passage) -> list[_Place]:
    above = " ".join((passage.title, *passage.section_path[-2:]))
    context = frozenset(words.stems(above))
    named = facts.offered(above)
    if passage.reference:
        named = named | Facts(frozenset(), frozenset({passage.reference}))
    pieces = sentences.split(passage.text)
    windows = [pieces[i : i + WINDOW] for i in range(max(1, len(pieces) - WINDOW + 1))]
    return [
        _Place(context | frozenset(words.stems(joined)), named | facts.offered(joined))
        for joined in (" ".join(window) for window in windows)
    ]


def _verdict(
    sentence: str, given: frozenset[int], places: Sequence[Sequence[_Place]], weights: _Weights
) -> CheckedSentence:
    # A placeholder stands for what no public passage holds: neither its word nor its number counts.
    plain = words.without_placeholders(sentence)
    told = frozenset(words.stems(plain))
    # Numbers and units are compared to the letter; here it is the matter that must be the same.
    stems = (told - _QUANTITIES) or told
    claimed = facts.asserted(plain)
    scores = {
        number: max(
            (weights.share(stems, p) if stems else 1.0 for p in among if claimed.within(p.facts)),
            default=0.0,
        )
        for number, among in enumerate(places, start=1)
    }
    able = sorted((n for n in scores if scores[n] >= SUPPORT), key=lambda n: (-scores[n], n))
    best = max(scores.values(), default=0.0)
    if not able:
        return CheckedSentence(sentence, "unsupported", (), round(best, 4))
    right = [number for number in able if number in given][:MAX_CITATIONS]
    if not right:
        right = [number for number in able if scores[number] >= NEARLY * best][:MAX_CITATIONS]
    support: Support = "supported" if set(right) == given else "corrected"
    return CheckedSentence(sentence, support, tuple(sorted(right)), round(best, 4))
