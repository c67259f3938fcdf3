"""The indexes follow the database: filled in the background, checked, repaired, rebuilt."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from models.protocol import Vectors, Work
from rag.consistency import open_fulltext, open_vectors
from rag.errors import IndexUnavailable
from rag.filler import VectorFiller
from rag.fulltext import FullTextIndex
from rag.protocol import Passage
from rag.retrieval import HybridRetriever, Semantic
from rag.store import Place, Store
from rag.vectors import VectorIndex
from tests.rag.conftest import BagEmbedder, make_document

EMBEDDER = BagEmbedder()


@pytest.fixture
def store(engine: Engine) -> Store:
    made = Store(engine)
    made.write(
        [
            make_document("1", "Le préavis de démission dure un mois."),
            make_document("2", "Les congés payés s'acquièrent chaque mois.", source="fiches"),
            make_document("3", "Le travail de nuit commence à 21 heures."),
        ],
        [],
        1,
    )
    return made


def _vectors(path: Path) -> VectorIndex:
    return VectorIndex(VectorIndex.client(path), EMBEDDER.digest)


def test_a_full_text_index_is_repaired_from_the_database(tmp_path: Path, store: Store) -> None:
    index, repair = open_fulltext(tmp_path / "ft", store)
    assert (repair.added, repair.removed, repair.rebuilt) == (3, 0, False)
    index.update([], index.ids()[:1])
    change = store.write([], [], 1)
    assert change.added == ()
    removed, _ = store.remove_unseen("fiches", run=9)
    assert removed == 1
    index, repair = open_fulltext(tmp_path / "ft", store)
    assert repair.needed and set(index.ids()) == store.ids()
    assert not open_fulltext(tmp_path / "ft", store)[1].needed


def test_a_damaged_full_text_index_is_rebuilt(tmp_path: Path, store: Store) -> None:
    open_fulltext(tmp_path / "ft", store)
    (tmp_path / "ft" / "meta.json").write_text("{ not json")
    index, repair = open_fulltext(tmp_path / "ft", store)
    assert repair.rebuilt and set(index.ids()) == store.ids()
    assert index.search("préavis")


def test_vectors_are_filled_in_the_order_that_serves(tmp_path: Path, store: Store) -> None:
    index = _vectors(tmp_path / "chroma")
    works: list[Work] = []
    filler = VectorFiller(
        store, index, EMBEDDER, priorities={"fiches": 1, "demo": 2}, batch=1, on_work=works.append
    )
    assert filler.step() == 1
    assert store.vector_counts(EMBEDDER.digest) == {"fiches": 1}
    while filler.step():
        pass
    assert index.ids() == store.ids() == store.vector_ids(EMBEDDER.digest)
    assert len(works) == 3 and all(w.ended >= w.started and w.cpu_seconds >= 0 for w in works)
    store.remove_unseen("fiches", run=9)
    filler.step()
    assert index.ids() == store.ids() == store.vector_ids(EMBEDDER.digest)


class Listing(Store):
    """A store that counts how often it is asked for passages without a vector."""

    asked = 0

    def without_vector(
        self, embedder: str, priorities: Mapping[str, int], limit: int, after: Place | None = None
    ) -> tuple[list[Passage], Place | None]:
        self.asked += 1
        return super().without_vector(embedder, priorities, limit, after)


@pytest.mark.parametrize("limit", [1, 2, 4, 6, 7])
def test_passages_without_a_vector_come_page_after_page_in_the_order_that_serves(
    engine: Engine, limit: int
) -> None:
    store = Store(engine)
    store.write(
        [
            make_document("1", "un", "deux", source="alpha"),
            make_document("2", "trois", source="alpha"),
            make_document("1", "quatre", source="beta"),
            make_document("1", "cinq", "six", source="gamma"),
        ],
        [],
        1,
    )
    listed: list[str] = []
    page, after = store.without_vector("e", {"gamma": 1, "beta": 2}, limit)
    listed += [passage.text for passage in page]
    while after is not None:
        # What has its vector meanwhile, and the place with it, does not upset the next page.
        store.note_vectors("e", page)
        page, after = store.without_vector("e", {"gamma": 1, "beta": 2}, limit, after)
        listed += [passage.text for passage in page]
    assert listed == ["cinq", "six", "quatre", "un", "deux", "trois"]


def test_a_page_is_read_in_the_order_of_an_index(engine: Engine) -> None:
    store = Store(engine)
    store.write([make_document("1", "un", "deux")], [], 1)
    asked: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    page, after = store.without_vector("e", {}, 1)
    store.without_vector("e", {}, 1, after)
    store.by_reference(["L1"])
    event.remove(engine, "before_cursor_execute", note)
    plans = []
    with engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append(" / ".join(row[3] for row in plan))
    listings = [plan for plan in plans if "rag_vectors" in plan]
    assert len(page) == 1 and len(listings) == 2
    assert all("ix_rag_passages_reading_order" in plan for plan in listings)
    assert not any("TEMP B-TREE" in plan for plan in listings)
    assert "ix_rag_passages_reference" in plans[-1]


def test_batches_are_taken_from_one_listing(tmp_path: Path, engine: Engine) -> None:
    store = Listing(engine)
    store.write([make_document(f"{n:02}", f"Texte {n}.") for n in range(30)], [], 1)
    index = _vectors(tmp_path / "chroma")
    filler = VectorFiller(store, index, EMBEDDER, priorities={}, batch=4)
    assert [filler.step() for _ in range(8)] == [4] * 7 + [2]
    assert store.asked == 1
    assert filler.step() == 0 and index.ids() == store.ids()


def test_pages_follow_each_other_and_a_sync_is_looked_at_first(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.filler.PAGE", 3)
    store = Listing(engine)
    store.write([make_document(f"{n}", f"Texte {n}.") for n in range(8)], [], 1)
    index = _vectors(tmp_path / "chroma")
    filler = VectorFiller(store, index, EMBEDDER, priorities={"urgent": 1}, batch=2)
    assert [filler.step() for _ in range(3)] == [2, 1, 2]
    store.write([make_document("9", "Cela presse.", source="urgent")], [], 2)
    store.remove_unseen("demo", 0)
    filler.wake()
    assert filler.step() == 1
    assert index.ids() == store.ids() == store.ids_of("urgent")


def test_a_batch_that_failed_is_tried_again(tmp_path: Path, store: Store) -> None:
    class Failing(BagEmbedder):
        fails = True

        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            if self.fails:
                raise RuntimeError
            return super().embed_passages(texts)

    index, embedder = _vectors(tmp_path / "chroma"), Failing()
    filler = VectorFiller(store, index, embedder, priorities={}, batch=2)
    with pytest.raises(RuntimeError):
        filler.step()
    embedder.fails = False
    assert [filler.step() for _ in range(2)] == [2, 1]
    assert index.ids() == store.ids()


def test_what_is_gone_is_dropped_however_much_it_is(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(engine)
    store.write([make_document(f"{n}", f"Texte {n}.") for n in range(7)], [], 1)
    index = _vectors(tmp_path / "chroma")
    filler = VectorFiller(store, index, EMBEDDER, priorities={})
    assert filler.step() == 7
    monkeypatch.setattr("rag.filler.PAGE", 3)
    store.remove_unseen("demo", 2)
    assert filler.step() == 0
    assert index.ids() == store.vector_ids(EMBEDDER.digest) == set()


def test_the_filler_waits_while_the_chat_is_busy_and_stops_when_told(
    tmp_path: Path, store: Store
) -> None:
    busy = threading.Event()
    busy.set()
    index = _vectors(tmp_path / "chroma")
    filler = VectorFiller(store, index, EMBEDDER, priorities={}, busy=busy.is_set)
    filler.start()
    time.sleep(0.3)
    assert store.vector_counts(EMBEDDER.digest) == {}
    busy.clear()
    deadline = time.monotonic() + 20
    while len(store.vector_ids(EMBEDDER.digest)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    filler.stop()
    assert store.vector_ids(EMBEDDER.digest) == store.ids()
    assert "vector-filler" not in {thread.name for thread in threading.enumerate()}


def test_lost_and_surplus_vectors_are_put_right(tmp_path: Path, store: Store) -> None:
    index = _vectors(tmp_path / "chroma")
    filler = VectorFiller(store, index, EMBEDDER, priorities={})
    filler.step()
    lost = sorted(index.ids())[0]
    index.remove([lost])
    stray = make_document("9", "Un intrus.")
    strays = Store(store.engine)
    change = strays.write([stray], [], 1)
    index.add(change.added, EMBEDDER.embed_passages([p.text for p in change.added]))
    _, repair = open_vectors(tmp_path / "chroma", None, EMBEDDER.digest, store)
    assert (repair.added, repair.removed) == (1, 1)
    while filler.step():
        pass
    assert index.ids() == store.ids()


def test_a_damaged_vector_index_starts_anew(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "chroma"
    path.mkdir()
    (path / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    index, repair = open_vectors(path, None, EMBEDDER.digest, store)
    assert repair.rebuilt and index.ids() == set()


def test_full_text_answers_while_vectors_are_missing_and_says_so(
    tmp_path: Path, store: Store
) -> None:
    fulltext, _ = open_fulltext(tmp_path / "ft", store)
    index = _vectors(tmp_path / "chroma")
    retriever = HybridRetriever(store, fulltext, Semantic(index, EMBEDDER))
    found = retriever.search("Quel est le préavis de démission ?")
    assert found.vectors_ready == 0.0 and found.searched == 3
    assert found.hits[0].passage.document_id == "demo/1"
    assert found.hits[0].vector_rank is None
    filler = VectorFiller(store, index, EMBEDDER, priorities={}, batch=64)
    filler.step()
    found = retriever.search("Quel est le préavis de démission ?")
    assert found.vectors_ready == 1.0
    assert (found.hits[0].fulltext_rank, found.hits[0].vector_rank) == (1, 1)


def test_a_failing_vector_index_does_not_stop_the_search(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fulltext, _ = open_fulltext(tmp_path / "ft", store)
    index = _vectors(tmp_path / "chroma")
    VectorFiller(store, index, EMBEDDER, priorities={}).step()

    def broken(*_: object, **__: object) -> None:
        raise IndexUnavailable("the vector index cannot be read")

    monkeypatch.setattr(index, "search", broken)
    found = HybridRetriever(store, fulltext, Semantic(index, EMBEDDER)).search("préavis")
    assert found.hits and found.vectors_ready == 0.0


def test_two_writers_share_the_index_one_after_the_other(tmp_path: Path, store: Store) -> None:
    one, other = FullTextIndex(tmp_path / "ft"), FullTextIndex(tmp_path / "ft")
    passages = list(store.passages(sorted(store.ids())).values())
    threads = [
        threading.Thread(target=index.update, args=([passage],))
        for index, passage in zip((one, other, one), passages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(one.ids()) == set(other.ids()) == store.ids()
