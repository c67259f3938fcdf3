"""The organisation's own documents: nothing that names people is kept, wherever one looks.

The analyser, the folder's connector, the database and both indexes are the real ones.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity
from governance.pii.entities import KINDS, Handling
from governance.pii.errors import AnalysisFailed
from governance.pii.finding import Finding
from governance.pii.index_cleaner import IndexCleaner
from rag.cleanings import summary
from rag.errors import SourceUnavailable
from rag.filler import VectorFiller
from rag.fulltext import FullTextIndex
from rag.personal_data import Policy
from rag.retrieval import HybridRetriever, Semantic
from rag.runs import last_syncs
from rag.sources import Source
from rag.store import Store
from rag.sync import SyncReport, is_current, sync
from rag.text import words
from rag.vectors import VectorIndex
from server.database import migrate, open_database
from tests.rag.conftest import BagEmbedder

KEY = b"k" * 32
USUAL: dict[str, Handling] = {kind.entity: kind.handling for kind in KINDS}
NAMES = ("Lefèvre", "Kouyaté", "Benali", "Aïssata", "claire.lefevre", "06 12 34 56 78")
PAGES = {
    "rh/CV Kouyaté Aïssata.txt": "Aïssata Kouyaté a tenu la régie du cinéma municipal.",
    "entretien.md": (
        "# Entretien de Mme Claire Lefèvre\n\nMme Claire Lefèvre, cheffe du service, reçoit "
        "M. Karim Benali pour sa demande de formation au tachygraphe.\n\n"
        "## Suites\n\nLefèvre rappelle Benali au 06 12 34 56 78 "
        "(claire.lefevre@commune-de-test.net), à Lorient.\n"
    ),
    "horaires.txt": "Le bureau ouvre à 9 heures, du lundi au vendredi.",
    "scan Benali Karim.pdf": "%PDF nothing",
}


@pytest.fixture(scope="session")
def analyzer() -> PiiAnalyzer:
    return PiiAnalyzer()


@dataclass
class Place:
    """A folder of documents and what is made of it, under ``root``."""

    root: Path
    engine: Engine
    store: Store
    fulltext: FullTextIndex
    analyzer: PiiAnalyzer

    @property
    def folder(self) -> Path:
        return self.root / "documents"

    def source(self, policy: Policy = "pseudonymise") -> Source:
        return Source(
            id="notes",
            title="Notes",
            kind="folder",
            path=self.folder,
            owner="RH",
            licence="Interne",
            url="https://intranet.test/notes",
            personal_data=policy,
        )

    def cleaner(self, **changes: Handling) -> IndexCleaner:
        return IndexCleaner(lambda: self.analyzer, {**USUAL, **changes}, (), KEY)

    def sync(self, policy: Policy = "pseudonymise", **changes: Handling) -> SyncReport:
        return self.sync_with(self.cleaner(**changes), policy)

    def sync_with(self, cleaner: IndexCleaner | None, policy: Policy) -> SyncReport:
        downloads = self.root / "kept" / "downloads"
        return sync(self.source(policy), self.store, self.fulltext, downloads, cleaner=cleaner)

    def kept(self) -> dict[str, bytes]:
        """The bytes of each file of the database, of the indexes and of temporary ones."""
        files = [*(self.root / "kept").rglob("*"), *(self.root / "temporary").rglob("*")]
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    def traces(self, *names: str) -> list[str]:
        """Where one of ``names`` can be read, in any case or usual encoding, or searched."""
        found = [
            f"{path}: {name}"
            for path, data in self.kept().items()
            for name in names
            for form in {name, name.lower(), name.upper(), *words.stems(name)}
            for encoding in ("utf-8", "utf-16-le", "cp1252")
            if len(form) > 4 and form.encode(encoding) in data
        ]
        for table in inspect(self.engine).get_table_names():
            with self.engine.connect() as connection:
                rows = str(connection.execute(text(f'SELECT * FROM "{table}"')).all()).casefold()
            found += [f"{table}: {name}" for name in names if name.casefold() in rows]
        searcher = self.fulltext._searcher()
        found += [
            f"index: {name}"
            for name in names
            for field in ("text", "title", "heading")
            for stem in words.stems(name)
            if stem.isalpha() and searcher.doc_freq(field, stem)
        ]
        return found

    def texts(self) -> dict[str, list[str]]:
        """The texts of the passages, by the title of their document."""
        shown: dict[str, list[str]] = {}
        for passage in self.store.passages(sorted(self.store.ids())).values():
            shown.setdefault(passage.title, []).append(passage.text)
        return shown


@pytest.fixture
def place(
    tmp_path: Path, analyzer: PiiAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    for name in ("temporary", "kept"):
        (tmp_path / name).mkdir()
    for variable in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name, content in PAGES.items():
        file = tmp_path / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    engine = open_database(f"sqlite:///{tmp_path / 'kept' / 'sobria.db'}")
    migrate(engine)
    fulltext = FullTextIndex(tmp_path / "kept" / "fulltext")
    yield Place(tmp_path, engine, Store(engine), fulltext, analyzer)
    engine.dispose()


def test_what_is_declared_public_is_kept_as_it_is_and_seen_by_the_search_for_traces(
    place: Place,
) -> None:
    """The other tests look for traces in the same way: here they are all found."""
    place.sync("public")
    found = "\n".join(place.traces(*NAMES))
    assert "sobria.db" in found and "rag_passages" in found and "rag_sync_runs" in found
    assert "index: Lefèvre" in found and all(name in found for name in NAMES)
    assert summary(place.engine, "notes").documents == ()


def test_nothing_of_a_name_is_kept_and_the_passage_is_found(place: Place) -> None:
    place.sync()
    embedder = BagEmbedder()
    vectors = VectorIndex(VectorIndex.client(place.root / "kept" / "vectors"), embedder.digest)
    filler = VectorFiller(place.store, vectors, embedder, priorities={"notes": 1})
    while filler.step():
        pass
    assert place.traces(*NAMES) == []
    retriever = HybridRetriever(place.store, place.fulltext, Semantic(vectors, embedder))
    first = retriever.search("demande de formation au tachygraphe").hits[0].passage
    assert first.title == "entretien" and first.section_path == ("Entretien de Mme [personne A]",)
    assert first.text == (
        "Mme [personne A], cheffe du service, reçoit M. [personne B] pour sa demande de "
        "formation au tachygraphe.\nSuites :\n[personne A] rappelle [personne B] au [téléphone A] "
        "([courriel A]), à Lorient."
    )
    assert first.url == "https://intranet.test/notes/entretien.md"
    (cv,) = retriever.search("régie du cinéma municipal").hits[:1]
    assert cv.passage.title == "CV [personne A]"
    assert cv.passage.url == "https://intranet.test/notes"
    assert cv.passage.text == "[personne A] a tenu la régie du cinéma municipal."


def test_what_was_done_is_told_by_document_and_never_with_a_value(place: Place) -> None:
    report = place.sync()
    assert (report.added, report.refused, report.failed) == (3, 0, 0)
    assert [problem.where for problem in report.problems] == ["scan [personne A].pdf"]
    done = summary(place.engine, "notes")
    assert (done.indexed, done.refused, done.failed) == (3, 0, 0)
    assert done.replaced == {"PERSON": 3, "PHONE_NUMBER": 1, "EMAIL_ADDRESS": 1}
    assert [each.name for each in done.documents] == ["entretien.md", "rh/CV [personne A].txt"]


def test_a_document_that_names_somebody_is_refused_where_the_source_says_so(place: Place) -> None:
    report = place.sync("refuse")
    assert (report.added, report.refused) == (1, 2)
    assert place.texts() == {"horaires": [PAGES["horaires.txt"]]}
    assert place.traces(*NAMES) == []
    done = summary(place.engine, "notes")
    assert (done.indexed, done.refused) == (1, 2)
    assert done.found == {"PERSON": 3, "PHONE_NUMBER": 1, "EMAIL_ADDRESS": 1}
    assert {each.outcome for each in done.documents} == {"refused"}


def test_the_name_of_a_file_is_enough_to_refuse_it(place: Place) -> None:
    (place.folder / "Benali Karim").mkdir()
    (place.folder / "Benali Karim" / "planning.txt").write_text("Le planning du mois.")
    assert place.sync("refuse").refused == 3
    assert "planning" not in place.texts()


def test_what_is_unchanged_is_not_looked_into_again_and_stays_told(place: Place) -> None:
    place.sync("refuse")

    class Idle(PiiAnalyzer):
        def __init__(self) -> None:
            """Loads nothing: it must not be asked."""

        def find(self, *_: object, **__: object) -> list[Finding]:  # type: ignore[override]
            raise AssertionError("what did not change is not analysed")

    (place.folder / "scan Benali Karim.pdf").unlink()
    report = place.sync_with(IndexCleaner(Idle, USUAL, (), KEY), "refuse")
    assert (report.added, report.unchanged, report.refused, report.failed) == (0, 3, 0, 0)
    assert summary(place.engine, "notes").refused == 2


def test_a_document_that_comes_to_name_somebody_leaves_and_one_that_no_longer_does_enters(
    place: Place,
) -> None:
    place.sync("refuse")
    (place.folder / "horaires.txt").write_text("Le bureau de Mme Claire Lefèvre ouvre à 9 heures.")
    (place.folder / "entretien.md").write_text("# Entretien\n\nLa formation est accordée.")
    report = place.sync("refuse")
    assert (report.added, report.refused, report.removed) == (1, 1, 1)
    assert place.texts() == {"entretien": ["La formation est accordée."]}
    (place.folder / "rh" / "CV Kouyaté Aïssata.txt").unlink()
    place.sync("refuse")
    assert summary(place.engine, "notes").refused == 1


class FailingOn(PiiAnalyzer):
    """The real analyser, which fails on the texts that hold a word."""

    def __init__(self, analyzer: PiiAnalyzer, word: str) -> None:
        self._real = analyzer
        self._word = word

    def find(
        self, text: str, language: str = "fr", *, custom: Sequence[CustomEntity] = ()
    ) -> list[Finding]:
        if self._word in text:
            raise AnalysisFailed("RuntimeError")
        return self._real.find(text, language, custom=custom)


@pytest.mark.parametrize("policy", ["refuse", "pseudonymise"])
def test_where_the_search_fails_the_document_is_left_out_and_the_next_sync_tries_again(
    place: Place, policy: Policy
) -> None:
    place.sync(policy)
    file = place.folder / "horaires.txt"
    file.write_text(PAGES["horaires.txt"] + "\n\nSauf tachygraphe.")
    failing = FailingOn(place.analyzer, "tachygraphe")
    report = place.sync_with(IndexCleaner(lambda: failing, USUAL, (), KEY), policy)
    assert report.failed == 1 and "horaires" not in place.texts()
    done = summary(place.engine, "notes")
    assert done.failed == 1
    assert done.documents[0].outcome == "failed" and done.documents[0].name.startswith("#")
    assert place.sync(policy).failed == 0
    assert "horaires" in place.texts() and summary(place.engine, "notes").failed == 0


def test_without_anything_to_look_with_nothing_is_read(place: Place) -> None:
    with pytest.raises(SourceUnavailable):
        place.sync_with(None, "pseudonymise")
    assert place.store.ids() == set() and last_syncs(place.engine) == {}


def test_what_was_indexed_in_clear_leaves_the_disk_once_it_is_declared_otherwise(
    place: Place,
) -> None:
    place.sync("public")
    assert place.traces(*NAMES)
    last = last_syncs(place.engine)["notes"]
    assert is_current(place.source("public"), last, None)
    assert not is_current(place.source(), last, place.cleaner())
    place.sync()
    # What an earlier sync said of a file is kept no longer either.
    assert place.traces(*NAMES) == []
    assert len(place.texts()) == 3 and set(place.fulltext.ids()) == place.store.ids()


def test_what_was_indexed_otherwise_goes_even_if_the_folder_cannot_be_read(place: Place) -> None:
    place.sync("public")

    def gone(*_: object) -> Iterator[None]:
        raise SourceUnavailable("{source}: the folder is absent", source="notes")
        yield

    with pytest.raises(SourceUnavailable):
        sync(
            place.source(),
            place.store,
            place.fulltext,
            place.root,
            cleaner=place.cleaner(),
            reader=gone,  # type: ignore[arg-type]
        )
    assert place.store.ids() == set() and place.traces(*NAMES) == []


def test_another_charter_has_everything_treated_again(place: Place) -> None:
    place.sync()
    last = last_syncs(place.engine)["notes"]
    assert is_current(place.source(), last, place.cleaner())
    assert not is_current(place.source(), last, place.cleaner(LOCATION="pseudonymise"))
    assert place.traces("Lorient")
    report = place.sync(LOCATION="pseudonymise")
    assert (report.added, report.unchanged) == (3, 0)
    assert place.traces("Lorient", *NAMES) == []
    place.sync("refuse")
    assert list(place.texts()) == ["horaires"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from governance.pii.analyzer import PiiAnalyzer
    from governance.pii.entities import KINDS
    from governance.pii.index_cleaner import IndexCleaner
    from rag.fulltext import FullTextIndex
    from rag.sources import Source
    from rag.store import Store
    from rag.sync import sync
    from server.database import open_database

    root = Path(sys.argv[1])
    source = Source(id="notes", title="Notes", kind="folder", path=root / "documents",
                    owner="RH", licence="Interne", url="https://intranet.test/notes")
    usual = {kind.entity: kind.handling for kind in KINDS}
    analyzer = PiiAnalyzer()
    sync(source, Store(open_database(f"sqlite:///{root / 'kept' / 'sobria.db'}")),
         FullTextIndex(root / "kept" / "fulltext"), root, batch=1,
         cleaner=IndexCleaner(lambda: analyzer, usual, (), b"k" * 32),
         progress=lambda step: step.written == 2 and os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_sync_that_is_killed_leaves_nothing_in_clear(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(place.root)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(place.texts()) == 2 and place.traces(*NAMES) == []
    for said in (done.stdout, done.stderr):
        assert not any(name.encode() in said for name in NAMES)
    report = place.sync()
    assert (report.added, report.unchanged) == (1, 2)
    assert place.traces(*NAMES) == []
