"""Writes «accepted» in the audit log: nothing is delivered before it is committed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.events import Accepted, Event
from governance.exchange import Exchange
from governance.threads import in_thread


class Accept:
    """Commits the record, with the pseudonymised request sealed by the person's key."""

    control = "audit"

    def __init__(self, log: AuditLog, model: str) -> None:
        self._log = log
        self._model = model

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises AuditUnavailable when the record cannot be committed."""
        if exchange.masked is None or exchange.verdict is None:
            raise RuntimeError("an exchange is accepted once masked and judged")
        record = AuditRecord(
            type="accepted",
            exchange_id=exchange.id,
            subject=exchange.subject,
            service=exchange.request.caller.service,
            charter_revision=exchange.charter_revision,
            data={
                "surface": exchange.request.surface,
                "model": self._model,
                "masked": dict(exchange.masked.counts),
                **({"kept": dict(exchange.masked.kept)} if exchange.masked.kept else {}),
                "decisions": [decision.model_dump() for decision in exchange.decisions],
                "turns": len(exchange.request.turns),
                **({"tools": len(exchange.tools)} if exchange.tools else {}),
            },
        )

        def append() -> int:
            exchange.accepted_record = self._log.append(record, exchange.question)
            return exchange.accepted_record

        number = await in_thread(append)
        yield Accepted(
            exchange.id,
            number,
            exchange.masked.spans[exchange.question_place],
            dict(exchange.masked.counts),
        )
