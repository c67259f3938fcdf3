"""What the checking of answers lets pass, on expected answers and on statements made from them.

    python -m bench.citations [--data var] [--part dev|held] [--json] [--check]

For each answerable question of ``bench/rag_questions``: its expected answer, written in other words
than the source's, against the passage that holds the source's words and three that the search finds
beside it; the same answer denied; and the answers of four other questions, against the same
passages. No model takes part.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.rag import Row, printed
from bench.rag_sets import Part, own_questions, plain
from bench.rag_world import ROOT, World
from rag.citations import PassageCitationChecker
from rag.protocol import Passage
from rag.text import polarity, sentences

OTHERS = 4
_DENIALS = (
    (r"\bpeut\b", "ne peut pas"),
    (r"\bdoit\b", "n'est pas obligé de"),
    (r"\ba droit\b", "n'a pas droit"),
    (r"\best\b", "n'est pas"),
    (r"\bsont\b", "ne sont pas"),
)


def beside(world: World, question: str, quote: str, every: dict[str, str]) -> list[Passage]:
    """The passage that holds ``quote``, and three that are found for ``question``."""
    said = plain(quote)
    identity = next((i for i, text in every.items() if said[:80] in text or said[-80:] in text), "")
    found = [hit.passage for hit in world.retriever.search(question, limit=4).hits]
    source = world.store.passages([identity]).values()
    return [*source, *(p for p in found if p.id != identity)][:4]


def denied(sentence: str) -> str | None:
    """The same sentence denied, None where it denies already or is not easily turned."""
    if polarity.denies(sentence):
        return None
    for verb, turned in _DENIALS:
        if re.search(verb, sentence):
            return re.sub(verb, turned, sentence, count=1)
    return None


def rows(world: World, part: Part) -> Iterator[Row]:
    """The shares that are taken for supported."""
    checker = PassageCitationChecker(world.embedder)
    asked = [question for question in own_questions(part) if question.answerable]
    passages = world.store.passages(sorted(world.store.ids()))
    every = {identity: plain(passage.text) for identity, passage in passages.items()}
    right, turned, others = [], [], []
    for number, question in enumerate(asked):
        passages_beside = beside(world, question.text, question.quote, every)
        reading = checker.read(passages_beside, question.text)
        for sentence in sentences.split(question.answer):
            right.append(reading.supports(sentence))
            if (opposite := denied(sentence)) is not None:
                turned.append(reading.supports(opposite))
        for step in range(1, OTHERS + 1):
            other = asked[(number + 7 * step) % len(asked)].answer
            others.append(reading.supports(sentences.split(other)[0]))
    for name, kept, target, below in (
        ("right, in other words", right, 0.8, False),
        ("the same, denied", turned, 0.3, True),
        ("of another question", others, 0.01, True),
    ):
        share = sum(kept) / max(1, len(kept))
        yield Row(f"{part}: supported, {name} ({len(kept)})", share, target, below)


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    parser.add_argument("--part", choices=("dev", "held"), default="dev")
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    measured = list(rows(World(options.data), options.part))
    printed(measured, as_json=options.json)
    return 1 if options.check and any(row.met is False for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
