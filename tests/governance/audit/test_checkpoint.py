"""Checkpoints are C2SP signed notes that Go's ``sumdb/note`` and others understand."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit.checkpoint import Checkpoint, Signer, Verifier
from governance.audit.errors import NoteInvalid
from governance.audit.merkle import EMPTY_ROOT

# The example of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = GO_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp"
    "RZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("sobria.example.org/audit", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
HEAD = Checkpoint("sobria.example.org/audit", 3, bytes(range(32)))


def test_a_note_signed_by_go_verifies() -> None:
    verifier = Verifier.parse(GO_VKEY)
    assert verifier.open(GO_NOTE) == GO_TEXT
    assert str(verifier) == GO_VKEY


def test_a_checkpoint_reads_as_the_specification_says() -> None:
    note = SIGNER.sign(HEAD.text())
    assert note.startswith(
        "sobria.example.org/audit\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n"
        "— sobria.example.org/audit "
    )
    verifier = Verifier.parse(str(SIGNER.verifier))
    assert verifier.checkpoint(note) == HEAD


def test_signatures_of_witnesses_are_passed_over() -> None:
    note = SIGNER.sign(HEAD.text())
    other = Signer("witness.example", Ed25519PrivateKey.generate()).sign(HEAD.text())
    cosigned = note + other.split("\n\n")[1]
    assert SIGNER.verifier.checkpoint(cosigned) == HEAD
    with pytest.raises(NoteInvalid, match="not signed by the key"):
        SIGNER.verifier.open(other)


def test_no_byte_of_a_note_can_change() -> None:
    note = SIGNER.sign(HEAD.text()).encode()
    for position in range(len(note)):
        for mask in (0x01, 0x20, 0x80):
            changed = bytearray(note)
            changed[position] ^= mask
            with pytest.raises((NoteInvalid, UnicodeDecodeError)):
                SIGNER.verifier.checkpoint(changed.decode())


def test_no_byte_of_a_public_key_can_change() -> None:
    vkey = str(SIGNER.verifier)
    note = SIGNER.sign(HEAD.text())
    for position in range(len(vkey)):
        changed = bytearray(vkey.encode())
        changed[position] ^= 0x01
        with pytest.raises((NoteInvalid, UnicodeDecodeError)):
            Verifier.parse(changed.decode()).checkpoint(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n1\nAAEC\n",
        "origin\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "origin\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    note = SIGNER.sign(Checkpoint("other.example", 0, EMPTY_ROOT).text())
    with pytest.raises(NoteInvalid, match="another log"):
        SIGNER.verifier.checkpoint(note)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\t"])
def test_a_log_has_a_plain_name(name: str) -> None:
    with pytest.raises(NoteInvalid):
        Signer(name, SIGNER.key)
