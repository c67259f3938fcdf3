"""People are told in time, what still works is offered, and an extension is a recorded decision."""

from __future__ import annotations

import re
from typing import Any

import pytest

from governance.exchange import Caller
from governance.quotas.limits import Amounts
from governance.receipt import QuotaPart
from rag.protocol import Hit, Retrieval
from server.organisation import limits_of
from tests.server.test_chat import ask

REASON = "Fin de campagne de recrutement"


def spend(parts: Any, requests: int, name: str = "spent") -> None:
    _, charter = parts.charter.get()
    parts.quotas.reserve(name, "rh", limits_of(charter, "rh"), Amounts(requests))
    parts.quotas.settle(name, Amounts(requests))


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", html.replace("\xa0", " "))


def test_at_80_percent_each_person_is_told_once(alice: Any, bob: Any, parts: Any) -> None:
    assert "Ce quota est utilisé" not in plain(alice.get("/chat").text)
    spend(parts, 320)
    told = plain(alice.get("/chat").text)
    assert "Ce quota est utilisé à 80 % : Demandes aujourd’hui. Il se renouvelle le" in told
    assert "Ce quota est utilisé" not in plain(alice.get("/chat").text)
    assert "Ce quota est utilisé à 80 %" in plain(bob.get("/chat").text)


def test_the_end_of_an_answer_tells_it_too(alice: Any, parts: Any) -> None:
    spend(parts, 399)
    frames = dict(ask(alice))
    assert "Ce quota est utilisé à 100 %" in plain(frames["quota"]["html"])


def test_programs_are_told_in_a_header_and_a_field(
    visitor: Any, secret: str, parts: Any, monkeypatch: Any
) -> None:
    import scripted

    near = QuotaPart(
        metric="requests", period="day", limit=400, left=12,
        renews_at="2999-11-23T23:00:00.000000Z", near=True,
    )  # fmt: skip
    usual = scripted.receipt
    monkeypatch.setattr(
        scripted, "receipt", lambda *args, **more: usual(*args, **{**more, "quota": (near,)})
    )
    response = visitor.client.post(
        "/v1/chat/completions",
        json={"model": "default", "messages": [{"role": "user", "content": "Bonjour"}]},
        headers={"authorization": f"Bearer {secret}", "accept": "*/*"},
    )
    assert response.status_code == 200
    assert response.headers["Sobria-Quota-Near"].startswith(
        "requests-day;per=service;r=12;q=400;t="
    )
    (notice,) = response.json()["sobria"]["quota_notices"]
    assert plain(notice).startswith("Quota bientôt épuisé : Demandes aujourd’hui. Reste : 12 sur")


def test_a_search_needs_no_model_and_counts_no_request(
    alice: Any, parts: Any, monkeypatch: Any
) -> None:
    import scripted

    asked = []

    def search(query: str, *, sources: Any = None, **_: Any) -> Retrieval:
        asked.append((query, sources))
        return Retrieval((Hit(scripted.PASSAGE, 1.0, 1, None),), 2219, 0.5)

    class Energy(type(parts.energy)):  # type: ignore[misc]
        from governance.energy.ledger import EnergyLedger
        from governance.energy.meter import UnknownMeter

        ledger = EnergyLedger(UnknownMeter())

        def __getattr__(self, name: str) -> Any:
            return getattr(self.ledger, name)

    parts.energy = Energy()
    monkeypatch.setattr(parts.retriever, "search", search, raising=False)
    assert "Aucune IA ne rédige" in alice.get("/search").text
    page = alice.send("/search", words="congés payés")
    assert page.status_code == 200
    assert "1 passage trouvé" in plain(page.text) and "Les congés payés" in page.text
    assert "qu’il cite, a été modifié le" in page.text, "what is to be known of it is said"
    assert "énergie inconnue" in page.text, "what no meter knows is said so, never as 0"
    assert asked == [("congés payés", None)]
    assert parts.quotas.usage("rh", "day") == Amounts()
    (day,) = parts.energy_book.by_day(service="rh")
    assert day.requests == 1 and parts.energy.accounts() == []


