"""A passage that is dated, or that stands on a text amended since, is told of; others are not."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from rag import changes
from rag.caveats import LISTED, OLD_YEARS, caveats
from rag.changes import Journal
from rag.documents import Document, Section, document
from rag.protocol import Caveat, CitedArticle, Passage
from rag.sources import Source
from rag.store import Store
from rag.tables import sync_runs
from rag.text import codes, days

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PAGES = Source(
    id="fiches", title="Fiches", kind="npm-fiches", package="p", version="1.0.0", owner="o",
    licence="l",
)  # fmt: skip
LAW = Source(
    id="code", title="Code", kind="npm-legi", package="p", version="1.0.0",
    codes=("LEGITEXT000006072050",), owner="o", licence="l",
)  # fmt: skip
RULES = Source(id="ue", title="Règlement", kind="eurlex-html", owner="o", licence="l",
               path=Path("page.html"))  # fmt: skip
DECLARED = (PAGES, LAW, RULES)


def page(*texts: str, day: str = "2025-03-03", source: str = "fiches", name: str = "x") -> Document:
    """A practical page, one section a text."""
    return document(
        id=f"{source}/{name}",
        source=source,
        title="Les congés payés",
        url="https://example.org/x",
        date=day,
        licence="l",
        sections=tuple(Section((f"Partie {n}",), text, "", "") for n, text in enumerate(texts)),
    )


def article(
    reference: str, day: str, *, code: str = "Code du travail", source: str = "code"
) -> Document:
    """An article of a code, in the wording that holds since ``day``."""
    return document(
        id=f"{source}/{code}/{reference}",
        source=source,
        title=f"{code}, article {reference}",
        url="https://example.org/l",
        date=day,
        licence="l",
        sections=(Section((), f"Le texte de l'article {reference}.", reference, ""),),
    )


@pytest.fixture
def store(engine: Engine) -> Store:
    """An empty database."""
    return Store(engine)


def shown(store: Store, *documents: Document) -> list[Passage]:
    """The first passage of each of these documents."""
    held = store.whole([each.id for each in documents])
    return [held[each.id][0] for each in documents]


def told(store: Store, held: list[Document], *documents: Document) -> tuple[Caveat, ...]:
    """The caveats where the first passages of ``documents`` are shown, ``held`` being there too."""
    store.write([*documents, *held], [], run=1)
    return caveats(shown(store, *documents), store, DECLARED, NOW)


CITES = "Le salarié acquiert 2,5 jours par mois (article L. 3141-3 du Code du travail)."


def test_a_page_that_is_older_than_an_article_it_cites_says_so(store: Store) -> None:
    (caveat,) = told(store, [article("L3141-3", "2025-06-01")], page(CITES))
    cited = CitedArticle("L3141-3", "Code du travail, article L3141-3", "2025-06-01")
    assert caveat == Caveat(1, "amended", "2025-03-03", (cited,))


def test_a_page_that_is_as_young_as_what_it_cites_says_nothing(store: Store) -> None:
    assert told(store, [article("L3141-3", "2025-03-03")], page(CITES)) == ()


def test_an_article_that_holds_from_tomorrow_is_not_yet_told_of(store: Store) -> None:
    assert told(store, [article("L3141-3", "2026-11-27")], page(CITES)) == ()


@pytest.mark.parametrize("recent", ["depuis le 1er juillet 2025", "au 02/07/2025", "en août 2025"])
def test_a_page_that_speaks_of_later_days_was_amended_without_a_new_date(
    store: Store, recent: str
) -> None:
    held = [article("L3141-3", "2025-06-01")]
    assert told(store, held, page(CITES, f"Ce montant vaut {recent}.")) == ()


def test_the_same_number_in_another_code_is_another_article(store: Store) -> None:
    other = CITES.replace("du travail", "de la santé publique")
    assert told(store, [article("L3141-3", "2025-06-01")], page(other)) == ()


def test_an_article_without_its_code_is_of_the_only_code_of_its_page(store: Store) -> None:
    bare = "Le salarié acquiert 2,5 jours par mois (art. L. 3141-3)."
    held = [article("L3141-3", "2025-06-01")]
    (caveat,) = told(store, held, page(bare, "Le Code du travail le dit. Voir ce code."))
    assert [each.reference for each in caveat.articles] == ["L3141-3"]
    two = page(bare, "Le Code du travail et le Code de la santé publique le disent.", name="two")
    assert told(store, held, two) == ()
    assert told(store, held, page(bare, name="none")) == ()


def test_what_the_rest_of_a_page_cites_counts_where_it_is_shown_beside(store: Store) -> None:
    law = article("L3141-3", "2025-06-01")
    both = page("Les jours se posent avec l'accord de l'employeur.", CITES)
    store.write([both, law], [], run=1)
    assert caveats(shown(store, both), store, DECLARED, NOW) == ()
    (caveat,) = caveats(shown(store, both, law), store, DECLARED, NOW)
    assert (caveat.passage, caveat.kind) == (1, "amended")


def test_an_old_page_stands_on_all_that_it_cites(store: Store) -> None:
    both = page("Les jours se posent avec l'accord de l'employeur.", CITES, day="2019-03-03")
    (caveat,) = told(store, [article("L3141-3", "2024-01-01")], both)
    assert (caveat.kind, caveat.date) == ("amended", "2019-03-03")


def test_few_articles_are_named_those_of_the_passage_first(store: Store) -> None:
    numbers = [f"L3141-{n}" for n in range(3, 3 + LISTED + 2)]
    listed = ", ".join(f"L. {n[1:]}" for n in reversed(numbers))
    text = f"Voir les articles {listed} du Code du travail."
    (caveat,) = told(store, [article(n, "2025-06-01") for n in numbers], page(text))
    assert [each.reference for each in caveat.articles] == list(reversed(numbers))[:LISTED]


def test_an_article_that_is_gone_is_told_with_the_day_of_it(store: Store, engine: Engine) -> None:
    held = page(CITES)
    store.write([held, article("L3141-3", "2016-08-10")], [], run=1)
    store.remove_unseen("code", 2, Journal(LAW, 2, "2026-01-15"))
    (caveat,) = caveats(shown(store, held), store, DECLARED, NOW)
    assert caveat.kind == "withdrawn"
    assert [(each.reference, each.date) for each in caveat.articles] == [("L3141-3", "2026-01-15")]
    store.write([article("L3141-3", "2016-08-10")], [], run=3)  # it has come back
    assert caveats(shown(store, held), store, DECLARED, NOW) == ()


def test_what_a_service_may_not_see_is_not_told_of(store: Store) -> None:
    held = page(CITES)
    store.write([held, article("L3141-3", "2025-06-01")], [], run=1)
    passages = shown(store, held)
    assert caveats(passages, store, DECLARED, NOW, frozenset({"fiches", "code"}))
    assert caveats(passages, store, DECLARED, NOW, frozenset({"fiches"})) == ()


def test_a_page_is_old_after_some_years_and_law_never_is(store: Store) -> None:
    limit = NOW.date().replace(year=NOW.year - OLD_YEARS)
    before = (limit - timedelta(days=1)).isoformat()
    old, young = page("Il y a tant de jours.", day=before), page("Tant.", name="y",
                                                                 day=limit.isoformat())  # fmt: skip
    law = article("L1", "1973-11-23")
    rule = article("5", "1995-01-01", code="Règlement", source="ue")
    undated = page("On ne sait pas.", day="", name="undated")
    found = told(store, [], old, young, law, rule, undated)
    assert found == (Caveat(1, "old", before),)


def test_a_source_that_is_not_read_as_often_as_it_asks_is_told_of(
    store: Store, engine: Engine
) -> None:
    with engine.begin() as connection:
        for source, age in (("fiches", 181), ("code", 179), ("ue", 4000)):
            ended = (NOW - timedelta(days=age)).timestamp()
            connection.execute(
                insert(sync_runs).values(
                    source=source, started=ended, ended=ended, status="complete", version=""
                )
            )
    held = [page("Tant de jours."), article("L1", "2020-01-01"),
            article("5", "2024-07-12", code="Règlement", source="ue")]  # fmt: skip
    day = (NOW - timedelta(days=181)).date().isoformat()
    assert told(store, [], *held) == (Caveat(1, "unread", day),)


def test_what_a_source_no_longer_declared_says_is_not_judged(store: Store) -> None:
    held = page(CITES, day="2009-01-06")
    store.write([held], [], run=1)
    assert caveats(shown(store, held), store, (), NOW) == ()
    assert caveats((), store, DECLARED, NOW) == ()


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("l'article L. 1 du code du travail", "Code du travail, article L1"),
        (
            "articles L. 1142-5 et D. 1142-6-2 du Code du travail,",
            "Code du travail, article L1142-5",
        ),
        ("(L. 1 du Code de l’action sociale)", "Code de l'action sociale, article L1"),
    ],
)
def test_the_code_of_a_reference_is_named_behind_it(text: str, titles: str) -> None:
    assert titles in codes.cited(text, ())[0].titles


def test_another_sentence_says_nothing_of_the_code() -> None:
    text = "Selon l'article L. 3141-3. Le Code du travail dit autre chose."
    assert codes.cited(text, ()) == []
    assert codes.usual(text)[:2] == ("du", "travail")


@pytest.mark.parametrize("endless", ["code ", "L. 1 ", "L. 1234-5 du Code du travail, ", "2024 "])
def test_a_document_that_repeats_itself_without_end_costs_no_more_than_a_long_one(
    store: Store, endless: str
) -> None:
    long = page(*[endless * (90_000 // len(endless))] * 10, day="2009-01-06")
    store.write([long], [], run=1)
    passages = shown(store, long)
    began = time.perf_counter()
    caveats(passages, store, DECLARED, NOW)
    assert time.perf_counter() - began < 5.0
    assert len(codes.cited("".join(f"L. 1234-{n} " for n in range(999)), ("du",))) == codes.MOST


@given(st.text(max_size=300), st.dates())
def test_no_text_names_a_day_after_the_bound(text: str, until: date) -> None:
    found = days.latest(text, until)
    assert not found or date.fromisoformat(found) <= until


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert days.latest(f"le {day.day:02}/{day.month:02}/{day.year}", day) == day.isoformat()
    assert days.latest(f"le {day.day:02}/{day.month:02}/{day.year}", day - timedelta(1)) == ""


def test_days_that_are_none_are_left_out() -> None:
    assert days.latest("le 31 février 2024, le 12/34/2024 et le 0/1/2024", date(2026, 1, 1)) == ""
    text = "Depuis le 1er mars 2024, et d'ici au 31 décembre 2030."
    assert days.latest(text, date(2026, 1, 1)) == "2024-03-01"


def test_neighbours_are_those_of_the_same_document_in_its_order(store: Store) -> None:
    store.write([page("Un.", "Deux.", "Trois."), page("Autre.", name="other")], [], run=1)
    first, second, third = store.whole(["fiches/x"])["fiches/x"]
    middle = store.beside(second.id)
    assert middle is not None
    assert (middle.before, middle.after) == (first, third)
    assert (middle.place, middle.total) == (2, 3)
    ends = store.beside(first.id), store.beside(third.id)
    assert ends[0] is not None and ends[0].before is None and ends[0].after == second
    assert ends[1] is not None and ends[1].after is None and ends[1].place == 3
    (alone,) = store.whole(["fiches/other"])["fiches/other"]
    single = store.beside(alone.id)
    assert single is not None
    assert (single.place, single.total, single.before, single.after) == (1, 1, None, None)
    assert store.beside("none") is None


def test_until_when_a_text_held_is_known_by_its_title_and_date(
    store: Store, engine: Engine
) -> None:
    store.write([article("L3141-3", "2016-08-10")], [], run=1)
    store.write([article("L3141-3", "2024-01-01")], [], 2, journal=Journal(LAW, 2, "2026-01-15"))
    title = "Code du travail, article L3141-3"
    assert changes.held_until(engine, title, "2016-08-10") == "2024-01-01"
    assert changes.held_until(engine, title, "2024-01-01") == ""
