"""Precision, recall, F2 and leaked characters of what was found against what was marked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.pii_parts.engines import Span


@dataclass(slots=True)
class Tally:
    """Counts of one entity: ``gold`` marks of which ``held`` were found whole, ``found`` spans of
    which ``right`` lie on a mark, and the letters and digits that ``leaked`` of ``letters``."""

    gold: int = 0
    held: int = 0
    found: int = 0
    right: int = 0
    letters: int = 0
    leaked: int = 0

    def add(self, other: Tally) -> None:
        """Add ``other`` to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def recall(self) -> float | None:
        """Marks found whole, 0 to 1."""
        return self.held / self.gold if self.gold else None

    @property
    def precision(self) -> float | None:
        """Finds that lie on a mark, 0 to 1."""
        return self.right / self.found if self.found else None

    @property
    def f2(self) -> float | None:
        """Van Rijsbergen's F with recall counting twice as much as precision."""
        recall, precision = self.recall, self.precision
        if not recall or not precision:
            return None
        return 5 * precision * recall / (4 * precision + recall)


@dataclass(slots=True)
class Score:
    """Tallies by entity; ``misses`` are (text number, mark) that leaked, ``alarms`` those found
    where nothing is marked."""

    by_entity: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    misses: list[tuple[int, Span]] = field(default_factory=list)
    alarms: list[tuple[int, Span]] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """Over all entities."""
        whole = Tally()
        for tally in self.by_entity.values():
            whole.add(tally)
        return whole


def places_of(text: str, spans: Iterable[Span]) -> set[int]:
    """The places of the letters and digits of ``spans``."""
    return {
        place for span in spans for place in range(span.start, span.end) if text[place].isalnum()
    }


def score(texts: Sequence[str], marks: Sequence[list[Span]], found: Sequence[list[Span]]) -> Score:
    """Judge ``found`` by ``marks``, text by text.

    A mark is held where every letter and digit of it lies in finds of its entity; a find is right
    where at least half of its letters and digits lie on marks of its entity; a letter leaks where
    no find of any entity holds it.
    """
    result = Score()
    for number, (text, gold, finds) in enumerate(zip(texts, marks, found, strict=True)):
        covered = places_of(text, finds)
        of_entity = {
            entity: places_of(text, [span for span in finds if span.entity == entity])
            for entity in {span.entity for span in gold}
        }
        for span in gold:
            places = places_of(text, [span])
            tally = result.by_entity[span.entity]
            tally.gold += 1
            tally.letters += len(places)
            tally.leaked += len(places - covered)
            if places <= of_entity[span.entity]:
                tally.held += 1
            else:
                result.misses.append((number, span))
        for span in finds:
            places = places_of(text, [span])
            on = places & places_of(text, [each for each in gold if each.entity == span.entity])
            tally = result.by_entity[span.entity]
            tally.found += 1
            if len(on) * 2 >= max(1, len(places)):
                tally.right += 1
            else:
                result.alarms.append((number, span))
    return result


def counted(spans: Iterable[tuple[int, Span]]) -> dict[str, int]:
    """How many spans of each entity."""
    return dict(Counter(span.entity for _, span in spans))