def test_a_refusal_links_to_the_search(alice: Any, parts: Any, monkeypatch: Any) -> None:
    import scripted

    usual = scripted.refusal
    monkeypatch.setattr(scripted, "refusal", lambda cause: usual(cause, still_works="search"))
    parts.road.plan = "quota"
    assert 'href="/search"' in dict(ask(alice))["refused"]["html"]


def test_an_extension_is_granted_shown_and_taken_back(root: Any, parts: Any) -> None:
    spend(parts, 400)
    page = root.get("/admin/quotas")
    assert "Utilisé à 100 %" in plain(page.text) and "Aucune rallonge" in page.text
    granted = root.send("/admin/quotas", quota="rh/requests/day", amount="50", reason=REASON)
    assert granted.status_code == 303
    page = plain(root.get("/admin/quotas?done=quota-granted").text)
    assert "dont rallonge : 50" in page and REASON in page and "La rallonge est accordée." in page
    (entry,) = [entry for entry in parts.audit.page() if entry.type == "quota"]
    assert entry.data["action"] == "granted" and entry.data["amount"] == 50
    assert REASON not in str(entry.data), "the words are sealed"
    spend(parts, 50, "more")
    revoked = root.send(f"/admin/quotas/{entry.data['grant']}/revoke")
    assert revoked.status_code == 303
    _, charter = parts.charter.get()
    state = parts.quotas.states("rh", limits_of(charter, "rh"))[0]
    assert (state.limit, state.used, state.left) == (400, 450, 0)
    assert root.send(f"/admin/quotas/{entry.data['grant']}/revoke").status_code == 400


def test_the_same_in_json(root: Any, parts: Any) -> None:
    body = {
        "service": "rh", "metric": "wh", "period": "month", "amount": 1.5, "reason": REASON,
    }  # fmt: skip
    given = root.fetch("/api/admin/quotas/grants", body)
    assert given.status_code == 201 and given.json()["amount"] == 1.5
    told = root.client.get("/api/admin/quotas", headers={"accept": "*/*"}).json()
    rh = next(each for each in told["services"] if each["id"] == "rh")
    wh = next(each for each in rh["quotas"] if each["metric"] == "wh")
    assert (wh["limit"], wh["granted"]) == (901.5, 1.5)
    assert told["grants"][0]["id"] == given.json()["id"]
    path = f"/api/admin/quotas/grants/{given.json()['id']}/revoke"
    assert root.fetch(path, {}).json()["revoked"] is True
    assert root.fetch(path, {}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "parce que"},
        {"amount": 0},
        {"amount": 1e300},
        {"service": "nobody"},
        {"metric": "tokens"},
        {"metric": "seconds"},
        {"period": "year"},
        {"user": "root"},
        {"user": "alice"},
        {"key": "unknown"},
    ],
)
def test_what_makes_no_sense_is_refused_and_not_recorded(
    root: Any, parts: Any, wrong: dict[str, Any]
) -> None:
    body = {
        "service": "rh", "metric": "wh", "period": "month", "amount": 1.5, "reason": REASON,
    } | wrong  # fmt: skip
    response = root.fetch("/api/admin/quotas/grants", body)
    assert response.status_code == 400 and response.json()["detail"]
    assert [entry for entry in parts.audit.page() if entry.type == "quota"] == []


def test_without_its_record_nothing_is_granted(root: Any, parts: Any, monkeypatch: Any) -> None:
    from governance.audit.errors import AuditUnavailable
    from governance.quotas.grants import QuotaGrants

    def down(*_: Any) -> int:
        raise AuditUnavailable("The audit log is unavailable ({cause}).", cause="x")

    monkeypatch.setattr(type(parts.audit), "append", down)
    assert (
        root.send("/admin/quotas", quota="rh/requests/day", amount="5", reason=REASON).status_code
        == 503
    )
    assert QuotaGrants(parts.quotas).all() == []


def test_a_caller_is_a_person_or_a_key() -> None:
    assert Caller("p1", "rh", "fr").asker.kind == "user"
    assert Caller("k1", "rh", "fr", "key").asker.kind == "key"
