"""The sources' pages: how each source stands, who sees it, and what changed in it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import scripted
from sqlalchemy import update

from rag.documents import Problem
from rag.errors import SourceUnavailable
from rag.freshness import DAY
from rag.tables import sync_runs
from server.cleaning import cleaner_of
from server.console.situation import stored_statuses
from server.knowledge import Knowledge
from server.source_views import unreadable
from tests.rag.conftest import BagEmbedder
from tests.server.test_own_documents import words_of
from tests.web.test_pages import Outline

SOURCES = """
sources:
  - {id: brochures, title: Brochures, kind: folder, path: brochures, personal_data: public,
     owner: Accueil, licence: Licence Ouverte, fresh_days: 7}
  - {id: notes, title: Notes, kind: folder, path: notes, owner: RH, licence: Interne}
  - {id: loi, title: Règlement, kind: eurlex-html, owner: UE, licence: EUR-Lex}
"""
PAGE = "/admin/sources"


@pytest.fixture
def knowledge(settings: Any, parts: Any) -> Iterator[Knowledge]:
    for name in ("brochures", "notes"):
        (settings.data_dir / name).mkdir(parents=True)
    (settings.data_dir / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    made = Knowledge(
        settings,
        parts.database,
        BagEmbedder(),
        lambda: cleaner_of(parts.charter, parts.keys, scripted.analyzer),
    )
    parts.sources = made
    yield made
    made.stop()


@pytest.fixture
def publish(settings: Any, knowledge: Knowledge) -> Any:
    """Makes a folder hold these files, and reads it."""

    def published(source: str, **files: str) -> None:
        folder = settings.data_dir / source
        for old in folder.iterdir():
            old.unlink()
        for name, text in files.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        knowledge.sync_now(source)

    return published


def _part(html: str, title: str) -> str:
    """The part of the sources' page that is about one of them."""
    (part,) = [p for p in html.split("<section")[1:] if title in p.split("</h2>")[0]]
    return words_of(f"<{part}").replace("\N{NO-BREAK SPACE}", " ")


def _row(html: str, title: str) -> str:
    """What the overview's table says of a source, after its title."""
    (row,) = [r for r in html.split("<tr")[1:] if f">{title}</a></th>" in r]
    return words_of(f"<tr{row}").partition(title)[2].strip()


def test_each_source_says_how_it_stands_and_what_to_do(
    publish: Any, knowledge: Knowledge, parts: Any, root: Any
) -> None:
    publish("brochures", accueil="Le guichet ouvre à 9 heures.")
    html = root.get(PAGE).text
    Outline(html)
    fresh = _part(html, "Brochures")
    assert "à jour" in fresh and "Accueil" in fresh and "Licence Ouverte" in fresh
    assert "lue en entier au moins tous les 7 jours" in fresh and "1 document," in fresh
    assert "première lecture, 1 document" in fresh
    assert "jamais chargée" in _part(html, "Notes") and "chargez-la" in _part(html, "Notes")
    law = _part(html, "Règlement")
    assert "désactivée" in law and "sans limite" in law and "Charger de nouveau" not in law
    with parts.database.begin() as connection:
        old = time.time() - 9.5 * DAY
        connection.execute(update(sync_runs).values(started=old, ended=old))
    stale = _part(root.get(PAGE).text, "Brochures")
    assert "à renouveler" in stale and "il y a 9 jours, pour 7 jours permis" in stale


def test_the_overview_its_api_and_its_notices_say_what_the_sources_page_says(
    publish: Any, knowledge: Knowledge, parts: Any, root: Any
) -> None:
    publish("brochures", accueil="Le guichet ouvre à 9 heures.")
    assert _row(root.get("/admin").text, "Brochures").startswith("à jour")
    with parts.database.begin() as connection:
        old = time.time() - 9.5 * DAY
        connection.execute(update(sync_runs).values(started=old, ended=old))
    page = root.get("/admin").text
    assert _row(page, "Brochures").startswith("à renouveler")
    assert "jamais chargée" in _row(page, "Notes") and "désactivée" in _row(page, "Règlement")
    said = "La source « Brochures » a été lue en entier il y a 9 jours, pour 7 jours permis."
    assert said in words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    for path in ("overview", "sources"):
        told = root.client.get(f"/api/admin/{path}").json()["sources"]
        assert {one["id"]: one["state"] for one in told} == {
            "brochures": "stale",
            "notes": "never",
            "loi": "disabled",
        }
        assert told[0]["fresh_days"] == 7 and told[0]["complete_at"]


def test_the_command_line_knows_a_stale_source_as_the_server_does(
    publish: Any, knowledge: Knowledge, parts: Any
) -> None:
    publish("brochures", accueil="Le guichet ouvre à 9 heures.")
    with parts.database.begin() as connection:
        old = time.time() - 9.5 * DAY
        connection.execute(update(sync_runs).values(started=old, ended=old))
    told = {one.id: one.health for one in stored_statuses(parts)}
    assert told == {one.id: one.health for one in knowledge.statuses()}
    assert told["brochures"] == "stale"


def test_a_source_that_failed_says_why_in_both_languages(
    publish: Any, knowledge: Knowledge, settings: Any, root: Any
) -> None:
    publish("brochures", accueil="Le guichet ouvre à 9 heures.")
    (settings.data_dir / "brochures" / "accueil.txt").unlink()
    (settings.data_dir / "brochures").rmdir()
    with pytest.raises(SourceUnavailable):
        knowledge.sync_now("brochures")
    failed = _part(root.get(PAGE).text, "Brochures")
    assert "en échec" in failed and "brochures : le dossier est absent" in failed
    assert "ce qui a été lu auparavant reste consultable" in failed and "dernier essai" in failed
    root.send("/language", locale="en")
    failed = _part(root.get(PAGE).text, "Brochures")
    assert "unsuccessful" in failed and "brochures: the folder is absent" in failed


