"""The sentences of the sources that answer a question: shown as they are, without a model.

Where the question is very like one that sentences are known to answer (:mod:`rag.known`), these are
taken, and nothing is computed. Else a sentence is weighed by the words of the question that it
holds (by how much they tell), by the likeness of their meanings, by whether it gives the figure
that is asked for, in its unit, and by whether it is an example. The weights were fitted on PIAF's
questions, whose answers are known to the letter (``bench/rag.py`` gives the share of them that
falls in the sentence chosen).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.protocol import Embedder
from rag.confidence import (
    EXTRACTED,
    KNOWN,
    SURE,
    SURELY_KNOWN,
    agreed,
    covering,
    extract_figures,
    known_figures,
    probability,
)
from rag.filler import embedded_text
from rag.protocol import Extract, Passage, Retrieval
from rag.ranking import USUAL, share
from rag.text import asks, facts, sentences, words
from rag.text.context import in_context

PASSAGES = 3
"""The best passages, in which the sentence is looked for."""
MAX_SENTENCES = 60
MAX_CHARACTERS = 700
"""The length of an extract: a list is cut after the item that passes it."""
_MIN_CHARACTERS = 25
READABLE = 420
"""Characters of a sentence beyond which it is not the answer to a person in a hurry."""

_WORDS, _AROUND, _MEANING, _FIGURE, _UNIT, _RANKED = 2.9, 0.6, 53.0, 0.65, 1.5, 0.5
_AS_EXAMPLE = 1.0
_LIKE = 0.7
"""The cosine from which a known question is like the one asked at all."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_EXAMPLE = re.compile(r"\bexemples?\b|\bfor (?:example|instance)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: int
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Described:
    """Sentences of a passage (from 1), by their characters, and the figures that tell of them."""

    passage: int
    start: int
    end: int
    figures: list[float]


