"""Ends every exchange, however it ended: energy, quota, receipt, and its last audit record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import structlog

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.clock import utc_now
from governance.energy.bill import EnergyBill
from governance.energy.book import EnergyBook
from governance.energy.estimate import EnergyEstimator
from governance.energy.ledger import EnergyLedger
from governance.events import Refusal
from governance.exchange import Exchange
from governance.pii.vault import MappingVault
from governance.quotas.ledger import QuotaLedger
from governance.quotas.lengths import Length
from governance.quotas.limits import Amounts
from governance.receipt import Receipt, build_receipt
from models.protocol import ModelInfo

Outcome = Literal["completed", "cancelled", "refused", "failed"]

_log = structlog.get_logger("sobria.quotas")


@dataclass(frozen=True, slots=True)
class Settle:
    """What is done at the end of an exchange, in this order: measure, settle, receipt, record."""

    energy: EnergyLedger
    book: EnergyBook
    estimator: EnergyEstimator
    quotas: QuotaLedger
    log: AuditLog
    vault: MappingVault
    model: ModelInfo

    def __call__(self, exchange: Exchange, outcome: Outcome, refusal: Refusal | None) -> Receipt:
        """Close ``exchange`` in the ledgers and the log. Synchronous: runs in a worker thread.

        Raises:
            AuditUnavailable: when the record cannot be written; start-up will close the exchange.
        """
        try:
            return self._close(exchange, outcome, refusal)
        finally:
            if exchange.request.ephemeral:
                # Whatever failed: nobody would ever destroy it later.
                self.vault.destroy(exchange.request.conversation_id)

    def _close(self, exchange: Exchange, outcome: Outcome, refusal: Refusal | None) -> Receipt:
        ended = utc_now()
        exchange.bill = bill = self.energy.close(exchange.id)
        caller = exchange.request.caller
        if exchange.usage is not None and exchange.prompt:  # what no model wrote teaches nothing
            self.estimator.learn(
                bill,
                exchange.usage.prompt_tokens - exchange.usage.cached_tokens,
                exchange.usage.completion_tokens,
            )
        if exchange.reserved is not None:
            spent = Amounts(
                # A refusal costs its energy, not one of the requests that the service may make.
                requests=0 if outcome == "refused" else 1,
                tokens=self._tokens(exchange),
                wh=self._wh(exchange, exchange.reserved, bill, outcome),
            )
            settled = self.quotas.settle(
                exchange.id, spent.priced(exchange.charter.costs), self._length(exchange, outcome)
            )
            if settled.late or settled.excess != Amounts():
                # Already taken, so counted; said here, for who sets quotas and estimates.
                _log.info("hold_passed", exchange=exchange.id, late=settled.late)
        self.book.save(exchange.id, caller.service, exchange.subject, bill, ended)
        exchange.quota = self.quotas.states(caller.service, exchange.limits, caller.asker)
        receipt = build_receipt(
            exchange,
            outcome=outcome,
            ended_at=ended,
            model=self.model,
        )
        judged = exchange.verdict.use_id if exchange.verdict is not None else None
        use = exchange.stopped_use or judged
        record = self.log.append(
            AuditRecord(
                type=outcome,
                exchange_id=exchange.id,
                subject=exchange.subject,
                service=caller.service,
                charter_revision=exchange.charter_revision,
                data={
                    "receipt": receipt.model_dump(mode="json", exclude={"record"}),
                    **({"cause": refusal.cause} if refusal else {}),
                    **({"use": use} if use else {}),
                    **({"stopped": "answer"} if exchange.stopped_use else {}),
                },
            ),
            self._sealed_text(exchange, outcome),
        )
        exchange.receipt = receipt.model_copy(update={"record": record})
        return exchange.receipt

    def _wh(self, exchange: Exchange, held: Amounts, bill: EnergyBill, outcome: Outcome) -> float:
        """What no meter measured is charged as it is estimated, never as nothing."""
        if bill.wh is not None:
            return bill.wh
        if exchange.usage is not None:
            return self.estimator.estimate(
                exchange.usage.prompt_tokens - exchange.usage.cached_tokens,
                exchange.usage.completion_tokens,
            )
        if outcome == "refused" and exchange.written:
            return self.estimator.estimate(exchange.read, exchange.written)  # the answer stopped
        # Other refusals stop before the model; of what failed or was cancelled, nobody knows.
        return self.estimator.estimate(0, 0) if outcome == "refused" else held.wh

    @staticmethod
    def _length(exchange: Exchange, outcome: Outcome) -> Length | None:
        """How long the answer was; only one that a model wrote to its end teaches something."""
        if outcome != "completed" or exchange.usage is None or not exchange.prompt:
            return None
        extra = max(0, exchange.usage.prompt_tokens - exchange.question_tokens)
        return Length(extra, exchange.usage.completion_tokens)

    @staticmethod
    def _tokens(exchange: Exchange) -> int:
        if exchange.usage is not None:
            return exchange.usage.prompt_tokens + exchange.usage.completion_tokens
        return exchange.read + exchange.written

    @staticmethod
    def _sealed_text(exchange: Exchange, outcome: Outcome) -> str | None:
        if exchange.raw_answer or exchange.withheld:
            return exchange.raw_answer + exchange.withheld
        if outcome == "refused" and exchange.accepted_record is None and exchange.masked:
            return exchange.question
        return None
