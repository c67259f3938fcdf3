"""The organisation's own folders in the console: what was read, refused, and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import scripted

from rag.errors import SourceUnavailable
from server.books import open_books
from server.cleaning import cleaner_of, own_cleaner
from server.knowledge import Knowledge
from tests.rag.conftest import BagEmbedder
from tests.waiting import wait_for
from tests.web.test_pages import Outline

SOURCES = """
sources:
  - {id: dossiers, title: Dossiers, kind: folder, path: dossiers, personal_data: refuse,
     owner: RH, licence: Interne}
  - {id: notes, title: Notes, kind: folder, path: notes, owner: RH, licence: Interne}
  - {id: public, title: Brochures, kind: folder, path: public, personal_data: public,
     owner: Accueil, licence: Licence Ouverte}
"""
FILES = {
    "dossiers/CV Dupont Jean.txt": "Jean Dupont, IBAN FR76 3000 6000 0112 3456 7890 189.",
    "dossiers/plan.txt": "L’accueil est au premier étage.",
    "dossiers/scan.pdf": "%PDF nothing",
    "notes/note.txt": "Mme Claire Lefèvre reçoit M. Karim Benali à Lorient, dossier DOS-1234.",
    "public/maire.txt": "Le maire, Paul Martin, vous reçoit le lundi.",
}


@pytest.fixture
def knowledge(settings: Any, parts: Any) -> Iterator[Knowledge]:
    for name, content in FILES.items():
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (settings.data_dir / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    made = Knowledge(
        settings,
        parts.database,
        BagEmbedder(),
        lambda: cleaner_of(parts.charter, parts.keys, scripted.analyzer),
    )
    for source in made.declared:
        made.sync_now(source.id)
    parts.sources = made
    yield made
    made.stop()


def words_of(html: str) -> str:
    """The text of a page, on one line, its no-break spaces made ordinary."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).replace("\u202f", " ").split())


def test_the_page_says_what_became_of_each_folder(knowledge: Knowledge, root: Any) -> None:
    html = root.get("/admin/sources").text
    Outline(html)
    page = words_of(html)
    assert "3 documents : 1 lu, 1 refusé (1 nom, 1 IBAN), 1 illisible" in page
    assert "1 document : 1 lu, 3 données pseudonymisées" in page
    assert "lu, pseudonymisé : 2 noms, Numéro de dossier : 1" in page
    assert "CV [personne A].txt" in page and "refusé : 1 nom, 1 IBAN" in page
    assert "un document qui en contient est refusé" in page
    assert "Déclaré public par son propriétaire : indexé sans pseudonymisation." in page
    for name in ("Dupont", "Lefèvre", "Benali", "FR76"):
        assert name not in page


def test_the_page_says_it_in_english_too(knowledge: Knowledge, root: Any) -> None:
    assert root.send("/language", locale="en").status_code == 303
    page = words_of(root.get("/admin/sources").text)
    assert "3 documents: 1 read, 1 turned away (1 name, 1 IBAN), 1 unreadable" in page
    assert "Declared public by its owner" in page


def test_a_stricter_charter_has_the_folders_read_again(knowledge: Knowledge, parts: Any) -> None:
    def texts() -> str:
        held = knowledge.store.passages(sorted(knowledge.store.ids())).values()
        return "\n".join(passage.text for passage in held)

    knowledge.sync_what_changed()
    assert "à Lorient, dossier [dossier A]" in texts() and "Paul Martin" in texts()
    stricter = scripted.CHARTER.replace("personal_data:", "personal_data:\n  LOCATION: block")
    revision = parts.charter_store.current().revision
    parts.charter_store.save(stricter, "tests", "stricter", revision)
    parts.charter.reload()
    knowledge.sync_what_changed()
    wait_for(lambda: "à [valeur retirée], dossier [dossier A]" in texts(), seconds=30)
    wait_for(lambda: not knowledge._syncing, seconds=30)
    assert "Lorient" not in texts() and "Paul Martin" in texts()


def test_without_a_charter_nothing_is_read(tmp_path: Path) -> None:
    books = open_books(scripted.settings_in(tmp_path / "empty"))
    cleaner = own_cleaner(books)
    with pytest.raises(SourceUnavailable):
        cleaner()
    books.database.dispose()
