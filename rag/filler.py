"""Computing vectors in the background, in the order that serves, out of the chat's way."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
import structlog

from models.protocol import Embedder, Work
from rag.errors import IndexUnavailable
from rag.protocol import Passage
from rag.shipped import NONE, Shipped
from rag.store import Place, Store
from rag.text.headings import without_numbering
from rag.vectors import VectorIndex

log = structlog.get_logger(__name__)

BATCH = 8
PAGE = 1_000
"""Passages without a vector that are looked for at once."""
_NICENESS = 15
_BUSY_SECONDS = 0.5
_IDLE_SECONDS = 5.0
_FAILED_SECONDS = 30.0
# Looking for passages without a vector takes a second or two where a million have theirs.
_IDLE_TIMES = 50


def _never() -> bool:
    """Nobody is waiting for the processor."""
    return False


def _unheard(_: Work) -> None:
    """The work of nobody."""


class VectorFiller:
    """A thread that gives a vector to each passage that lacks one, source by source.

    It works in small batches and looks at ``busy()`` before each, so a chat waits for one batch at
    most. What is known already (``shipped``) is not computed. ``on_work`` hears the time of each
    batch; ``cpu_clock`` (seconds) is read around it: the default counts this process, since an
    embedder may use several threads.
    """

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        embedder: Embedder,
        *,
        priorities: Mapping[str, int],
        busy: Callable[[], bool] = _never,
        on_work: Callable[[Work], None] = _unheard,
        cpu_clock: Callable[[], float] = time.process_time,
        batch: int = BATCH,
        shipped: Shipped = NONE,
    ) -> None:
        self._store = store
        self._index = index
        self._embedder = embedder
        self._priorities = dict(priorities)
        self._busy = busy
        self._on_work = on_work
        self._cpu_clock = cpu_clock
        self._batch = batch
        self._shipped = shipped
        self._page: list[Passage] = []
        self._after: Place | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vector-filler", daemon=True)

    def start(self) -> None:
        """Begin to work. To be called once."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Stop after the batch at hand, and wait for it up to ``timeout`` seconds."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def wake(self) -> None:
        """Look for new passages now (after a sync) rather than at the next round."""
        self._wake.set()

    def take_known(self) -> int:
        """Give their vectors to all the passages whose are known; how many that is.

        Raises:
            IndexUnavailable: the vector index cannot be written.
        """
        digest, taken, after = self._embedder.digest, 0, None
        while len(self._shipped) and not self._stop.is_set():
            page, after = self._store.without_vector(digest, self._priorities, PAGE, after)
            known = self._shipped.find([embedded_text(passage) for passage in page])
            passages = [page[place] for place in known]
            if passages:
                self._index.add(passages, np.array(list(known.values())))
                self._store.note_vectors(digest, passages)
            taken += len(passages)
            if after is None:
                break
        return taken

    def step(self) -> int:
        """Compute one batch; its size. Before each page of them, drop the vectors of passages that
        are gone.

        Raises:
            IndexUnavailable: the vector index cannot be written.
        """
        digest = self._embedder.digest
        if self._wake.is_set():
            self._wake.clear()
            self._page, self._after = [], None
        if not self._page:
            self._drop_surplus(digest)
            self._page, self._after = self._store.without_vector(
                digest, self._priorities, PAGE, self._after
            )
        passages = self._page[: self._batch]
        if passages:
            started, cpu = time.monotonic(), self._cpu_clock()
            vectors = self._embedder.embed_passages([embedded_text(p) for p in passages])
            self._index.add(passages, vectors)
            self._store.note_vectors(digest, passages)
            # Only now: a batch that failed is tried again.
            self._page = self._page[self._batch :]
            self._on_work(Work(started, time.monotonic(), self._cpu_clock() - cpu))
        return len(passages)

    def _drop_surplus(self, digest: str) -> None:
        full = True
        while full and not self._stop.is_set():
            gone = self._store.surplus_vectors(digest, PAGE)
            if gone:
                self._index.remove(gone)
                self._store.forget_vectors(digest, gone)
            full = len(gone) == PAGE and not self._busy()

    def _run(self) -> None:
        if hasattr(os, "setpriority"):  # Linux gives each thread a niceness of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        known = False
        while not self._stop.is_set():
            if self._busy():
                self._stop.wait(_BUSY_SECONDS)
                continue
            try:
                if not known:
                    self.take_known()
                    known = True
                began = time.monotonic()
                done = self.step()
            except IndexUnavailable as error:
                log.warning("vectors_failed", reason=error.message_id)
                self._stop.wait(_FAILED_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 - a database or model error must not end it
                log.warning("vectors_failed", error=type(error).__name__)
                self._stop.wait(_FAILED_SECONDS)
                continue
            if not done:
                spent = time.monotonic() - began
                known = not self._wake.wait(max(_IDLE_SECONDS, _IDLE_TIMES * spent))


def embedded_text(passage: Passage) -> str:
    """What is embedded of a passage: the headings above give the text its subject.

    The title of an article («Code du travail, article L3141-3») says nothing of its matter: its
    number and the headings of its code do.
    """
    path = [without_numbering(heading) for heading in passage.section_path]
    if passage.reference and path:
        above = f"Article {passage.reference} : " + " › ".join(path[-3:])
    else:
        above = " › ".join([passage.title, *path])
    return f"{above}\n{passage.text}"
