"""What a sync changed is noted once, bounded, with exact counts, and with the text that held."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event, select

from rag import changes, chunking, unread
from rag.changes import Changed, Texts
from rag.comparison import MAX_WORDS, compare
from rag.documents import Document, Item, Known, Problem, Unchanged, document
from rag.errors import SourceUnavailable
from rag.fulltext import FullTextIndex
from rag.personal_data import Cleaned
from rag.runs import Run, history, last_syncs, revision
from rag.sources import Source
from rag.store import Store
from rag.sync import SyncReport, sync
from rag.tables import metadata
from tests.rag.conftest import make_document

LAW = Source(
    id="demo",
    title="Code",
    kind="npm-legi",
    package="p",
    version="1.0.0",
    codes=("LEGITEXT000006072050",),
    owner="o",
    licence="l",
)
PAGES = Source(id="demo", title="Site", kind="folder", owner="o", licence="l",
               personal_data="public")  # fmt: skip
OWN = Source(id="demo", title="Notes", kind="folder", owner="o", licence="l")
TODAY = datetime.now(UTC).date().isoformat()


class Plain:
    """A cleaner that finds nothing, for documents that hold nothing."""

    version = "1"

    def clean(self, texts: Sequence[str], labels: Sequence[str] = ()) -> Cleaned:
        return Cleaned(tuple(texts), tuple(labels), {})

    def seal(self, text: str) -> str:
        return hashlib.sha256(f"sealed {text}".encode()).hexdigest()

    def title(self, kind: str) -> str:
        return kind


class Place:
    """A source that is synced with whatever it publishes that day."""

    def __init__(self, engine: Engine, folder: Path, source: Source = PAGES) -> None:
        self.engine = engine
        self.store = Store(engine)
        self.fulltext = FullTextIndex(folder / "fulltext")
        self.source = source

    def sync(self, *items: Item, killed_after: int | None = None, batch: int = 2) -> SyncReport:
        def read(_source: Source, _downloads: Path, _known: Known) -> Iterator[Item]:
            for index, item in enumerate(items):
                if index == killed_after:
                    raise KeyboardInterrupt
                yield item

        cleaner = None if self.source.personal_data == "public" else Plain()
        return sync(self.source, self.store, self.fulltext, Path("/x"), reader=read, batch=batch,
                    cleaner=cleaner)  # fmt: skip

    def runs(self) -> list[Run]:
        return history(self.engine, "demo", 100)

    def listed(self, run: int | None = None) -> list[Changed]:
        """What the sync changed, the last one if none is named."""
        return changes.listed(self.engine, "demo", run or self.runs()[0].id)

    def texts(self, change: Changed) -> Texts:
        found = changes.one(self.engine, "demo", change.id)
        assert found is not None
        return found[1]


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Place:
    return Place(engine, tmp_path)


def _said(number: str, text: str, date: str = "2026-01-31") -> Document:
    made = make_document(number, text)
    return document(
        id=made.id,
        source=made.source,
        title=made.title,
        url=made.url,
        date=date,
        licence=made.licence,
        sections=made.sections,
    )


def test_a_first_reading_is_counted_and_not_listed(place: Place) -> None:
    place.sync(*(_said(str(n), "Le préavis.") for n in range(5)))
    (run,) = place.runs()
    assert (run.first, run.added, run.status) == (True, 5, "complete")
    assert place.listed() == []


def test_what_was_added_amended_and_withdrawn_is_listed_with_its_text(place: Place) -> None:
    place.sync(_said("1", "Deux mois."), _said("2", "Rien ne change."), _said("3", "S’en va."))
    report = place.sync(
        _said("1", "Trois mois.", "2026-03-01"), _said("2", "Rien ne change."), _said("4", "Neuf.")
    )
    assert (report.added, report.changed, report.unchanged, report.removed) == (1, 1, 1, 1)
    amended, added, withdrawn = place.listed()
    assert [c.kind for c in (amended, added, withdrawn)] == ["changed", "added", "removed"]
    assert (amended.title, amended.url) == ("Document 1", "https://example.org/1")
    assert (amended.date_before, amended.date_after) == ("2026-01-31", "2026-03-01")
    assert amended.valid_until == withdrawn.valid_until == TODAY and added.valid_until == ""
    assert place.texts(amended) == Texts("Partie 1\nDeux mois.", "Partie 1\nTrois mois.")
    assert place.texts(added) == Texts(None, "Partie 1\nNeuf.")
    assert place.texts(withdrawn) == Texts("Partie 1\nS’en va.", None)
    run = place.runs()[0]
    assert (run.first, run.added, run.changed, run.removed) == (False, 1, 1, 1)


def test_the_revision_of_a_source_changes_with_what_it_says(place: Place) -> None:
    def both() -> tuple[str, str]:
        return revision(place.engine, {"demo"}), revision(place.engine)

    before = both()
    place.sync(_said("1", "Deux mois."))
    first = both()
    place.sync(_said("1", "Deux mois."))
    assert both() == first != before
    place.sync(_said("1", "Trois mois."))
    amended = both()
    place.sync()
    assert len({before[0], first[0], amended[0], both()[0]}) == 4
    assert len({before[1], first[1], amended[1], both()[1]}) == 4
    assert revision(place.engine, {"other"}) == before[0]


def test_an_amended_article_of_law_held_until_its_new_version_began(
    engine: Engine, tmp_path: Path
) -> None:
    place = Place(engine, tmp_path, LAW)
    place.sync(_said("1", "Deux mois.", "2020-01-01"), _said("2", "Abrogé demain.", "2020-01-01"))
    place.sync(_said("1", "Trois mois.", "2026-03-01"))
    amended, repealed = place.listed()
    assert amended.valid_until == "2026-03-01"
    assert repealed.valid_until == TODAY


def test_a_former_text_is_never_searched(place: Place) -> None:
    place.sync(_said("1", "Licorne."))
    place.sync(_said("1", "Cheval."))
    held = place.store.passages(sorted(place.store.ids())).values()
    assert [passage.text for passage in held] == ["Cheval."]
    assert set(place.fulltext.ids()) == place.store.ids()


def test_a_killed_sync_doubles_nothing_and_loses_nothing(place: Place) -> None:
    old = [_said(str(n), "Avant.") for n in range(7)]
    new = [_said(str(n), "Après.") for n in range(7)]
    place.sync(*old)
    with pytest.raises(KeyboardInterrupt):
        place.sync(*new, killed_after=5)
    killed = place.runs()[0]
    assert (killed.status, killed.changed, len(place.listed())) == ("running", 4, 4)
    place.sync(*new)
    assert place.runs()[0].changed == len(place.listed()) == 3
    everything = [*place.listed(killed.id), *place.listed()]
    assert sorted(change.title for change in everything) == [f"Document {n}" for n in range(7)]
    assert {place.texts(change) for change in everything} == {
        Texts("Partie 1\nAvant.", "Partie 1\nAprès.")
    }


def test_a_first_reading_that_was_killed_is_still_the_first(place: Place) -> None:
    documents = [_said(str(n), "Le préavis.") for n in range(7)]
    with pytest.raises(KeyboardInterrupt):
        place.sync(*documents, killed_after=5)
    place.sync(*documents)
    assert [(run.first, run.added) for run in place.runs()] == [(True, 3), (True, 4)]
    assert place.listed() == []
    place.sync(*documents, _said("8", "Neuf."))
    assert [change.kind for change in place.listed()] == ["added"]


def test_a_failed_sync_notes_what_it_wrote_and_why_it_failed(place: Place) -> None:
    place.sync(*(_said(str(n), "Avant.") for n in range(3)))

    def read(_source: Source, _downloads: Path, _known: Known) -> Iterator[Item]:
        yield from (_said(str(n), "Après.") for n in range(3))
        raise SourceUnavailable("{source}: the site does not answer", source="demo")

    with pytest.raises(SourceUnavailable):
        sync(PAGES, place.store, place.fulltext, Path("/x"), reader=read, batch=2)
    run = place.runs()[0]
    assert (run.status, run.changed, len(place.listed())) == ("failed", 2, 2)
    failure = last_syncs(place.engine)["demo"].failure
    assert failure is not None and failure.params == {"source": "demo"}
    assert failure.message_id == "{source}: the site does not answer"
    place.sync(*(_said(str(n), "Après.") for n in range(3)))
    assert last_syncs(place.engine)["demo"].failure is None
    assert place.runs()[0].changed == 1


def test_a_document_withdrawn_then_back(place: Place) -> None:
    one, other = _said("1", "Reste."), _said("2", "Va et vient.")
    for published in ([one, other], [one], [one, other]):
        place.sync(*published)
    back, gone, _first = (place.listed(run.id) for run in place.runs())
    assert [(c.kind, c.title) for c in gone] == [("removed", "Document 2")]
    assert [(c.kind, c.title) for c in back] == [("added", "Document 2")]
    assert place.texts(gone[0]) == Texts("Partie 1\nVa et vient.", None)
    assert place.texts(back[0]) == Texts(None, "Partie 1\nVa et vient.")


def test_a_document_amended_twice_keeps_both_former_texts(place: Place) -> None:
    for text in ("Un.", "Deux.", "Trois."):
        place.sync(_said("1", text))
    second, first, _ = (place.listed(run.id) for run in place.runs())
    assert place.texts(first[0]) == Texts("Partie 1\nUn.", "Partie 1\nDeux.")
    assert place.texts(second[0]) == Texts("Partie 1\nDeux.", "Partie 1\nTrois.")


def test_three_thousand_changes_are_bounded_and_counted_exactly(place: Place) -> None:
    place.sync(*(_said(str(n), "Avant.") for n in range(3_000)), batch=500)
    place.sync(*(_said(str(n), "Après.") for n in range(2_900)), batch=500)
    run = place.runs()[0]
    assert (run.changed, run.removed) == (2_900, 100)
    listed = [change.kind for change in place.listed()]
    assert listed.count("changed") == changes.LISTED - changes.FOR_REMOVED
    assert listed.count("removed") == 100, "what is removed is noted last, and has its room"
    assert changes.counts_listed(place.engine, "demo") == {run.id: len(listed)}
    place.sync(batch=500)
    run = place.runs()[0]
    assert (run.removed, len(place.listed())) == (2_900, changes.LISTED)


def test_only_the_last_changes_of_a_source_are_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "KEPT", 3)
    for text in ("a", "b", "c", "d", "e"):
        place.sync(_said("1", text), _said("2", text))
    kept = [len(place.listed(run.id)) for run in place.runs()]
    assert kept == [2, 1, 0, 0, 0]
    assert [run.changed for run in place.runs()] == [2, 2, 2, 2, 0]


def test_the_organisation_s_own_documents_keep_no_former_text(
    engine: Engine, tmp_path: Path
) -> None:
    place = Place(engine, tmp_path, OWN)
    place.sync(_said("1", "Salaire d’avant."), _said("2", "S’en va."))
    place.sync(_said("1", "Salaire d’après."))
    amended, withdrawn = place.listed()
    assert (amended.kind, amended.title, withdrawn.kind) == ("changed", "Document 1", "removed")
    assert not amended.kept and not withdrawn.kept
    assert place.texts(amended) == place.texts(withdrawn) == Texts(None, None)
    with engine.connect() as connection:
        for row in connection.execute(select(changes.changes)):
            assert (row.text_before, row.digest_before, row.digest_after) == (None, "", "")


def test_a_source_that_is_public_no_longer_forgets_its_former_texts(
    engine: Engine, tmp_path: Path
) -> None:
    place = Place(engine, tmp_path, PAGES)
    place.sync(_said("1", "Avant."))
    place.sync(_said("1", "Après."))
    place.source = OWN
    place.sync(_said("1", "Encore après."))
    assert [(run.first, len(place.listed(run.id))) for run in place.runs()] == [
        (True, 0), (False, 0), (True, 0)
    ]  # fmt: skip
    place.sync(_said("1", "Enfin."))
    assert [change.kind for change in place.listed()] == ["changed"]


def test_a_source_that_is_no_longer_declared_forgets_them_too(place: Place) -> None:
    place.sync(_said("1", "Avant."))
    place.sync(_said("1", "Après."))
    place.store.remove_sources(["another"])
    assert changes.counts_listed(place.engine, "demo") == {}


def test_what_is_cut_anew_or_published_anew_unchanged_is_no_change(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = _said("1", "Le texte."), _said("2", "Le texte.")
    place.sync(one, two)
    monkeypatch.setattr(chunking, "VERSION", "another")
    # A page whose address or licence is another one says what it said.
    report = place.sync(one, replace(two, digest="0" * 64, licence="another"))
    assert (report.changed, report.unchanged) == (0, 2)
    assert place.listed() == [] and place.runs()[0].changed == 0


def test_a_text_that_is_too_long_is_not_kept(place: Place) -> None:
    long = "mot " * (changes.MAX_CHARACTERS // 4 + 1)
    place.sync(_said("1", long))
    place.sync(_said("1", "Court."))
    (change,) = place.listed()
    assert not change.kept and place.texts(change) == Texts(None, "Partie 1\nCourt.")


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["x", "y", "z"])),
        min_size=1,
        max_size=6,
    ),
    kills=st.lists(st.integers(0, 4), max_size=6),
)
def test_the_changes_lead_from_the_first_reading_to_what_is_held(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, str]], kills: list[int]
) -> None:
    """However often documents come, go and change, and syncs are killed."""
    folder = tmp_path_factory.mktemp("place")
    engine = create_engine(f"sqlite:///{folder / 'a.db'}")

    @event.listens_for(engine, "connect")
    def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA foreign_keys=ON")

    metadata.create_all(engine)
    place = Place(engine, folder)
    place.sync(*(_said(name, text) for name, text in days[0].items()))
    state = {f"Document {name}": f"Partie 1\n{text}" for name, text in days[0].items()}
    for index, day in enumerate(days[1:]):
        items = [_said(name, text) for name, text in day.items()]
        if index < len(kills) and kills[index] < len(items):
            with pytest.raises(KeyboardInterrupt):
                place.sync(*items, killed_after=kills[index])
        place.sync(*items)
    for run in reversed(place.runs()):
        listed = place.listed(run.id)
        counted = {"added": run.added, "changed": run.changed, "removed": run.removed}
        for kind, count in counted.items():
            assert run.first or sum(change.kind == kind for change in listed) == count
        for change in listed:
            texts = place.texts(change)
            assert state.pop(change.title, None) == texts.before
            if texts.after is not None:
                state[change.title] = texts.after
    held = place.store.passages(sorted(place.store.ids())).values()
    assert state == {passage.title: f"Partie 1\n{passage.text}" for passage in held}
    engine.dispose()


def test_what_is_not_read_of_a_document_is_told_while_it_does_not_change(place: Place) -> None:
    scanned = Problem("plan.pdf › p. 2", "this page is an image")
    broken = Problem("bad.pdf", "this file cannot be read")
    plan, note = _said("plan.pdf", "Page 1."), _said("note.md", "Une note.")
    first = place.sync(plan, scanned, note, broken)
    assert first.problems == (scanned, broken)
    again = place.sync(Unchanged(plan.id), Unchanged(note.id), broken)
    assert again.problems == (scanned, broken)
    assert last_syncs(place.engine)["demo"].details == (scanned, broken)
    whole = _said("plan.pdf", "Page 1. Page 2.")
    assert place.sync(whole, Unchanged(note.id)).problems == ()
    assert place.sync(Unchanged(plan.id), Unchanged(note.id)).problems == ()
    place.sync(plan, scanned, note)
    assert place.sync(Unchanged(note.id)).problems == ()
    assert unread.held(place.engine, "demo") == {}


def test_the_problems_of_a_document_are_written_with_it(place: Place) -> None:
    """Though they come behind it, at the end of a batch, and the sync is killed after that."""
    documents = [_said(f"{n}.pdf", "Page 1.") for n in range(4)]
    problem = Problem("1.pdf › p. 2", "this page is an image")
    with pytest.raises(KeyboardInterrupt):
        place.sync(*documents[:2], problem, *documents[2:], killed_after=4)
    assert place.store.counts()["demo"] == (2, 2)
    report = place.sync(*(Unchanged(d.id) for d in documents[:2]), *documents[2:])
    assert report.problems == (problem,)


def test_words_are_compared_in_their_order() -> None:
    pieces = compare("Le délai est de deux mois.", "Le délai est de trois mois, sauf recours.")
    assert pieces is not None
    assert [(p.kind, p.text.strip()) for p in pieces] == [
        ("same", "Le délai est de"),
        ("gone", "deux mois."),
        ("new", "trois mois, sauf recours."),
    ]
    assert compare("a " * (MAX_WORDS + 1), "a") is None


@given(st.text(alphabet="ab \n.", max_size=60), st.text(alphabet="ab \n.", max_size=60))
def test_a_comparison_holds_the_words_of_both_texts(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert pieces is not None
    for other, text in (("gone", after), ("new", before)):
        assert "".join(p.text for p in pieces if p.kind != other).split() == text.split()
