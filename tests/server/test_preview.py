"""Before sending: what will be masked, told by the real analyser, and nothing stored."""

from __future__ import annotations

from typing import Any

import pytest

from governance.pii.choices import Choices

TEXT = "  😀 Bonjour, Camille Roux habite 12 rue de la Paix, 69003 Lyon. Tél. 06 12 34 56 78."


def preview(browser: Any, text: str = TEXT, conversation: str = "new", **chosen: Any) -> Any:
    response = browser.fetch(f"/chat/{conversation}/preview", {"text": text, **chosen})
    assert response.status_code == 200, response.text
    return response.json()


def cut(text: str, told: Any) -> dict[str, str]:
    """Each marked word with what becomes of it, cut as JavaScript does: by UTF-16 code units."""
    data = text.encode("utf-16-le")
    return {
        data[2 * span["start"] : 2 * span["end"]].decode("utf-16-le"): span["state"]
        for span in told["spans"]
    }


def begun(parts: Any, text: str, answer: str = "") -> str:
    """A conversation of Alice's with one question and its answer, masked as the road does."""
    from server.conversations import Ending

    user = parts.users.find("alice")
    made = parts.conversations.begin(None, user.id, "rh", text, "e1")
    if answer:
        parts.conversations.end(made.machine_id, Ending("complete", answer))
    masking(parts, made.conversation.id, [text])
    return str(made.conversation.id)


def masking(parts: Any, conversation: str, texts: list[str], choices: Any = None) -> Any:
    """What the road's stage does."""
    rules = parts.charter.get()[1].effective("rh")
    return parts.pseudonymiser.mask(
        conversation,
        texts,
        lambda entity: rules.personal_data.get(entity, "pseudonymise"),
        custom=rules.custom,
        choices=choices or Choices(),
        may_keep=rules.may_keep,
    )


def test_it_tells_the_words_their_kinds_and_the_exact_text(alice: Any) -> None:
    told = preview(alice)
    words = cut(TEXT, told)
    assert set(words.values()) == {"masked"}
    assert "Camille Roux" in words and "06 12 34 56 78" in words
    assert told["count"] == len(told["spans"]) == 3
    assert told["text"].startswith("😀 Bonjour, [PERSONNE_1] habite [ADRESSE_1]")
    assert told["blocked"] == []
    person, _, phone = told["spans"]
    assert (person["entity"], person["label"]) == ("PERSON", "nom d’une personne")
    assert person["may_keep"] and not phone["may_keep"]
    assert "3 données seront masquées" in told["html"]
    assert '<mark class="masked">[PERSONNE_1]</mark>' in told["html"]
    assert 'data-keep="Camille Roux"' in told["html"]
    assert 'data-keep="06 12 34 56 78"' not in told["html"]


def test_what_the_charter_keeps_is_not_listed(alice: Any) -> None:
    told = preview(alice, "Quels sont les horaires de la mairie de Lyon ?")
    assert (told["spans"], told["count"]) == ([], 0)
    assert "Rien à masquer" in told["html"]


def test_what_the_person_keeps_is_told_and_may_be_masked_again(alice: Any) -> None:
    told = preview(alice, kept=["Camille Roux"])
    assert cut(TEXT, told)["Camille Roux"] == "kept"
    assert told["count"] == 2 and "Camille Roux" in told["text"]
    assert 'data-unkeep="Camille Roux"' in told["html"]


def test_a_choice_that_the_charter_does_not_allow_is_ignored(alice: Any, parts: Any) -> None:
    told = preview(alice, kept=["06 12 34 56 78"])
    assert cut(TEXT, told)["06 12 34 56 78"] == "masked"
    assert "06 12" not in told["text"]
    # Neither does the road's stage let it pass.
    masked = masking(parts, "c1", [TEXT], Choices(kept=("06 12 34 56 78", "Camille Roux")))
    assert "06 12" not in masked.texts[0] and "Camille Roux" in masked.texts[0]
    assert masked.kept == {"PERSON": 1}


def test_a_missed_name_is_masked_and_can_be_taken_back(alice: Any) -> None:
    text = "Le projet zorglubis avance."
    assert preview(alice, text)["count"] == 0
    told = preview(alice, text, masked=["zorglubis"])
    assert cut(text, told) == {"zorglubis": "masked"}
    assert told["text"] == "Le projet [PERSONNE_1] avance."
    assert told["spans"][0]["chosen"] and not told["spans"][0]["may_keep"]
    assert 'data-unmask="zorglubis"' in told["html"]


def test_what_the_charter_blocks_is_said_before_sending(alice: Any) -> None:
    text = "Mon mot de passe : Tr0ub4dor&3xyz, merci."
    told = preview(alice, text)
    assert told["blocked"] == ["mot de passe, clé ou autre secret"]
    assert "blocked" in cut(text, told).values()
    assert "Tr0ub4dor" not in told["text"]
    assert "Retirez-le" in told["html"] and "data-keep" not in told["html"]