class SentenceExtractor:
    """Chooses the sentences. Safe to share by threads as far as the embedder is."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def extract(
        self,
        question: str,
        found: Retrieval,
        passages: Sequence[Passage],
        *,
        earlier: Sequence[str] = (),
    ) -> Extract | None:
        """The sentences of the first of ``passages`` (best first) that answer ``question`` best.

        None where no passage has a sentence.
        """
        asked = in_context([*earlier, question])
        known = known_to_answer(asked, found, passages)
        if known is not None and known.sure:
            return known
        chosen = self.described(asked, found, passages)
        if chosen is None:
            return None
        sure = probability(EXTRACTED, chosen.figures)
        text = passages[chosen.passage - 1].text[chosen.start : chosen.end]
        told = sure >= SURE and _tells(asked, text)
        return Extract(chosen.passage, chosen.start, chosen.end, text, sure, sure=told)

    def described(
        self, asked: str, found: Retrieval, passages: Sequence[Passage]
    ) -> Described | None:
        """The sentences that answer best what is ``asked``, and what tells that they do."""
        read = passages[:PASSAGES]
        candidates = [c for n, p in enumerate(read, 1) for c in _candidates(n, p.text)]
        candidates = candidates[:MAX_SENTENCES]
        if not candidates:
            return None
        query = self._embedder.embed_queries([asked])[0]
        headed = [
            f"{_above(read[c.passage - 1])}\n{read[c.passage - 1].text[c.start : c.end]}"
            for c in candidates
        ]
        meant = self._embedder.embed_passages(headed) @ query
        stems = [frozenset(words.stems(text)) for text in headed]
        wanted = asks.wanted(asked)
        figure = _UNIT if wanted.units else _FIGURE
        best_score = max(hit.score for hit in found.hits)
        scores = []
        for number, candidate in enumerate(candidates):
            near = frozenset[str]().union(*stems[max(0, number - 1) : number + 2])
            score = _WORDS * share(found.asked, stems[number])
            score += _AROUND * share(found.asked, near)
            score += _MEANING * (float(meant[number]) - USUAL)
            score += _RANKED * (found.hits[candidate.passage - 1].score - best_score)
            if (given := wanted.given(headed[number])) is not None:
                score += figure if given else -figure
            if _EXAMPLE.search(headed[number]):
                score -= _AS_EXAMPLE
            scores.append(score)
        best = max(range(len(candidates)), key=lambda i: (scores[i], -i))
        chosen = candidates[best]
        passage = read[chosen.passage - 1]
        whole = self._embedder.embed_passages([embedded_text(passage)])[0]
        told = extract_figures(
            covering(found.asked, passage),
            share(found.asked, stems[best]),
            float(meant[best]),
            float(whole @ query),
            agreed(found, chosen.passage),
        )
        return Described(chosen.passage, chosen.start, chosen.end, told)


def known_to_answer(asked: str, found: Retrieval, passages: Sequence[Passage]) -> Extract | None:
    """The sentences that answer the known question which is the likest to the one ``asked``, where
    the passage is shown as it was read; None where none is like it and of the same figures."""
    alike = [
        (each, number)
        for number, (hit, passage) in enumerate(zip(found.hits, passages, strict=False), start=1)
        if passage.text == hit.passage.text
        for each in hit.alike
        if each.likeness >= _LIKE and each.question.first
    ]
    for each, number in sorted(alike, key=lambda pair: -pair[0].likeness):
        text = passages[number - 1].text
        spans = sentences.spans(text)[each.question.first - 1 : each.question.last]
        if not spans:
            continue
        start, end = spans[0][0], spans[-1][1]
        said = text[start:end]
        if not _of_the_same(asked, each.question.text, said):
            continue
        sure = probability(KNOWN, known_figures(found, each, said))
        told = sure >= SURELY_KNOWN and _tells(asked, said)
        return Extract(number, start, end, said, sure, told, each.question.text)
    return None


def _of_the_same(asked: str, known: str, said: str) -> bool:
    """Whether what is ``said`` to a ``known`` question is so of the one ``asked``, by the figures:
    those of the one are in the other, or in what is said."""
    theirs, own = facts.asserted(known), facts.asserted(asked)
    return theirs.within(facts.offered(asked)) and own.within(facts.offered(f"{known} {said}"))


def _candidates(number: int, text: str) -> Iterator[_Candidate]:
    """Each sentence of a passage, with what makes it readable by itself.

    A line that announces a list comes with its items, and an item with the line that announces it.
    """
    spans = sentences.spans(text)
    announced = 0
    for place, (start, end) in enumerate(spans):
        said = text[start:end]
        if said.endswith(":"):
            announced = place
            last = place
            while (
                last + 1 < len(spans)
                and text[spans[last + 1][0] :].startswith("- ")
                and spans[last][1] - start < MAX_CHARACTERS
            ):
                last += 1
            if last > place:
                yield _Candidate(number, place, last, start, spans[last][1])
        elif said.startswith("- "):
            if spans[announced][1] < start and end - spans[announced][0] < MAX_CHARACTERS:
                continue  # the whole list is a candidate
            yield _Candidate(number, place, place, start, end)
        elif len(said) >= _MIN_CHARACTERS:
            yield _Candidate(number, place, place, start, end)


def _tells(asked: str, text: str) -> bool:
    """Whether sentences can be shown as the answer by themselves: a rule and no example, no item
    out of its list nor row out of its table, short, with a figure in the unit asked for, and of
    the years that the question names."""
    return (
        not text.startswith("- ")
        and " | " not in text
        and _EXAMPLE.search(text) is None
        and len(text) <= (MAX_CHARACTERS if "\n" in text else READABLE)
        and asks.wanted(asked).in_unit(text)
        and set(_YEAR.findall(asked)) <= set(_YEAR.findall(text))
    )


def _above(passage: Passage) -> str:
    heading = passage.section_path[-1] if passage.section_path else ""
    return " › ".join(part for part in (passage.title, heading) if part)
