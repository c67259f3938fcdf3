"""The administrator's and the officer's pages, and the errors."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from governance.audit.verify import verify_export


def asked(browser: Any, text: str = "Combien de jours ?") -> None:
    assert browser.fetch("/chat/new/messages", {"text": text}).status_code == 200


def test_the_overview_says_today_in_figures(root: Any) -> None:
    page = root.get("/admin")
    assert page.status_code == 200
    assert "test-model" in page.text and "Ressources humaines" in page.text


def test_a_key_is_shown_once_and_logged_without_its_secret(
    root: Any, parts: Any, visitor: Any
) -> None:
    page = root.send("/admin/keys", service="rh", label="Intranet", scopes=["chat"])
    assert page.status_code == 200
    (key,) = parts.api_keys.all()
    secret = page.text.split('id="secret">')[1].split("<")[0]
    assert len(secret) == 47 and secret.startswith(key.prefix)
    assert secret not in root.get("/admin/keys").text
    models = {"authorization": f"Bearer {secret}"}
    assert visitor.client.get("/v1/models", headers=models).status_code == 200
    assert root.send(f"/admin/keys/{key.id}/revoke").status_code == 303
    assert visitor.client.get("/v1/models", headers=models).status_code == 401
    actions = [entry.data["action"] for entry in parts.audit.page() if entry.type == "key"]
    assert actions == ["revoked", "created"]
    assert root.send(f"/admin/keys/{key.id}/revoke").status_code == 404


def test_a_key_is_for_a_service_of_the_charter(root: Any, parts: Any) -> None:
    assert root.send("/admin/keys", service="ghost", label="x", scopes=["chat"]).status_code == 422
    assert parts.api_keys.all() == ()


def test_a_source_is_read_again(root: Any, parts: Any) -> None:
    assert "Fiches du ministère" in root.get("/admin/sources").text
    assert root.send("/admin/sources/fiches/sync").status_code == 303
    assert parts.sources.synced == ["fiches"]
    assert root.send("/admin/sources/none/sync").status_code == 404


def test_the_log_is_listed_and_filtered(alice: Any, dora: Any, parts: Any) -> None:
    asked(alice)
    exchange = parts.road.requests[0].id
    assert dora.get("/audit").text.count('href="/audit/') >= 2
    assert dora.get(f"/audit?exchange={exchange}&type=completed").text.count('scope="row"') == 1
    assert dora.get("/audit?since=2031-01-01").text.count('scope="row"') == 0
    assert dora.get("/audit?since=yesterday").status_code == 400
    assert dora.get("/audit?type=invented").status_code == 400


def test_a_long_log_has_pages(dora: Any, parts: Any) -> None:
    from governance.audit.leaf import AuditRecord

    for number in range(60):
        parts.audit.append(AuditRecord("key", data={"action": "created", "key": str(number)}))
    first = dora.get("/audit").text
    assert 'href="/audit?before=10"' in first
    assert dora.get("/audit?before=10").text.count('scope="row"') == 10


def test_a_record_opens_for_a_reason_that_is_logged(alice: Any, dora: Any, parts: Any) -> None:
    asked(alice)
    closed = dora.get("/audit/0")
    assert closed.status_code == 200 and "la question de" not in closed.text
    refused = dora.send("/audit/0/open", reason="court")
    assert refused.status_code == 422 and "la question de" not in refused.text
    opened = dora.send("/audit/0/open", reason="Demande d'accès n° 12 du 3 mars")
    assert opened.status_code == 200 and "la question de [PERSONNE_1]" in opened.text
    (entry,) = [e for e in parts.audit.page() if e.type == "consulted"]
    assert entry.data == {"leaf": 0}
    assert "Demande d&#39;accès" in dora.get(f"/audit/{entry.index}").text
    assert dora.get("/audit/999").status_code == 404


def test_an_erased_text_says_so(alice: Any, dora: Any, parts: Any) -> None:
    asked(alice)
    parts.audit.erase_person(parts.road.requests[0].caller.subject, "operator", "demande légitime")
    opened = dora.send("/audit/0/open", reason="Demande d'accès n° 12")
    assert opened.status_code == 200 and "la question de" not in opened.text


def test_an_export_verifies_and_is_logged(alice: Any, dora: Any, parts: Any, tmp_path: Any) -> None:
    asked(alice)
    assert dora.send("/audit/export", reason="court").status_code == 422
    response = dora.send("/audit/export", reason="Contrôle annuel de la CNIL", type="completed")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert b"Dupont" not in archive.read("leaves.jsonl")
    file = tmp_path / "export.zip"
    file.write_bytes(response.content)
    result = verify_export(file, parts.audit.vkey)
    assert result.ok and result.shown == 1
    assert [e.type for e in parts.audit.page(limit=1)] == ["exported"]


def test_the_log_is_verified_from_its_page(alice: Any, dora: Any, parts: Any) -> None:
    asked(alice)
    assert "vient d’être vérifié" in dora.send("/audit/verify").text.replace("'", "’")
    with parts.database.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_leaves SET service = 'compta'")
    assert 'class="bad"' in dora.send("/audit/verify").text


@pytest.mark.parametrize(("locale", "words"), [("fr", "introuvable"), ("en", "not found")])
def test_errors_are_pages_in_the_reader_s_language(visitor: Any, locale: str, words: str) -> None:
    page = visitor.client.get("/nothing-here", headers={"accept-language": locale})
    assert page.status_code == 404
    assert words in page.text and f'lang="{locale}"' in page.text


def test_errors_are_json_for_scripts(alice: Any) -> None:
    response = alice.fetch("/chat/new/messages", {"text": 3})
    assert response.status_code == 422 and response.json()["message"]
    assert alice.client.put("/chat").status_code == 405


def test_a_language_is_remembered(visitor: Any, alice: Any, parts: Any) -> None:
    visitor.get("/sign-in")
    assert visitor.send("/language", locale="en", next="/sign-in").status_code == 303
    assert 'lang="en"' in visitor.get("/sign-in").text
    alice.send("/language", locale="en", next="/chat")
    assert 'lang="en"' in alice.get("/chat").text
    assert parts.users.find("alice").locale == "en"


def test_a_failure_on_our_side_is_a_page_without_its_text(
    root: Any, parts: Any, monkeypatch: Any, capfd: Any
) -> None:
    def broken() -> Any:
        raise RuntimeError("Jean Dupont")

    monkeypatch.setattr(parts.sources, "statuses", broken, raising=False)
    page = root.get("/admin/sources")
    assert page.status_code == 500
    assert "Dupont" not in page.text and "default-src" in page.headers["content-security-policy"]
    captured = capfd.readouterr()
    assert "Dupont" not in captured.out + captured.err


def test_a_log_that_is_down_stops_what_must_be_logged(
    root: Any, parts: Any, monkeypatch: Any
) -> None:
    from governance.audit.errors import AuditUnavailable

    def down(*_: Any) -> int:
        raise AuditUnavailable("The audit log is unavailable ({cause}).", cause="x")

    monkeypatch.setattr(type(parts.audit), "append", down)
    assert root.send("/admin/keys", service="rh", label="x", scopes=["chat"]).status_code == 503


def test_the_application_starts_and_closes_its_parts(parts: Any) -> None:
    from starlette.testclient import TestClient

    from server.app import create_app

    with TestClient(create_app(parts)) as client:
        assert parts.started and client.get("/health/live").status_code == 200
    assert parts.closed


def charter_of(parts: Any) -> tuple[str, str]:
    current = parts.charter_store.current()
    return current.text, current.revision


def test_the_charter_is_shown_and_published_with_its_reason(root: Any, parts: Any) -> None:
    text, revision = charter_of(parts)
    page = root.get("/admin/charter")
    assert page.status_code == 200 and revision in page.text and "tri-candidatures" in page.text
    better = text.replace("Commune d'Exemple", "Ville d'Exemple")
    response = root.send("/admin/charter", text=better, reason="Nouveau nom", parent=revision)
    assert response.status_code == 303
    assert parts.charter.get()[1].organisation.name == "Ville d'Exemple"
    assert "Ville d&#39;Exemple" in root.get("/admin/charter?done=charter").text
    (entry,) = [entry for entry in parts.audit.page() if entry.type == "charter"]
    assert entry.charter_revision == parts.charter.get()[0]
    assert entry.data["parent"] == revision and "Nouveau nom" not in str(entry.data)
    assert parts.judges.warmed == 1


def test_a_text_is_checked_by_line_before_it_is_saved(root: Any, parts: Any) -> None:
    text, _ = charter_of(parts)
    fine = root.fetch("/admin/charter/check", {"text": text}).json()
    assert fine["problems"] == [] and "Trier des candidatures" in fine["summary_html"]
    wrong = text.replace("effect: forbid", "effect: forbidden")
    checked = root.fetch("/admin/charter/check", {"text": wrong}).json()
    (problem,) = checked["problems"]
    line = 1 + text[: text.index("effect: forbid")].count("\n")
    assert (problem["line"], problem["field"]) == (line, "uses[0].effect")
    assert problem["message"] and checked["summary_html"] == ""


def test_a_charter_cannot_name_a_source_that_does_not_exist(root: Any, parts: Any) -> None:
    text, revision = charter_of(parts)
    wrong = text.replace("- id: compta", "- id: compta\n    sources: [fiches, ghosts]")
    (problem,) = root.fetch("/admin/charter/check", {"text": wrong}).json()["problems"]
    assert problem["field"] == "services[1].sources" and "ghosts" in problem["message"]
    response = root.send("/admin/charter", text=wrong, reason="essai", parent=revision)
    assert response.status_code == 422


def test_a_wrong_charter_never_takes_the_place_of_a_good_one(root: Any, parts: Any) -> None:
    _, revision = charter_of(parts)
    response = root.send("/admin/charter", text="charter: [", reason="essai", parent=revision)
    assert response.status_code == 422 and "charter: [" in response.text
    assert parts.charter.get()[0] == revision == charter_of(parts)[1]


def test_of_two_editors_the_second_is_told(root: Any, parts: Any) -> None:
    text, revision = charter_of(parts)
    first, second = text + "# one\n", text + "# two\n"
    assert root.send("/admin/charter", text=first, reason="un", parent=revision).status_code == 303
    late = root.send("/admin/charter", text=second, reason="deux", parent=revision)
    assert late.status_code == 409 and "# two" in late.text
    nothing = root.send("/admin/charter", text=second, reason=" ", parent=charter_of(parts)[1])
    assert nothing.status_code == 409
