"""The tests of a charter, run before it is published: its examples through its own judge."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from governance.charter.charter import Charter
from governance.charter.proof import CustomCase, prove, prove_custom
from governance.charter.publishing import Proof
from governance.charter.revisions import revision_of

if TYPE_CHECKING:
    from server.assembly import Assembly

KEEP = 8


class Proofs:
    """Runs the tests of charters, and remembers the last: one tests a text, then publishes it."""

    def __init__(self, components: Assembly) -> None:
        self._components = components
        self._known: OrderedDict[str, Proof] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, charter: Charter) -> Proof:
        """What the tests of ``charter`` say. Takes seconds for one that is not known yet."""
        key = revision_of_draft(charter)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._run(charter)
                while len(self._known) > KEEP:
                    self._known.popitem(last=False)
            return self._known[key]

    def _run(self, charter: Charter) -> Proof:
        kinds: tuple[CustomCase, ...] = ()
        if charter.personal_data.custom:
            kinds = prove_custom(charter, self._components.analyzer)
        return Proof(prove(charter, self._components.judges.make(charter)), kinds)


def revision_of_draft(charter: Charter) -> str:
    """The revision that ``charter`` would be, in hexadecimal."""
    parents = {name: text for name, text in charter.bundle.items() if name != charter.file}
    return revision_of(charter.bundle[charter.file], parents)
