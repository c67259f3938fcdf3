"""How a reservation ends: settled at what was spent, released, or swept and then settled late."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select, update

from governance.quotas.errors import UnknownReservation
from governance.quotas.lengths import Length
from governance.quotas.levels import Window
from governance.quotas.limits import METRICS, Amounts, Per, Units, from_units
from governance.quotas.tables import quota_reservations as reservations
from governance.quotas.windows import PERIODS

_NOTHING: Units = dict.fromkeys(METRICS, 0)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a reservation. ``excess`` is what was spent above the hold, 0 where it was not.

    ``applied`` is False when the reservation had already ended, and nothing changed. ``late`` says
    that the hold had been swept: what was spent is counted, though nothing was held for it.
    """

    exchange_id: str
    applied: bool
    excess: Amounts
    late: bool = False


def end(
    connection: Connection, exchange_id: str, state: str, spent: Amounts, length: Length | None
) -> tuple[Settlement, Row[tuple[object, ...]]]:
    """Bring a reservation to ``state`` in the caller's transaction; its row as it was before.

    Only the first end of a reservation counts, with one exception: what was swept can be settled.

    Raises:
        UnknownReservation: nothing was reserved under this identifier.
    """
    mine = reservations.c.exchange_id == exchange_id
    # The row is locked before it is read: of two ends at once, the second sees the first.
    row = connection.execute(select(reservations).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise UnknownReservation(exchange_id)
    late = row.state == "swept" and state == "settled"
    if row.state != "held" and not late:
        return Settlement(exchange_id, applied=False, excess=Amounts()), row
    changes: dict[str, object] = {"state": state}
    if state != "swept":
        # Who it was is no longer needed, and so no longer kept.
        changes |= {"per": "", "subject": ""}
    if length is not None:
        changes |= {"extra_tokens": length.extra, "answer_tokens": length.answer}
    connection.execute(update(reservations).where(mine).values(changes))
    asked: Units = {metric: row._mapping[f"asked_{metric}"] for metric in METRICS}
    held = _NOTHING if late else asked
    taken = spent.units
    for per, subject in _scopes(row):
        for period in PERIODS:
            key: str = row._mapping[f"{period}_key"]
            if key:
                Window(row.service, per, subject, key).settle(connection, held, taken)
    excess = {metric: max(0, taken[metric] - held[metric]) for metric in METRICS}
    return (
        Settlement(
            exchange_id,
            applied=True,
            excess=Amounts(
                excess["requests"],
                excess["tokens"],
                from_units("wh", excess["wh"]),
                from_units("euros", excess["euros"]),
            ),
            late=late,
        ),
        row,
    )


def _scopes(row: Row[tuple[object, ...]]) -> list[tuple[Per, str]]:
    scopes: list[tuple[Per, str]] = [("service", "")]
    return [*scopes, (row.per, row.subject)] if row.per else scopes