def test_the_problems_of_files_are_in_the_reader_s_language(
    publish: Any, knowledge: Knowledge, settings: Any, root: Any
) -> None:
    publish("brochures", accueil="Le guichet ouvre.")
    (settings.data_dir / "brochures" / "bad.pdf").write_bytes(b"%PDF nothing")
    knowledge.sync_now("brochures")
    page = _part(root.get(PAGE).text, "Brochures")
    assert "1 problème" in page and re.search(r"bad\.pdf : ce fichier", page)


def test_the_services_of_the_charter_that_see_a_source_are_named(
    knowledge: Knowledge, parts: Any, root: Any
) -> None:
    assert "Services qui la voient tous les services" in _part(root.get(PAGE).text, "Brochures")
    narrower = scripted.CHARTER.replace("services:\n", SERVICES, 1)
    assert narrower != scripted.CHARTER
    current = parts.charter_store.current().revision
    parts.charter_store.save(narrower, "tests", "narrower", current)
    parts.charter.reload()
    html = root.get(PAGE).text
    assert "Services qui la voient tous les services" in _part(html, "Brochures")
    seen = _part(html, "Notes").split("Services qui la voient")[1].split("Fraîcheur")[0]
    assert "tous les services" not in seen and "Accueil du public" not in seen and seen.strip()


SERVICES = """services:
  - id: accueil
    title: Accueil du public
    sources: [brochures]
"""


def test_what_changed_is_listed_and_read_before_and_after(publish: Any, root: Any) -> None:
    publish("brochures", accueil="Le guichet ouvre à 9 heures.", velo="Louez un vélo.")
    page = words_of(root.get(f"{PAGE}/brochures/changes").text)
    assert "première lecture : comptés seulement" in page.replace("\N{NO-BREAK SPACE}", " ")
    publish("brochures", accueil="Le guichet ouvre à 10 heures.", bus="Prenez le bus.")
    html = root.get(f"{PAGE}/brochures/changes").text
    Outline(html)
    page = words_of(html)
    assert "1 modifié, 1 ajouté, 1 retiré" in page and "Abrogés" not in page
    amended, withdrawn = re.findall(r"/admin/sources/brochures/changes/\d+", html)
    html = root.get(amended).text
    Outline(html)
    assert re.search(r"<del>.*9 </del><ins>.*10 </ins>heures\.", html)
    former = words_of(root.get(withdrawn).text)
    assert "Louez un vélo." in former and "Texte valable jusqu’au" in former
    root.send("/language", locale="en")
    assert "1 amended, 1 added, 1 withdrawn" in words_of(root.get(f"{PAGE}/brochures/changes").text)
    assert "Text valid until" in words_of(root.get(withdrawn).text)


def test_a_reading_among_others_is_shown_page_by_page(publish: Any, root: Any) -> None:
    publish("brochures", a="Un.")
    publish("brochures", a="Un.", **{f"f{n}": "Deux." for n in range(25)})
    publish("brochures", a="Un.")
    html = root.get(f"{PAGE}/brochures/changes").text
    assert "25 retirés" in words_of(html) and html.count("Lire l’ancien texte") == 20
    (other,) = set(re.findall(r'href="(/admin/sources/brochures/changes\?sync=\d+)"', html))
    assert "25 ajoutés" in words_of(root.get(other).text)
    (older,) = set(re.findall(r'href="([^"]+from=20)"', html))
    assert root.get(older.replace("&amp;", "&")).text.count("Lire l’ancien texte") == 5


def test_the_organisation_s_own_documents_only_say_that_they_changed(
    publish: Any, root: Any, parts: Any
) -> None:
    publish("notes", plan="Le plan est secret.")
    publish("notes", plan="Le plan est public.")
    html = root.get(f"{PAGE}/notes/changes").text
    assert "1 modifié" in words_of(html) and "aucun ancien texte n’est conservé" in html
    assert not re.search(r"/changes/\d+", html)
    for number in range(4):
        assert root.get(f"{PAGE}/notes/changes/{number}").status_code == 404


def test_what_is_not_there_is_not_found(publish: Any, root: Any, alice: Any, dora: Any) -> None:
    publish("brochures", a="Un.")
    publish("brochures", a="Deux.")
    (address,) = re.findall(
        r"/admin/sources/brochures/changes/\d+", root.get(f"{PAGE}/brochures/changes").text
    )
    assert root.get(address).status_code == 200
    for wrong in (
        "none/changes",
        "brochures/changes?sync=999",
        "brochures/changes/999",
        f"brochures/changes/{2**70}",
        "notes/changes/" + address.rsplit("/", 1)[1],
    ):
        assert root.get(f"{PAGE}/{wrong}").status_code == 404, wrong
    assert root.get(f"{PAGE}/brochures/changes?sync=x").status_code in (400, 422)
    for other in (alice, dora):
        assert other.get(address).status_code == 403


def test_a_file_that_writes_html_is_shown_as_text(publish: Any, root: Any) -> None:
    publish("brochures", a="<script>alert(1)</script> un.")
    publish("brochures", a="<script>alert(2)</script> deux.")
    html = root.get(f"{PAGE}/brochures/changes").text
    (address,) = re.findall(r"/admin/sources/brochures/changes/\d+", html)
    assert "<script>alert" not in root.get(address).text


def test_files_are_counted_as_unreadable_and_not_their_parts_or_kinds() -> None:
    said = [("bad.pdf", "x"), ("bad.pdf", "y"), ("plan.pdf › p. 2", "x"), ("*.png", "x")]
    assert unreadable(tuple(Problem(where, text) for where, text in said)) == 1
