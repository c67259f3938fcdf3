"""Whoever publishes says why, and the log keeps it; tests that fail need a second word."""

from __future__ import annotations

import pytest

from governance.audit.log import AuditLog
from governance.charter.proof import ProofCase, ProofReport
from governance.charter.publishing import Author, Proof, Publisher, TestsFail, kept_parents
from governance.charter.revisions import CharterStore
from tests.governance.charter.conftest import SMALL

ADA = Author("Ada", "s-ada")
GOOD = Proof(ProofReport(()))
BAD = Proof(
    ProofReport((ProofCase("tri", "example", "Classe-les.", "review", "allow", None, -0.2),))
)


@pytest.fixture
def publisher(signed: CharterStore, log: AuditLog) -> Publisher:
    return Publisher(signed, log)


def test_publishing_and_restoring_are_logged_with_the_reason_sealed(
    publisher: Publisher, log: AuditLog
) -> None:
    first = publisher.publish(SMALL, ADA, "première", None, proof=GOOD)
    second = publisher.publish(SMALL + "# deux\n", ADA, "seconde", first.revision, proof=GOOD)
    restored = publisher.restore(first.short, ADA, "retour", second.revision)
    entries = [entry for entry in log.page() if entry.type == "charter"]
    assert [(e.data["action"], e.data["number"]) for e in entries] == [
        ("restored", 3),
        ("published", 2),
        ("published", 1),
    ]
    assert [e.charter_revision for e in entries] == [
        restored.revision,
        second.revision,
        first.revision,
    ]
    assert all(e.subject == "s-ada" for e in entries)
    assert "retour" not in str(entries[0].data)
    assert log.read_sealed(entries[0].index, "dpo", "contrôle annuel") == "retour"


def test_failing_tests_stop_a_charter_until_somebody_says_nevertheless(
    publisher: Publisher, log: AuditLog
) -> None:
    with pytest.raises(TestsFail) as refused:
        publisher.publish(SMALL, ADA, "première", None, proof=BAD)
    assert refused.value.params == {"let_through": 1, "wrongly_held": 0}
    assert publisher.store.current() is None
    assert log.head().size == 0
    publisher.publish(SMALL, ADA, "première", None, proof=BAD, nevertheless=True)
    (entry,) = log.page()
    assert entry.data["tests"]["passed"] is False
    assert entry.data["tests"]["let_through"] == 1


def test_a_charter_edited_in_the_console_keeps_the_texts_that_it_extends(
    publisher: Publisher,
) -> None:
    heir = "charter: 1\nextends: base.yaml\n"
    base = {"base.yaml": SMALL}
    first = publisher.publish(heir, ADA, "un", None, parents=base.__getitem__)
    edited = heir + "audit: {retention_days: 200}\n"
    second = publisher.publish(
        edited, ADA, "deux", first.revision, parents=kept_parents(publisher.store.current())
    )
    assert second.load().audit.retention_days == 200
    assert second.parents == base
