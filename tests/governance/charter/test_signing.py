"""A revision is put in force only as this instance signed it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from governance.audit.checkpoint import Checkpoint, Signer, Verifier
from governance.audit.errors import NoteInvalid
from governance.charter.revisions import CharterInForce, CharterStore, SignatureInvalid
from governance.charter.signing import RevisionSigner, Stamp
from tests.governance.charter.conftest import SMALL

OTHER = SMALL.replace("Mairie d'Essai", "Mairie d'Ailleurs")
STAMP = Stamp(3, "ab" * 32, "Ada", "parce que", "2026-11-26T00:00:00.000000Z")
KEY = Ed25519PrivateKey.generate()


def test_what_is_saved_is_signed_and_anyone_can_verify_it(signed: CharterStore) -> None:
    saved = signed.save(SMALL, "ada", "première", None)
    assert saved.state == "signed"
    assert signed.current() == saved
    assert signed.vkey is not None
    body = saved.stamp.text()
    assert Verifier.parse(signed.vkey).open(f"{body}\n{saved.signature}\n") == body


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["number", "revision", "author", "reason", "time"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.integers(1, 10**6),
)
def test_no_field_can_change_under_a_signature(field: str, other: str, number: int) -> None:
    signer = RevisionSigner("essai.fr/charter", KEY)
    changed = replace(STAMP, **{field: number if field == "number" else other})
    signature = signer.sign(STAMP)
    assert signer.verifies(STAMP, signature)
    assert signer.verifies(changed, signature) is (changed == STAMP)
    assert signer.verifies(changed, signer.sign(changed))


def test_a_checkpoint_of_the_log_is_no_revision_and_a_revision_no_checkpoint() -> None:
    log = Signer("essai.fr/audit", KEY)
    charter = RevisionSigner("essai.fr/charter", KEY)
    note = log.sign(Checkpoint("essai.fr/audit", 3, b"\0" * 32).text())
    assert not charter.verifies(STAMP, note.rpartition("\n\n")[2].strip())
    forged = f"{STAMP.text()}\n{charter.sign(STAMP)}\n"
    with pytest.raises(NoteInvalid):
        log.verifier.checkpoint(forged)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE charter_history SET reason = 'autre' WHERE number = 2",
        "UPDATE charter_history SET author = 'eve' WHERE number = 2",
        "UPDATE charter_history SET signature = NULL WHERE number = 2",
        "UPDATE charter_history SET signature = 'x' WHERE number = 2",
        "UPDATE charter_history SET signature = "
        "(SELECT signature FROM charter_history WHERE number = 1) WHERE number = 2",
        "UPDATE charter_revisions SET text = replace(text, 'review', 'allow')",
        'UPDATE charter_revisions SET parents = \'{"base.yaml": "charter: 1"}\'',
    ],
)
def test_what_was_changed_is_never_put_in_force(
    signed: CharterStore, database: Engine, change: str
) -> None:
    first = signed.save(SMALL, "ada", "première", None)
    in_force = CharterInForce(signed)
    second = signed.save(OTHER, "ada", "seconde", first.revision)
    with database.begin() as connection:
        connection.execute(text(change))
    with pytest.raises(SignatureInvalid) as refused:
        CharterInForce(signed)
    assert second.short in str(refused.value)
    assert "sobria charter restore" in str(refused.value)
    with pytest.raises(SignatureInvalid):
        in_force.reload()
    assert in_force.get()[0] == first.revision
    assert in_force.refused is not None
    assert signed.list()[0].state == "invalid"


def test_a_signed_revision_is_restored_over_a_changed_one(
    signed: CharterStore, database: Engine
) -> None:
    first = signed.save(SMALL, "ada", "première", None)
    second = signed.save(OTHER, "ada", "seconde", first.revision)
    with database.begin() as connection:
        connection.execute(text("UPDATE charter_history SET author = 'eve' WHERE number = 2"))
    with pytest.raises(SignatureInvalid):
        signed.restore(second.short, "ada", "non", second.revision)
    restored = signed.restore(first.short, "ada", "retour", second.revision)
    assert restored.state == "signed"
    assert CharterInForce(signed).get()[0] == first.revision


def test_another_key_signs_for_another_instance(signed: CharterStore, database: Engine) -> None:
    signed.save(SMALL, "ada", "première", None)
    stranger = CharterStore(database, signer=RevisionSigner("essai.fr/charter", KEY))
    with pytest.raises(SignatureInvalid):
        CharterInForce(stranger)


def test_what_was_in_force_before_signatures_is_marked_and_still_loads(
    signed: CharterStore, database: Engine
) -> None:
    before = CharterStore(database).save(SMALL, "ada", "d'avant", None)
    assert before.state == "unchecked"
    (old,) = signed.list()
    assert old.state == "unsigned"
    assert CharterInForce(signed).get()[0] == before.revision
    signed.save(OTHER, "ada", "signée", before.revision)
    assert [one.state for one in signed.list()] == ["signed", "unsigned"]
    later = CharterStore(database).save(SMALL, "eve", "sans signature", signed.list()[0].revision)
    assert signed.get(later.revision).state == "invalid"
