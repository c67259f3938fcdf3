"""What verification checks of the leaves, wherever they come from. Needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.audit.checkpoint import Checkpoint, Verifier
from governance.audit.errors import NoteInvalid, RecordRefused
from governance.audit.leaf import ENDS, NEEDS_ACCEPTED, Leaf
from governance.audit.merkle import CompactRange, leaf_hash
from governance.messages import N_

MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be: a text to translate, and the leaf or None."""

    message_id: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)
    index: int | None = None

    def __str__(self) -> str:
        text = self.message_id.format(**self.params)
        return text if self.index is None else f"[{self.index}] {text}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: ``shown`` of ``size`` leaves were read; ``root`` is hexadecimal.

    ``key_given`` is False where the key came with what it verifies: that proves that nothing was
    changed since the export was signed, not who signed it. At most 100 problems are listed.
    """

    origin: str
    size: int
    root: str
    shown: int
    vkey: str
    key_given: bool
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(slots=True)
class TreeCheck:
    """Rebuilds a tree leaf by leaf, and gathers what is wrong with it.

    ``witness`` is an older checkpoint of the same log, kept elsewhere: the tree must still hold it,
    which a log cut short or rewritten by who has the key does not.
    """

    witness: Checkpoint | None = None
    tree: CompactRange = field(default_factory=CompactRange)
    shown: int = 0
    problems: list[Problem] = field(default_factory=list)
    _hidden: bool = False
    _accepted: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._check_witness()

    def add_leaf(self, content: bytes) -> Leaf | None:
        """The next leaf, shown in full; None where it is not a canonical record."""
        index = self.tree.size
        self.shown += 1
        try:
            leaf = Leaf.parse(content)
        except RecordRefused as error:
            self.report(error.message_id, index)
            leaf = None
        if leaf is not None:
            self._follow(index, leaf)
        self._grow(leaf_hash(content))
        return leaf

    def add_hash(self, digest: bytes) -> None:
        """The next leaf, of which only the hash is shown."""
        self._hidden = True
        self._grow(digest)

    def report(
        self, message_id: str, index: int | None = None, **params: str | int | float
    ) -> None:
        """Note a problem; past the hundredth, they are not listed."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(message_id, params, index))

    def check_head(self, note: str, verifier: Verifier) -> Checkpoint | None:
        """Compare the tree with its signed head; None where that is not authentic."""
        try:
            head = verifier.checkpoint(note)
        except NoteInvalid as error:
            self.problems.append(Problem(error.message_id, error.params))
            return None
        if head.size != self.tree.size:
            self.report(
                N_("The signed checkpoint has {signed} records, but {found} are there."),
                signed=head.size,
                found=self.tree.size,
            )
        elif head.root != self.tree.root():
            self.report(N_("The records do not give the root that was signed."))
        if self.witness is not None and self.witness.size > self.tree.size:
            self.report(
                N_("An older checkpoint has {signed} records, but {found} are there."),
                signed=self.witness.size,
                found=self.tree.size,
            )
        return head

    def result(self, verifier: Verifier, *, key_given: bool) -> Verification:
        """What was found."""
        return Verification(
            origin=verifier.name,
            size=self.tree.size,
            root=self.tree.root().hex(),
            shown=self.shown,
            vkey=str(verifier),
            key_given=key_given,
            problems=tuple(self.problems),
        )

    def _grow(self, digest: bytes) -> None:
        self.tree = self.tree.append(digest)
        self._check_witness()

    def _check_witness(self) -> None:
        witness = self.witness
        if witness is None or witness.size != self.tree.size:
            return
        if witness.root != self.tree.root():
            self.report(
                N_("The first {size} records are not those of the older checkpoint."),
                size=witness.size,
            )

    def _follow(self, index: int, leaf: Leaf) -> None:
        """An exchange is accepted at most once and ends at most once, in that order."""
        kind, exchange = leaf.record.type, leaf.record.exchange_id
        if kind != "accepted" and kind not in ENDS:
            return
        if exchange is None:
            self.report(N_("The record names no exchange."), index)
            return
        if exchange in self._ended:
            self.report(N_("The exchange of this record had already ended."), index)
        if kind == "accepted":
            if exchange in self._accepted:
                self.report(N_("The exchange of this record was already accepted."), index)
            self._accepted.add(exchange)
            return
        if kind in NEEDS_ACCEPTED and not self._hidden and exchange not in self._accepted:
            self.report(N_("The exchange of this record was never accepted."), index)
        self._ended.add(exchange)
