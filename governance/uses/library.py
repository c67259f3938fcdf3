"""Families of uses that Sobria knows from hundreds of requests each, which come with the code.

A charter shows a dozen examples of a use, that people read; a classifier needs many more. A use
that names its family in ``detect`` is learned from the family's texts as well as from its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from governance.charter.use import Detect
from governance.uses.reading import pieces

_FOLDER = Path(__file__).with_name("library")
_ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Texts:
    """Requests that are of a use, and others that resemble them and are not.

    ``pairs`` are those that were written together, an example and a legitimate request of the same
    words: neither says anything of how well the other would be recognised.
    """

    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def all_examples(self) -> tuple[str, ...]:
        """Every example, once."""
        return tuple(dict.fromkeys([*self.examples, *(pair[0] for pair in self.pairs)]))

    @property
    def all_counter_examples(self) -> tuple[str, ...]:
        """Every counter-example, once."""
        return tuple(dict.fromkeys([*self.counter_examples, *(pair[1] for pair in self.pairs)]))


@cache
def family(name: str) -> Texts:
    """The texts of a family that the schema names."""
    held = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Texts(
        tuple(held["examples"]),
        tuple(held["counter_examples"]),
        tuple((example, counter) for example, counter in held["pairs"]),
    )


def known(detect: Detect) -> Texts:
    """What a use is learned from: the charter's own texts, first, and those of its family."""
    shipped = Texts() if detect.family is None else family(detect.family)
    return Texts(
        (*detect.examples, *shipped.examples),
        (*detect.counter_examples, *shipped.counter_examples),
        shipped.pairs,
    )


def known_answers(detect: Detect) -> Texts:
    """What a use is recognised by in an answer: the charter's own passages, and its family's, each
    with one of the same words that is legitimate."""
    pairs = () if detect.family is None else _answers(detect.family)
    return Texts(detect.answers, (), pairs)


@cache
def _answers(name: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a family; none where its answers are as any other's, as those of a review."""
    path = _FOLDER / "answers" / f"{name}.json"
    if not path.is_file():
        return ()
    return tuple((banned, other) for banned, other in json.loads(path.read_text("utf-8")))


@cache
def ordinary_answers() -> tuple[str, ...]:
    """Passages of everyday answers."""
    path = _FOLDER / "answers" / f"{_ORDINARY}.json"
    return tuple(dict.fromkeys(json.loads(path.read_text("utf-8"))))


@cache
def ordinary_pieces() -> tuple[tuple[str, str], ...]:
    """Each long everyday request with each of the pieces in which it may be read."""
    return tuple((text, piece) for text in _ordinary() for piece in pieces(text) if piece != text)


@cache
def ordinary_requests() -> tuple[str, ...]:
    """Everyday requests, and the pieces of the long ones."""
    return tuple(dict.fromkeys([*_ordinary(), *(piece for _, piece in ordinary_pieces())]))


def _ordinary() -> list[str]:
    texts: list[str] = json.loads((_FOLDER / f"{_ORDINARY}.json").read_text(encoding="utf-8"))
    return texts
