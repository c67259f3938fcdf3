"""Embedding takes the quota of a service, and leaves its record, as an exchange does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from governance.exchange import Caller
from governance.stages.stage import ExchangeRefused
from models.protocol import EngineBusy, Vectors
from server.embedding import Embedded, Embedding
from tests.governance.road.parts import Parts

TEXTS = ["Jean Dupont aime la mer", "congés payés"]
TOKENS = (5 + 1) + (2 + 1)


@dataclass
class LengthEmbedder:
    """A text's vector is its length."""

    name: str = "longueur"
    digest: str = "sha256:" + "b" * 64
    dimension: int = 1
    failure: Exception | None = None
    before: Callable[[], object] = lambda: None
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(tuple(texts))
        self.before()
        if self.failure is not None:
            raise self.failure
        return np.array([[len(text)] for text in texts], dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError("the texts are passages")


@pytest.fixture
def embedder() -> LengthEmbedder:
    return LengthEmbedder()


@pytest.fixture
def embedding(parts: Parts, embedder: LengthEmbedder) -> Embedding:
    return Embedding(
        parts.identify,
        parts.reserve,
        parts.log,
        embedder,
        parts.engine.count_tokens,
        parts.energy,
        parts.settle,
        1,
    )


def embed(embedding: Embedding, service: str = "rh") -> Embedded:
    return asyncio.run(embedding.embed(Caller("p1", service, "fr"), TEXTS))


def records(parts: Parts) -> list[str]:
    return [entry.type for entry in reversed(parts.log.page())]


def test_the_vectors_of_the_texts_are_given(embedding: Embedding) -> None:
    done = embed(embedding)
    assert done.vectors.tolist() == [[len(text)] for text in TEXTS]
    assert done.tokens == TOKENS


def test_the_quota_is_settled_at_what_was_spent(parts: Parts, embedding: Embedding) -> None:
    embed(embedding)
    spent = parts.quotas.usage("rh", "day")
    assert (spent.requests, spent.tokens) == (1, TOKENS)
    parts.assert_books_closed()


def test_the_exchange_is_recorded_without_a_word_of_the_texts(
    parts: Parts, embedding: Embedding
) -> None:
    done = embed(embedding)
    entries = parts.log.entries_of(done.exchange_id)
    assert [entry.type for entry in entries] == ["accepted", "completed"]
    assert entries[-1].index == done.record
    assert entries[0].data == {"surface": "embeddings", "model": "longueur", "turns": 2}
    assert not any(entry.has_text for entry in entries)
    receipt = entries[-1].data["receipt"]
    assert receipt["tokens"] == {"prompt": TOKENS, "cached": 0, "completion": 0}
    assert list(receipt["energy"]["steps_wh"]) == ["retrieval"]
    assert not receipt["label"]["ai_generated"]
    for _, content, _, _ in parts.log.leaves(parts.log.head().size):
        assert b"Dupont" not in content


def test_nothing_is_learnt_of_what_the_language_model_takes(
    parts: Parts, embedding: Embedding
) -> None:
    """Else each would say that reading costs nothing, and quotas would hold too little."""
    before = parts.estimator.estimate(1_000, 100)
    embed(embedding)
    assert parts.estimator.estimate(1_000, 100) == before


def test_a_full_quota_refuses(parts: Parts, embedding: Embedding, embedder: LengthEmbedder) -> None:
    embed(embedding, "petit")
    with pytest.raises(ExchangeRefused) as refused:
        embed(embedding, "petit")
    assert refused.value.refusal.cause == "quota"
    assert len(embedder.calls) == 1
    assert records(parts) == ["accepted", "completed", "refused"]
    parts.assert_books_closed()


def test_a_model_without_room_refuses_for_it_counts_the_tokens(
    parts: Parts, embedding: Embedding, embedder: LengthEmbedder
) -> None:
    def busy(_: object) -> int:
        raise EngineBusy(3.0)

    with pytest.raises(ExchangeRefused) as refused:
        embed(replace(embedding, count_tokens=busy))
    assert (refused.value.refusal.cause, refused.value.refusal.retry_after) == ("busy", 3)
    assert embedder.calls == []
    assert records(parts) == ["refused"]
    parts.assert_books_closed()


def test_an_embedder_that_fails_closes_the_books(
    parts: Parts, embedding: Embedding, embedder: LengthEmbedder
) -> None:
    embedder.failure = OSError("Jean Dupont")
    with pytest.raises(OSError, match="Jean"):
        embed(embedding)
    assert records(parts) == ["accepted", "failed"]
    parts.assert_books_closed()


def test_nothing_is_embedded_that_cannot_be_recorded(
    parts: Parts,
    embedding: Embedding,
    embedder: LengthEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = parts.log.append

    def refuse_accepted(record: object, text: str | None = None) -> int:
        if getattr(record, "type", "") == "accepted":
            raise OSError
        return append(record, text)  # type: ignore[arg-type]

    monkeypatch.setattr(parts.log, "append", refuse_accepted)
    with pytest.raises(OSError):
        embed(embedding)
    assert embedder.calls == []
    assert records(parts) == ["failed"]
    parts.assert_books_closed()


def test_no_vector_is_given_whose_end_is_not_recorded(
    parts: Parts, embedding: Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = parts.log.append

    def refuse_completed(record: object, text: str | None = None) -> int:
        if getattr(record, "type", "") == "completed":
            raise OSError
        return append(record, text)  # type: ignore[arg-type]

    monkeypatch.setattr(parts.log, "append", refuse_completed)
    with pytest.raises(OSError):
        embed(embedding)


def test_leaving_cancels_once_the_embedder_has_ended(
    parts: Parts, embedding: Embedding, embedder: LengthEmbedder
) -> None:
    entered, go = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert go.wait(10)

    embedder.before = wait

    async def leave() -> None:
        task = asyncio.create_task(embedding.embed(Caller("p1", "rh", "fr"), TEXTS))
        while not entered.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.02)
        assert not task.done()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert records(parts) == ["accepted", "cancelled"]
    parts.assert_books_closed()
