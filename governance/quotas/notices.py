"""Who has been told that a quota is nearly used up: each reader once in each of its windows."""

from __future__ import annotations

from collections.abc import Sequence

from governance.quotas.ledger import QuotaLedger
from governance.quotas.levels import insert_once
from governance.quotas.limits import QuotaState
from governance.quotas.tables import quota_told


def untold(
    ledger: QuotaLedger, reader: str, service: str, states: Sequence[QuotaState]
) -> tuple[QuotaState, ...]:
    """Those of ``states`` of which ``reader`` (a pseudonym) must be told now, and are so marked.

    Raises:
        QuotaUnavailable: the database failed; nothing is marked.
    """
    near = [state for state in states if state.near]
    if not near:
        return ()
    with ledger.transaction() as connection:
        return tuple(
            state
            for state in near
            if insert_once(
                connection,
                quota_told,
                reader=reader,
                service=service,
                per=state.per,
                metric=state.metric,
                window_key=state.key,
            )
        )
