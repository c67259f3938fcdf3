"""The sentences of the sources that answer a question: shown as they are, without a model.

A sentence is weighed by the words of the question that it holds (by how much they tell), by the
likeness of their meanings, and by whether it gives the figure that is asked for. The weights were
fitted on PIAF's questions, whose answers are known to the letter (``bench/rag.py`` gives the
share of them that falls in the sentence chosen).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.protocol import Embedder
from rag.protocol import Extract, Passage
from rag.text import asks, sentences, words

PASSAGES = 3
"""The best passages, in which the sentence is looked for."""
MAX_SENTENCES = 60
MAX_CHARACTERS = 700
"""The length of an extract: a list is cut after the item that passes it."""
_MIN_CHARACTERS = 25

_WORDS, _AROUND, _MEANING, _FIGURE = 2.9, 0.6, 53.0, 0.65
_USUAL = 0.8
"""What multilingual-e5's cosines start from."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: int
    first: int
    last: int
    start: int
    end: int


class SentenceExtractor:
    """Chooses the sentences. Safe to share by threads as far as the embedder is."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def extract(self, question: str, passages: Sequence[Passage]) -> Extract | None:
        """The sentences of the first of ``passages`` (best first) that answer ``question`` best.

        None where no passage has a sentence. ``score`` has no unit: it compares extracts.
        """
        read = passages[:PASSAGES]
        candidates = [c for n, p in enumerate(read, 1) for c in _candidates(n, p.text)]
        candidates = candidates[:MAX_SENTENCES]
        if not candidates:
            return None
        scores = self._scores(question, read, candidates)
        best = max(range(len(candidates)), key=lambda i: (scores[i], -i))
        chosen = candidates[best]
        text = read[chosen.passage - 1].text
        return Extract(chosen.passage, chosen.start, chosen.end, text[chosen.start : chosen.end],
                       float(scores[best]))

    def _scores(
        self, question: str, passages: Sequence[Passage], candidates: Sequence[_Candidate]
    ) -> list[float]:
        texts = [passages[c.passage - 1].text[c.start : c.end] for c in candidates]
        headed = [f"{_above(passages[c.passage - 1])}\n{t}" for c, t in zip(candidates, texts, strict=True)]
        vectors = self._embedder.embed_passages(headed)
        meant = vectors @ self._embedder.embed_queries([question])[0]
        asked = frozenset(words.stems(words.query_text(question)))
        stems = [frozenset(words.stems(text)) for text in headed]
        seen = Counter(stem for held in stems for stem in held)
        weight = {stem: math.log(1 + len(stems) / (seen[stem] + 0.5)) for stem in sorted(asked)}
        total = sum(weight.values()) or 1.0
        figures = asks.asks_for_figures(question)
        scores = []
        for number, text in enumerate(texts):
            near = stems[max(0, number - 1) : number + 2]
            around = frozenset[str]().union(*near)
            score = _WORDS * sum(w for stem, w in weight.items() if stem in stems[number]) / total
            score += _AROUND * sum(w for stem, w in weight.items() if stem in around) / total
            score += _MEANING * (float(meant[number]) - _USUAL)
            if figures:
                score += _FIGURE if asks.gives_figures(text) else -_FIGURE
            scores.append(score)
        return scores


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


def _above(passage: Passage) -> str:
    heading = passage.section_path[-1] if passage.section_path else ""
    return " › ".join(part for part in (passage.title, heading) if part)
