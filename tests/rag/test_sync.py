"""A sync writes what changed, survives being killed, and removes what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rag.documents import Document, Item, Known, Problem
from rag.errors import SourceUnavailable
from rag.fulltext import FullTextIndex
from rag.retrieval import HybridRetriever
from rag.runs import last_syncs
from rag.sources import Source
from rag.store import Store
from rag.sync import Progress, Reader, SyncReport, sync
from tests.rag.conftest import make_document

SOURCE = Source(
    id="demo", title="Démo", kind="folder", owner="o", licence="l", personal_data="public"
)


def _reader(*items: Item, failing_after: int | None = None) -> Reader:
    def read(_source: Source, _downloads: Path, _known: Known) -> Iterator[Item]:
        for index, item in enumerate(items):
            if index == failing_after:
                raise KeyboardInterrupt
            yield item

    return read


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


@pytest.fixture
def fulltext(tmp_path: Path) -> FullTextIndex:
    return FullTextIndex(tmp_path / "fulltext")


def _sync(store: Store, fulltext: FullTextIndex, reader: Reader, batch: int = 2) -> SyncReport:
    return sync(SOURCE, store, fulltext, Path("/nonexistent"), reader=reader, batch=batch)


def _documents(count: int) -> list[Document]:
    return [make_document(str(n), f"Le texte numéro{n} parle du préavis.") for n in range(count)]


def test_a_second_sync_writes_only_what_changed(store: Store, fulltext: FullTextIndex) -> None:
    documents = _documents(5)
    assert _sync(store, fulltext, _reader(*documents)).added == 5
    changed = make_document("1", "Le texte numéro1 parle maintenant de démission.")
    report = _sync(store, fulltext, _reader(documents[0], changed, *documents[3:]))
    assert (report.added, report.changed, report.unchanged, report.removed) == (0, 1, 3, 1)
    retriever = HybridRetriever(store, fulltext)
    assert retriever.search("démission").hits[0].passage.document_id == "demo/1"
    assert not [h for h in retriever.search("numéro2").hits if h.passage.document_id == "demo/2"]
    assert set(fulltext.ids()) == store.ids()


def test_a_killed_sync_leaves_whole_documents_and_the_next_one_goes_on(
    store: Store, fulltext: FullTextIndex
) -> None:
    documents = _documents(7)
    with pytest.raises(KeyboardInterrupt):
        _sync(store, fulltext, _reader(*documents, failing_after=5))
    assert store.counts()["demo"] == (4, 4)
    assert last_syncs(store.engine)["demo"].status == "running"
    report = _sync(store, fulltext, _reader(*documents))
    assert (report.added, report.unchanged, report.removed) == (3, 4, 0)
    assert store.counts()["demo"] == (7, 7)
    assert last_syncs(store.engine)["demo"].status == "complete"


def test_a_source_that_fails_keeps_what_it_had(store: Store, fulltext: FullTextIndex) -> None:
    _sync(store, fulltext, _reader(*_documents(3)))

    def gone(_source: Source, _downloads: Path, _known: Known) -> Iterator[Item]:
        raise SourceUnavailable("{source}: the folder is absent", source="demo")
        yield

    with pytest.raises(SourceUnavailable):
        _sync(store, fulltext, gone)
    assert store.counts()["demo"] == (3, 3)
    assert last_syncs(store.engine)["demo"].status == "failed"


def test_problems_are_kept_and_progress_is_told(store: Store, fulltext: FullTextIndex) -> None:
    steps: list[Progress] = []
    problem = Problem("a.pdf", "this file has too many pages")
    reader = _reader(*_documents(3), problem)
    report = sync(
        SOURCE, store, fulltext, Path("/x"), reader=reader, batch=2, progress=steps.append
    )
    assert report.problems == (problem,)
    last = last_syncs(store.engine)["demo"]
    assert last.details == (problem,) and last.problems == ("a.pdf: this file has too many pages",)
    assert [step.documents for step in steps] == [2, 3]


def test_a_document_published_twice_is_taken_once(store: Store, fulltext: FullTextIndex) -> None:
    one, other = make_document("1", "La première version."), make_document("1", "La seconde.")
    for _ in range(2):
        _sync(store, fulltext, _reader(one, other))
    assert [p.text for p in store.whole(["demo/1"])["demo/1"]] == ["La première version."]


def test_sources_that_are_no_longer_declared_vanish(store: Store, fulltext: FullTextIndex) -> None:
    _sync(store, fulltext, _reader(*_documents(2)))
    change = store.remove_sources(["another"])
    fulltext.update(change.added, change.removed)
    assert store.ids() == set() and fulltext.ids() == []
