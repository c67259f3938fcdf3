"""Puts a charter in force, and writes in the audit log who did it: the console and the CLI alike.

The reason goes into the log sealed; the record says which revision took the place of which, and
what the charter's own tests said of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.charter.load import Parents, shipped
from governance.charter.proof import CustomCase, ProofReport
from governance.charter.revisions import CharterStore, CharterStoreError, Revision

MINIMUM = 0.8
"""Share of right answers below which the tests of a charter fail."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes: the name that the history shows, and the pseudonym that the log holds."""

    name: str
    subject: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a charter's own tests said of it."""

    uses: ProofReport
    kinds: tuple[CustomCase, ...] = ()
    minimum: float = MINIMUM

    @property
    def passed(self) -> bool:
        """A use may be missed now and then; a pattern of the charter's own fits or does not."""
        right = min(self.uses.recall, self.uses.spared) >= self.minimum
        return right and all(case.passed for case in self.kinds)

    def record(self) -> dict[str, int | float | bool]:
        """What the log keeps of it."""
        return {
            "passed": self.passed,
            "let_through": len(self.uses.let_through),
            "wrongly_held": len(self.uses.wrongly_held),
            "kinds_failed": sum(not case.passed for case in self.kinds),
            "recall": round(self.uses.recall, 4),
            "spared": round(self.uses.spared, 4),
        }


class TestsFail(CharterStoreError):
    """The charter's own tests fail, and nobody said that it should be published nevertheless."""

    message_id = (
        "The charter's own tests fail: examples let through: {let_through}; counter-examples "
        "wrongly held: {wrongly_held}. Nothing was published."
    )
    __test__ = False  # no test, for pytest


@dataclass(frozen=True, slots=True)
class Publisher:
    """The store and the log that publishing needs."""

    store: CharterStore
    log: AuditLog

    def publish(
        self,
        text: str,
        author: Author,
        reason: str,
        parent: str | None,
        *,
        parents: Parents | None = None,
        proof: Proof | None = None,
        nevertheless: bool = False,
    ) -> Revision:
        """Put ``text`` in force; ``parent`` is the revision that it was made from.

        ``proof`` is what its tests said; one that fails is published ``nevertheless`` only, and the
        log says so.

        Raises:
            TestsFail: see above.
            CharterInvalid, ReasonRequired, StaleParent: as :meth:`CharterStore.save`.
            AuditUnavailable, AuditTampered: the change could not be logged; nothing changes.
        """
        if proof is not None and not proof.passed and not nevertheless:
            raise TestsFail(
                let_through=len(proof.uses.let_through),
                wrongly_held=len(proof.uses.wrongly_held)
                + sum(not case.passed for case in proof.kinds),
            )
        self.log.head()
        saved = self.store.save(text, author.name, reason, parent, parents)
        self._record(saved, author, "published", parent, proof)
        return saved

    def restore(self, revision: str, author: Author, reason: str, parent: str | None) -> Revision:
        """Put an earlier revision in force again, and log it.

        Raises: as :meth:`CharterStore.restore`, and as :meth:`publish` where it is about the log.
        """
        self.log.head()
        saved = self.store.restore(revision, author.name, reason, parent)
        self._record(saved, author, "restored", parent, None)
        return saved

    def _record(
        self, saved: Revision, author: Author, action: str, parent: str | None, proof: Proof | None
    ) -> None:
        tests = {} if proof is None else {"tests": proof.record()}
        self.log.append(
            AuditRecord(
                "charter",
                subject=author.subject,
                charter_revision=saved.revision,
                data={"action": action, "parent": parent, "number": saved.number, **tests},
            ),
            saved.reason,
        )


def kept_parents(current: Revision | None) -> Parents:
    """What a text edited from ``current`` extends: the texts kept with it, else the shipped ones.

    Raises (when called): OSError where there is none.
    """
    kept = current.parents if current is not None else {}

    def parent(name: str) -> str:
        return kept[name] if name in kept else shipped(name)

    return parent
