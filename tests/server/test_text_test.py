"""«Try a text»: what the administrator sees of an analysis, and that nothing of it is kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from governance.pii.recognizers import RECOGNIZERS
from server.pages.text_test import MAX_TEXT
from server.settings import Settings
from tests.web.test_pages import Outline
from web.rules import RULES, rule_words

PAGE = "/admin/text"
OFFICE = Path(__file__).parents[1] / "governance" / "pii" / "office"
TEXT = (
    "Bonjour, je suis Mme Awa Diallo, née le 3 mars 1985, du dossier DOS-4321.\n"
    "J’habite à Marseille ; mon numéro est le 06 12 34 56 78."
)


def words_of(html: str) -> str:
    """The page's text, on one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def tried(browser: Any, text: str, service: str = "rh") -> Any:
    browser.get(PAGE)
    return browser.send(PAGE, text=text, service=service)


def rows(html: str) -> Iterator[str]:
    for row in re.findall(r'<tr role="row" id="found-\d+">(.*?)</tr>', html, re.S):
        yield words_of(row)


def test_the_form_offers_the_services_of_the_charter(root: Any) -> None:
    response = root.get(PAGE)
    assert response.status_code == 200
    Outline(response.text)
    assert '<option value="rh">Ressources humaines</option>' in response.text
    assert '<option value="compta">Comptabilité</option>' in response.text
    assert "Ce qui a été trouvé" not in response.text
    for page in ("/admin", "/admin/charter"):
        assert f'href="{PAGE}"' in root.get(page).text


def test_each_find_says_its_rule_why_its_score_and_its_handling(root: Any) -> None:
    response = tried(root, TEXT)
    assert response.status_code == 200
    Outline(response.text)
    found = list(rows(response.text))
    person, birth, number, place, phone = found
    assert "1. Awa Diallo" in person and "nom d’une personne" in person
    assert "PersonByContext · civility" in person
    assert "une civilité (M., Mme, Dr…) le précède" in person
    assert "0,8" in person and "rétabli dans la réponse" in person
    assert "date de naissance" in birth and "BirthDate · born on" in birth
    assert "Numéro de dossier" in number and "NUMERO_DOSSIER" in number
    assert "il correspond au motif que la charte déclare" in number
    assert "laissé en clair" in place
    assert "confirmé par une vérification" in phone and " 1 " in phone


def test_the_text_is_shown_marked_and_as_the_model_would_see_it(root: Any) -> None:
    html = tried(root, TEXT.replace("\n", "\r\n")).text
    marked, seen = re.findall(r'<p class="seen">(.*?)</p>', html, re.S)
    assert '<mark class="masked">Awa Diallo</mark><sup><a href="#found-1">1</a></sup>' in marked
    assert "<u>Marseille</u>" in marked
    without_numbers = re.sub(r"<sup>.*?</sup>", "", marked)
    assert unescape(re.sub(r"<[^>]+>", "", without_numbers)) == TEXT
    assert "je suis Mme [PERSONNE_1], née le [NAISSANCE_1], du dossier [DOSSIER_1]." in (
        re.sub(r"<[^>]+>", "", seen)
    )
    assert "à Marseille" in seen and "Diallo" not in seen
    (again,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", html, re.S)
    assert unescape(again) == TEXT
    assert '<option value="rh" selected>' in html


def test_a_blocked_kind_is_said(root: Any) -> None:
    html = tried(root, "Mon mot de passe : Tr0ub4dor&3x").text
    assert "La demande serait refusée, à cause de" in words_of(html)
    assert "bloqué" in "".join(rows(html))


def test_a_text_without_anything_says_so(root: Any) -> None:
    html = tried(root, "Combien de jours de congés par mois ?").text
    assert "0 élément" in words_of(html).replace("\N{NO-BREAK SPACE}", " ")
    assert "<mark" not in html and "<tbody" not in html


@pytest.mark.parametrize(
    ("text", "service", "said"),
    [
        ("", "rh", "Écrivez ou collez"),
        (" \n", "rh", "Écrivez ou collez"),
        ("x" * (MAX_TEXT + 1), "rh", "au plus peuvent être essayés"),
        ("Bonjour", "", "Choisissez"),
        ("Bonjour", "personne", "Choisissez"),
    ],
)
def test_what_cannot_be_tried_is_said(root: Any, text: str, service: str, said: str) -> None:
    response = tried(root, text, service)
    assert response.status_code == 422
    assert said in words_of(response.text)
    Outline(response.text)


def test_hostile_text_is_shown_and_not_run(root: Any) -> None:
    text = "\n</textarea><script>alert(1)</script> Mme <b>Awa</b> Diallo \"'& [PERSONNE_1] {x}"
    html = tried(root, text).text
    Outline(html)
    assert "<script>alert" not in html and "<b>Awa" not in html
    (again,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", html, re.S)
    assert unescape(again) == text


def test_a_failure_of_the_analysis_is_said(root: Any, parts: Any) -> None:
    parts.analyzer.broken = True
    response = tried(root, TEXT)
    assert response.status_code == 503
    assert "rien ne peut être dit d’un texte" in words_of(response.text)


def test_nothing_of_a_text_is_written(
    root: Any, parts: Any, settings: Settings, capsys: Any, caplog: Any
) -> None:
    size = parts.audit.head().size
    with caplog.at_level(logging.DEBUG):
        assert tried(root, TEXT).status_code == 200
        assert tried(root, TEXT + "x" * MAX_TEXT).status_code == 422
    assert "Diallo" not in caplog.text + "".join(capsys.readouterr())
    assert parts.audit.head().size == size
    for path in Path(settings.data_dir).rglob("*"):
        if path.is_file():
            assert b"Diallo" not in path.read_bytes()
    from sqlalchemy import text as sql

    with parts.database.connect() as connection:
        count = connection.execute(sql("SELECT count(*) FROM pii_mappings")).scalar_one()
    assert count == 0


def test_every_rule_has_its_words(parts: Any) -> None:
    """A new rule must be told to the administrators in their language."""
    named = {rule.name for recognizer in RECOGNIZERS for rule in recognizer.RULES}
    assert named <= set(RULES)
    for path in sorted(OFFICE.glob("dev_*.txt")):
        for finding in parts.analyzer.find(path.read_text(encoding="utf-8")[:60_000]):
            assert finding.rule in RULES or finding.recognizer in {"Charter", "Mention"}, finding
    assert rule_words("Charter", "NUMERO_DOSSIER") != "NUMERO_DOSSIER"
    assert rule_words("Newest", "never heard of") == "never heard of"
