"""The charter's pages: tests before publication, comparison, restoration, simulation, schema."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import text as sql

from governance.audit.leaf import AuditRecord

REASON = "essai d'un brouillon"


def charter_of(parts: Any) -> tuple[str, str]:
    current = parts.charter_store.current()
    return current.text, current.revision


def failing(parts: Any) -> tuple[str, str]:
    """A charter whose one example its judge lets through, and what it was made from."""
    text, revision = charter_of(parts)
    return text.replace("Classe ces trois candidats du", "Range-les du"), revision


def records(parts: Any, kind: str) -> list[Any]:
    return [entry for entry in parts.audit.page() if entry.type == kind]


# -- the schema


def test_the_schema_is_public_and_kept_by_who_has_it(visitor: Any) -> None:
    first = visitor.get("/charter/schema.json")
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/schema+json"
    assert "public" in first.headers["cache-control"]
    schema = first.json()
    assert (schema["$id"], schema["version"]) == ("urn:sobria:charter:1", 1)
    tag = first.headers["etag"]
    again = visitor.get("/charter/schema.json", headers={"if-none-match": tag})
    assert again.status_code == 304 and again.content == b""


# -- tests before publication


def test_the_tests_run_in_the_editor_and_save_nothing(root: Any, parts: Any) -> None:
    text, revision = failing(parts)
    page = root.send("/admin/charter/test", text=text, reason="brouillon", parent=revision)
    assert page.status_code == 200
    assert "Range-les du meilleur" in page.text and "Les tests échouent." in page.text
    assert 'value="brouillon"' in page.text
    good = root.send("/admin/charter/test", text=charter_of(parts)[0], parent=revision)
    assert "Les tests passent." in good.text
    wrong = root.send("/admin/charter/test", text="charter: 2", parent=revision)
    assert wrong.status_code == 200 and "Tests de la charte" not in wrong.text
    assert charter_of(parts)[1] == revision


def test_a_charter_whose_tests_fail_is_published_only_nevertheless(root: Any, parts: Any) -> None:
    text, revision = failing(parts)
    held = root.send("/admin/charter", text=text, reason="nouveau texte", parent=revision)
    assert held.status_code == 422
    assert 'name="nevertheless"' in held.text and "Range-les du meilleur" in held.text
    assert parts.charter.get()[0] == revision and not records(parts, "charter")
    said = root.send(
        "/admin/charter", text=text, reason="nouveau texte", parent=revision, nevertheless="true"
    )
    assert said.status_code == 303
    (entry,) = records(parts, "charter")
    assert entry.data["tests"]["passed"] is False and entry.data["tests"]["let_through"] == 1
    assert parts.charter.get()[0] == entry.charter_revision


def test_an_error_is_never_published_even_nevertheless(root: Any, parts: Any) -> None:
    _, revision = charter_of(parts)
    bad = root.send(
        "/admin/charter", text="charter: [", reason="essai", parent=revision, nevertheless="true"
    )
    assert bad.status_code == 422 and charter_of(parts)[1] == revision


def test_a_loosening_shows_both_lines_in_the_editor(root: Any, parts: Any) -> None:
    text, revision = charter_of(parts)
    parts.charter_store.save(
        "charter: 1\nextends: base.yaml\n", "tests", "prolonge", revision,
        parents={"base.yaml": text}.__getitem__,
    )  # fmt: skip
    loose = "charter: 1\nextends: base.yaml\nuses:\n  - id: tri-candidatures\n    effect: allow\n"
    (problem,) = root.fetch("/admin/charter/check", {"text": loose}).json()["problems"]
    parent = 1 + text[: text.index("effect: forbid")].count("\n")
    assert [(line["file"], line["line"]) for line in problem["lines"]] == [
        ("charter.yaml", 5),
        ("base.yaml", parent),
    ]
    assert problem["lines"][1]["text"].strip() == "effect: forbid"


# -- revisions


def test_revisions_are_compared_and_restored(root: Any, parts: Any) -> None:
    text, first = charter_of(parts)
    better = text.replace("Commune d'Exemple", "Ville d'Exemple")
    assert root.send("/admin/charter", text=better, reason="un", parent=first).status_code == 303
    second = charter_of(parts)[1]
    listed = root.get("/admin/charter").text
    assert f"/admin/charter/diff?old={first}" in listed and "signée par cette instance" in listed
    sides = root.get(f"/admin/charter/diff?old={first}")
    assert "<del>" in sides.text and "Ville d&#39;Exemple" in sides.text
    one = root.get(f"/admin/charter/diff?old={first}&shape=unified").text
    assert "+  name: &#34;Ville d&#39;Exemple&#34;" in one
    assert root.get("/admin/charter/diff?old=ffffffffff").status_code == 404
    back = root.send("/admin/charter/restore", revision=first, reason="retour", parent=second)
    assert back.status_code == 303 and parts.charter.get()[0] == first
    assert [entry.data["action"] for entry in records(parts, "charter")] == [
        "restored",
        "published",
    ]
    stale = root.send("/admin/charter/restore", revision=second, reason="non", parent=second)
    assert stale.status_code == 409
    without = root.send("/admin/charter/restore", revision=second, reason=" ", parent=first)
    assert without.status_code == 409 and parts.charter.get()[0] == first


def test_a_restored_revision_has_the_texts_that_it_extended_then(root: Any, parts: Any) -> None:
    text, first = charter_of(parts)
    store = parts.charter_store
    heir = "charter: 1\nextends: base.yaml\n"
    base = {"base.yaml": text}
    second = store.save(heir, "tests", "prolonge", first, parents=base.__getitem__)
    third = store.save(text, "tests", "ne prolonge plus", second.revision)
    parts.charter.reload()
    back = root.send(
        "/admin/charter/restore", revision=second.short, reason="retour", parent=third.revision
    )
    assert back.status_code == 303 and parts.charter.get()[0] == second.revision


def test_a_draft_is_compared_and_edited_on(root: Any, parts: Any) -> None:
    text, revision = charter_of(parts)
    draft = text.replace("Commune d'Exemple", "Ville d'Exemple")
    compared = root.send("/admin/charter/diff", text=draft, reason="un mot", parent=revision)
    assert "Ville d&#39;Exemple" in compared.text and 'value="un mot"' in compared.text
    edited = root.send("/admin/charter/edit", text=draft, reason="un mot", parent=revision)
    assert "Ville d&#39;Exemple" in edited.text and f'value="{revision}"' in edited.text
    assert charter_of(parts)[1] == revision


def test_a_revision_that_was_tampered_with_is_said_and_never_in_force(
    root: Any, parts: Any
) -> None:
    text, first = charter_of(parts)
    parts.charter_store.save(text + "# two\n", "tests", "deux", first)
    with parts.database.begin() as connection:
        connection.execute(sql("UPDATE charter_history SET author = 'eve' WHERE number = 2"))
    from server.following import look

    assert not look(parts.charter, lambda: None)
    page = root.get("/admin/charter").text
    assert "signature non valable" in page and "ne porte pas la signature" in page
    assert parts.charter.get()[0] == first


def test_every_record_of_the_log_names_the_revision_in_force(root: Any, parts: Any) -> None:
    text, first = charter_of(parts)
    root.send("/admin/keys", service="rh", label="essai", scopes=["chat"])
    key = records(parts, "key")[0]
    assert key.charter_revision == first
    root.send("/admin/charter", text=text + "# deux\n", reason="un mot", parent=first)
    second = charter_of(parts)[1]
    parts.audit.read_sealed(records(parts, "charter")[0].index, "s-dpo", "contrôle annuel")
    parts.audit.erase_person("s-alice", "s-dpo", "demande de la personne")
    parts.audit.log_export("s-dpo", "pour le contrôle", {})
    named = {entry.type: entry.charter_revision for entry in parts.audit.page(limit=3)}
    assert named == dict.fromkeys(("consulted", "erased", "exported"), second)
    assert all(entry.charter_revision for entry in parts.audit.page())


# -- the simulation


@pytest.fixture
def asked(parts: Any) -> Any:
    """What people asked, in the log."""
    for number, words in enumerate(
        ("Classe les candidats SECRET-1", "Combien de congés SECRET-2 ?", "Un candidat SECRET-3")
    ):
        parts.audit.append(
            AuditRecord("accepted", f"e{number}", "s1", "rh" if number < 2 else "compta", "r"),
            words,
        )
    return parts


def ended(browser: Any) -> str:
    for _ in range(200):
        page = browser.get("/admin/charter/simulate").text
        if 'data-state="running"' not in page:
            return str(page)
        time.sleep(0.05)
    raise AssertionError("the simulation does not end")


def test_a_draft_is_simulated_in_counts_and_the_log_says_so(root: Any, asked: Any) -> None:
    text, _ = charter_of(asked)
    draft = text.replace("effect: forbid", "effect: review")
    form = root.send("/admin/charter/simulate/draft", text=draft)
    assert "effect: review" in form.text and not records(asked, "consulted")
    begun = root.send("/admin/charter/simulate", text=draft, reason=REASON, days="30", limit="500")
    assert begun.status_code == 303
    page = ended(root)
    assert "SECRET" not in page and "Classe les candidats" not in page
    assert "3 demandes rejouées sur 3" in page.replace("\xa0", " ")
    assert page.count("Trier des candidatures") >= 2
    (entry,) = records(asked, "consulted")
    assert entry.subject == asked.person_keys.subject(asked.users.find("root").id)
    assert entry.data["texts"] == 3 and asked.audit.reason(entry.index) == REASON


def test_the_data_protection_officer_sees_that_it_was_made(
    root: Any, dora: Any, asked: Any
) -> None:
    text, _ = charter_of(asked)
    root.send("/admin/charter/simulate", text=text, reason=REASON, days="30", limit="500")
    ended(root)
    assert "Simulation d’une charte sur 3 demandes" in dora.get("/audit").text.replace("\xa0", " ")


def test_a_simulation_needs_a_reason_and_a_sound_draft(root: Any, asked: Any) -> None:
    text, _ = charter_of(asked)
    for draft, reason in ((text, "court"), ("charter: 2", REASON)):
        refused = root.send("/admin/charter/simulate", text=draft, reason=reason)
        assert refused.status_code == 422
    assert not records(asked, "consulted")


def test_one_simulation_at_a_time_and_it_can_be_stopped(root: Any, asked: Any) -> None:
    text, _ = charter_of(asked)
    entered, go_on = threading.Event(), threading.Event()
    make = asked.judges.make

    def slow(charter: Any) -> Any:
        entered.set()
        go_on.wait(20)
        return make(charter)

    asked.judges.make = slow
    fields = {"text": text, "reason": REASON, "days": "30", "limit": "500"}
    assert root.send("/admin/charter/simulate", **fields).status_code == 303
    assert entered.wait(20)
    assert 'data-state="running"' in root.get("/admin/charter/simulate").text
    assert root.send("/admin/charter/simulate", **fields).status_code == 409
    threading.Timer(0.2, go_on.set).start()
    assert root.send("/admin/charter/simulate/stop").status_code == 303
    assert "arrêtée avant sa fin" in ended(root)


def test_a_simulation_that_fails_says_so_and_changes_nothing(root: Any, asked: Any) -> None:
    text, revision = charter_of(asked)

    def broken(_charter: Any) -> Any:
        raise RuntimeError("SECRET-1")

    asked.judges.make = broken
    root.send("/admin/charter/simulate", text=text, reason=REASON, days="30", limit="500")
    page = ended(root)
    assert "RuntimeError" in page and "SECRET" not in page
    assert charter_of(asked)[1] == revision
