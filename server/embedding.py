"""The embedding path of ``/v1/embeddings``: the road without a model that writes.

Reserve, record, embed, settle: what is asked for is numbers computed on this machine, so nothing is
pseudonymised, judged or labelled; the texts are not kept, sealed or otherwise.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anyio import CancelScope

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.energy.ledger import EnergyLedger
from governance.exchange import Caller, Exchange, ExchangeRequest, Turn
from governance.receipt import Receipt
from governance.stages.busy import too_busy
from governance.stages.reserve import Reserve
from governance.stages.settle import Outcome, Settle
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread
from models.protocol import Embedder, EngineBusy, Message, Sampling, Usage, Vectors


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of texts, made on the quota of a service and recorded in the audit log.

    ``tokens`` is how many the texts hold; ``record`` is the audit leaf that ends the exchange.
    """

    exchange_id: str
    vectors: Vectors
    tokens: int
    record: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the path is made of; ``threads`` is how many the embedder works on."""

    identify: Callable[[ExchangeRequest], Exchange]
    reserve: Reserve
    log: AuditLog
    embedder: Embedder
    count_tokens: Callable[[Sequence[Message]], int]
    energy: EnergyLedger
    settle: Settle
    threads: int

    async def embed(self, caller: Caller, texts: Sequence[str]) -> Embedded:
        """The vectors of ``texts``.

        Raises:
            ExchangeRefused: a quota of the service would be passed, or the model has no room.
            AuditUnavailable: the exchange cannot be recorded; no vector is given.
        """
        identifier = uuid.uuid4().hex
        request = ExchangeRequest(
            id=identifier,
            caller=caller,
            conversation_id=f"embed-{identifier}",
            turns=tuple(Turn("user", text) for text in texts),
            sampling=Sampling(max_tokens=0),
            surface="api",
        )
        opened: list[Exchange] = []
        try:
            await in_thread(lambda: opened.append(self.identify(request)))
            async for _ in self.reserve.run(opened[0]):
                pass
            vectors = await in_thread(self._vectors, opened[0])
        except ExchangeRefused as end:
            await self._end(opened[0], "refused", end)
            raise
        except EngineBusy as busy:  # it counts the tokens
            full = ExchangeRefused(too_busy(busy))
            await self._end(opened[0], "refused", full)
            raise full from busy
        except BaseException as failure:
            cancelled = isinstance(failure, asyncio.CancelledError)
            for exchange in opened:
                await self._end(exchange, "cancelled" if cancelled else "failed", None)
            raise
        exchange = opened[0]
        receipt = await self._end(exchange, "completed", None)
        if receipt.record is None or exchange.usage is None:
            raise RuntimeError("an exchange that was settled has its record")
        return Embedded(identifier, vectors, exchange.usage.prompt_tokens, receipt.record)

    def _vectors(self, exchange: Exchange) -> Vectors:
        texts = [turn.content for turn in exchange.request.turns]
        tokens = sum(self.count_tokens([Message("user", text)]) for text in texts)
        exchange.accepted_record = self.log.append(
            AuditRecord(
                type="accepted",
                exchange_id=exchange.id,
                subject=exchange.subject,
                service=exchange.request.caller.service,
                charter_revision=exchange.charter_revision,
                data={"surface": "embeddings", "model": self.embedder.name, "turns": len(texts)},
            )
        )
        with self.energy.measure(exchange.id, "retrieval", threads=self.threads):
            vectors = self.embedder.embed_passages(texts)
        exchange.usage = Usage(tokens, 0, 0, 0.0, 0.0, 0.0, 0.0)
        return vectors

    async def _end(
        self, exchange: Exchange, outcome: Outcome, end: ExchangeRefused | None
    ) -> Receipt:
        with CancelScope(shield=True):
            receipt = await in_thread(self.settle, exchange, outcome, end.refusal if end else None)
        return receipt
