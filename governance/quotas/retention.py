"""What each person and key took is known no longer than the charter keeps the log.

What services took stays, as it is nobody's. A clock that was set far ahead would make everything
look old, and forgetting would then give each person their quota again: so nothing is forgotten
while the clock disagrees with the seconds that really passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, func

from governance.clock import utc_now
from governance.quotas.ledger import QuotaLedger
from governance.quotas.tables import quota_told, quota_windows

DISAGREEMENT = 3600.0
"""Seconds by which a clock may be set, or drift, and still be believed."""


class Retention:
    """Forgets what is old. Made at the start of the process: it watches the clock from then on."""

    def __init__(
        self,
        ledger: QuotaLedger,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._monotonic = monotonic
        self._began = clock(), monotonic()

    def forget(self, days: int) -> int:
        """Forget what people and keys took in windows that began over ``days`` ago; how many.

        Raises:
            QuotaUnavailable: the database failed; nothing is forgotten.
        """
        now = self._clock()
        shown = (now - self._began[0]).total_seconds()
        if abs(shown - (self._monotonic() - self._began[1])) > DISAGREEMENT:
            return 0
        # The month, with which the keys of all windows begin: one that is partly old stays.
        month = self._ledger.keys(now - timedelta(days=days))["month"]
        with self._ledger.transaction() as connection:
            old = delete(quota_windows).where(
                quota_windows.c.per != "service",
                func.substr(quota_windows.c.window_key, 1, 7) < month,
                *(
                    quota_windows.c[f"held_{metric}"] == 0
                    for metric in ("requests", "tokens", "wh", "euros")
                ),
            )
            gone = connection.execute(old).rowcount
            told = func.substr(quota_told.c.window_key, 1, 7) < month
            connection.execute(delete(quota_told).where(told))
        return gone