def test_the_charter_s_own_kinds_have_its_title(alice: Any) -> None:
    told = preview(alice, "Où en est DOS-1234 ?")
    assert told["text"] == "Où en est [DOSSIER_1] ?"
    assert told["spans"][0]["label"] == "Numéro de dossier"


def test_placeholders_are_the_very_ones_that_will_be_used(alice: Any, parts: Any) -> None:
    first, answer = "Écris à Camille Roux.", "Madame Inès Vidal vous répondra."
    conversation = begun(parts, first, answer)
    question = "Camille Roux et Karim Benali répondent à Inès Vidal."
    told = preview(alice, question, conversation)
    sent = masking(parts, conversation, [first, answer, question])
    assert told["text"] == sent.texts[-1]
    assert "[PERSONNE_1]" in told["text"] and "Benali" not in told["text"]


def test_nothing_is_stored_and_no_quota_is_touched(alice: Any, parts: Any) -> None:
    conversation = begun(parts, "Écris à Camille Roux.")
    before = parts.vault.load(conversation).to_json()
    size, head = len(parts.conversations.messages(conversation)), parts.audit.head().size
    preview(alice, "Karim Benali", conversation, kept=["Karim Benali"], masked=["Zorglub"])
    assert parts.vault.load(conversation).to_json() == before
    assert len(parts.conversations.messages(conversation)) == size
    assert parts.audit.head().size == head
    assert parts.road.requests == []
    assert parts.quotas.held() == []
    preview(alice)
    assert not parts.vault.destroy("new")


def test_a_preview_belongs_to_the_person_of_the_conversation(
    alice: Any, bob: Any, root: Any, visitor: Any, parts: Any
) -> None:
    conversation = begun(parts, "Écris à Camille Roux.")
    address, body = f"/chat/{conversation}/preview", {"text": "Qui est-ce ?"}
    assert alice.fetch(address, body).status_code == 200
    assert bob.fetch(address, body).status_code == 404
    assert root.fetch("/chat/new/preview", body).status_code == 403
    visitor.get("/sign-in")
    assert visitor.fetch("/chat/new/preview", body).status_code == 401
    alice.csrf = "0" * 64
    assert alice.fetch("/chat/new/preview", body).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 8193},
        {"text": ["Camille Roux"]},
        {"text": "Camille Roux", "kept": ["x"] * 51},
        {"text": "Camille Roux", "masked": ["x" * 501]},
        {"text": "Camille Roux", "regenerate": True},
    ],
)
def test_a_preview_is_bounded_like_a_question(alice: Any, body: dict[str, Any]) -> None:
    response = alice.fetch("/chat/new/preview", body)
    assert response.status_code in (400, 422) and "Camille" not in response.text


@pytest.mark.parametrize(
    "text",
    [
        "[PERSONNE_1] et [PERSONNE_1_NOM] <script>alert(1)</script>",
        "\u202e\u0000\ufeff Camille Roux \u200b",
        "é" * 8192,
        "Jean " * 1600,
        "\n" * 50 + "İstanbul Ö 😀😀 Camille Roux",
    ],
)
def test_hostile_texts_break_nothing(alice: Any, text: str) -> None:
    told = preview(alice, text, kept=["<b>", "[PERSONNE_1]"], masked=["(((", "😀", "<i>x"])
    assert "<script>" not in told["html"] and "<i>x" not in told["html"]
    units = len(text.encode("utf-16-le")) // 2
    ends = [0, *(bound for span in told["spans"] for bound in (span["start"], span["end"])), units]
    assert ends == sorted(ends)


def test_half_a_character_is_refused(alice: Any) -> None:
    headers = {"X-CSRF-Token": alice.csrf, "content-type": "application/json", "accept": "*/*"}
    body = b'{"text": "Camille \\ud83d Roux"}'
    for address in ("/chat/new/preview", "/chat/new/messages"):
        response = alice.client.post(address, content=body, headers=headers)
        assert response.status_code == 422 and "Camille" not in response.text


def test_a_failing_analyser_is_said_and_nothing_of_the_text_is(
    alice: Any, parts: Any, capfd: Any
) -> None:
    parts.analyzer.broken = True
    response = alice.fetch("/chat/new/preview", {"text": TEXT})
    assert response.status_code == 503
    assert "ne peut pas être affiché" in response.json()["message"]
    captured = capfd.readouterr()
    assert "Camille" not in captured.out + captured.err + response.text


def test_the_words_are_in_the_person_s_language(alice: Any) -> None:
    alice.send("/language", locale="en", next="/chat")
    told = preview(alice)
    assert "3 items will be masked" in told["html"]
    assert told["spans"][0]["label"] == "name of a person"
