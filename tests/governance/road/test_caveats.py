"""What is to be known of the passages goes with them: when they are found, and in the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from governance.events import SourcesFound
from governance.receipt import ArticlePart, CaveatPart, Receipt
from rag.protocol import Caveat, CitedArticle, Passage
from tests.governance.road.parts import (
    QUESTION,
    TASK,
    Parts,
    ScriptedExtractor,
    ScriptedRetriever,
    passage,
)

AMENDED = Caveat(
    2, "amended", "2026-01-01", (CitedArticle("L1", "Code, article L1", "2026-02-01"),)
)


@dataclass
class Knowing:
    """Knows something of the second passage; notes what it was asked."""

    asked: list[tuple[tuple[str, ...], frozenset[str] | None]] = field(default_factory=list)

    def __call__(
        self, passages: Sequence[Passage], sources: frozenset[str] | None
    ) -> tuple[Caveat, ...]:
        self.asked.append((tuple(each.id for each in passages), sources))
        return (AMENDED,)


@pytest.mark.parametrize("quoted", [False, True])
def test_caveats_are_told_with_the_passages_and_kept_in_the_receipt(
    parts: Parts, quoted: bool
) -> None:
    """Where a model writes, and where a passage answers by itself."""
    parts.extractor = ScriptedExtractor(sure=quoted)
    parts.retriever = ScriptedRetriever((passage(1), passage(2)))
    parts.caveats = knowing = Knowing()
    request = replace(parts.ask(QUESTION), answer="auto")
    (found,) = (each for each in parts.travel(request) if isinstance(each, SourcesFound))
    assert found.caveats == (AMENDED,)
    assert knowing.asked == [(("p1", "p2"), None)]
    article = ArticlePart(reference="L1", title="Code, article L1", date="2026-02-01")
    part = CaveatPart(kind="amended", date="2026-01-01", articles=(article,))
    leaf = parts.log.entries_of(request.id)[-1]
    receipt = Receipt.model_validate({**leaf.data["receipt"], "record": leaf.index})
    assert receipt.answered == ("passage" if quoted else "text")
    assert [each.caveats for each in receipt.sources] == [(), (part,)]


def test_nothing_is_to_be_known_where_nothing_is_searched(parts: Parts) -> None:
    parts.caveats = knowing = Knowing()
    assert parts.completed(parts.ask(TASK)).receipt.sources == ()
    assert knowing.asked == []


def test_a_receipt_of_an_earlier_version_has_none(parts: Parts) -> None:
    receipt = parts.completed(parts.ask(QUESTION)).receipt.model_dump(mode="json")
    for source in receipt["sources"]:
        del source["caveats"]
    assert all(each.caveats == () for each in Receipt.model_validate(receipt).sources)
