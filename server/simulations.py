"""Simulations of a draft of the charter, in a thread of their own: one at a time, cancellable."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from governance.audit.errors import AuditError
from governance.charter.charter import Charter
from governance.charter.simulate import Scope, Simulation, simulate
from governance.messages import N_
from server.proofs import revision_of_draft

if TYPE_CHECKING:
    from server.assembly import Assembly

_log = structlog.get_logger("sobria.simulation")

FAILED = N_("The simulation failed ({cause}): nothing was changed.")


@dataclass
class Job:
    """A simulation under way, or the last one. ``text`` is the draft's; ``by`` who asked for it."""

    text: str
    revision: str
    scope: Scope
    by: str
    state: Literal["running", "done", "failed"] = "running"
    done: int = 0
    total: int = 0
    result: Simulation | None = None
    error: tuple[str, dict[str, str | int | float]] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


class AlreadyRunning(Exception):
    """A simulation is under way: it ends, or is stopped, before the next begins."""

    message_id = N_("A simulation is under way: wait for its end, or stop it.")


class Simulations:
    """Runs one simulation at a time, and keeps the last: counts only, never a text."""

    def __init__(self, components: Assembly) -> None:
        self._components = components
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last: Job | None = None

    def start(
        self, draft: Charter, text: str, scope: Scope, *, by: str, reader: str, reason: str
    ) -> Job:
        """Begin; ``reader`` and ``reason`` go into the log. Raises AlreadyRunning."""
        with self._lock:
            if self.last is not None and self.last.state == "running":
                raise AlreadyRunning
            job = self.last = Job(text, revision_of_draft(draft), scope, by)
            self._thread = threading.Thread(
                target=self._run, args=(job, draft, reader, reason), name="simulation", daemon=True
            )
            self._thread.start()
        return job

    def stop(self) -> None:
        """Cancel what is under way, and wait for it: at most the time of one request."""
        with self._lock:
            if self.last is not None:
                self.last.cancelled.set()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=30)

    def _run(self, job: Job, draft: Charter, reader: str, reason: str) -> None:
        judges = self._components.judges

        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total

        try:
            job.result = simulate(
                self._components.audit,
                job.scope,
                draft=draft,
                judges=(judges.in_force(), judges.make(draft)),
                reader=reader,
                reason=reason,
                revision=job.revision,
                stopped=job.cancelled.is_set,
                progress=progress,
            )
            job.state = "done"
        except AuditError as error:
            self._fail(job, error.message_id, error.params)
        except (SQLAlchemyError, OSError, ValueError, RuntimeError) as error:
            # Its kind only: the text of an error may hold what was judged.
            self._fail(job, FAILED, {"cause": type(error).__name__})
        finally:
            if job.state == "running":
                self._fail(job, FAILED, {"cause": "-"})

    @staticmethod
    def _fail(job: Job, message_id: str, params: dict[str, str | int | float]) -> None:
        job.error, job.state = (message_id, params), "failed"
        _log.error("simulation_failed", cause=str(params.get("cause", message_id)))
